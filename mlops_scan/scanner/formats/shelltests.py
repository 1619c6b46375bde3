"""What tests of a shell script ask of its arguments: `[ "$1" = train ]`, `[[ $1 == a || $1 == b ]]`, `[ $# -eq 0 ]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

_ARGUMENT = re.compile(r"\$(?:(\d)|\{(\d)(?::?[-=]([^{}$]*))?\})\Z")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[-=,^]+[^{}]*)?\})\Z")
_EQUAL = ("=", "==")
_NONE = (("-eq", "0"), ("-lt", "1"), ("==", "0"), ("=", "0"), ("-le", "0"))
_SOME = (("-gt", "0"), ("-ge", "1"), ("-ne", "0"), ("!=", "0"))


@dataclass(frozen=True, slots=True)
class Asked:
    """An argument by its place (0: any), the patterns that it is asked for, and whether it has to fit one or none."""

    place: int
    values: tuple[str, ...] = ()
    holds: bool = True
    default: str = ""

    @property
    def label(self) -> str:
        return "|".join(self.values) if self.holds else ""


@dataclass(slots=True)
class Test:
    """An `if` that is open: what its present branch asks, and the opposite of those before."""

    now: list[Asked] = field(default_factory=list)
    before: list[Asked] = field(default_factory=list)
    decided: bool = False  # `then` was read
    _parts: list[Asked | None] = field(default_factory=list)
    _signs: list[str] = field(default_factory=list)

    def take(self, part: Asked | None, after: str) -> None:
        """One command of the condition, and the operator behind it."""
        self._parts.append(part)
        self._signs.append(after)
        self.now = [*self.before, *self._known()]

    def another(self) -> None:
        """`elif`"""
        self._close()
        self.now, self.decided = list(self.before), False

    def otherwise(self) -> None:
        """`else`"""
        self._close()
        self.now, self.decided = list(self.before), True

    def _known(self) -> list[Asked]:
        known = [one for one in self._parts if one is not None]
        if "||" not in self._signs:
            return known
        same = {(one.place, one.holds, one.default) for one in known}
        if len(known) < len(self._parts) or len(same) > 1 or "&&" in self._signs or not known[0].holds:
            return []
        return [replace(known[0], values=tuple(value for one in known for value in one.values))]

    def _close(self) -> None:
        known = self._known()
        if len(known) == 1 and (len(self._parts) == 1 or "||" in self._signs):
            self.before.append(replace(known[0], holds=not known[0].holds))
        self._parts, self._signs = [], []


def argument(word: str, variables: Mapping[str, Asked]) -> Asked | None:
    """The argument that a word is: `$1`, `${2:-x}`, or a variable that was set to one."""
    if found := _ARGUMENT.match(word):
        return Asked(int(found[1] or found[2]), default=found[3] or "")
    named = _VARIABLE.match(word)
    return variables.get(named[1] or named[2]) if named else None


def asked(words: Sequence[str], meant: Callable[[str], Asked | None], *, denied: bool) -> Asked | None:
    """What a test asks, where it asks one thing of an argument."""
    if words[0] not in ("[", "[[", "test"):
        return None
    inside = [word for word in words[1:] if word not in ("]", "]]")]
    if inside[:1] == ["!"]:
        denied, inside = not denied, inside[1:]
    found = _asked(inside, meant)
    return replace(found, holds=found.holds is not denied) if found is not None else None


def _asked(words: Sequence[str], meant: Callable[[str], Asked | None]) -> Asked | None:
    if any(sign in words for sign in ("||", "-o")):
        return _either(words, meant)
    if len(words) == 3 and words[0] == "$#":
        signs = (words[1], words[2])
        return Asked(1, ("",), signs in _NONE) if signs in _NONE or signs in _SOME else None
    words = [_plain(word) for word in words]
    if len(words) in (1, 2) and words[0] in ("-z", "-n", *words[-1:]):
        subject = meant(words[-1])
        return replace(subject, values=("",), holds=words[0] == "-z") if subject is not None else None
    if len(words) != 3 or words[1] not in (*_EQUAL, "!="):
        return None
    subject, value = meant(words[0]), words[2]
    if subject is None:
        subject, value = meant(words[2]), words[0]
    if subject is None or "$" in value:
        return None
    value = value.replace('"', "").replace("'", "")  # `*"-api"*`
    return replace(subject, values=(value,), holds=words[1] != "!=")


def _either(words: Sequence[str], meant: Callable[[str], Asked | None]) -> Asked | None:
    """`$1 == a || $1 == b`"""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in ("||", "-o"):
            parts.append([])
        else:
            parts[-1].append(word)
    found = [_asked(one, meant) for one in parts]
    first = found[0]
    if first is None or any(one is None or replace(one, values=()) != replace(first, values=()) for one in found):
        return None
    return replace(first, values=tuple(value for one in found if one for value in one.values)) if first.holds else None


def _plain(word: str) -> str:
    """A word of `[[ ]]`, where quotes are left as written."""
    return word[1:-1] if len(word) > 1 and word[0] in "\"'" and word[-1] == word[0] else word
