"""What `range` goes over."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.gotemplate.objects import FileSet
from mlops_scan.scanner.formats.gotemplate.scope import Reads
from mlops_scan.scanner.formats.gotemplate.values import Items, Read, Values


def each(value: Value, reads: Reads) -> Iterable[tuple[Value, Value, tuple[Read, ...]]]:
    """(key, item, what was read to make the item) of what a range goes over."""
    if isinstance(value, FileSet):
        return [(path, text, reads) for path, text in value.items()]
    if isinstance(value, Values):
        return [(key, value[key], ((value, key),)) for key in sorted(value)]
    if isinstance(value, dict):
        return [(key, value[key], reads) for key in sorted(value, key=str)]
    if isinstance(value, Items):
        return [(index, item, ((value, index),)) for index, item in enumerate(value)]
    if isinstance(value, int) and not isinstance(value, bool):
        return ((index, index, reads) for index in range(value))
    if isinstance(value, (list, tuple, range)):
        return [(index, item, reads) for index, item in enumerate(value)]
    return ()
