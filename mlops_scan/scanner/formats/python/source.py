"""The text that `ast` positions point into: slices of it, and places in the file it came from."""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlops_scan.scanner.model import Location

EXPRESSION_CHARS = 120
_COOKIE = re.compile(rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one line of extracted code stands in the raw file: line, column of its first character, cell."""

    line: int
    column: int
    cell: int


class Source:
    """Code to read, and what its lines are in the file at `path`.

    `origins` gives each line's place where the code was taken out of another format (a notebook); without it, code
    and file are the same. `module` is the dotted name that its facts carry.
    """

    def __init__(self, path: str, data: bytes, module: str, origins: Sequence[Origin] = ()) -> None:
        self.path, self.module, self.origins = path, module, origins
        self.data = data
        text = decode(data)
        self.ascii = text.isascii()
        self.lines = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")

    def text(self, node: ast.AST, limit: int = EXPRESSION_CHARS) -> str:
        """The source of an expression on one line, cut at `limit` characters."""
        if isinstance(node, ast.Name):
            return node.id[:limit]
        first: int = node.lineno - 1  # type: ignore[attr-defined]
        last: int = node.end_lineno - 1  # type: ignore[attr-defined]
        start: int = node.col_offset  # type: ignore[attr-defined]
        end: int = node.end_col_offset  # type: ignore[attr-defined]
        lines = self.lines
        if last >= len(lines):
            return ""
        if first == last:
            return lines[first][start : min(end, start + 4 * limit)].decode("utf-8", "replace")[:limit]
        pieces, size = [lines[first][start : start + 4 * limit]], 0
        for index in range(first + 1, last + 1):
            line = (lines[index][:end] if index == last else lines[index])[: 4 * limit].strip()
            pieces.append(line)
            size += len(line)
            if size > 4 * limit:
                break
        return b" ".join(b" ".join(pieces).split()).decode("utf-8", "replace")[:limit]

    def at(self, node: ast.AST) -> Location:
        """The place of a node in the raw file."""
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
        end, end_column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        if not self.ascii:
            column, end_column = self._characters(line, column), self._characters(end, end_column)
        if not self.origins:
            return Location(self.path, line, column + 1, end, end_column + 1)
        first, last = self.origin(line), self.origin(end)
        return Location(self.path, first.line, first.column + column, last.line, last.column + end_column)

    def origin(self, line: int) -> Origin:
        """Where a line (from one) of the code stands in the raw file."""
        return self.origins[min(max(line, 1), len(self.origins)) - 1]

    def line_of(self, line: int) -> int:
        """The raw file's line for a line of the code."""
        return self.origin(line).line if self.origins else max(line, 1)

    def _characters(self, line: int, column: int) -> int:
        """Byte column to character column."""
        if line > len(self.lines):
            return column
        return len(self.lines[line - 1][:column].decode("utf-8", "replace"))


def decode(data: bytes) -> str:
    """The text of a Python file by its BOM or coding cookie, else UTF-8; wrong bytes are replaced."""
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    cookie = _COOKIE.match(data)
    if cookie:
        try:
            return str(data, encoding=cookie[1].decode(), errors="replace")
        except (LookupError, ValueError):
            pass  # no such encoding, or none of text
    return data.decode("utf-8", "replace")
