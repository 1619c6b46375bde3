"""Which parts of a shell script run for which arguments: `case "$1" in`, `if [ "$1" = x ]`, functions, `"$@"`.

A part is a function, or what a branch that rests on arguments holds; '' is the script itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from mlops_scan.scanner.formats import shellwords
from mlops_scan.scanner.formats.shelltests import Asked, Test, argument, asked
from mlops_scan.scanner.formats.shellwithin import Around, Simple

_LOOKS = re.compile(r"\bcase[ \t]|\[[ \t]+|\btest[ \t]|^[ \t]*(?:exec[ \t]+)?\"?\w*\$", re.MULTILINE)
_ARGUMENTS = re.compile(r"\$\{?[@*#\d]")
_SET = re.compile(r"([A-Za-z_]\w*)=(\S*)\Z")
_BRANCHING = ("if", "elif", "else", "fi")
_LOOPS = ("for", "while", "until", "select")
_OPENERS = ("then", "do", "{", "!", "time", "exec")
MOST = 200  # parts of a script
_NAMING = re.compile(  # `"run_$1"`, `"${1}_it"`
    r"([\w-]*)(?:(\$\{[^{}]{1,80}\})([\w-]*)|(\$(?:[A-Za-z_]\w*|[\d@*]))(-[\w-]*)?)\Z"
)
_WORD = re.compile(r"[A-Za-z_][\w:.-]*")


@dataclass(frozen=True, slots=True)
class Way:
    """From a part to a part; `asks` must all hold of the arguments."""

    source: str
    target: str
    start: int  # where the target begins
    asks: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Branches:
    """The parts of a script: by where commands begin, in order, and the ways between them."""

    starts: Sequence[int]
    parts: Sequence[str]
    ways: tuple[Way, ...]
    cut: bool = False  # there are more parts than are told apart

    def at(self, offset: int) -> str:
        """The part in which a command stands."""
        index = bisect_right(self.starts, offset) - 1
        return self.parts[index] if index >= 0 else ""


def read(text: str, simples: Sequence[Simple] | None = None) -> Branches | None:
    """The parts of a script that chooses by its arguments; None of any other. `simples`: the text split."""
    if _ARGUMENTS.search(text) is None or _LOOKS.search(text) is None:
        return None
    found = _Reader(shellwords.split(text) if simples is None else simples).read()
    return found if any(way.asks for way in found.ways) else None


def entered(ways: Sequence[Way], words: Sequence[str] | None) -> Iterator[str]:
    """The parts that run for these arguments; None: nobody knows them."""
    seen, waiting = {""}, [""]
    by_source: dict[str, list[Way]] = {}
    for way in ways:
        by_source.setdefault(way.source, []).append(way)
    while waiting:
        for way in by_source.get(waiting.pop(), ()):
            if way.target not in seen and (words is None or all(_may(one, words) for one in way.asks)):
                seen.add(way.target)
                waiting.append(way.target)
                yield way.target


def _may(one: Asked, words: Sequence[str]) -> bool:
    """Whether what is asked of an argument may hold; place 0 is any of them."""
    told = [*words[one.place - 1 : one.place]] if one.place else list(words)
    if any("$" in word or "{{" in word for word in (words[: one.place] if one.place else words)):
        return True
    if not one.place:
        return not one.holds or any(fnmatchcase(word, pattern) for word in told for pattern in one.values)
    text = told[0] if told and told[0] else one.default
    return any(fnmatchcase(text, pattern) for pattern in one.values) is one.holds


class _Reader:
    def __init__(self, simples: Sequence[Simple]) -> None:
        self._simples = [one for one in simples if one.words]
        self._functions = {one.name[:-2]: one.start for simple in simples for one in simple.within if one.is_function}
        self._variables: dict[str, Asked] = {}
        self._tests: dict[str, list[Test]] = {}  # by function: the `if`s that are open
        self._loops: dict[str, int] = {}
        self._names: dict[tuple[str, tuple[Asked, ...]], str] = {}
        self._ways: dict[Way, None] = {}
        self._shifted = 0
        self._cut = False
        self._handed = {""}  # functions that get all arguments of the script

    def read(self) -> Branches:
        self._hand_on()
        parts: dict[int, str] = {}
        for simple in self._simples:
            function = next((one.name for one in reversed(simple.within) if one.is_function), "")
            words = self._take(simple, function)
            if words:
                part = parts[simple.start] = self._part(simple, function)
                self._calls(words, simple, part)
        ways = tuple(self._ways)[:MOST]
        known = {way.target for way in ways}  # of others nobody knows who calls them: they run with the script
        starts = sorted(parts)
        return Branches(starts, [parts[one] if parts[one] in known else "" for one in starts], ways, self._cut)

    def _hand_on(self) -> None:
        """The functions that are called with the arguments of the script."""
        for simple in self._simples:
            words = [word for word in simple.words if word not in _OPENERS]
            if words[:1] and words[0] in self._functions and words[1:2] in (["$@"], ["$*"], ["$1"], ["${1}"]):
                self._handed.add(f"{words[0]}()")

    def _take(self, simple: Simple, function: str) -> list[str]:
        """Note what a command opens, closes and sets; the words that are left are what it runs."""
        tests, words = self._tests.setdefault(function, []), list(simple.words)
        while words and (words[0] in _OPENERS or words[0] in _BRANCHING):
            self._branching(words[0], tests)
            words = words[1:]
        if words[:1] == ["done"]:
            self._loops[function] = max(0, self._loops.get(function, 0) - 1)
            return []
        if words and words[0] in _LOOPS:
            self._loop(words, function)
            return []
        if tests and not tests[-1].decided and words:
            tests[-1].take(self._asked(words, function, denied="!" in simple.words), simple.after)
        elif words[:1] == ["shift"] and not tests and not simple.within:
            self._shifted += int(words[1]) if words[1:2] and words[1].isdecimal() else 1
        else:
            self._set(words, function)
        return words

    def _branching(self, word: str, tests: list[Test]) -> None:
        if word == "if" or (word == "elif" and not tests):
            tests.append(Test())
        elif word == "elif":
            tests[-1].another()
        elif word == "else" and tests:
            tests[-1].otherwise()
        elif word == "then" and tests:
            tests[-1].decided = True
        elif word == "fi" and tests:
            tests.pop()

    def _set(self, words: Sequence[str], function: str) -> None:
        """`ACTION=${1:-train}`"""
        for said in map(_SET.match, words if len(words) < 3 else ()):
            known = self._argument(said[2], function) if said else None
            if said and known is not None:
                self._variables[said[1]] = known

    def _loop(self, words: Sequence[str], function: str) -> None:
        self._loops[function] = self._loops.get(function, 0) + 1
        if words[0] == "for" and words[2:3] in ([], ["in"]) and (not words[3:] or words[3] in ("$@", "$*")):
            self._variables[words[1]] = Asked(0)

    def _argument(self, word: str, function: str) -> Asked | None:
        """The argument of the script that a word is, itself or by a variable."""
        found = argument(word, self._variables)
        if found is None or not word.strip("${}")[:1].isdecimal():
            return found
        if function not in self._handed:
            return None
        return replace(found, place=0 if self._loops.get(function) else found.place + self._shifted)

    def _asked(self, words: Sequence[str], function: str, *, denied: bool) -> Asked | None:
        return asked(words, lambda word: self._argument(word, function), denied=denied)

    def _part(self, simple: Simple, function: str) -> str:
        """The part that a command stands in, with the way there."""
        if not simple.within and not self._tests.get(function):
            return function
        asks = [one for around in _inside(simple.within) for one in self._branch(around, function)]
        asks += [one for test in self._tests.get(function, ()) if test.decided for one in test.now]
        key = (function, tuple(asks))
        self._cut = self._cut or len(self._names) >= MOST
        if not asks or self._cut:
            return self._names.get(key, function)
        if key not in self._names:
            label = " ".join(one.label for one in asks if one.label) or "*"
            name = made = f"{function} {label}".strip()
            count = 1
            while made in self._names.values():
                count += 1
                made = f"{name}~{count}"
            self._names[key] = made
            self._ways[Way(function, made, simple.start, tuple(asks))] = None
        return self._names[key]

    def _branch(self, around: Around, function: str) -> Iterator[Asked]:
        """What a branch of `case` asks: one of its patterns, and none of those before."""
        subject = self._argument(around.name, function)
        if subject is None or not around.patterns:
            return
        if around.patterns != ("*",):
            yield replace(subject, values=around.patterns)
        if around.earlier and (around.patterns == ("*",) or any("*" in one for one in around.patterns)):
            yield replace(subject, values=around.earlier, holds=False)

    def _calls(self, words: Sequence[str], simple: Simple, part: str) -> None:
        """The functions that a command calls by their name, or by the one that an argument says."""
        if len(self._ways) > MOST:
            self._cut = True
            return
        named = {word for word in words if word in self._functions}
        for text in (*(text for _, text in simple.inner), *(word for word in words if " " in word)):
            named.update(word for word in _WORD.findall(text) if word in self._functions)
        for name in sorted(named):
            self._ways[Way(part, f"{name}()", self._functions[name])] = None
        said = _NAMING.match(words[0]) if words else None
        before, after = (said[1], said[3] or said[5] or "") if said else ("", "")
        subject = self._whole(said[2] or said[4], simple) if said else None
        for name in sorted(self._functions) if subject is not None else ():
            if subject is not None and name.startswith(before) and name.endswith(after):
                asks = (replace(subject, values=(name[len(before) : len(name) - len(after)],)),)
                self._ways[Way(part, f"{name}()", self._functions[name], asks)] = None

    def _whole(self, word: str, simple: Simple) -> Asked | None:
        function = next((one.name for one in reversed(simple.within) if one.is_function), "")
        if word in ("$@", "$*", "${@}"):
            return Asked(1 + self._shifted) if function in self._handed else None
        return self._argument(word, function)


def _inside(within: Sequence[Around]) -> Iterator[Around]:
    """The branches that are open inside the innermost function."""
    last = max((at for at, one in enumerate(within) if one.is_function), default=-1)
    yield from within[last + 1 :]
