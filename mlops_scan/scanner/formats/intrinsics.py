"""Intrinsic functions of CloudFormation, evaluated as far as the template's own defaults tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar

_KEY = re.compile(r"(?:Ref|Condition|Fn::\w+)\Z")
_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_EXPRESSION_CHARS = 120
STEPS = 50_000
_MOST_TEXT = 100_000


class Open(Scalar):
    """A value that only a deployment tells: `text` is how it is spelled, `expr` the function that stands there."""

    __slots__ = ("expr",)
    expr: str


class Template:
    """The parameters, mappings and conditions of one template, with which its properties are evaluated."""

    def __init__(self, document: Node | None) -> None:
        self.defaults = dict(_defaults(yamlnodes.child(document, "Parameters")))
        self.mappings = yamlnodes.child(document, "Mappings")
        self.conditions = yamlnodes.child(document, "Conditions")
        self.left = STEPS
        self._held: dict[str, bool | None] = {}

    def resolve(self, node: Node, depth: int = 0) -> Node | None:
        """The node without intrinsics; what stays unknown is `Open`, None what the template leaves out."""
        self.left -= 1
        if self.left < 0 or depth > bounds.YAML_DEPTH:
            return _open(node, "")
        if len(node.tag) > 1 and node.tag.startswith("!"):
            return self._function(node.tag[1:], node, node, depth)
        if isinstance(node, Mapping):
            if len(node) == 1 and _KEY.match(key := next(iter(node))):
                return self._function(key.removeprefix("Fn::"), node[key], node, depth)
            made = Mapping(node.line, node.column)
            made.places = node.places
            made.update((key, value) for key, value in self._entries(node, depth) if value is not None)
            return made
        if isinstance(node, Sequence):
            listed = Sequence(node.line, node.column)
            listed.extend(value for one in node if (value := self.resolve(one, depth + 1)) is not None)
            return listed
        return node

    def _entries(self, node: Mapping, depth: int) -> Iterator[tuple[str, Node | None]]:
        for key, value in node.items():
            yield key, self.resolve(value, depth + 1)

    def holds(self, name: str, depth: int = 0) -> bool | None:
        """Whether a condition of the template holds by its defaults; None when they do not tell."""
        found = yamlnodes.child(self.conditions, name)
        if found is None:
            return None
        if name not in self._held:
            self._held[name] = None  # a condition that asks for itself
            self._held[name] = self._truth(found, depth + 1)
        return self._held[name]

    def _function(self, name: str, argument: Node, node: Node, depth: int) -> Node | None:
        bare = _untagged(argument)
        if name == "Ref":
            return self._ref(str(bare), node) if isinstance(bare, Scalar) else _open(node, name)
        if name == "Sub":
            return self._sub(bare, node, depth)
        if name == "If" and isinstance(bare, Sequence) and len(bare) == 3:
            return self._if(bare, node, depth)
        if name in ("Base64", "ToJsonString"):
            return self.resolve(bare, depth + 1)
        values = self.resolve(bare, depth + 1) if name in ("Join", "Select", "Split", "FindInMap") else None
        if isinstance(values, Sequence) and len(values) >= 2:
            found = self._of_list(name, values)
            if found is not None:
                return _at(found, node) if isinstance(found, str) and not isinstance(found, Scalar) else found
            if name == "Join" and isinstance(values[1], Sequence):
                return _open(node, name, str(values[0]).join(_spelled(one) for one in values[1]))
        return _open(node, name)

    def _of_list(self, name: str, values: Sequence) -> Node | str | None:
        first, second = values[0], values[1]
        if name == "Join" and isinstance(second, Sequence) and isinstance(first, Scalar):
            known = [one for one in second if isinstance(one, Scalar) and not isinstance(one, Open)]
            text = str(first).join(str(one) for one in known)
            return text[:_MOST_TEXT] if len(known) == len(second) else None
        if name == "Select" and isinstance(second, Sequence) and isinstance(first, Scalar) and first.isdecimal():
            return second[int(first[:6])] if int(first[:6]) < len(second) else None
        if name == "Split" and isinstance(first, Scalar) and first and isinstance(second, Scalar):
            listed = Sequence(second.line, second.column)
            if not isinstance(second, Open):
                listed.extend(_at(part, second) for part in str(second).split(str(first)))
            return listed or None
        if name == "FindInMap" and len(values) > 2:
            return self._mapped([str(one) if not isinstance(one, Open) else None for one in values[:3]])
        return None

    def _mapped(self, keys: list[str | None]) -> Node | None:
        """The mapped value; for a key that only a deployment tells, the one that all of its entries have."""
        table = yamlnodes.child(self.mappings, keys[0]) if keys[0] else None
        if not isinstance(table, Mapping):
            return None
        rows = [table.get(keys[1])] if keys[1] else list(table.values())
        found = [yamlnodes.child(row, keys[2]) for row in rows if row is not None] if keys[2] else []
        alike = bool(found) and found[0] is not None and all(one == found[0] for one in found)
        return found[0] if alike else None

    def _ref(self, name: str, node: Node) -> Node | None:
        if name == "AWS::NoValue":
            return None
        if name in self.defaults:
            default = self.defaults[name]
            made = _at(str(default), node)
            made.bare = default.bare
            return made
        return _open(node, "Ref", f"${{{name}}}")

    def _sub(self, argument: Node, node: Node, depth: int) -> Node:
        text, own = argument, None
        if isinstance(argument, Sequence) and argument:
            text, own = argument[0], self.resolve(argument[1], depth + 1) if len(argument) > 1 else None
        if not isinstance(text, Scalar):
            return _open(node, "Sub")
        unknown = False

        def known(match: re.Match[str]) -> str:
            nonlocal unknown
            name = match[1].strip()
            value = own.get(name) if isinstance(own, Mapping) else None
            value = value if value is not None else self.defaults.get(name)
            if isinstance(value, Scalar) and not isinstance(value, Open):
                return str(value)
            unknown = True
            return _spelled(value) if isinstance(value, Open) else match[0]

        made = _VARIABLE.sub(known, str(text))[:_MOST_TEXT]
        if unknown:
            opened = _open(node, "Sub", made)
            opened.block, opened.line, opened.column = text.block, text.line, text.column
            return opened
        found = _at(made, text)
        found.block = text.block
        return found

    def _if(self, values: Sequence, node: Node, depth: int) -> Node | None:
        """The branch taken by default; where nothing tells, the first one that is a structure."""
        holds = self.holds(str(values[0]), depth)
        if holds is not None:
            return self.resolve(values[1 if holds else 2], depth + 1)
        either = [self.resolve(one, depth + 1) for one in values[1:]]
        return next((one for one in either if isinstance(one, (Mapping, Sequence))), _open(node, "If"))

    def _truth(self, node: Node, depth: int) -> bool | None:
        """What a condition comes to."""
        name, argument = node.tag[1:], _untagged(node)
        if not name and isinstance(node, Mapping) and len(node) == 1:
            name = next(iter(node)).removeprefix("Fn::")
            argument = next(iter(node.values()))
        if depth > bounds.YAML_DEPTH:
            return None
        if name == "Condition":
            return self.holds(str(argument), depth) if isinstance(argument, Scalar) else None
        if not isinstance(argument, Sequence):
            return None
        if name == "Equals" and len(argument) == 2:
            one, other = (self.resolve(value, depth + 1) for value in argument)
            known = isinstance(one, Scalar) and isinstance(other, Scalar) and not isinstance(one, Open)
            return str(one) == str(other) if known and not isinstance(other, Open) else None
        parts = [self._truth(one, depth + 1) for one in argument]
        if name == "Not":
            return None if not parts or parts[0] is None else not parts[0]
        decided = {"And": False, "Or": True}.get(name)
        if decided is None:
            return None
        return decided if decided in parts else None if None in parts else not decided


def _defaults(parameters: Node | None) -> Iterator[tuple[str, Scalar]]:
    for name, one in parameters.items() if isinstance(parameters, Mapping) else ():
        default = yamlnodes.child(one, "Default")
        if isinstance(default, Scalar) and not yamlnodes.text(one, "Type").startswith("AWS::SSM::Parameter"):
            yield name, default


def _open(node: Node, name: str, text: str = "") -> Open:
    written = _written(node[next(iter(node))] if isinstance(node, Mapping) and not node.tag and node else node)
    made = Open(text or f"${{{written}}}")
    made.line, made.column, made.bare, made.block, made.tag = node.line, node.column, False, False, ""
    made.expr = f"!{name or node.tag[1:]} {written}"[:_EXPRESSION_CHARS]
    return made


def _written(node: Node) -> str:
    if isinstance(node, Scalar):
        return str(node)
    if isinstance(node, Sequence):
        return "[" + ", ".join(_written(one) for one in node[:5]) + "]"
    return "{" + ", ".join(list(node)[:5]) + "}"


def _spelled(node: Node | None) -> str:
    return str(node) if isinstance(node, Scalar) else "${}"


def _at(text: str, node: Node) -> Scalar:
    return scalar(text, node.line, node.column, bare=False)


def _untagged(node: Node) -> Node:
    """The argument of a short form (`!Join [...]`), which is the tagged node itself."""
    if not node.tag.startswith("!"):
        return node
    if isinstance(node, Sequence):
        listed = Sequence(node.line, node.column)
        listed.extend(node)
        return listed
    if isinstance(node, Mapping):
        made = Mapping(node.line, node.column)
        made.places = node.places
        made.update(node)
        return made
    made_text = scalar(str(node), node.line, node.column, bare=node.bare)
    made_text.block = node.block
    return made_text
