"""Databricks asset bundles: the resources they deploy, the tasks of each job, what they run, and when."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import bundles, choices, yamlnodes
from mlops_scan.scanner.formats.kube.data import brief, key_places, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_RESOURCES = re.compile(rb"^[ \t]*resources[ \t]*:", re.MULTILINE)
_KINDS = re.compile(
    rb"^[ \t]+(?:jobs|pipelines|experiments|models|registered_models|model_serving_endpoints|quality_monitors|schemas|"
    rb"volumes|clusters|apps|dashboards|secret_scopes|alerts|sql_warehouses|database_\w+|synced_\w+|catalogs)[ \t]*:",
    re.MULTILINE,
)
# where the provider of infrastructure as code calls a resource otherwise than by its singular
_TYPES = {
    "experiments": "mlflow_experiment",
    "models": "mlflow_model",
    "model_serving_endpoints": "model_serving",
    "sql_warehouses": "sql_endpoint",
}
_RUN = (("notebook_task", "notebook_path"), ("spark_python_task", "python_file"), ("python_wheel_task", "entry_point"))
_TIMES = (
    ("schedule", "quartz_cron_expression"),
    ("trigger", "periodic"),
    ("trigger", "file_arrival"),
    ("trigger", "table_update"),
)
_SUFFIXES = ("", ".py", ".ipynb", ".tmpl", ".py.tmpl")
_OPERATORS = {
    "GREATER_THAN": ">",
    "GREATER_THAN_OR_EQUAL": ">=",
    "LESS_THAN": "<",
    "LESS_THAN_OR_EQUAL": "<=",
    "EQUAL_TO": "==",
}
_CONDITIONS = 200  # of one job that are looked behind
_Waiting = dict[str, list[tuple[str, str]]]


class DatabricksBundle(Parser):
    """`resources` of a bundle, and of its targets, each target an environment.

    What no include of the bundle's root names is not deployed: switched off. So is a paused schedule.
    """

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or not _RESOURCES.search(source.data):
            return False
        return _KINDS.search(source.data) is not None and b"apiVersion" not in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        bundle = bundles.bundle_of(tree, source.path)
        common = {} if bundle is None or source.path in bundle.included else {"state": "disabled"}
        for document in yamlnodes.documents(source).documents:
            document = bundle.resolved(document) if bundle is not None else document
            paused = bundle is not None and bundle.developed_only
            yield from _Scope(source, tree, common, paused=paused).resources(yamlnodes.child(document, "resources"))
            targets = yamlnodes.child(document, "targets")
            for name, target in targets.items() if isinstance(targets, Mapping) else ():
                told = {**common, "environment": name}
                paused = yamlnodes.text(target, "mode") == "development"
                scope = _Scope(source, tree, told, paused=paused)
                yield from scope.resources(yamlnodes.child(target, "resources"))


class _Scope:
    def __init__(self, source: SourceFile, tree: Tree, common: dict[str, str], *, paused: bool) -> None:
        self.source, self.tree, self.common, self.paused = source, tree, common, paused

    def resources(self, node: Node | None) -> Iterator[Fact]:
        for plural, group in node.items() if isinstance(node, Mapping) else ():
            for name, one in group.items() if isinstance(group, Mapping) else ():
                if isinstance(one, Mapping) and isinstance(group, Mapping):
                    kind = f"databricks_{_TYPES.get(plural, plural.removesuffix('s'))}"
                    place = group.places.get(name, (one.line, one.column))
                    yield self._resource(kind, name, one, place)
                    if plural == "jobs":
                        yield from self._job(name, one)
                    yield from self._schedules(one, f"{self.source.path}#{name}")

    def _resource(self, kind: str, name: str, one: Mapping, place: tuple[int, int]) -> Fact:
        data = {key: brief(value) for key, value in one.items()}
        if "tasks" in data:
            data["task"] = data.pop("tasks")
        if self.paused:
            data.pop("schedule", None)
            data.pop("trigger", None)
        says = {
            "platform": "databricks",
            "type": kind,
            "labels": text_map(one.get("tags")),
            "data": data,
            "lines": {dotted: line for dotted, (line, _) in key_places(one)},
            "origin": "raw",
            "id": f"{self.source.path}#{kind}/{name}",
            **self.common,
        }
        return Fact("resource", name, Location(self.source.path, *place), says)

    def _job(self, name: str, job: Mapping) -> Iterator[Fact]:
        owner = f"{self.source.path}#{name}"
        tasks = [one for one in yamlnodes.items(job.get("tasks")) if isinstance(one, Mapping)]
        if not tasks and any(kind in job for kind, _ in _RUN):
            tasks = [job]  # the form of jobs with a single task
        waiting, conditions = _waiting(tasks), _CONDITIONS
        for task in tasks:
            inner = yamlnodes.child(task, "for_each_task", "task")
            needs = [yamlnodes.text(one, "task_key") for one in yamlnodes.items(task, "depends_on")]
            says: dict[str, Any] = {"pipeline": self.source.path, "of": owner, "deps": [one for one in needs if one]}
            key = yamlnodes.text(task, "task_key") or name
            at = yamlnodes.at(self.source.path, task, "task_key" if "task_key" in task else None)
            yield Fact("pipeline-step", key, at, {**says, "outs": [key], "tool": "databricks", **self.common})
            yield from self._commands(inner if isinstance(inner, Mapping) else task, owner)
            if conditions and "condition_task" in task:
                conditions -= 1
                yield from self._condition(key, task, waiting)

    def _commands(self, task: Mapping, owner: str) -> Iterator[Fact]:
        for kind, field in _RUN:
            written = yamlnodes.child(task, kind, field)
            if isinstance(written, Scalar):
                path = self._located(str(written))
                run = {"argv": ["python", path], "raw": str(written), "where": "config", "owner": owner, **self.common}
                yield Fact("command", "python", yamlnodes.at(self.source.path, yamlnodes.child(task, kind), field), run)

    def _condition(self, key: str, task: Mapping, waiting: _Waiting) -> Iterator[Fact]:
        """A task that compares two values, with the tasks that wait for either outcome."""
        condition = task.get("condition_task")
        operator = _OPERATORS.get(yamlnodes.text(condition, "op"))
        if operator is None or not isinstance(condition, Mapping):
            return
        left, right = (yamlnodes.text(condition, side) for side in ("left", "right"))
        yes, no = _after(key, "true", waiting), _after(key, "false", waiting)
        says = {**choices.choice(key, choices.words(f"{left} {right}"), operator, yes - no, no - yes), **self.common}
        yield Fact("comparison", f"{left} {operator} {right}", yamlnodes.at(self.source.path, condition, "op"), says)

    def _schedules(self, job: Mapping, owner: str) -> Iterator[Fact]:
        for kind, field in _TIMES:
            node = job.get(kind)
            when = yamlnodes.child(node, field)
            if when is not None:
                says = {"owner": owner, "where": "config", **self.common}
                if self.paused or yamlnodes.text(node, "pause_status") == "PAUSED":
                    says["state"] = "disabled"
                yield Fact("schedule", _spelled(when, field), yamlnodes.at(self.source.path, node, field), says)

    def _located(self, written: str) -> str:
        """The file that a task names, relative to the bundle's file; a notebook may go without its suffix."""
        path = posixpath.normpath(posixpath.join(self.source.folder, written))
        found = (f"{path}{suffix}" for suffix in _SUFFIXES if self.tree.get(f"{path}{suffix}") is not None)
        return next(found, written)


def _spelled(when: Node, field: str) -> str:
    """The cron text, `every 1 days`, or what is waited for."""
    if isinstance(when, Scalar):
        return str(when)
    interval, unit = yamlnodes.text(when, "interval"), yamlnodes.text(when, "unit").lower()
    return f"every {interval} {unit}" if interval and unit else field


def _waiting(tasks: list[Mapping]) -> _Waiting:
    """For each task, those that wait for it, and for which outcome."""
    found: _Waiting = {}
    for task in tasks:
        for one in yamlnodes.items(task, "depends_on"):
            told = (yamlnodes.text(task, "task_key"), yamlnodes.text(one, "outcome"))
            found.setdefault(yamlnodes.text(one, "task_key"), []).append(told)
    return found


def _after(key: str, outcome: str, waiting: _Waiting) -> set[str]:
    """The tasks that run only once the task `key` came out so."""
    found: set[str] = set()
    queue = [task for task, wanted in waiting.get(key, ()) if wanted == outcome]
    while queue:
        task = queue.pop()
        if task not in found:
            found.add(task)
            queue += [after for after, _ in waiting.get(task, ())]
    return found
