"""From the text of a Terraform or OpenTofu file to nodes, with tree-sitter. A broken block costs only itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.hcl import jsonsyntax
from mlops_scan.scanner.formats.hcl.expressions import Reader
from mlops_scan.scanner.formats.hcl.nodes import Attribute, Block, Body, Expression, Piece, Template
from mlops_scan.scanner.formats.hcl.templates import constant
from mlops_scan.scanner.formats.yamlnodes import Readable
from mlops_scan.scanner.model import Location, Note

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

# a block (or, in a file of values, an attribute) that begins at the left margin: where a broken file is cut
_MARGIN = re.compile(rb'^[a-z_]\w*(?:[ \t]+"[^"\n]*")*[ \t]*[{=]', re.MULTILINE)
_PIECE = 2**16
_MARKER = "END_OF_TEMPLATE_FILE"


@dataclass(frozen=True, slots=True)
class Document:
    """The readable part of a file, and what of it is not."""

    body: Body
    notes: tuple[Note, ...]


def document(source: Readable) -> Document:
    """The nodes of a file, read once a file."""
    read = _json if source.path.endswith(jsonsyntax.SUFFIXES) else _document
    return source.memo("hcl", lambda: read(source))


def _json(source: Readable) -> Document:
    if len(source.text) > bounds.HCL_BYTES:
        reason = f"larger than {bounds.HCL_BYTES} bytes: not read as Terraform"
        return Document(Body({}, ()), (Note(Location(source.path), reason),))
    parsed = yamlnodes.documents(source)
    end = process_time() + bounds.HCL_SECONDS

    def embedded(text: str, line: int) -> Expression | None:
        return jsonsyntax.unwrapped(template_file(text, line)) if process_time() < end else None

    made = jsonsyntax.body(parsed.documents[0] if parsed.documents else None, source.path, embedded)
    return Document(made, parsed.notes)


def _document(source: Readable) -> Document:
    data = source.text.encode(errors="replace")
    if len(data) > bounds.HCL_BYTES:
        reason = f"larger than {bounds.HCL_BYTES} bytes: not read as Terraform"
        return Document(Body({}, ()), (Note(Location(source.path), reason),))
    parser, end = _parser(), process_time() + bounds.HCL_SECONDS
    root = _root(parser, data, end - bounds.HCL_SECONDS / 2)
    if root is not None and not root.has_error:
        return Document(_Builder(data, source.path, 0).file(root), ())
    bodies: list[Body] = []
    notes: list[Note] = []
    for shift, chunk in _chunks(data):
        root = _root(parser, chunk, end)
        if root is None:
            notes.append(Note(Location(source.path, shift + 1), "takes too long to read as HCL from here on"))
            break
        builder = _Builder(chunk, source.path, shift)
        bodies.append(builder.file(root))
        if root.has_error:
            place = builder.reader.spot(_first_error(root))
            notes.append(Note(Location(source.path, *place), "not readable as HCL from here to the end of the block"))
    return Document(_joined(bodies), tuple(notes[:1]))


def template_file(text: str, line: int = 1) -> Expression | None:
    """The text of a template file as one expression (its lines shifted so that they are the file's own).

    `line`: on which the text begins.
    """
    if _MARKER in text:
        return None
    data = f"t = <<{_MARKER}\n{text}\n{_MARKER}\n".encode(errors="replace")
    root = _root(_parser(), data, process_time() + bounds.HCL_SECONDS)
    if root is None or root.has_error:
        return None
    attribute = _Builder(data, "", line - 2).file(root).attributes.get("t")
    found = attribute.value if attribute is not None else None
    if not isinstance(found, Template) or not found.parts or not isinstance(found.parts[-1], str):
        return found
    last = found.parts[-1]
    cut = Piece(last[:-1])  # the line end before the marker is none of the file's
    cut.line = last.line if isinstance(last, Piece) else found.line
    return Template((*found.parts[:-1], cut), found.spot, found.source, found.line)


def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def _root(parser: Parser, data: bytes, end: float) -> Node | None:
    """The tree of `data`; None after `end` (in this process's seconds): recovery from errors is not linear."""
    try:
        tree = parser.parse(
            lambda offset, _point: data[offset : offset + _PIECE],
            progress_callback=lambda _offset, _error: process_time() > end,
        )
    except ValueError:
        parser.reset()
        return None
    return tree.root_node


def _chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(lines before it, text) of each top-level block."""
    starts = [match.start() for match in _MARGIN.finditer(data)]
    starts = [0, *(start for start in starts if start > 0)]
    line = 0
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield line, data[start:end]
        line += data.count(b"\n", start, end)


def _first_error(root: Node) -> Node:
    """The first error in the order of the text."""
    node = root
    while True:
        if node.is_error or node.is_missing:
            return node
        child = next((child for child in node.children if child.has_error or child.is_missing), None)
        if child is None:
            return node
        node = child


def _joined(bodies: list[Body]) -> Body:
    attributes = {name: attribute for body in bodies for name, attribute in body.attributes.items()}
    return Body(attributes, tuple(block for body in bodies for block in body.blocks))


class _Builder:
    """Blocks and attributes of one text."""

    def __init__(self, data: bytes, path: str, shift: int) -> None:
        self.path = path
        self.reader = Reader(data, shift)

    def file(self, root: Node) -> Body:
        found = [self._body(child, 0) for child in root.children if child.type == "body"]
        if not found and root.has_error:  # the error took the place of the body
            found = [self._body(root, 0)]
        return _joined(found)

    def _body(self, node: Node | None, depth: int) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for child in node.children if node is not None else ():
            if child.type == "attribute":
                attribute = self._attribute(child)
                if attribute is not None:
                    attributes[attribute.name] = attribute
            elif child.type == "block" and depth < bounds.HCL_DEPTH:
                blocks.append(self._block(child, depth))
        return Body(attributes, tuple(blocks))

    def _attribute(self, node: Node) -> Attribute | None:
        name = next((child for child in node.children if child.type == "identifier"), None)
        value = next((child for child in node.children if child.type == "expression"), None)
        if name is None or value is None:
            return None
        if node.has_error and any(child.is_error for child in node.children):
            return None
        return Attribute(self.reader.text(name), self.reader.expression(value), self.reader.spot(node))

    def _block(self, node: Node, depth: int) -> Block:
        words = [self._label(child) for child in node.children if child.type in ("identifier", "string_lit")]
        body = next((child for child in node.children if child.type == "body"), None)
        end_line = _end_line(node) + self.reader.shift
        return Block(
            words[0] if words else "",
            tuple(words[1:]),
            self._body(body, depth + 1),
            self.path,
            self.reader.spot(node),
            end_line,
        )

    def _label(self, node: Node) -> str:
        return self.reader.text(node) if node.type == "identifier" else constant(self.reader.data, node)


def _end_line(node: Any) -> int:
    """The line of the last character (a node that ends at column 0 ends on the line before)."""
    row, column = node.end_point
    return int(row) + 1 if column else int(row)
