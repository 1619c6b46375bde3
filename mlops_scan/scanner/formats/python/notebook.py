"""A notebook as one module: its cells share their names, each line keeps its place in the raw JSON."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.formats.python import cells, magics, module
from mlops_scan.scanner.formats.python.names import module_of
from mlops_scan.scanner.formats.python.source import Origin, Source
from mlops_scan.scanner.model import Fact, Location, Note


def read(path: str, text: str) -> Iterator[Fact | Note]:
    """The facts of the notebook at `path`. A kernel of another language gives the `module` fact alone."""
    try:
        notebook = cells.read(text)
    except cells.NotebookError as error:
        yield Note(Location(path, error.line), error.reason)
        return
    if notebook.dropped:
        yield Note(Location(path), f"{notebook.dropped} cells over the bound were left out")
    if not cells.is_python(notebook.language):
        yield module.module(Source(path, b"", module_of(path)), language=notebook.language)
        return
    lines: list[str] = []
    origins: list[Origin] = []
    written: list[Source] = []
    for cell in notebook.cells:
        masked = magics.mask(list(cell.lines))
        for index, command in masked.commands:
            yield _command(path, command, cell.origins[min(index, len(cell.origins) - 1)])
        if masked.writes:
            written.append(_written(path, masked, cell))
            continue
        code, notes = _readable(path, masked.lines, cell)
        yield from notes
        lines += code
        origins += cell.origins
    yield from module.read(Source(path, "\n".join(lines).encode("utf-8", "replace"), module_of(path), origins))
    for source in written:
        yield from (item for item in module.read(source) if not isinstance(item, Fact) or item.kind != "module")


def _readable(path: str, lines: list[str], cell: cells.Cell) -> tuple[list[str], list[Fact | Note]]:
    """The lines when they parse by themselves, else as many blank ones, the cell's imports and a note."""
    lines = _dedented(lines)
    text = "\n".join(lines).encode("utf-8", "replace")
    try:
        module.parse(text)
    except module.ERRORS:
        source = Source(path, text, module_of(path), cell.origins)
        found = [item for item in module.read(source) if not isinstance(item, Fact) or item.kind != "module"]
        return [""] * len(lines), found
    return lines, []


def _dedented(lines: list[str]) -> list[str]:
    """IPython takes off the indent of a cell's first line."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    if not indent:
        return lines
    return [line.removeprefix(indent) for line in lines]


def _written(path: str, masked: magics.Masked, cell: cells.Cell) -> Source:
    """The Python file that a cell writes: code of the repository like any file, in a module of its own."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), masked.writes))
    return Source(
        path, "\n".join(masked.lines).encode("utf-8", "replace"), module_of(target.lstrip("./")), cell.origins
    )


def _command(path: str, command: shell.Command, origin: Origin) -> Fact:
    says = {"argv": list(command.argv), "raw": command.raw, "where": "notebook", "cell": origin.cell}
    return Fact("command", command.argv[0], Location(path, origin.line, origin.column), says)
