"""Which parsers a file is offered to, by its name: found by dictionary, since every file is asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from mlops_scan.scanner.globs import Glob, fits
from mlops_scan.scanner.parsers.base import WILD, Parser

_Fits = Callable[[str], bool]
_OTHER_WILD = frozenset("?[")


class Dispatch:
    """Parsers by their patterns. Every parser is offered files without a suffix; one without patterns, all files."""

    def __init__(self, readers: Sequence[Parser]) -> None:
        self._readers = readers
        self._all = frozenset(range(len(readers)))
        self._always = frozenset(index for index, reader in enumerate(readers) if not reader.patterns)
        self._names: dict[str, set[int]] = {}
        self._suffixes: dict[str, set[int]] = {}
        # by their last suffix and first character; '' if they leave it open
        self._name_globs: dict[tuple[str, str], list[tuple[_Fits, int]]] = {}
        self._path_globs: list[tuple[str, _Fits, int]] = []
        self._known: dict[str, tuple[frozenset[int], list[tuple[_Fits, int]]]] = {}
        for index, reader in enumerate(readers):
            for pattern in reader.patterns:
                self._add(pattern, index)

    def candidates(self, path: str) -> tuple[Parser, ...]:
        """The parsers one of whose patterns fits, in their order."""
        name = path.rpartition("/")[2]
        if name not in self._known:
            ending = [(fitting, index) for end, fitting, index in self._path_globs if name.endswith(end)]
            self._known[name] = self._by_name(name), ending
        found, globs = self._known[name]
        if globs:
            found = found.union(index for fitting, index in globs if fitting(path))
        return tuple(self._readers[index] for index in sorted(found))

    def _by_name(self, name: str) -> frozenset[int]:
        if "." not in name:
            return self._all
        found = self._always | self._names.get(name, set())
        dot = name.find(".")
        while dot >= 0:
            found |= self._suffixes.get(name[dot:], set())
            dot = name.find(".", dot + 1)
        keys = ((suffix, start) for suffix in ("", name[name.rfind(".") :]) for start in ("", name[0]))
        globs = (one for key in keys for one in self._name_globs.get(key, ()))
        return found | {index for fitting, index in globs if fitting(name)}

    def _add(self, pattern: str, index: int) -> None:
        if "/" in pattern:
            self._path_globs.append((_end(pattern), _fitting(pattern), index))
        elif not WILD.search(pattern):
            self._names.setdefault(pattern, set()).add(index)
        elif pattern.startswith("*.") and not WILD.search(pattern[1:]):
            self._suffixes.setdefault(pattern[1:], set()).add(index)
        else:
            end = _end(pattern)
            suffix = end[end.rfind(".") :] if "." in end else ""
            start = "" if WILD.match(pattern) else pattern[0]
            self._name_globs.setdefault((suffix, start), []).append((_fitting(pattern), index))


def _end(glob: str) -> str:
    """With what a name must end where the path fits: what follows the last '/' or the last wild character."""
    last = glob.rpartition("/")[2]
    wild = [found.end() for found in WILD.finditer(last)]
    return "" if "[" in last else last[wild[-1] :] if wild else last


def _fitting(glob: str) -> _Fits:
    """As `fits`, for paths that come once."""
    return Glob(glob, alternatives=False).once if _OTHER_WILD.isdisjoint(glob) else partial(fits, pattern=glob)
