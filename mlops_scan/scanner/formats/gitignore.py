"""Ignore patterns as git reads them: negation, anchors, `**`, folders only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import translate

_WILD = re.compile(r"[*?\[\\]")
_ESCAPE = re.compile(r"\\(?:([*?\[])|(.))")
_Segment = re.Pattern[str] | None  # None stands for '**'


@dataclass(frozen=True, slots=True)
class _Pattern:
    """`last`: the name that a path must have, '' where it has a wild card; `depth`: how many parts, 0 with a '**'."""

    rank: int
    negated: bool
    folders_only: bool
    segments: tuple[_Segment, ...]
    last: str = ""
    depth: int = 0

    def fits(self, parts: list[str]) -> bool:
        """Whether the segments match all of `parts`; remembers only the last '**', so it never explodes."""
        at = step = 0
        star, resume = -1, 0
        while at < len(parts):
            left = step < len(self.segments)
            segment = self.segments[step] if left else None
            if left and segment is None:
                star, resume, step = step, at, step + 1
            elif segment is not None and segment.match(parts[at]):
                at, step = at + 1, step + 1
            elif star >= 0:
                resume += 1
                at, step = resume, star + 1
            else:
                return False
        return all(segment is None for segment in self.segments[step:])


class IgnoreRules:
    """The patterns of one ignore file; paths are relative to its folder.

    Plain names, `*.suffix` and anchored paths, nearly all there are, are found by dictionary.
    """

    def __init__(self, text: str) -> None:
        self._named: dict[str, list[_Pattern]] = {}
        self._suffixed: dict[str, list[_Pattern]] = {}
        self._anchored: dict[str, list[_Pattern]] = {}
        self._globs: list[tuple[Callable[[str], object], _Pattern]] = []
        self._deep: list[_Pattern] = []
        for rank, line in enumerate(text.splitlines()):
            self._add(rank, line)

    def decide(self, path: str, *, folder: bool) -> bool | None:
        """True: ignored; False: kept by a negation; None: no pattern speaks of `path`. The last pattern wins."""
        best: _Pattern | None = None
        for pattern in self._fitting(path):
            if (folder or not pattern.folders_only) and (best is None or pattern.rank > best.rank):
                best = pattern
        return None if best is None else not best.negated

    def _fitting(self, path: str) -> Iterator[_Pattern]:
        name = path.rpartition("/")[2]
        yield from self._named.get(name, ())
        dot = name.find(".") if self._suffixed else -1
        while dot >= 0:
            yield from self._suffixed.get(name[dot:], ())
            dot = name.find(".", dot + 1)
        for match, pattern in self._globs:
            if match(name):
                yield pattern
        whole = (*self._anchored.get(path.partition("/")[0], ()), *self._deep)
        if whole:
            parts = path.split("/")
            for pattern in whole:
                may = pattern.last in ("", name) and pattern.depth in (0, len(parts))
                if may and pattern.fits(parts):
                    yield pattern

    def _add(self, rank: int, line: str) -> None:
        glob = _trimmed(line)
        if not glob or glob.startswith("#"):
            return
        negated = glob.startswith("!")
        glob = glob[1:] if negated else glob
        folders_only = glob.endswith("/")
        glob = glob.rstrip("/") if folders_only else glob
        if not glob:
            return
        parts = glob.lstrip("/").split("/")
        last = "" if parts[-1] == "**" or _WILD.search(parts[-1]) else parts[-1]
        depth = 0 if "**" in parts else len(parts)
        pattern = _Pattern(rank, negated, folders_only, tuple(_segments(parts)), last, depth)
        if "/" not in glob and glob != "**":
            self._add_name(glob, pattern)
        elif _WILD.search(parts[0]):
            self._deep.append(pattern)
        else:
            self._anchored.setdefault(parts[0], []).append(pattern)

    def _add_name(self, glob: str, pattern: _Pattern) -> None:
        if not _WILD.search(glob):
            self._named.setdefault(glob, []).append(pattern)
        elif glob.startswith("*.") and not _WILD.search(glob[1:]):
            self._suffixed.setdefault(glob[1:], []).append(pattern)
        else:
            self._globs += [(segment.match, pattern) for segment in pattern.segments if segment is not None]


def _trimmed(line: str) -> str:
    """Trailing blanks go, unless a backslash keeps the first of them."""
    bare = line.rstrip(" \t\r")
    return bare + " " if bare.endswith("\\") and len(line) > len(bare) else bare


def _segments(parts: list[str]) -> Iterator[_Segment]:
    for index, part in enumerate(parts):
        if part == "**":
            yield None
            if index == len(parts) - 1:
                yield re.compile("")  # a trailing '/**' means: something below
        else:
            glob = _ESCAPE.sub(_plainly, part).replace("[^", "[!")
            yield re.compile(translate(glob))


def _plainly(escaped: re.Match[str]) -> str:
    return f"[{escaped[1]}]" if escaped[1] else escaped[2]
