"""Names and `*`: matched by their pieces, since compiling hundreds of expressions would cost more than all matching."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

_REMEMBERED = 2_000  # texts of one pattern
_OTHER_WILD = frozenset("?[")


class Glob:
    """`*` is any text, `|` separates alternatives; case matters."""

    __slots__ = ("_known", "_names", "_wild")

    def __init__(self, pattern: str, *, alternatives: bool = True) -> None:
        each = pattern.split("|") if alternatives else [pattern]
        self._names = frozenset(one for one in each if "*" not in one)
        pieces = [one.split("*") for one in each if "*" in one]
        self._known: dict[str, bool] = {}
        self._wild = [(one[0], one[-1], len(one[0]) + len(one[-1]), one[1:-1]) for one in pieces]

    def fullmatch(self, text: str) -> bool:
        """Whether all of `text` is meant."""
        if text in self._names:
            return True
        known = self._known.get(text) if self._wild else False
        if known is None:
            known = self.is_like(text)
            if len(self._known) < _REMEMBERED:
                self._known[text] = known
        return known

    def once(self, text: str) -> bool:
        """As `fullmatch`, for a text that nobody asks for again."""
        return text in self._names or self.is_like(text)

    def is_like(self, text: str) -> bool:
        """Whether the text fits an alternative that has a `*`."""
        for first, last, least, between in self._wild:
            if not (text.endswith(last) and text.startswith(first) and len(text) >= least):
                continue
            if not between or _holds(text, between, len(first), len(text) - len(last)):
                return True
        return False


def _holds(text: str, pieces: list[str], at: int, end: int) -> bool:
    """Whether the pieces come one after another; each as early as it comes leaves most for the next."""
    for piece in pieces:
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
