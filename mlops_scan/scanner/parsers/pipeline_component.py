"""Components of Kubeflow Pipelines in their own files (the first form of them): the image and what it starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import images, shell, yamlnodes
from mlops_scan.scanner.formats.kube.data import spot
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_BYTES = 2**20


class PipelineComponents(Parser):
    """A file whose `implementation.container` has an image."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if source.size > _BYTES or not super().reads(source, tree):
            return False
        return b"implementation:" in source.data and b"container:" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        for document in yamlnodes.documents(source).documents:
            container = yamlnodes.child(document, "implementation", "container")
            if isinstance(container, Mapping) and yamlnodes.text(container, "image"):
                yield from _facts(source.path, container)


def _facts(path: str, container: Mapping) -> Iterator[Fact]:
    name, says = images.used(yamlnodes.text(container, "image"), path)
    if name:
        yield Fact("image", name, Location(path, *spot(container, "image")), says)
    parts = [one for key in ("command", "args") for one in yamlnodes.items(container, key)]
    words = [str(one) for one in parts if isinstance(one, Scalar)]  # the others are what a pipeline hands over
    for command in shell.from_argv(words) if words else ():
        argv = [word[: bounds.FACT_TEXT] for word in command.argv]
        key = "command" if "command" in container else "args"
        yield Fact(
            "command",
            argv[0],
            Location(path, *spot(container, key)),
            {"argv": argv, "raw": command.raw, "where": "component"},
        )
