"""Specifications of custom training jobs: pools of workers, each with the container that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell, yamlnodes
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_KIND = "CustomJob"
_MANY = 20  # pools of one job
_POOLS = ("workerPoolSpecs", "worker_pool_specs")
_CONTAINERS = ("containerSpec", "container_spec")
_IMAGES = ("imageUri", "image_uri")


class CustomJobFiles(Parser):
    """What `--config` hands to the command that creates the job: the image of each pool, and what it starts."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml", "*.json")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and any(key.encode() in source.data for key in _POOLS)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        for document in parsed.documents:
            for holder in (document, yamlnodes.child(document, "jobSpec"), yamlnodes.child(document, "trialJobSpec")):
                found = [one for pool in _listed(holder) for one in _container(source.path, pool)]
                if found and isinstance(document, Mapping):
                    yield _workload(source.path, document)
                yield from found
        yield from parsed.notes


def _workload(path: str, document: Mapping) -> Fact:
    """The job as a workload of the cloud: its name, else that of its file."""
    name = yamlnodes.text(document, "displayName") or path.rpartition("/")[2].partition(".")[0]
    at = Location(path, document.line, document.column)
    return Fact(
        "workload", name, at, {"id": path, "type": f"cloud/{_KIND}", "kind": _KIND, "origin": "cloud", "path": path}
    )


def _listed(holder: Node | None) -> list[Node]:
    """The pools; one alone need not be a list."""
    found = next((one for key in _POOLS if (one := yamlnodes.child(holder, key)) is not None), None)
    return [found] if isinstance(found, Mapping) else yamlnodes.items(found)[:_MANY]


def _container(path: str, pool: Node) -> Iterator[Fact]:
    spec = next((one for key in _CONTAINERS if (one := yamlnodes.child(pool, key)) is not None), None)
    if not isinstance(spec, Mapping):
        return
    runner = Runner(path, "container", path)
    image = next((one for key in _IMAGES if isinstance(one := spec.get(key), Scalar)), None)
    if image is not None and image.strip():
        yield runner.image(str(image), "run", (image.line, image.column))
    words = [one for key in ("command", "args") for one in yamlnodes.items(spec, key) if isinstance(one, Scalar)]
    if words and "command" in spec:
        found = shell.from_argv([str(word) for word in words])
        yield from runner.commands(found, lambda _: (words[0].line, words[0].column))
