"""What a chart prints by default and not in production: the objects, and the value that switches each off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.release import Instance
from mlops_scan.scanner.formats.charts.render import Output, Rendering
from mlops_scan.scanner.formats.gotemplate.values import Origin, Values

_OBJECT = re.compile(r"^kind[ \t]*:[ \t]*[\"']?(\w+)", re.MULTILINE)
_NAME = re.compile(r"^metadata:.*?^[ \t]+name:[ \t]*[\"']?([\w.-]+)", re.MULTILINE | re.DOTALL)
_SEARCHED = 2_000  # values of one environment


def lacking(
    default: Rendering, made: Rendering, values: Values, template: Callable[[str], str]
) -> Iterator[tuple[Output, str, Origin | None]]:
    """(output by default, text of a document in it, what switches it off) of what `made` with `values` prints not.

    `template` gives the text of a template by its path.
    """
    instances = made.instances()
    printed = {(one.instance.path, one.name): one for one in made.outputs}
    off = list(_switches(values))
    for output in default.outputs:
        gone = output.instance.path not in instances
        other = printed.get((output.instance.path, output.name))
        if not gone and other is None:
            continue  # its values are those of the default: it was not rendered once more
        text = output.writer.text()
        after = "" if gone or other is None else other.writer.text()
        if text == after:
            continue
        left = {_identity(chunk) for _, chunk in yamlnodes.split(after)}
        for _, chunk in yamlnodes.split(text):
            if "apiVersion" in chunk and _identity(chunk) not in left:
                yield output, chunk, _switch(off, output.instance, template(output.path))


def _identity(chunk: str) -> tuple[str, str]:
    kind, name = _OBJECT.search(chunk), _NAME.search(chunk)
    return kind[1] if kind else "", name[1] if name else ""


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
