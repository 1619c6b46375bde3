"""Databricks asset bundles: the resources they deploy, the tasks of each job, what they run, and when."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import bundles, bundletimes, choices, yamlnodes
from mlops_scan.scanner.formats.bundles import Bundle
from mlops_scan.scanner.formats.bundletimes import Timer
from mlops_scan.scanner.formats.kube.data import brief, key_places, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note

# where the provider of infrastructure as code calls a resource otherwise than by its singular
_TYPES = {
    "experiments": "mlflow_experiment",
    "models": "mlflow_model",
    "model_serving_endpoints": "model_serving",
    "sql_warehouses": "sql_endpoint",
}
_RUN = (("notebook_task", "notebook_path"), ("spark_python_task", "python_file"), ("python_wheel_task", "entry_point"))
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


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    bundle = bundles.bundle_of(tree, source.path)
    common = {} if bundle is None or source.path in bundle.included else {"state": "disabled"}
    for document in yamlnodes.documents(source).documents:
        scope = _Scope(source, tree, bundle, common)
        for group, name, one, place in bundles.declared(yamlnodes.child(document, "resources")):
            yield from scope.declared(group, name, one, place, base=one)
        yield from _of_targets(source, tree, bundle, document)


def _of_targets(source: SourceFile, tree: Tree, bundle: Bundle | None, document: Node) -> Iterator[Fact]:
    """What single targets add or say otherwise; what they alone have is timed where the first of them has it."""
    targets = yamlnodes.child(document, "targets")
    homes = bundles.homes(tree, bundle) if bundle is not None and isinstance(targets, Mapping) else {}
    first: set[tuple[str, str]] = set()
    for target, held in targets.items() if isinstance(targets, Mapping) else ():
        scope = _Scope(source, tree, bundle, {"environment": target})
        for group, name, one, place in bundles.declared(yamlnodes.child(held, "resources")):
            home = homes.get((group, name), "")
            alone = not home and (group, name) not in first
            first.add((group, name))
            yield from scope.declared(group, name, one, place, home=home, timed=alone)


class _Scope:
    """The resources of a file, or of one target in it."""

    def __init__(self, source: SourceFile, tree: Tree, bundle: Bundle | None, common: dict[str, str]) -> None:
        self.source, self.tree, self.bundle, self.common = source, tree, bundle, common

    def declared(
        self,
        group: str,
        name: str,
        one: Mapping,
        place: tuple[int, int],
        *,
        base: Mapping | None = None,
        home: str = "",
        timed: bool = True,
    ) -> Iterator[Fact]:
        """The facts of one resource. `home` is the file that declares it for all targets, where another does."""
        kind = f"databricks_{_TYPES.get(group, group.removesuffix('s'))}"
        told = self.bundle.resolved(one) if self.bundle is not None else one
        if not isinstance(told, Mapping):
            return
        identity = f"{home or self.source.path}#{kind}/{name}"
        times = bundletimes.timers(self.bundle, group, name, base) if timed else []
        at = Location(self.source.path, *place)
        yield Fact("resource", name, at, self._resource(kind, told, identity, times))
        if group == "jobs":
            yield from self._job(name, told, home or self.source.path, identity)
        for time in times:
            yield self._schedule(time, identity)

    def _resource(self, kind: str, one: Mapping, identity: str, times: list[Timer]) -> dict[str, Any]:
        data = {key: brief(value) for key, value in one.items() if key not in bundletimes.KEYS}
        if "tasks" in data:
            data["task"] = data.pop("tasks")
        for time in times:
            if time.key not in data or not time.off:
                status = "PAUSED" if time.off else "UNPAUSED"
                data[time.key] = {**(brief(time.node) or {}), "pause_status": status}
        return {
            "platform": "databricks",
            "type": kind,
            "labels": text_map(one.get("tags")),
            "data": data,
            "lines": {dotted: line for dotted, (line, _) in key_places(one)},
            "origin": "raw",
            "id": identity,
            **self.common,
        }

    def _schedule(self, time: Timer, identity: str) -> Fact:
        """A time that a target says stands in the root file."""
        says = {"owner": identity, "where": "config", **self.common}
        says.pop("environment", None)
        path = self.source.path
        if time.environment and self.bundle is not None:
            path, says["environment"] = self.bundle.path, time.environment
        if time.off:
            says["state"] = "disabled"
        return Fact("schedule", time.text, Location(path, *time.place), says)

    def _job(self, name: str, job: Mapping, home: str, identity: str) -> Iterator[Fact]:
        tasks = [one for one in yamlnodes.items(job.get("tasks")) if isinstance(one, Mapping)]
        if not tasks and any(kind in job for kind, _ in _RUN):
            tasks = [job]  # the form of jobs with a single task
        waiting, conditions = _waiting(tasks), _CONDITIONS
        for task in tasks:
            inner = yamlnodes.child(task, "for_each_task", "task")
            needs = [yamlnodes.text(one, "task_key") for one in yamlnodes.items(task, "depends_on")]
            key = yamlnodes.text(task, "task_key") or name
            at = yamlnodes.at(self.source.path, task, "task_key" if "task_key" in task else None)
            says: dict[str, Any] = {"pipeline": home, "of": identity, "deps": [one for one in needs if one]}
            commands = list(self._commands(inner if isinstance(inner, Mapping) else task, f"{home}#{key}"))
            says |= {"outs": [key], "tool": "databricks", **self.common}
            yield Fact("pipeline-step", key, at, says)
            yield from commands
            if conditions and "condition_task" in task:
                conditions -= 1
                yield from self._condition(key, task, waiting)

    def _commands(self, task: Mapping, owner: str) -> Iterator[Fact]:
        for kind, field in _RUN:
            written = yamlnodes.child(task, kind, field)
            if isinstance(written, Scalar):
                installed = field == "entry_point"  # a script of a distribution
                argv = [str(written)] if installed else ["python", self._located(str(written))]
                argv += _parameters(yamlnodes.child(task, kind))
                run = {"argv": argv, "raw": str(written), "where": "step", "owner": owner, **self.common}
                yield Fact("command", argv[0], yamlnodes.at(self.source.path, yamlnodes.child(task, kind), field), run)

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

    def _located(self, written: str) -> str:
        """The file that a task names, relative to the bundle's file; a notebook may go without its suffix."""
        path = posixpath.normpath(posixpath.join(self.source.folder, written))
        found = (f"{path}{suffix}" for suffix in _SUFFIXES if self.tree.get(f"{path}{suffix}") is not None)
        return next(found, written)


def _parameters(run: Node | None) -> Iterator[str]:
    """The words that a task passes to what it runs."""
    yield from (str(one) for one in yamlnodes.items(run, "parameters") if isinstance(one, Scalar))
    named = yamlnodes.child(run, "named_parameters")
    for name, value in named.items() if isinstance(named, Mapping) else ():
        if isinstance(value, Scalar):
            yield f"--{name}={value}"


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
