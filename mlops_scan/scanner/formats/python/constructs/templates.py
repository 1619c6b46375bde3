"""Fills the templates of the tables with the arguments of a call: `$name`, `$0|name`, `$name.inner`, `a ${name} b`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from mlops_scan.scanner.formats.python.constructs import naming
from mlops_scan.scanner.formats.python.constructs.codenodes import Made, Unknown
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, made, scalar

_INSIDE = re.compile(r"\$\{([\w.|]+)(?::([^}]*))?\}")
_STYLES: dict[str, Callable[[str], str]] = {"pascal": naming.pascal, "camel": naming.camel, "lower": naming.lower}
_VERBATIM = frozenset(
    (
        "annotations", "data", "dimensions", "env", "environment", "environmentvariables", "hyperparameters", "labels",
        "limits", "matchlabels", "nodeselector", "requests", "stringdata", "tags", "values", "variables",
    )
)  # fmt: skip
_DEPTH = 30
_FIRST = "!first"  # of these templates the first that anything was given for
BESIDE = "!beside"  # stands for the resource of this type that the same call makes
_Leads = Callable[[Made], tuple[ast.Call, ...]]  # the calls that made the resources that stand in a call


class Filler:
    """Templates against one call. `values` says what calls that are only values stand for."""

    def __init__(
        self,
        values: dict[str, Any],
        receiver: Callable[[Made], Node | None],
        leads: _Leads,
        declaring: Callable[[ast.Call | None], Made | None],
    ) -> None:
        self._values, self._receiver, self._leads, self._declaring = values, receiver, leads, declaring

    def fill(self, template: Any, call: Made) -> Node | None:
        """The node that a template makes of a call; None where nothing of it was given."""
        if isinstance(template, str):
            return self._text(template, call)
        if isinstance(template, dict) and _FIRST in template:
            filled = (self.fill(one, call) for one in template[_FIRST])
            return next((one for one in filled if one is not None), None)
        if isinstance(template, dict):
            return self._mapping(template, call)
        if isinstance(template, list):
            sequence = Sequence(call.line, call.column)
            sequence.extend(one for item in template if (one := self.fill(item, call)) is not None)
            return sequence or None
        return made(template, call.line, call.column)

    def _mapping(self, template: dict[str, Any], call: Made) -> Mapping | None:
        mapping = Mapping(call.line, call.column)
        given = BESIDE in template or not _asks(template)
        for key, item in template.items():
            node = self.fill(item, call)
            if node is None:
                continue
            given = given or _asks(item)
            if key != "<<":
                mapping[key] = node
                mapping.places[key] = self._where(item, node, call)
            elif isinstance(node, Mapping):
                mapping.update(node)
                mapping.places.update(node.places)
        return mapping if mapping and given else None

    @staticmethod
    def _where(item: Any, node: Node, call: Made) -> tuple[int, int]:
        if isinstance(item, str) and item.startswith("$"):
            for name in item[1:].split(" ")[0].split("|"):
                if name in call.places:
                    return call.places[name]
        return (node.line, node.column)

    def _text(self, template: str, call: Made) -> Node | None:
        if template.startswith("$") and not template.startswith("${"):
            path, _, style = template[1:].partition(" :")
            for one in path.split("|"):
                found = self._path(one, call)
                if found is not None:
                    found = self.settled(found)
                    return styled(found, _STYLES[style]) if style else found
            return None
        if "${" not in template:
            return scalar(template, call.line, call.column, bare=False)
        known = [self._inside(match[1], match[2], call) for match in _INSIDE.finditer(template)]
        if all(one is None for one in known):
            return None
        pieces = iter(known)
        text = _INSIDE.sub(lambda match: next(pieces) or "", template)
        return scalar(text, call.line, call.column, bare=False)

    def _inside(self, path: str, default: str | None, call: Made) -> str | None:
        for one in path.split("|"):
            found = self._path(one, call)
            found = self.settled(found) if found is not None else None
            if isinstance(found, Scalar):
                return str(found)
        return default

    def _path(self, path: str, call: Made) -> Node | None:
        node: Node | None = call
        for step in path.split("."):
            if isinstance(node, Made) and node is not call and node.callee in self._values:
                node = self.settled(node)
            if node is None:
                return None
            node = self._step(node, step)
        return node

    def _step(self, node: Node, step: str) -> Node | None:
        if isinstance(node, Unknown) and step != "made":
            node = self._declaring(node.made_by) or node
        if step == "self":
            return self._receiver(node) if isinstance(node, Made) else None
        if step == "made":  # what leads to the resource that the call makes
            return unknown(node) if isinstance(node, Made) else node
        if step == "**":
            return keywords(node) if isinstance(node, Made) else node
        if step.isdigit():
            listed = node.args if isinstance(node, Made) else node if isinstance(node, Sequence) else []
            return listed[int(step)] if int(step) < len(listed) else None
        return node.get(step) if isinstance(node, Mapping) else None

    def _chained(self, node: Made) -> Node | None:
        """What `Image.from_registry("x").pip_install("y")` was begun with."""
        first: Node | None = node
        for _ in range(_DEPTH):
            first = self._receiver(first) if isinstance(first, Made) else None
            if not isinstance(first, Made) or not node.callee.startswith(f"{first.callee}."):
                return None
            if first.callee in self._values:
                return self.fill(self._values[first.callee], first)
        return None

    def settled(self, node: Node, depth: int = 0) -> Node:
        """The node with calls that are only values replaced by these."""
        if depth > _DEPTH:
            return node
        if isinstance(node, Made) and node.callee in self._values:
            found = self.fill(self._values[node.callee], node)
            return found if found is not None else self._unknown(node)
        if isinstance(node, Made) and (chained := self._chained(node)) is not None:
            return chained
        if isinstance(node, Made) and (len(node.args) > 1 or (node.args and not node)):
            return self._unknown(node)  # an object of its own, not a bundle of arguments
        if isinstance(node, Made) and _wrapped(node) is not None:
            node["of"] = self._unknown(node)  # options beside the resource that they are for
        if isinstance(node, Mapping):
            for key, value in node.items():
                node[key] = self.settled(value, depth + 1)
        elif isinstance(node, Sequence):
            node[:] = [self.settled(one, depth + 1) for one in node]
        return node

    def _unknown(self, node: Made) -> Unknown:
        one = unknown(node)
        if one.made_by is node.call and (found := self._leads(node)):  # `bucket.arn.apply(...)`, `concat(a.id, b.id)`
            one.made_by, one.more = found[0], found[1:]
        return one


def keywords(call: Made) -> Mapping:
    """What a call was given by name."""
    mapping = Mapping(call.line, call.column)
    mapping.update(call)
    mapping.places.update(call.places)
    return mapping


def unknown(call: Made) -> Unknown:
    """A call as a value of which only the name is known; around a resource (`Target(function)`) it leads to that."""
    one = Unknown(f"${{{call.callee}()}}")
    one.line, one.column, one.bare, one.block, one.tag = call.line, call.column, False, False, ""
    one.value, one.made_by = {"expr": f"{call.callee}()", "call": call.callee}, _wrapped(call) or call.call
    one.more = ()
    return one


def _wrapped(call: Made) -> ast.Call | None:
    """The call that made the resource which a call is given first."""
    first = call.args[0] if call.args else None
    return first.made_by if isinstance(first, Unknown) else first.call if isinstance(first, Made) else None


def styled(node: Node, style: Callable[[str], str], depth: int = 0) -> Node:
    """The node with the keys of its calls and objects spelled as the API does; maps of the user's own are left."""
    if depth > _DEPTH:
        return node
    if isinstance(node, Mapping):
        mapping = Mapping(node.line, node.column)
        for key, value in node.items():
            name = style(key) if key.isidentifier() else key
            own = name.lower().replace("_", "") in _VERBATIM and not isinstance(value, Made)
            mapping[name] = value if own else styled(value, style, depth + 1)
            mapping.places[name] = node.places.get(key, (node.line, node.column))
        return mapping
    if isinstance(node, Sequence):
        sequence = Sequence(node.line, node.column)
        sequence.extend(styled(one, style, depth + 1) for one in node)
        return sequence
    return node


def _asks(template: Any) -> bool:
    """Whether anything in a template stands for an argument."""
    if isinstance(template, dict):
        return BESIDE in template or any(_asks(one) for one in template.values())
    if isinstance(template, list):
        return any(_asks(one) for one in template)
    return isinstance(template, str) and "$" in template
