"""Shell scripts, by suffix or by their first line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell, shellwords
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import indent, lines_of
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.shellbranches import Branches

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
        from mlops_scan.scanner.formats import shellbranches  # not every repository needs it

        lines = lines_of(source)
        simples = shellwords.split(source.text)
        found = shell.commands(source.text, simples=simples)
        if len(found) >= bounds.SHELL_COMMANDS:
            yield Note(Location(source.path), f"more than {bounds.SHELL_COMMANDS} commands; the rest was not read")
        runner = Runner(source.path, "shell", source.path, folder=None)

        def locate(command: shell.Command) -> tuple[int, int]:
            return command.line + 1, indent(lines, command.line + 1)

        branches = shellbranches.read(source.text, simples)
        if branches is None:
            yield from runner.commands(found, locate)
            return
        yield from _ways(source, branches)
        if branches.cut:
            yield Note(
                Location(source.path), f"more than {shellbranches.MOST} parts that arguments choose: not told apart"
            )
        for command in found:
            part = branches.at(command.offset)
            inside = replace(runner, where="branch", owner=f"{source.path}#{part}", stage=part) if part else runner
            yield from inside.commands([command], locate)


def _ways(source: SourceFile, branches: Branches) -> Iterator[Fact]:
    """The parts of a script that chooses by its arguments."""
    for way in branches.ways:
        asks = [[one.place, list(one.values), one.holds, one.default] for one in way.asks]
        at = Location(source.path, source.text.count("\n", 0, way.start) + 1)
        yield Fact("branch", way.target, at, {"of": way.source, "asks": asks})
