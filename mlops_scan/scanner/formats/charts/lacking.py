"""What a chart prints by default and not in production: the objects, and the value that switches each off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.identities import identity
from mlops_scan.scanner.formats.charts.release import Instance
from mlops_scan.scanner.formats.charts.render import Output, Rendering
from mlops_scan.scanner.formats.gotemplate.values import Origin, Values

_SEARCHED = 2_000  # values of one environment


def lacking(
    default: Rendering, made: Rendering, values: Values, template: Callable[[str], str]
) -> Iterator[tuple[Output, str, Origin | None]]:
    """(output by default, text of a document in it, what switches it off) of what `made` with `values` prints not.

    `template` gives the text of a template by its path.
    """
    instances = made.instances()
    printed: dict[tuple[str, str], list[str]] = {}
    for one in (*made.outputs, *made.further):
        printed.setdefault(one.key, []).append(one.writer.text())
    off = list(_switches(values))
    for output in (*default.outputs, *default.further):
        gone = output.instance.path not in instances
        others = printed.get(output.key)
        if not gone and others is None:
            continue  # its values are those of the default: it was not rendered once more
        text = output.writer.text()
        after = [] if gone or others is None else others
        if text in after:
            continue
        left = {identity(chunk) for other in after for _, chunk in yamlnodes.split(other)}
        for _, chunk in yamlnodes.split(text):
            if "apiVersion" in chunk and identity(chunk) not in left:
                yield output, chunk, _switch(off, output.instance, template(output.path))


def _switch(off: list[Origin], instance: Instance, template: str) -> Origin | None:
    """The value that most likely switches an object off: one that its template asks for, or its chart's condition."""
    prefix = "".join(f"{key}." for key in instance.keys)
    condition = instance.dependency.condition if instance.dependency is not None else ""
    for one in off:
        own = one.trail.removeprefix(prefix) if one.trail.startswith(prefix) else ""
        asked = own and re.search(rf"\.Values\.{re.escape(own)}(?![\w.])", template)
        if asked or one.trail in condition.split(","):
            return one
    return off[0] if len(off) == 1 else None


def _switches(values: Values) -> Iterator[Origin]:
    """Values that are false, null, zero or empty."""
    stack: list[object] = [values]
    left = _SEARCHED
    while stack and left:
        left -= 1
        one = stack.pop()
        if isinstance(one, Values):
            for key, value in one.items():
                if not value and key in one.places:
                    yield one.places[key]
                stack.append(value)
