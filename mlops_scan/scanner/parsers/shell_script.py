"""Shell scripts, by suffix or by their first line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import indent, lines_of
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_SUFFIXES = (".sh", ".bash", ".zsh", ".ksh")
_SHEBANG = re.compile(rb"#!(?:[^\n]*[/ \t])?(?:ba|da|z|k|a)?sh(?![\w.-])")


class ShellScripts(Parser):
    """*.sh, *.bash, and files without a suffix that begin with a shell's `#!`."""

    patterns: ClassVar[tuple[str, ...]] = ()  # files without a suffix have no pattern

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        name = source.name
        if name.endswith(_SUFFIXES):
            return True
        return "." not in name.lstrip(".") and _SHEBANG.match(source.head) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        if source.binary:
            yield Note(Location(source.path), "not readable as a shell script: it holds NUL bytes")
            return
        lines = lines_of(source)
        found = shell.commands(source.text)
        if len(found) >= bounds.SHELL_COMMANDS:
            yield Note(Location(source.path), f"more than {bounds.SHELL_COMMANDS} commands; the rest was not read")
        runner = Runner(source.path, "shell", source.path, folder=None)
        yield from runner.commands(found, lambda command: (command.line + 1, indent(lines, command.line + 1)))
