"""Regular expressions without backtracking (Pike's machine): for the patterns that could make Python's `re` explode."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError

_PROGRAM = 3_000  # instructions
_WORK = 400_000  # instructions times characters, for one text
_STEPS = 400_000  # threads times characters, for all matches in one text
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\[pP]\{\w+\}|\\.|[^\\]", re.DOTALL)
_REPEAT = re.compile(r"([*+?]|\{(\d{1,4})(,(\d{1,4})?)?\})\??")
_OPENING = re.compile(r"\((?:\?(?:P?<(\w+)>|([imsU-]*):|([imsU-]+)\)))?")
_ASSERTIONS = {"^": "start", "$": "end", r"\A": "begin", r"\Z": "finish", r"\b": "word", r"\B": "inside"}

Groups = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One match in `text`: (start, end) of it and of its groups, (-1, -1) for a group that took no part."""

    text: str
    groups: Groups
    names: Mapping[str, int]

    def group(self, index: int) -> str:
        """The text of a group, '' when it took no part."""
        start, end = self.groups[index] if index < len(self.groups) else (-1, -1)
        return self.text[start:end] if start >= 0 else ""


@dataclass(slots=True)
class _Instruction:
    """`kind`: char (pattern), split (to, other), save (to is the slot), assert (text), match."""

    kind: str
    to: int = 0
    other: int = 0
    pattern: re.Pattern[str] | None = None
    text: str = ""


class Automaton:
    """A compiled pattern. Raises TemplateError for what is too big."""

    def __init__(self, pattern: str, names: Mapping[str, int], take: Callable[[int], None] = lambda _: None) -> None:
        self.names, self.take = dict(names), take
        compiler = _Compiler(pattern)
        take(len(compiler.program))
        self.program = compiler.program
        self.slots = 2 * (compiler.groups + 1)
        self.multiline = "m" in compiler.flags
        self.left = _STEPS

    def spans(self, text: str) -> Iterator[Span]:
        """All matches, leftmost first, none overlapping."""
        if len(self.program) * (len(text) + 1) > _WORK:
            raise TemplateError("regular expression too costly for this text")
        position = 0
        while position <= len(text):
            saved = self._run(text, position)
            if saved is None:
                return
            groups = tuple((saved[index], saved[index + 1]) for index in range(0, self.slots, 2))
            yield Span(text, groups, self.names)
            position = groups[0][1] + (groups[0][1] == groups[0][0])

    def _run(self, text: str, start: int) -> tuple[int, ...] | None:
        """The slots of the leftmost match from `start` on, by Perl's priorities."""
        found: tuple[int, ...] | None = None
        self.take((len(text) - start) // 16)
        threads: list[tuple[int, tuple[int, ...]]] = []
        empty = (-1,) * self.slots
        for position in range(start, len(text) + 1):
            if found is None:
                seen = {counter for counter, _ in threads}
                self._follow(threads, seen, 0, empty, text, position)
            elif not threads:
                return found
            following: list[tuple[int, tuple[int, ...]]] = []
            seen = set()
            self.left -= len(threads) + 1
            self.take(len(threads) // 2)
            if self.left < 0:
                raise TemplateError("regular expression too costly for this text")
            for counter, saved in threads:
                step = self.program[counter]
                if step.kind == "match":
                    found = saved
                    break
                if position < len(text) and step.pattern is not None and step.pattern.match(text[position]):
                    self._follow(following, seen, counter + 1, saved, text, position + 1)
            threads = following
        return found

    def _follow(
        self,
        threads: list[tuple[int, tuple[int, ...]]],
        seen: set[int],
        first: int,
        saved: tuple[int, ...],
        text: str,
        position: int,
    ) -> None:
        """Add the thread at `first`, and where it gets without reading a character."""
        stack = [(first, saved)]
        while stack:
            counter, slots = stack.pop()
            if counter in seen:
                continue
            seen.add(counter)
            step = self.program[counter]
            if step.kind == "split":
                stack += [(step.other, slots), (step.to, slots)]
            elif step.kind == "save":
                stack.append((counter + 1, (*slots[: step.to], position, *slots[step.to + 1 :])))
            elif step.kind == "assert":
                if self._holds(step.text, text, position):
                    stack.append((counter + 1, slots))
            else:
                threads.append((counter, slots))

    def _holds(self, assertion: str, text: str, position: int) -> bool:
        if assertion in ("begin", "start"):
            return position == 0 or (assertion == "start" and self.multiline and text[position - 1] == "\n")
        if assertion in ("finish", "end"):
            return position == len(text) or (assertion == "end" and self.multiline and text[position] == "\n")
        before = position > 0 and (text[position - 1].isalnum() or text[position - 1] == "_")
        after = position < len(text) and (text[position].isalnum() or text[position] == "_")
        return (before != after) is (assertion == "word")


class _Compiler:
    """Reads a pattern that `re` accepts and writes its program."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.index = self.groups = 0
        self.flags = ""
        self.program: list[_Instruction] = [_Instruction("save", 0)]
        self.program += self._alternatives()
        self.program += [_Instruction("save", 1), _Instruction("match")]
        self._settle()

    def _settle(self) -> None:
        """Jumps are written relative to their place: make them absolute."""
        for place, step in enumerate(self.program):
            if step.kind == "split":
                step.to, step.other = place + step.to, place + step.other

    def _alternatives(self) -> list[_Instruction]:
        made = self._sequence()
        while self.index < len(self.pattern) and self.pattern[self.index] == "|":
            self.index += 1
            other = self._sequence()
            jump = len(other) + 1
            made = [_split(1, len(made) + 2), *made, _split(jump, jump), *other]
        return made

    def _sequence(self) -> list[_Instruction]:
        made: list[_Instruction] = []
        while self.index < len(self.pattern) and self.pattern[self.index] not in "|)":
            made += self._repeated(self._atom())
            if len(made) > _PROGRAM:
                raise TemplateError("regular expression too big")
        return made

    def _atom(self) -> list[_Instruction]:
        if self.pattern[self.index] == "(":
            return self._group()
        match = _CLASS.match(self.pattern, self.index)
        if match is None:
            raise TemplateError("regular expression not understood")
        self.index = match.end()
        text = match.group()
        if text in _ASSERTIONS:
            return [_Instruction("assert", text=_ASSERTIONS[text])]
        flags = (re.IGNORECASE if "i" in self.flags else 0) | (re.DOTALL if "s" in self.flags else 0) | re.ASCII
        return [_Instruction("char", pattern=re.compile(text, flags))]

    def _group(self) -> list[_Instruction]:
        match = _OPENING.match(self.pattern, self.index)
        if match is None or self.pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"), self.index):
            raise TemplateError("regular expression not understood")
        self.index = match.end()
        if match[3] is not None:
            self.flags += match[3]
            return []
        captures = match[2] is None
        number = self.groups = self.groups + captures
        body = self._alternatives()
        self.index += 1
        if not captures:
            return body
        return [_Instruction("save", 2 * number), *body, _Instruction("save", 2 * number + 1)]

    def _repeated(self, body: list[_Instruction]) -> list[_Instruction]:
        match = _REPEAT.match(self.pattern, self.index)
        if match is None:
            return body
        self.index = match.end()
        lazy = match.group().endswith("?") and len(match.group()) > 1
        low, high = _limits(match)
        if (high or low + 1) * len(body) > _PROGRAM:
            raise TemplateError("regular expression too big")
        made = [copied for _ in range(low) for copied in _copies(body)]
        if high is None:
            return made + _star(_copies(body), lazy)
        for _ in range(high - low):  # x{0,2} is (x(x)?)?: each optional copy may leave to the end of itself
            made += [_split(1, len(body) + 1, lazy), *_copies(body)]
        return made


def _limits(match: re.Match[str]) -> tuple[int, int | None]:
    sign = match[1][0]
    if sign == "{":
        low = int(match[2])
        return (low, low) if match[3] is None else (low, int(match[4]) if match[4] else None)
    return (1 if sign == "+" else 0), (1 if sign == "?" else None)


def _split(to: int, other: int, lazy: bool = False) -> _Instruction:
    return _Instruction("split", other, to) if lazy else _Instruction("split", to, other)


def _star(body: list[_Instruction], lazy: bool) -> list[_Instruction]:
    back = -(len(body) + 1)
    return [_split(1, len(body) + 2, lazy), *body, _split(back, back)]


def _copies(body: list[_Instruction]) -> list[_Instruction]:
    return [_Instruction(one.kind, one.to, one.other, one.pattern, one.text) for one in body]
