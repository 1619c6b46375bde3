"""Databricks notebooks kept as `.py` files: commands in their `# MAGIC` comments."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlops_scan.scanner.formats.python import magics
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.model import Fact, Location, Note

_HEADER = b"# Databricks notebook source"
_COMMENT = "# MAGIC "
_CELL = "# COMMAND ----------"


def is_notebook(source: Source) -> bool:
    """Whether a file is a notebook that was exported as source."""
    return source.data.lstrip(b"\xef\xbb\xbf").startswith(_HEADER)


def in_cells(source: Source, items: Iterable[Fact | Note]) -> Iterator[Fact | Note]:
    """The facts of such a file, each with the number of its cell, from zero."""
    marks = [number for number, line in enumerate(source.lines, start=1) if line.startswith(_CELL.encode())]
    for item in items:
        if isinstance(item, Fact) and item.kind != "module":
            item = replace(item, says={**item.says, "cell": bisect_left(marks, item.at.line)})
        yield item


def commands(source: Source) -> Iterator[Fact]:
    """`command` facts of the magics of such a file; nothing for any other."""
    if not is_notebook(source):
        return
    block: list[str] = []
    start = 0
    lines = [line.decode("utf-8", "replace") for line in source.lines]
    for number, line in enumerate([*lines, _CELL]):
        if line.startswith(_COMMENT.rstrip()):
            start = start if block else number
            block.append(line[len(_COMMENT) :])
        elif block:
            yield from _block(source, block, start)
            block = []


def _block(source: Source, block: list[str], start: int) -> Iterator[Fact]:
    if block[0].split()[:1] in (["%sh"], ["%bash"]):  # the rest of the cell is shell
        block = [block[0].replace("%sh", "%%sh", 1).replace("%bash", "%%bash", 1), *block[1:]]
        first = block[0].split(None, 1)
        if len(first) == 2:
            block = ["%%sh", first[1], *block[1:]]
            start -= 1
    for index, command in magics.mask(block).commands:
        says = {"argv": list(command.argv), "raw": command.raw, "where": "notebook"}
        yield Fact("command", command.argv[0], Location(source.path, start + index + 1), says)
