"""Strings of HCL: escapes, interpolations, directives, strip markers and heredocs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mlops_scan.scanner.formats.hcl.nodes import Expression, For, If, Opaque, Piece, Spot, Template

if TYPE_CHECKING:
    from tree_sitter import Node

Part = str | Expression | If | For
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_DOUBLED = re.compile(r"([$%])\1\{")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_NESTING = 20  # %{ if } inside %{ if }


def constant(data: bytes, node: Node) -> str:
    """The text of a string without interpolation."""
    return _quoted(data[node.start_byte + 1 : node.end_byte - 1].decode(errors="replace"))


def template(
    data: bytes, node: Node, spot: Spot, source: str, expression: Callable[[Node], Expression], shift: int
) -> Template:
    """A `quoted_template` or `heredoc_template` node with its text taken between the active parts.

    tree-sitter's literals leave out white space, so the text is what stands between interpolations.
    """
    if node.type == "quoted_template":
        pieces = _Pieces(data, expression, _quoted)
        parts = tuple(pieces.between(node.start_byte + 1, node.end_byte - 1, 0, list(node.children), 0))
        wraps = len(parts) == 1 and not isinstance(parts[0], (str, If, For))
        return Template(parts, spot, source, 0, wraps)
    names = [child for child in node.children if child.type == "heredoc_identifier"]
    if len(names) < 2:
        return Template((Opaque(spot, source),), spot, source)
    start = _after_newline(data, names[0].end_byte)
    end = max(start, data.rfind(b"\n", 0, names[-1].start_byte) + 1)
    flush = data[node.start_byte : node.start_byte + 3] == b"<<-"
    strip = _indent(data[start:end]) if flush else 0
    pieces = _Pieces(data, expression, _doubled, strip, shift + 1)
    row = names[0].start_point[0] + 1
    parts = tuple(pieces.between(start, end, row, list(node.children), 0))
    return Template(parts, spot, source, row + shift + 1)


def _after_newline(data: bytes, start: int) -> int:
    found = data.find(b"\n", start)
    return len(data) if found < 0 else found + 1


def _indent(body: bytes) -> int:
    """Leading white space that all lines of a `<<-` heredoc share."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    return min((len(line) - len(line.lstrip(b" \t")) for line in lines), default=0)


class _Pieces:
    """Cuts a stretch of bytes into text and active parts. `first_line` (of a heredoc) is the line of row 0."""

    def __init__(
        self,
        data: bytes,
        expression: Callable[[Node], Expression],
        unescape: Callable[[str], str],
        strip: int = 0,
        first_line: int | None = None,
    ) -> None:
        self.data, self.expression, self.unescape, self.first_line = data, expression, unescape, first_line
        self._margin = re.compile(rf"(?:(?<=\n)|\A)[ \t]{{1,{strip}}}") if strip else None

    def between(self, start: int, end: int, row: int, children: list[Node], depth: int) -> Iterator[Part]:
        """What stands from byte `start` (on row `row`) to `end`."""
        eats = False  # a '~' at the end of the part before
        for child in children:
            if child.type not in ("template_interpolation", "template_directive"):
                continue
            left, right = _markers(child)
            yield from self._text(start, child.start_byte, row, eats, left)
            yield self._active(child, depth)
            start, eats, row = child.end_byte, right, child.end_point[0]
        yield from self._text(start, end, row, eats, False)

    def _text(self, start: int, end: int, row: int, eats_left: bool, eats_right: bool) -> Iterator[str]:
        if start >= end:
            return
        text = self.data[start:end].decode(errors="replace")
        if self._margin is not None:
            at_line_start = start == 0 or self.data[start - 1 : start] == b"\n"
            text = self._margin.sub("", text) if at_line_start else text[:1] + self._margin.sub("", text[1:])
        text, lost = _eaten(text, eats_left, eats_right)
        if text:
            yield self._piece(self.unescape(text), row + lost)

    def _piece(self, text: str, row: int) -> str:
        if self.first_line is None:
            return text
        piece = Piece(text)
        piece.line = row + self.first_line
        return piece

    def _active(self, node: Node, depth: int) -> Part:
        if node.type == "template_interpolation":
            found = next((child for child in node.children if child.type == "expression"), None)
            return self.expression(found) if found else Opaque((0, 0), "")
        inner = node.children[0] if node.children else None
        if inner is None or depth > _NESTING:
            return Opaque((0, 0), "")
        return self._if(inner, depth) if inner.type == "template_if" else self._for(inner, depth)

    def _if(self, node: Node, depth: int) -> Part:
        intro, other, end = (
            _first(node, name) for name in ("template_if_intro", "template_else_intro", "template_if_end")
        )
        condition = _first(intro, "expression") if intro else None
        if intro is None or end is None or condition is None:
            return Opaque((0, 0), "")
        split = other if other is not None else end
        then = self._branch(node, intro, split, depth)
        otherwise = self._branch(node, other, end, depth) if other is not None else ()
        return If(self.expression(condition), then, otherwise)

    def _for(self, node: Node, depth: int) -> Part:
        intro, end = _first(node, "template_for_start"), _first(node, "template_for_end")
        collection = _first(intro, "expression") if intro else None
        if intro is None or end is None or collection is None:
            return Opaque((0, 0), "")
        names = tuple(
            self.data[child.start_byte : child.end_byte].decode(errors="replace")
            for child in intro.children
            if child.type == "identifier"
        )
        return For(names, self.expression(collection), self._branch(node, intro, end, depth))

    def _branch(self, node: Node, first: Node, last: Node, depth: int) -> tuple[Part, ...]:
        """What stands between two directives; their inner '~' eat its ends."""
        start, end = first.end_byte, last.start_byte
        inside = [child for child in node.children if start <= child.start_byte and child.end_byte <= end]
        row = first.end_point[0]
        return tuple(self._trimmed(self.between(start, end, row, inside, depth + 1), first, last))

    def _trimmed(self, parts: Iterator[Part], first: Node, last: Node) -> Iterator[Part]:
        found = list(parts)
        for index, part in enumerate(found):
            if not isinstance(part, str):
                yield part
                continue
            left, right = index == 0 and _ends_with_marker(first), index == len(found) - 1 and _starts_with_marker(last)
            text, lost = _eaten(str(part), left, right)
            if text:
                yield self._piece(text, lost + (part.line - (self.first_line or 0) if isinstance(part, Piece) else 0))


def _eaten(text: str, left: bool, right: bool) -> tuple[str, int]:
    """The text without what a '~' beside it strips (white space of the nearest line), and the lines lost ahead."""
    lost = 0
    if left:
        line, end, rest = text.partition("\n")
        lost = int(bool(end) and not line.strip())
        text = (line + end).lstrip() + rest
    if right:
        start = text.rfind("\n", 0, -1) + 1
        text = text[:start] + text[start:].rstrip()
    return text, lost


def _first(node: Node | None, name: str) -> Node | None:
    return next((child for child in node.children if child.type == name), None) if node is not None else None


def _markers(node: Node) -> tuple[bool, bool]:
    """Whether '~' stands at the outer left and the outer right of an active part."""
    if node.type == "template_interpolation":
        return _starts_with_marker(node), _ends_with_marker(node)
    inner = node.children[0] if node.children else None
    if inner is None or not inner.children:
        return False, False
    return _starts_with_marker(inner.children[0]), _ends_with_marker(inner.children[-1])


def _starts_with_marker(node: Node) -> bool:
    return len(node.children) > 1 and node.children[1].type == "strip_marker"


def _ends_with_marker(node: Node) -> bool:
    return len(node.children) > 1 and node.children[-2].type == "strip_marker"


def _quoted(text: str) -> str:
    if "\\" in text:
        text = _ESCAPE.sub(_unescape, text)
    return _doubled(text)


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "�"
    return _LETTERS.get(match[3], match[3])


def _doubled(text: str) -> str:
    return _DOUBLED.sub(r"\1{", text) if "{" in text else text
