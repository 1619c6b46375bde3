"""On which line of the file a character of a YAML scalar stands: block, folded, quoted and plain scalars."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from mlops_scan.scanner.formats.yamlnodes import Readable, Scalar

_HEADER = re.compile(r"(?:[&!][^\s]*[ \t]+)*([|>])")


def lines_of(source: Readable) -> Sequence[str]:
    """The lines of a file, split once."""
    return source.memo("lines", lambda: source.text.split("\n"))


def indent(lines: Sequence[str], line: int) -> int:
    """Column (from one) of the first character of a line that is no blank."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return len(text) - len(text.lstrip()) + 1 if text.strip() else 1


class ScalarLines:
    """The lines that a scalar's text came from. A literal block keeps them; folding only turns breaks into blanks."""

    def __init__(self, lines: Sequence[str], scalar: Scalar) -> None:
        self._lines, self._first, self._column = lines, scalar.line, scalar.column
        header = lines[scalar.line - 1][scalar.column - 1 :] if 0 < scalar.line <= len(lines) else ""
        style = _HEADER.match(header) if scalar.block else None
        if style is not None and style[1] == "|":
            breaks = [found.end() for found in re.finditer("\n", scalar)]
            self._starts = [0, *breaks]
            self._numbers = [scalar.line + 1 + index for index in range(len(self._starts))]
        else:
            self._starts, self._numbers = _folded(lines, scalar, header, style is not None)

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) of the character at `offset` of the scalar's text; the column is that of its line's text."""
        at = bisect_right(self._starts, offset) - 1
        line = self._numbers[max(at, 0)]
        return line, (self._column if line == self._first else indent(self._lines, line))


def _folded(lines: Sequence[str], scalar: Scalar, header: str, block: bool) -> tuple[list[int], list[int]]:
    """Where each source line's text begins in the scalar. Stops at the first line that escapes have changed."""
    starts, numbers, position = [0], [scalar.line + block], 0
    line = scalar.line
    piece = "" if block else header.lstrip("'\"").strip()
    if "\n" not in scalar and scalar.line < len(lines) and not block and scalar.rstrip() in header:
        return starts, numbers
    while position < len(scalar):
        piece = (
            piece.rstrip("'\"") if not block and piece not in scalar[position : position + len(piece) + 2] else piece
        )
        if piece:
            found = scalar.find(piece, position, position + len(piece) + 200)
            if found < 0:
                break
            starts.append(found)
            numbers.append(line)
            position = found + len(piece)
        if line >= len(lines):
            break
        piece = lines[line].strip()
        line += 1
    return starts, numbers
