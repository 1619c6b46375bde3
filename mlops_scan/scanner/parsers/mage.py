"""Mage pipelines: blocks that are files of the project, and the triggers that start them by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_FOLDERS = {"data_loader": "data_loaders", "data_exporter": "data_exporters", "transformer": "transformers"}
_FOLDERS |= {"sensor": "sensors", "callback": "callbacks", "conditional": "conditionals", "custom": "custom"}
_MANY = 300  # blocks of one pipeline
_SUFFIXES = ("", ".py", ".sql", ".r")


class MagePipelines(Parser):
    """`pipelines/NAME/metadata.yaml` lists the blocks, `triggers.yaml` beside it says when they run."""

    patterns: ClassVar[tuple[str, ...]] = ("*pipelines/*/metadata.yaml", "*pipelines/*/triggers.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        said = b"blocks:" in source.data or b"schedule_interval:" in source.data
        return super().reads(source, tree) and said and "/" in source.folder

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        for document in parsed.documents:
            for block in yamlnodes.items(document, "blocks")[:_MANY]:
                yield from _block(source, tree, block)
            for trigger in yamlnodes.items(document, "triggers")[:_MANY]:
                yield from _trigger(source, trigger)
        yield from parsed.notes


def _home(source: SourceFile) -> tuple[str, str]:
    """(id of the pipeline, folder of the project)."""
    base, _, name = source.folder.rpartition("/")
    return f"{source.folder}/metadata.yaml#{name}", base.rpartition("/")[0]


def _block(source: SourceFile, tree: Tree, block: Node) -> Iterator[Fact]:
    name, kind = yamlnodes.text(block, "uuid"), yamlnodes.text(block, "type")
    if not name or not isinstance(block, Mapping):
        return
    pipeline, project = _home(source)
    says: dict[str, Any] = {"pipeline": source.path, "of": pipeline, "tool": "mage"}
    needed = [str(one) for one in yamlnodes.items(block, "upstream_blocks") if isinstance(one, Scalar)]
    if needed:
        says["deps"] = needed
    told = yamlnodes.text(block, "configuration", "file_source", "path") or f"{_FOLDERS.get(kind, kind)}/{name}"
    if file := _file(tree, project, told):
        says["runs"] = file
    yield Fact("pipeline-step", name, yamlnodes.at(source.path, block, "uuid"), says)


def _file(tree: Tree, project: str, told: str) -> str:
    """The file of a block, seen from the project or from above it."""
    folder = project
    while True:
        for suffix in _SUFFIXES:
            path = f"{folder}/{told}{suffix}".lstrip("/")
            if tree.get(path) is not None:
                return path
        if not folder:
            return ""
        folder = folder.rpartition("/")[0]


def _trigger(source: SourceFile, trigger: Node) -> Iterator[Fact]:
    """A trigger by the clock; one that is not active is switched off."""
    when = yamlnodes.text(trigger, "schedule_interval")
    if yamlnodes.text(trigger, "schedule_type") != "time" or when in ("", "null", "@once"):
        return
    says: dict[str, Any] = {"owner": _home(source)[0], "where": "config"}
    if yamlnodes.text(trigger, "status") not in ("active", ""):
        says["state"] = "disabled"
    yield Fact("schedule", when, yamlnodes.at(source.path, trigger, "schedule_interval"), says)
