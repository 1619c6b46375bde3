"""The places behind a rendered line: the template's line, and the lines of values files that fed it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.formats.charts.render import Output
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.gotemplate.values import Items, Origin, Read, Values, current, origin
from mlops_scan.scanner.formats.gotemplate.writer import LineMap, Source
from mlops_scan.scanner.model import Location, Place

_KEY = re.compile(r"\s*(?:- +)*[\"']?([^\s\"':#{}\[\]]+)[\"']?:(?:\s|\Z)")
_SEARCHED = 2_000  # values looked at to find the one behind a line of a printed mapping
_PLACES = 12  # of one line


class Lines:
    """Locates lines of one output; remembers the values behind the places it gave, and the lines with gaps."""

    def __init__(self, output: Output) -> None:
        self.map = LineMap(output.writer)
        self.text = self.map.text
        self.path = output.path
        self.values: dict[Place, str] = {}
        self.gaps: set[Location] = set()
        self._found: dict[int, tuple[Source | None, tuple[Place, ...]]] = {}

    def locate(self, line: int, column: int) -> tuple[Location, tuple[Place, ...]]:
        """The place of the template, and those of the values that the line shows; see kube.Locate."""
        if line not in self._found:
            source = self.map.source(line)
            self._found[line] = source, tuple(self._places(source)) if source is not None else ()
        source, places = self._found[line]
        if source is None:
            return Location(self.path), ()
        at = Location(source.path if source.path != "tpl" else self.path, source.line, column if source.column else 1)
        if not source.whole:
            self.gaps.add(at)
        return at, places

    def _places(self, source: Source) -> Iterator[Place]:
        found: dict[Origin, Value] = {}
        for read in source.reads:
            for where, value in _behind(read, source.text):
                found.setdefault(where, value)
        trails = [(where.path, where.trail) for where in found]
        for where, value in list(found.items())[:_PLACES]:
            if any(path == where.path and _below(trail, where.trail) for path, trail in trails):
                continue  # the line shows a part of it, which was read, too
            place = Place(Location(where.path, where.line, where.column), f"value '{where.trail}'")
            self.values[place] = show(value) if not isinstance(value, (dict, list)) else ""
            yield place


def _below(trail: str, above: str) -> bool:
    return trail.startswith((f"{above}.", f"{above}["))


def _behind(read: Read, text: str) -> Iterator[tuple[Origin, Value]]:
    """Where the value that was read is written; of a mapping printed whole, the key that the line shows."""
    where, value = origin(read), current(read)
    key = _KEY.match(text) if isinstance(value, (Values, Items)) else None
    if isinstance(value, (Values, Items)):
        inner = list(_named(value, key[1])) if key is not None else []
        if len(inner) == 1:
            yield inner[0]
            return
    if where is not None:
        yield where, value


def _named(value: Values | Items, key: str) -> Iterator[tuple[Origin, Value]]:
    """The entries called `key` in a value and below it."""
    stack: list[Value] = [value]
    left = _SEARCHED
    while stack and left:
        left -= 1
        one = stack.pop()
        if isinstance(one, Values):
            if key in one and key in one.places:
                yield one.places[key], one[key]
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
