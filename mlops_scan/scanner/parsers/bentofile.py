"""bentofile.yaml: the service that is started, and the packages of the image that is built for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import requirement, yamlnodes
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser


class Bentofile(Parser):
    """`service`, `python.packages` and `docker.base_image`."""

    patterns: ClassVar[tuple[str, ...]] = ("bentofile.yaml", "bentofile.yml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if not isinstance(document, Mapping):
                continue
            runner = Runner(source.path, "config", source.path, folder=source.folder)
            service = document.get("service")
            if isinstance(service, Scalar) and service.strip():
                yield from runner.argv(["bentoml", "serve", service.strip()], (service.line, service.column))
            image = yamlnodes.child(document, "docker", "base_image")
            if isinstance(image, Scalar):
                yield runner.image(str(image), "base", (image.line, image.column))
            for one in yamlnodes.items(document, "python", "packages"):
                if isinstance(one, Scalar):
                    yield _package(source.path, one)


def _package(path: str, written: Scalar) -> Fact | Note:
    at = Location(path, written.line, written.column)
    try:
        return requirement.package_fact(requirement.parse(str(written)), at, "main")
    except requirement.RequirementError as error:
        return Note(at, f"not a requirement: {error}")
