"""Entries of configuration files that come to name themselves, and those that lead to more others than are followed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mlops_scan.scanner.formats import circles
from mlops_scan.scanner.formats.composition import Composition, Files
from mlops_scan.scanner.formats.entrytexts import DEEP, STEPS, asks, references
from mlops_scan.scanner.model import Fact, Location, Note

_MOST = 20  # notes on one configuration
_ENTRIES = 200_000  # of all configurations that are looked at
_SECTIONED = (".ini", ".cfg")
_END = "its value is not known"

Entries = Mapping[str, Fact]


def notes(files: Files) -> Iterator[Note]:
    """A note at each entry that closes a circle, and at each `defaults` that does."""
    made = Composition(files)
    choosing = sorted(path for path, entries in files.items() if "defaults" in entries)
    ways = {path: [(one, files[path]["defaults"].at) for one in made.chosen(path)] for path in choosing}
    for _, at, names in islice(circles.closing(ways), _MOST):
        yield Note(at, circles.told(names))
    left = _ENTRIES
    for view in _views(files, made, choosing):
        left -= len(view)
        if left < 0:
            return
        yield from islice(_of(view), _MOST)


def _views(files: Files, made: Composition, choosing: list[str]) -> Iterator[Entries]:
    """What the entries of each file see: all of the configuration that it begins, or that it is an option of."""
    folders = {posixpath.dirname(path) for path in choosing}
    for path in sorted(files):
        above = [
            folder for folder in folders if posixpath.dirname(path) != folder and f"{path}/".startswith(f"{folder}/")
        ]
        entries = files[path]
        if not above:
            yield made.entries(path) if path in choosing else entries
        elif any(asks(fact.get("value")) for fact in entries.values()):
            folder = min(above, key=len)
            main = min(one for one in choosing if posixpath.dirname(one) == folder)
            group = posixpath.dirname(path)[len(folder) :].strip("/").replace("/", ".")
            yield {**made.entries(main), **{f"{group}.{name}": fact for name, fact in entries.items()}}


def _of(view: Entries) -> Iterator[Note]:
    ways = {
        key: list(_ways(key, fact, view))
        for key, fact in view.items()
        if fact.name != "defaults" and asks(fact.get("value"))
    }
    inside: set[str] = set()
    for _, at, names in circles.closing(ways):
        inside.update(names)
        if len(names) > 2 or not names[0].isupper():  # `${HOME}` of an entry `HOME` is a variable of the environment
            yield Note(at, circles.told(names, _END))
    yield from _endless(view, ways, inside)


def _ways(key: str, fact: Fact, view: Entries) -> Iterator[tuple[str, Location]]:
    """The entries that a value names, each as often as it does."""
    for name in references(
        fact.get("value"), key, lambda one: _value(view, one), options=fact.at.path.endswith(_SECTIONED)
    ):
        if key.startswith(f"{name}."):  # a mapping within itself
            yield key, fact.at
            continue
        while name and name not in view:
            name = name.rpartition(".")[0]  # what an entry above leads to
        if name:
            yield name, fact.at


def _value(view: Entries, name: str) -> Any:
    found = view.get(name)
    return found.get("value") if found is not None else None


def _endless(view: Entries, ways: Mapping[str, list[tuple[str, Location]]], inside: set[str]) -> Iterator[Note]:
    """A note at the first entries that lead to more others than are followed for one value."""
    counts: dict[str, tuple[int, int]] = {}  # entries asked for in all, one behind the other
    for start in ways:
        waiting = [start]
        while waiting:
            key = waiting[-1]
            below = [one for one, _ in ways.get(key, ())]
            open_ = [one for one in below if one in ways and one not in counts and one not in inside]
            if key in counts or key in inside or not open_:
                waiting.pop()
                counts.setdefault(key, _sum(counts.get(one, (0, 0)) for one in below))
            else:
                waiting += open_
    for key, (steps, deep) in counts.items():
        under = [counts.get(one, (0, 0)) for one, _ in ways.get(key, ())]
        if _over(steps, deep) and not any(_over(*one) for one in under):
            yield Note(
                view[key].at, f"'{key}' leads to more than {STEPS} other entries, or over {DEEP} of them: {_END}"[:400]
            )


def _over(steps: int, deep: int) -> bool:
    return steps > STEPS or deep > DEEP


def _sum(below: Any) -> tuple[int, int]:
    found = list(below)
    return sum(one + 1 for one, _ in found), max((deep + 1 for _, deep in found), default=0)
