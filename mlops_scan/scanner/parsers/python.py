"""Python files: imports, calls with qualified names, definitions, constants, comparisons. The code is never run."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats.python import databricks, module, names
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser, matches

_PROGRAM_BYTES = 250_000  # that are read of one program, for all of its stacks


class PythonParser(Parser):
    """Reads `*.py`, and scripts without a suffix whose first line asks for Python."""

    patterns = ("*.py",)

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if matches(source.path, self.patterns):
            return True
        return "." not in source.name and _is_script(source.data)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        if source.size > bounds.FILE_BYTES:
            yield Note(Location(source.path), f"larger than {bounds.FILE_BYTES // 2**20} MB: not read")
            return
        text = Source(source.path, source.data, names.module_of(source.path))
        if databricks.is_notebook(text):
            yield from databricks.in_cells(text, (*module.read(text), *databricks.commands(text)))
        elif b"pulumi" in source.data and b"Config" in source.data:
            yield from _with_stacks(text, source, tree)
        else:
            yield from module.read(text)


def _with_stacks(text: Source, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    from mlops_scan.scanner.formats import pulumistacks  # few repositories need them
    from mlops_scan.scanner.formats.python import configured

    stacks = tree.memo(f"stacks:{source.folder}", lambda: pulumistacks.of(source.folder, tree))
    most = _PROGRAM_BYTES // max(source.size, 1)
    if len(stacks) > most:
        yield Note(Location(source.path), f"{len(stacks)} stacks of a large program: {most} of them are told")
        stacks = sorted(stacks, key=lambda one: (not paths.is_live(one.path), one.path))[:most]
    yield from configured.read(text, stacks) if stacks else module.read(text)


def _is_script(data: bytes) -> bool:
    return data.startswith(b"#!") and b"python" in data[:200].split(b"\n", 1)[0]
