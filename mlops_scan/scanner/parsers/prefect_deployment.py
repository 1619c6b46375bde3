"""Prefect deployments in YAML: the flow that each starts, and when (`prefect.yaml`, and the file of one deployment)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_MARKS = (
    re.compile(rb"^[ \t]*(?:-[ \t]*)?entrypoint[ \t]*:", re.MULTILINE),
    re.compile(rb"^[ \t]*(?:-[ \t]*)?schedules?[ \t]*:", re.MULTILINE),
)
_KINDS = ("cron", "interval", "rrule")


class PrefectDeployment(Parser):
    """A schedule that is inactive, or of a paused deployment, is switched off."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        said = super().reads(source, tree) and b"entrypoint" in source.data and b"schedule" in source.data
        return said and all(mark.search(source.data) for mark in _MARKS)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        for document in yamlnodes.documents(source).documents:
            several = yamlnodes.items(document, "deployments")
            one = [document] if isinstance(document, Mapping) and "flow_name" in document else []
            for deployment in several or one:
                if isinstance(deployment, Mapping):
                    yield from _deployment(source, tree, deployment)


def _deployment(source: SourceFile, tree: Tree, deployment: Mapping) -> Iterator[Fact]:
    entry = yamlnodes.child(deployment, "entrypoint")
    path, _, flow = str(entry).rpartition(":") if isinstance(entry, Scalar) else ("", "", "")
    if not path.endswith(".py"):
        return
    name = yamlnodes.text(deployment, "name") or flow
    owner = f"{source.path}#{name}"
    run = {"argv": ["python", _located(path, source, tree)], "raw": str(entry), "where": "config", "owner": owner}
    yield Fact("command", "python", yamlnodes.at(source.path, deployment, "entrypoint"), run)
    off = yamlnodes.text(deployment, "paused") == "true" or yamlnodes.text(deployment, "is_schedule_active") == "false"
    for schedule in (*yamlnodes.items(deployment, "schedules"), yamlnodes.child(deployment, "schedule")):
        yield from _schedule(source, owner, schedule, off)


def _schedule(source: SourceFile, owner: str, schedule: Node | None, off: bool) -> Iterator[Fact]:
    for kind in _KINDS:
        when = yamlnodes.child(schedule, kind)
        if isinstance(when, Scalar) and str(when) not in ("", "null", "~"):
            says: dict[str, Any] = {"owner": owner, "where": "config"}
            if off or yamlnodes.text(schedule, "active") == "false":
                says["state"] = "disabled"
            yield Fact("schedule", str(when), yamlnodes.at(source.path, schedule, kind), says)


def _located(written: str, source: SourceFile, tree: Tree) -> str:
    """The flow's file: entry points are relative to where the command ran, which is some folder above this file."""
    folder = source.folder
    while True:
        path = posixpath.normpath(posixpath.join(folder, written))
        if tree.get(path) is not None or not folder:
            return path
        folder = folder.rpartition("/")[0]
