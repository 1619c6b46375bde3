"""Names and `*`: matched by their pieces, since compiling hundreds of expressions would cost more than all matching."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

_OTHER_WILD = frozenset("?[")


class Glob:
    """`*` is any text, `|` separates alternatives; case matters."""

    __slots__ = ("_alternatives", "_names")

    def __init__(self, pattern: str, *, alternatives: bool = True) -> None:
        each = pattern.split("|") if alternatives else [pattern]
        self._names = frozenset(one for one in each if "*" not in one)
        self._alternatives = [one.split("*") for one in each if "*" in one]

    def fullmatch(self, text: str) -> bool:
        """Whether all of `text` is meant."""
        return text in self._names or any(_fits(text, pieces) for pieces in self._alternatives)


def _fits(text: str, pieces: list[str]) -> bool:
    first, last = pieces[0], pieces[-1]
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in pieces[1:-1]:  # each as early as it comes leaves most for the next
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


@cache
def glob(pattern: str) -> Glob:
    """A pattern with `*` and alternatives, read once."""
    return Glob(pattern)


@cache
def _file_glob(pattern: str) -> Glob | None:
    return None if _OTHER_WILD & set(pattern) else Glob(pattern, alternatives=False)


def fits(text: str, pattern: str) -> bool:
    """As `fnmatch.fnmatchcase` has it."""
    known = _file_glob(pattern)
    return fnmatchcase(text, pattern) if known is None else known.fullmatch(text)
