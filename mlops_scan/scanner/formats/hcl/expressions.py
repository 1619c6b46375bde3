"""Expressions of HCL: from tree-sitter's nodes to our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.hcl import templates
from mlops_scan.scanner.formats.hcl.nodes import (
    Access,
    Binary,
    Call,
    Conditional,
    Expression,
    ForExpression,
    Literal,
    Name,
    ObjectItem,
    ObjectLiteral,
    Opaque,
    Splat,
    Spot,
    Tuple,
    Unary,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_SOURCE_CHARS = 400
_STEPS = frozenset(("get_attr", "index", "splat"))
_WORDS = {"true": True, "false": False, "null": None}


class Reader:
    """Reads the expressions of one text. `shift` is added to every line."""

    def __init__(self, data: bytes, shift: int = 0) -> None:
        self.data, self.shift = data, shift
        self._ascii = data.isascii()

    def spot(self, node: Node) -> Spot:
        row, column = node.start_point
        if not self._ascii:
            start = node.start_byte
            column = len(self.data[start - column : start].decode(errors="replace"))
        return row + 1 + self.shift, column + 1

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode(errors="replace")

    def source(self, first: Node, last: Node | None = None) -> str:
        """The source text from `first` to `last`, cut to the bound."""
        end = min((last or first).end_byte, first.start_byte + _SOURCE_CHARS)
        return self.data[first.start_byte : end].decode(errors="ignore")

    def expression(self, node: Node, depth: int = 0) -> Expression:
        """The expression of an `expression` node (or of one that stands bare in an operation)."""
        if node.type != "expression":
            return self.term([node], depth)
        return self.term([child for child in node.children if child.type != "comment"], depth)

    def term(self, nodes: list[Node], depth: int) -> Expression:
        """A value and the steps that follow it, which tree-sitter gives as brothers."""
        if not nodes or depth > bounds.HCL_DEPTH:
            return Opaque(self.spot(nodes[0]), self.source(nodes[0], nodes[-1])) if nodes else Opaque((0, 0), "")
        first = nodes[0]
        if first.type == "(" and len(nodes) > 2:
            base, rest = self.expression(nodes[1], depth + 1), nodes[3:]
        else:
            reader = _READERS.get(first.type)
            base = reader(self, first, depth) if reader else Opaque(self.spot(first), self.source(first))
            rest = nodes[1:]
        if not rest:
            return base
        if any(node.type not in _STEPS for node in rest):
            return Opaque(self.spot(first), self.source(first, nodes[-1]))
        return Access(base, self._steps(rest, depth), self.spot(first), self.source(first, nodes[-1]))

    def _steps(self, nodes: list[Node], depth: int) -> tuple[str | Expression | Splat, ...]:
        return tuple(step for node in nodes for step in self._step(node, depth))

    def _step(self, node: Node, depth: int) -> list[str | Expression | Splat]:
        if node.type == "get_attr":
            return [self.text(node)[1:].strip()]
        inner = node.children[0] if node.children else node
        if node.type != "splat":
            return [self._index(inner, depth)]
        steps = self._steps([child for child in inner.children if child.type in _STEPS], depth + 1)
        # of `.*` only the attributes belong to each element, an index after them picks from the result
        own = len(steps)
        if inner.type == "attr_splat":
            own = next((index for index, step in enumerate(steps) if not isinstance(step, str)), own)
        return [Splat(steps[:own]), *steps[own:]]

    def _index(self, inner: Node, depth: int) -> Expression:
        if inner.type == "new_index":
            found = next((child for child in inner.children if child.type == "expression"), None)
            return self.expression(found, depth + 1) if found else Opaque(self.spot(inner), self.source(inner))
        digits = self.text(inner)[1:].strip()
        return Literal(int(digits) if digits.isdecimal() and len(digits) < 10 else 0, self.spot(inner), digits)

    # -- one reader a type of node

    def _unwrap(self, node: Node, depth: int) -> Expression:
        """A node that holds just one other: literal_value, collection_value, operation, for_expr, template_expr."""
        children = [child for child in node.children if child.type != "comment"]
        if len(children) != 1:
            return Opaque(self.spot(node), self.source(node))
        return self.term(children, depth)

    def _string(self, node: Node, depth: int) -> Expression:
        return Literal(templates.constant(self.data, node), self.spot(node), self.source(node))

    def _number(self, node: Node, depth: int) -> Expression:
        return Literal(_number(self.text(node)), self.spot(node), self.source(node))

    def _word(self, node: Node, depth: int) -> Expression:
        text = self.text(node)
        return Literal(_WORDS.get(text), self.spot(node), text)

    def _name(self, node: Node, depth: int) -> Expression:
        text = self.text(node)
        return Name(text, self.spot(node), text)

    def _template(self, node: Node, depth: int) -> Expression:
        def inner(found: Node) -> Expression:
            return self.expression(found, depth + 1)

        return templates.template(self.data, node, self.spot(node), self.source(node), inner, self.shift)

    def _tuple(self, node: Node, depth: int) -> Expression:
        items = tuple(self.expression(child, depth + 1) for child in node.children if child.type == "expression")
        return Tuple(items, self.spot(node), self.source(node))

    def _object(self, node: Node, depth: int) -> Expression:
        pairs = (_pair(child) for child in node.children if child.type == "object_elem")
        items = tuple(self._item(*pair, depth) for pair in pairs if pair is not None)
        return ObjectLiteral(items, self.spot(node), self.source(node))

    def _item(self, key: Node, value: Node, depth: int) -> ObjectItem:
        named = self.expression(key, depth + 1)
        if isinstance(named, Name):
            named = Literal(named.name, named.spot, named.source)
        return ObjectItem(named, self.expression(value, depth + 1), self.spot(key))

    def _call(self, node: Node, depth: int) -> Expression:
        name = next((self.text(child) for child in node.children if child.type == "identifier"), "")
        holder = next((child for child in node.children if child.type == "function_arguments"), None)
        children = holder.children if holder else []
        args = tuple(self.expression(child, depth + 1) for child in children if child.type == "expression")
        expands = any(child.type == "ellipsis" for child in children)
        return Call(name, args, expands, self.spot(node), self.source(node))

    def _conditional(self, node: Node, depth: int) -> Expression:
        parts = [child for child in node.children if child.type == "expression"]
        if len(parts) != 3:
            return Opaque(self.spot(node), self.source(node))
        first, second, third = (self.expression(part, depth + 1) for part in parts)
        return Conditional(first, second, third, self.spot(node), self.source(node))

    def _binary(self, node: Node, depth: int) -> Expression:
        children = [child for child in node.children if child.type != "comment"]
        place = next((index for index, child in enumerate(children) if child.type in _OPERATORS), 0)
        if not 0 < place < len(children) - 1:
            return Opaque(self.spot(node), self.source(node))
        left = self.term(children[:place], depth + 1)
        right = self.term(children[place + 1 :], depth + 1)
        return Binary(left, children[place].type, right, self.spot(node), self.source(node))

    def _unary(self, node: Node, depth: int) -> Expression:
        children = [child for child in node.children if child.type != "comment"]
        operand = self.term(children[1:], depth + 1)
        return Unary(children[0].type, operand, self.spot(node), self.source(node))

    def _for(self, node: Node, depth: int) -> Expression:
        intro = next((child for child in node.children if child.type == "for_intro"), None)
        values = [self.expression(child, depth + 1) for child in node.children if child.type == "expression"]
        wanted = 2 if node.type == "for_object_expr" else 1
        if intro is None or len(values) != wanted:
            return Opaque(self.spot(node), self.source(node))
        guard = next((child for child in node.children if child.type == "for_cond"), None)
        names, collection = self.introduction(intro, depth)
        return ForExpression(
            names,
            collection,
            values[0] if wanted == 2 else None,
            values[-1],
            self._inner(guard, depth) if guard else None,
            any(child.type == "ellipsis" for child in node.children),
            self.spot(node),
            self.source(node),
        )

    def introduction(self, node: Node, depth: int) -> tuple[tuple[str, ...], Expression]:
        """The bound names and the collection of `for k, v in collection`."""
        names = tuple(self.text(child) for child in node.children if child.type == "identifier")
        return names, self._inner(node, depth)

    def _inner(self, node: Node, depth: int) -> Expression:
        found = next((child for child in node.children if child.type == "expression"), None)
        return self.expression(found, depth + 1) if found else Opaque(self.spot(node), self.source(node))


def _pair(element: Node) -> tuple[Node, Node] | None:
    """The key and the value of an `object_elem`."""
    found = [child for child in element.children if child.type == "expression"]
    return (found[0], found[1]) if len(found) == 2 else None


def _number(text: str) -> Any:
    if text.isdecimal() and len(text) < 25:
        return int(text)
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


_OPERATORS = frozenset(("==", "!=", "<", ">", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%"))
_READERS: dict[str, Callable[[Reader, Any, int], Expression]] = {
    **dict.fromkeys(
        ("literal_value", "collection_value", "operation", "for_expr", "template_expr", "expression"), Reader._unwrap
    ),
    "string_lit": Reader._string,
    "numeric_lit": Reader._number,
    **dict.fromkeys(("bool_lit", "null_lit"), Reader._word),
    "variable_expr": Reader._name,
    **dict.fromkeys(("quoted_template", "heredoc_template"), Reader._template),
    "tuple": Reader._tuple,
    "object": Reader._object,
    "function_call": Reader._call,
    "conditional": Reader._conditional,
    "binary_operation": Reader._binary,
    "unary_operation": Reader._unary,
    **dict.fromkeys(("for_tuple_expr", "for_object_expr"), Reader._for),
}
