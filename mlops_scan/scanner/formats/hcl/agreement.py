"""What several values agree on."""

from __future__ import annotations

from dataclasses import replace

from mlops_scan.scanner.formats.hcl.values import MAX_ITEMS, MAX_PARTS, Object, Unknown, Value


def agreed(values: list[Value], source: str) -> Value:
    """What all of `values` say: the elements of a `for_each`, of which one fact describes each alike."""
    return _Agreement().of(values, source)


class _Agreement:
    def __init__(self) -> None:
        self.left = MAX_ITEMS

    def of(self, values: list[Value], source: str, depth: int = 0) -> Value:
        self.left -= len(values)
        first = values[0]
        if all(isinstance(value, dict) for value in values) and depth < 20 and self.left > 0:
            keys = [key for key in first if all(key in value for value in values)]
            made = Object(place=getattr(first, "place", None))
            made.update({key: self.of([value[key] for value in values], f"{source}.{key}", depth + 1) for key in keys})
            made.places = dict(getattr(first, "places", {}))
            return made
        if isinstance(first, (str, int, float, bool, type(None))) and all(
            type(value) is type(first) and value == first for value in values
        ):
            return first
        if isinstance(first, Unknown) and all(_same_source(value, first) for value in values):
            return replace(first, source=source, key="", known=None, text=None, parts=())
        known = tuple(dict.fromkeys(value for value in values if isinstance(value, str)))
        return Unknown(source, name=source, parts=known[:MAX_PARTS])


def _same_source(value: Value, other: Unknown) -> bool:
    return isinstance(value, Unknown) and bool(value.ref) and (value.ref, value.folder) == (other.ref, other.folder)
