"""Databricks asset bundles: the tasks of each job, what they run, and when the job runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_TASKS = re.compile(rb"^[ \t]*(?:notebook_task|spark_python_task|python_wheel_task)[ \t]*:", re.MULTILINE)
_RUN = (("notebook_task", "notebook_path"), ("spark_python_task", "python_file"), ("python_wheel_task", "entry_point"))
_SUFFIXES = ("", ".py", ".ipynb", ".tmpl", ".py.tmpl")


class DatabricksBundle(Parser):
    """`resources.jobs` of a bundle. A paused schedule is switched off."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and _TASKS.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        for document in yamlnodes.documents(source).documents:
            jobs = yamlnodes.child(document, "resources", "jobs")
            for name, job in jobs.items() if isinstance(jobs, Mapping) else ():
                if isinstance(job, Mapping):
                    yield from _job(source, tree, name, job)


def _job(source: SourceFile, tree: Tree, name: str, job: Mapping) -> Iterator[Fact]:
    owner = f"{source.path}#{name}"
    for task in yamlnodes.items(job.get("tasks")):
        key = yamlnodes.text(task, "task_key") or name
        says: dict[str, Any] = {"pipeline": source.path, "tool": "databricks"}
        at = yamlnodes.at(source.path, task, "task_key")
        yield Fact("pipeline-step", key, at, says)
        for kind, field in _RUN:
            written = yamlnodes.child(task, kind, field)
            if isinstance(written, Scalar):
                path = _located(str(written), source, tree)
                run = {"argv": ["python", path], "raw": str(written), "where": "config", "owner": owner}
                yield Fact("command", "python", yamlnodes.at(source.path, yamlnodes.child(task, kind), field), run)
    for kind, field in (("schedule", "quartz_cron_expression"), ("trigger", "periodic"), ("trigger", "file_arrival")):
        node = yamlnodes.child(job, kind)
        when = yamlnodes.child(node, field)
        if when is not None:
            says = {"owner": owner, "where": "config"}
            if yamlnodes.text(node, "pause_status") == "PAUSED":
                says["state"] = "disabled"
            text = str(when) if isinstance(when, Scalar) else field
            yield Fact("schedule", text, yamlnodes.at(source.path, node, field), says)


def _located(written: str, source: SourceFile, tree: Tree) -> str:
    """The file that a task names, relative to the bundle's file; a notebook may go without its suffix."""
    path = posixpath.normpath(posixpath.join(source.folder, written))
    found = (f"{path}{suffix}" for suffix in _SUFFIXES if tree.get(f"{path}{suffix}") is not None)
    return next(found, written)
