"""Jupyter notebooks (nbformat 3 and 4): the code cells, and where each of their lines stands in the raw JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python.source import Origin

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}\[\],]|:', re.DOTALL)
_KEY = re.compile(r'"source"\s*:\s*')
_STRING = re.compile(r'[\s\[,]*("[^"\\]*(?:\\.[^"\\]*)*")', re.DOTALL)
_NEWLINE = re.compile(r"\\(.)", re.DOTALL)
_SOURCE = {3: ("cells", "source"), 4: ("cells", "source"), 5: ("worksheets", "input"), 6: ("worksheets", "input")}


class NotebookError(ValueError):
    """Not a notebook; `line` counts from one."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its lines and the place of each."""

    lines: tuple[str, ...]
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Notebook:
    """The code cells in order; `language` as the kernel names it; `dropped` cells are over the bound."""

    language: str
    cells: tuple[Cell, ...]
    dropped: int = 0


def read(text: str) -> Notebook:
    """The notebook in `text`. Raises NotebookError."""
    data = _load(text)
    if data.get("nbformat") not in (3, 4):
        raise NotebookError(1, f"notebook format {data.get('nbformat')!r} is not 3 or 4")
    written = _cells(data)
    places = _places(text, written)
    made = [
        Cell(*_lines(_source(cell), places.get(index, ()), index))
        for index, cell in enumerate(written[: bounds.NOTEBOOK_CELLS])
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    ]
    return Notebook(_language(data, written), tuple(made), max(len(written) - bounds.NOTEBOOK_CELLS, 0))


def is_python(language: str) -> bool:
    """Whether the kernel runs Python ('' counts: old notebooks do not say)."""
    return not language or "python" in language.lower() or language.lower() == "pyspark"


def _load(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotebookError(error.lineno, f"not readable as JSON: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise NotebookError(1, "nested too deeply") from None
    except ValueError as error:
        raise NotebookError(1, f"not readable as JSON: {error}") from None
    if not isinstance(data, dict):
        raise NotebookError(1, "not a notebook: the outermost value is no object")
    return data


def _cells(data: dict[str, Any]) -> list[Any]:
    sheets = data.get("worksheets")
    if isinstance(sheets, list):
        found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for cells in found if isinstance(cells, list) for cell in cells]
    cells = data.get("cells")
    return cells if isinstance(cells, list) else []


def _language(data: dict[str, Any], cells: list[Any]) -> str:
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for key, name in (("kernelspec", "language"), ("language_info", "name"), ("kernelspec", "name")):
        holder = metadata.get(key)
        if isinstance(holder, dict) and isinstance(holder.get(name), str) and holder[name]:
            return str(holder[name])
    stated = next((cell["language"] for cell in cells if isinstance(cell, dict) and cell.get("language")), "")
    return stated if isinstance(stated, str) else ""


def _source(cell: dict[str, Any]) -> list[str]:
    """The strings of a cell's source, as written: one, or one a line."""
    source = cell.get("source", cell.get("input"))
    if isinstance(source, str):
        return [source]
    return [one for one in source if isinstance(one, str)] if isinstance(source, list) else []


def _lines(
    strings: list[str], places: Sequence[list[tuple[int, int]]], index: int
) -> tuple[tuple[str, ...], tuple[Origin, ...]]:
    lines: list[str] = [""]
    origins: list[Origin] = []
    for number, string in enumerate(strings):
        starts = places[number] if number < len(places) else [(1, 1)]
        pieces = string.split("\n")
        for offset, line in enumerate(pieces):
            if offset:
                lines.append("")
            if len(origins) < len(lines) and (line or offset == 0 or offset + 1 < len(pieces)):
                row, column = starts[min(offset, len(starts) - 1)]
                origins.append(Origin(row, column, index))
            lines[-1] += line
    while len(origins) < len(lines):
        origins.append(origins[-1] if origins else Origin(1, 1, index))
    return tuple(lines), tuple(origins)


def _places(text: str, cells: Sequence[Any]) -> dict[int, list[list[tuple[int, int]]]]:
    """For each cell, for each string of its source: (line, column) at which each of its code lines begins."""
    found: dict[int, list[list[tuple[int, int]]]] = {}
    line, seen, last_newline = 1, 0, -1
    for cell, offset, token in _by_key(text, cells) or _searched(text):
        line += text.count("\n", seen, offset)
        newline = text.rfind("\n", seen, offset)
        last_newline = newline if newline >= 0 else last_newline
        seen = offset
        starts = [1, *(match.end() for match in _NEWLINE.finditer(token) if match[1] == "n")]
        found.setdefault(cell, []).append([(line, offset + start - last_newline) for start in starts])
    return found


def _by_key(text: str, cells: Sequence[Any]) -> list[tuple[int, int, str]]:
    """As `_searched` of code cells, without a look at the rest; nothing where not each key "source" is a cell's."""
    keys = [match.end() for match in _KEY.finditer(text) if text[match.start() - 1] != "\\"]
    if len(keys) != len(cells) or not all(isinstance(cell, dict) and "source" in cell for cell in cells):
        return []
    found = []
    for index, (cell, end) in enumerate(zip(cells, keys, strict=True)):
        for _ in _source(cell) if cell.get("cell_type") == "code" else ():
            match = _STRING.match(text, end)
            if match is None:
                return []
            found.append((index, match.start(1), match[1]))
            end = match.end()
    return found


def _searched(text: str) -> Iterator[tuple[int, int, str]]:
    """(cell, offset, raw token) of every string in a cell's source; a stack of keys and indices, no recursion."""
    stack: list[list[Any]] = []  # [bracket, key or index]
    sheet_base = cells = 0
    for match in _TOKEN.finditer(text):
        word = match[0]
        sign = word[0]
        if sign in "{[":
            stack.append([word, None if sign == "{" else 0])
        elif sign in "}]":
            done = stack.pop() if stack else None
            if done is not None and done[0] == "[" and len(stack) == 3 and stack[2][1] == "cells":
                sheet_base = cells  # cells are counted through all worksheets
        elif sign == "," and stack:
            stack[-1][1] = None if stack[-1][0] == "{" else stack[-1][1] + 1
        elif sign == '"' and stack:
            if stack[-1][0] == "{" and stack[-1][1] is None:
                stack[-1][1] = word[1:-1]
                continue
            wanted = _SOURCE.get(len(stack))
            if wanted is None or stack[0][1] != wanted[0]:
                continue
            at = 2 if wanted[0] == "cells" else 4
            if stack[at][1] == wanted[1] and stack[at - 1][0] == "[":
                cell = stack[at - 1][1] + (sheet_base if at == 4 else 0)
                cells = cell + 1
                yield cell, match.start(), word
