"""The elements of collections, and frames in which names stand for them."""

from __future__ import annotations

from mlops_scan.scanner.formats.hcl.frames import Frame
from mlops_scan.scanner.formats.hcl.values import (
    MAX_ITEMS,
    Object,
    Value,
    settled,
    to_number,
    to_text,
    wrong,
)


def bound(frame: Frame, names: tuple[str, ...], key: Value, value: Value) -> Frame:
    return frame.bind(**{names[0]: key, names[1]: value} if len(names) > 1 else {names[0]: value} if names else {})


def elements(collection: Value) -> list[tuple[Value, Value]] | None:
    """(key or index, value) of each element in Terraform's order; None when the collection is unknown."""
    collection = settled(collection)
    if isinstance(collection, list):
        return list(enumerate(collection[:MAX_ITEMS]))
    if isinstance(collection, dict):
        return [(key, collection[key]) for key in sorted(collection)[:MAX_ITEMS]]
    return None


def element(value: Value, key: Value, source: str) -> Value:
    """The element of a collection under a key or at an index."""
    number = to_number(key)
    if isinstance(value, Object) and value.block and number == 0:
        return value  # a block that stands once is a list of one
    if isinstance(value, dict):
        text = to_text(key)
        return value[text] if text in value else wrong(source)
    if isinstance(value, list) and isinstance(number, int) and -len(value) <= number < len(value):
        return value[number]
    return wrong(source)
