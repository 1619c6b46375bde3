"""The output of a rendering, which remembers the template line and the values behind every line of it."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import NamedTuple

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError
from mlops_scan.scanner.formats.gotemplate.values import Read

_SEPARATOR = re.compile(r"^---(?=[ \t\n]|\Z)", re.MULTILINE)
_CONTENT = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)


class Mark(NamedTuple):
    """From `offset` on the output comes from `line` of `path`: literal text, or an action that made `reads`."""

    offset: int
    path: str
    line: int
    literal: bool
    reads: tuple[Read, ...]


class Writer:
    """Collects what a template prints."""

    __slots__ = ("_open", "_scanned", "holes", "length", "marks", "parts")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.marks: list[Mark] = []
        self.holes: list[int] = []
        self.length = 0
        self._scanned = 0
        self._open = False

    def literal(self, text: str, path: str, line: int) -> None:
        """Text that stands in the template."""
        self.marks.append(Mark(self.length, path, line, True, ()))
        self._add(text)

    def value(self, text: str, path: str, line: int, reads: tuple[Read, ...]) -> None:
        """Text that an action made."""
        if text:
            self.marks.append(Mark(self.length, path, line, False, reads))
            self._add(text)

    def adopt(self, text: str, inner: Writer, shift: int) -> None:
        """The output of a template that this one includes, whose lines keep their own sources.

        `text` is that output after indentation: its line `shift` (from zero) is the first line of `inner`.
        """
        sources = LineMap(inner)
        start = self.length
        self._add(text)
        offset = start
        for number, line in enumerate(text.split("\n"), start=1 - shift):
            source = sources.source(number)
            if source is not None:
                self.marks.append(Mark(offset, source.path, source.line, False, source.reads))
                if not source.whole:
                    self.holes.append(offset)
            offset += len(line) + 1

    def hole(self) -> None:
        """Something that belongs here could not be made."""
        self.holes.append(self.length)

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
        if self.length > bounds.TEMPLATE_OUTPUT:
            raise BoundError(f"output of more than {bounds.TEMPLATE_OUTPUT} characters")

    @property
    def document_open(self) -> bool:
        """Whether anything but comments was printed since the last `---`."""
        fresh = "".join(self.parts[self._scanned :])
        self._scanned = len(self.parts)
        separators = list(_SEPARATOR.finditer(fresh))
        if separators:
            self._open = False
            fresh = fresh[separators[-1].end() :]
        self._open = self._open or bool(_CONTENT.search(fresh))
        return self._open

    def text(self) -> str:
        """All of it."""
        return "".join(self.parts)


@dataclass(frozen=True, slots=True)
class Source:
    """What is behind a place of the output; `column` is 0 where the template's column is not known.

    `text` is the line as rendered; `whole` says whether all of it could be made.
    """

    path: str
    line: int
    column: int
    reads: tuple[Read, ...]
    text: str
    whole: bool


class LineMap:
    """Finds the source of a line of the output."""

    def __init__(self, writer: Writer) -> None:
        self.text, self.marks, self.holes = writer.text(), writer.marks, writer.holes
        self.offsets = [mark.offset for mark in self.marks]
        self.starts = [0, *(match.end() for match in re.finditer("\n", self.text))]

    def source(self, line: int, column: int = 1) -> Source | None:
        """The source of `line` (from one): of its first character that is no space, with all reads of the line."""
        if not self.marks or not 0 < line <= len(self.starts):
            return None
        start = self.starts[line - 1]
        end = self.starts[line] - 1 if line < len(self.starts) else len(self.text)
        content = self.text[start:end]
        first = start + len(content) - len(content.lstrip())
        index = max(bisect.bisect_right(self.offsets, first) - 1, 0)
        mark = self.marks[index]
        hole = bisect.bisect_left(self.holes, start)
        return Source(
            mark.path,
            self._line(mark, first),
            column if mark.literal and mark.offset < start else 0,
            self._reads(index, end),
            content,
            not (hole < len(self.holes) and self.holes[hole] <= end),
        )

    def _line(self, mark: Mark, offset: int) -> int:
        return mark.line + self.text.count("\n", mark.offset, offset) if mark.literal else mark.line

    def _reads(self, index: int, end: int) -> tuple[Read, ...]:
        last = bisect.bisect_left(self.offsets, end)
        return tuple(read for mark in self.marks[index:last] for read in mark.reads)
