"""Simple commands of shell text, and the branches and functions that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_PATTERNS = 100  # of one `case`
_DEEP = 20  # branches and functions in each other


@dataclass(frozen=True, slots=True)
class Around:
    """A branch of `case SUBJECT in`, with its patterns and those of the branches before, or a function `name()`."""

    name: str
    start: int
    patterns: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def is_function(self) -> bool:
        return self.name.endswith("()")


@dataclass(frozen=True, slots=True)
class Simple:
    """One simple command as written. `after` is the operator that ends it; a bare '(' or ')' marks a subshell.

    `inner` are the texts of `$(...)`, backticks and `<(...)` with their offsets; `heredoc` is what is fed to it.
    `within` are the branches of `case` and the functions around it.
    """

    words: tuple[str, ...]
    start: int
    end: int
    after: str = ""
    inner: tuple[tuple[int, str], ...] = ()
    heredoc: tuple[int, str] | None = None
    within: tuple[Around, ...] = ()


class Within:
    """What is open at a place of a text; deeper than 20 nothing is told apart."""

    def __init__(self) -> None:
        self.now: tuple[Around, ...] = ()
        self._deeper = 0

    def enter(self, name: str, at: int) -> None:
        if len(self.now) < _DEEP:
            self.now = (*self.now, Around(name, at))
        else:
            self._deeper += 1

    def branch(self, patterns: Sequence[str], at: int) -> None:
        """What was read is the pattern of a branch of the innermost `case`."""
        if self.now and not self._deeper and not self.now[-1].is_function:
            case = self.now[-1]
            earlier = (*case.earlier, *case.patterns)[-_PATTERNS:]
            self.now = (*self.now[:-1], Around(case.name, at, tuple(patterns[:_PATTERNS]), earlier))

    def leave(self, *, case: bool) -> None:
        """The innermost `case` or function ends, and all that is open within it."""
        if self._deeper:
            self._deeper -= 1
            return
        for index in range(len(self.now) - 1, -1, -1):
            if self.now[index].is_function is not case:
                self.now = self.now[:index]
                return
