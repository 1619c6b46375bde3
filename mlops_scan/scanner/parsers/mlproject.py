"""MLproject: the entry points of a project file, and the image or environment they run in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class MlProject(Parser):
    """`entry_points` with their commands; `{parameter}` stays as text."""

    patterns: ClassVar[tuple[str, ...]] = ("MLproject",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if isinstance(document, Mapping):
                yield from _project(source, document)


def _project(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    image = yamlnodes.child(document, "docker_env", "image")
    if isinstance(image, Scalar):
        yield Runner(source.path, "config", source.path).image(str(image), "run", (image.line, image.column))
    entries = document.get("entry_points")
    for name, entry in entries.items() if isinstance(entries, Mapping) else ():
        command = yamlnodes.child(entry, "command")
        if not isinstance(command, Scalar) or not isinstance(entries, Mapping):
            continue
        owner = f"{source.path}#{name}"
        runner = Runner(source.path, "config", owner, stage=name, folder=source.folder)
        parameters = yamlnodes.child(entry, "parameters")
        says: dict[str, Any] = {
            "pipeline": source.path,
            "command": str(command)[: bounds.FACT_TEXT],
            "params": list(parameters) if isinstance(parameters, Mapping) else [],
            "tool": "mlproject",
        }
        yield runner.fact("pipeline-step", name, entries.places[name], says)
        yield from runner.script(command, lines_of(source))
