"""Finds the sightings whose pattern may fit a name, without trying them all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Protocol

from mlops_scan.scanner.catalog.sighting import Sighting


class _Fitting(Protocol):
    def fullmatch(self, string: str, /) -> object: ...


_PIECES = re.compile(r"\*|\{[^{}]*\}")  # what stands between pieces that are written as they are
_Compile = Callable[[str], _Fitting]
_Test = Callable[[str], object]


class NameIndex:
    """Sightings by the name they look for; every name is looked up once.

    Literal names are found in a dict; patterns by their first or last literal piece (`separator` cuts pieces), or by
    each of the last pieces that they name (`*.{fit,train}`).
    """

    def __init__(self, sightings: Iterable[Sighting], test: Callable[[str], _Test], separator: str) -> None:
        self._separator = separator
        self._test = test
        self._known: dict[str, tuple[Sighting, ...]] = {}
        self._exact: dict[str, list[Sighting]] = defaultdict(list)
        self._first: dict[str, list[Sighting]] = defaultdict(list)
        self._last: dict[str, list[Sighting]] = defaultdict(list)
        self._any: list[tuple[str, Sighting]] = []  # with a text that a name must hold
        for sighting in sightings:
            self._add(sighting)

    def _add(self, sighting: Sighting) -> None:
        name = sighting.signature.name
        first, last = self._ends(name)
        if "*" not in name and "{" not in name:
            self._exact[name].append(sighting)
        elif "*" not in first and "{" not in first:
            self._first[first].append(sighting)
        elif "*" not in last and (each := _alternatives(last)):
            for one in each:
                self._last[one].append(sighting)
        else:
            piece = "" if "|" in name else max(_PIECES.split(name), key=len)
            self._any.append((piece, sighting))

    def _ends(self, name: str) -> tuple[str, str]:
        return name.split(self._separator, 1)[0], name.rsplit(self._separator, 1)[-1]

    def find(self, name: str) -> tuple[Sighting, ...]:
        """The sightings whose pattern fits all of `name`."""
        found = self._known.get(name)
        if found is None:
            first, last = self._ends(name)
            others = [one for piece, one in self._any if piece in name]
            tried = (*self._first.get(first, ()), *self._last.get(last, ()), *others)
            fitting = [one for one in tried if self._test(one.signature.name)(name)]
            found = self._known[name] = (*self._exact.get(name, ()), *fitting)
        return found


def _alternatives(piece: str) -> tuple[str, ...]:
    """The literal pieces that a piece stands for: itself, or those in its braces; () where it is made otherwise."""
    if "{" not in piece:
        return (piece,)
    inner = piece[1:-1]
    return tuple(dict.fromkeys(inner.split(","))) if piece == f"{{{inner}}}" and "{" not in inner else ()


class ImageIndex:
    """Sightings of images: a pattern fits the end of a repository path, so that mirrors and copies match."""

    def __init__(self, sightings: Iterable[Sighting], glob: _Compile) -> None:
        self._glob = glob
        self._exact: dict[str, list[tuple[list[str], Sighting]]] = defaultdict(list)
        self._other: list[tuple[str, list[str], Sighting]] = []
        for sighting in sightings:
            host, path = _split_host(sighting.signature.name)
            if "*" in path[-1]:
                self._other.append((host, path, sighting))
            else:
                self._exact[path[-1]].append((path, sighting))

    def find(self, repository: str) -> list[Sighting]:
        """The sightings whose pattern fits the end of `repository`; a pattern that ends in `*` needs its host too."""
        host, path = _split_host(repository)
        found = [one for wanted, one in self._exact.get(path[-1], ()) if self._ends_with(path, wanted)]
        for wanted_host, wanted, one in self._other:
            whole = not wanted_host or wanted_host == host
            if whole and len(path) >= len(wanted) and self._ends_with(path[: len(wanted)], wanted):
                found.append(one)
        return found

    def _ends_with(self, path: list[str], wanted: list[str]) -> bool:
        if len(path) < len(wanted):
            return False
        tail = path[len(path) - len(wanted) :]
        return all(self._glob(pattern).fullmatch(part) for pattern, part in zip(wanted, tail, strict=True))


def _split_host(repository: str) -> tuple[str, list[str]]:
    first, *rest = repository.split("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    return "", [first, *rest]


class PathIndex:
    """Sightings of files by name, by suffix, or by a glob over the path."""

    def __init__(self, sightings: Iterable[Sighting], compile_: _Compile) -> None:
        self._compile = compile_
        self._names: dict[str, list[Sighting]] = defaultdict(list)
        self._suffixes: dict[str, list[Sighting]] = defaultdict(list)
        self._globs: list[Sighting] = []
        for sighting in sightings:
            base = sighting.signature.name.rsplit("/", 1)[-1]
            suffix = base.rsplit(".", 1)[-1] if "." in base else "*"
            if "*" not in base:
                self._names[base].append(sighting)
            elif "*" not in suffix:
                self._suffixes[suffix].append(sighting)
            else:
                self._globs.append(sighting)

    def find(self, path: str) -> list[Sighting]:
        """The sightings whose glob fits `path`, read from any folder of the repository."""
        base = path.rsplit("/", 1)[-1]
        tried = [*self._names.get(base, ()), *self._suffixes.get(base.rsplit(".", 1)[-1], ()), *self._globs]
        return [one for one in tried if self._compile(one.signature.name).fullmatch(path)]
