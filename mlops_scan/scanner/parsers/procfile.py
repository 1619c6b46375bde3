"""Procfile: the process types of a platform that builds from source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_PROCESS = re.compile(r"([A-Za-z0-9_-]+):[ \t]*(?=\S)")


class Procfile(Parser):
    """`name: command` on each line."""

    patterns: ClassVar[tuple[str, ...]] = ("Procfile", "Procfile.*")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        for number, line in enumerate(lines_of(source), start=1):
            process = _PROCESS.match(line)
            if process is None:
                continue
            name, place = process[1], (number, process.end() + 1)
            runner = Runner(source.path, "procfile", f"{source.path}#{name}", stage=name, folder=source.folder)
            found = shell.commands(line[process.end() :])
            yield from runner.commands(found, lambda command, place=place: place)  # type: ignore[misc]
