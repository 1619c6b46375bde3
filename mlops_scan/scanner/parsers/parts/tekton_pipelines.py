"""Tekton: pipelines of tasks as workflows of jobs; a task that is referred to is found by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.parts import tekton_names
from mlops_scan.scanner.parsers.parts.tekton_names import events_of

_CLOCK = re.compile(rb"^kind:[ \t]*[\"']?CronJob\b", re.MULTILINE)
_LISTENS = re.compile(rb"^kind:[ \t]*[\"']?EventListener\b", re.MULTILINE)
_ON = ("pipelinesascode.tekton.dev/on-event", "pipelinesascode.tekton.dev/on-cel-expression")
_SHELLS = ("sh", "bash")
_MOST_VALUES = 8  # of one parameter


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    known = tekton_names.objects(source)
    if known:
        yield from islice(_facts(source, tree, known), bounds.FACTS_PER_FILE + 1)


def _facts(source: SourceFile, tree: Tree, documents: list[Mapping]) -> Iterator[Fact]:
    runner = Runner(source.path, "ci", source.path)
    yield from _workflow(source, tree, documents)
    for document in documents:
        kind, name, spec = yamlnodes.text(document, "kind"), tekton_names.name_of(document), document.get("spec")
        if kind in tekton_names.TRIGGER_KINDS:
            says = tekton_names.started(tree, source, document).said(source.path)
            listens = {"listens": f"el-{name}"} if kind == "EventListener" else {}
            yield from _job(source, runner, tree, name, document, {**says, **listens})
        elif not kind.startswith("Pipeline"):
            task = yamlnodes.child(spec, "taskSpec") or spec
            meant = tekton_names.referred(tree, source, spec, "taskRef")
            yield from _job(source, runner, tree, name, document, meant.said(source.path), task)
        elif yamlnodes.child(spec, "pipelineRef") is not None:
            meant = tekton_names.referred(tree, source, spec, "pipelineRef")
            yield from _job(source, runner, tree, name, document, meant.said(source.path))
        for one in tekton_names.own_tasks(document):
            yield from _task(source, runner, tree, one)


def _workflow(source: SourceFile, tree: Tree, documents: list[Mapping]) -> Iterator[Fact]:
    """The file as a workflow, where it holds pipelines or listens for events."""
    heard = [one for one in documents if yamlnodes.text(one, "kind") == "EventListener" and events_of(one)]
    found = [one for one in documents if yamlnodes.text(one, "kind").startswith("Pipeline")] or heard
    if not found:
        return
    triggers = [word for one in found for word in _triggers(one)] + [word for one in heard for word in events_of(one)]
    if not triggers:
        triggers = tekton_names.events(tree, source.path) or []
    if not triggers:
        triggers = ["dispatch", "push"] if _is_started(tree, source.path) else ["manual"]
    says: dict[str, Any] = {"provider": "tekton", "triggers": list(dict.fromkeys(triggers))}
    says |= {"active": paths.role(source.path) == "production", "title": yamlnodes.text(found[0], "metadata", "name")}
    yield Fact("workflow", source.path, yamlnodes.at(source.path, found[0], "kind"), says)


def _triggers(pipeline: Mapping) -> list[str]:
    """The events of a run that lies where the service looks for them."""
    notes = yamlnodes.child(pipeline, "metadata", "annotations")
    text = " ".join(yamlnodes.text(notes, key) for key in _ON)
    return [word for word in ("pull_request", "push") if word in text]


def _is_started(tree: Tree, path: str) -> bool:
    """Whether some object of the repository starts pipelines, and no listener says which."""

    def find() -> tuple[bool, bool]:
        listens = timed = False
        for one in tree.paths:
            source = tree.get(one) if one.endswith((".yml", ".yaml")) else None
            if source is not None and b"tekton.dev/" in source.data:
                listens = listens or _LISTENS.search(source.data) is not None
                timed = timed or _CLOCK.search(source.data) is not None
        return listens, timed

    listens, timed = tree.memo("tekton-listeners", find)
    return timed or (listens and tekton_names.events(tree, path) is None)


def _task(source: SourceFile, runner: Runner, tree: Tree, task: Mapping) -> Iterator[Fact]:
    when = " && ".join(
        f"{yamlnodes.text(one, 'input')} {yamlnodes.text(one, 'operator')}" for one in yamlnodes.items(task, "when")
    )
    says: dict[str, Any] = {
        "needs": [str(one) for one in yamlnodes.items(task, "runAfter") if isinstance(one, Scalar)],
        **tekton_names.referred(tree, source, task, "taskRef").said(source.path),
        "when": when[: bounds.FACT_TEXT],
    }
    runner = replace(runner, disabled=runner.disabled or any(map(_is_never, yamlnodes.items(task, "when"))))
    yield from _job(source, runner, tree, yamlnodes.text(task, "name"), task, says, task.get("taskSpec"))


def _is_never(when: Node) -> bool:
    """Whether constants alone keep a task from running: `{input: "false", operator: in, values: ["true"]}`."""
    value = yamlnodes.text(when, "input")
    values = [str(one) for one in yamlnodes.items(when, "values")]
    operator = yamlnodes.text(when, "operator").lower()
    if "$(" in "".join((value, *values)) or "input" not in (when if isinstance(when, Mapping) else ()):
        return False
    return (value in values) == (operator == "notin") and operator in ("in", "notin")


def _parameters(tree: Tree, name: str, holder: Mapping, task: Node | None) -> Known:
    """The values of a task's parameters: what pipelines and runs give it, else the defaults."""
    found: dict[str, tuple[str, ...]] = {}
    given = _given(tree).get(name, {}) if "kind" in holder else _said(holder, {})
    for one in yamlnodes.items(task, "params"):
        key, default = yamlnodes.text(one, "name"), yamlnodes.child(one, "default")
        values = given.get(key) or ([str(default)] if isinstance(default, Scalar) else [])
        if key and values:
            found[f"params.{key}"] = tuple(dict.fromkeys(values))[:_MOST_VALUES]
    return found


def _given(tree: Tree) -> dict[str, dict[str, list[str]]]:
    """Task -> parameter -> the values that the pipelines and runs of the repository give it."""

    def find() -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        runs: dict[str, dict[str, list[str]]] = {}
        documents = [
            one
            for path in tekton_names.defining(tree)
            if (source := tree.get(path))
            for one in tekton_names.objects(source)
        ]
        for one in documents:
            spec = one.get("spec")
            for kind in ("pipelineRef", "taskRef"):
                if used := yamlnodes.text(spec, kind, "name"):
                    _merge((runs if kind == "pipelineRef" else found).setdefault(used, {}), _said(spec, {}))
        for one in documents:
            spec = yamlnodes.child(one, "spec", "pipelineSpec") or one.get("spec")
            outer = runs.get(yamlnodes.text(one, "metadata", "name"), _said(one.get("spec"), {}))
            outer = {**_said(spec, {}, "default"), **outer}
            known = {f"params.{key}": tuple(values) for key, values in outer.items()}
            for task in [*yamlnodes.items(spec, "tasks"), *yamlnodes.items(spec, "finally")]:
                if used := yamlnodes.text(task, "taskRef", "name"):
                    _merge(found.setdefault(used, {}), _said(task, known))
        return found

    return tree.memo("tekton-parameters", find)


def _said(holder: Node | None, known: Known, key: str = "value") -> dict[str, list[str]]:
    """The plain values under `params`, with what is known of the parameters that they hand on."""
    found: dict[str, list[str]] = {}
    for one in yamlnodes.items(holder, "params"):
        name, value = yamlnodes.text(one, "name"), yamlnodes.child(one, key)
        if name and isinstance(value, Scalar):
            texts = [text for (text,) in placeholders.variants([str(value)], known)]
            found[name] = [text for text in texts if "$(params." not in text][:_MOST_VALUES]
    return found


def _merge(into: dict[str, list[str]], more: dict[str, list[str]]) -> None:
    for name, values in more.items():
        into[name] = list(dict.fromkeys((*into.get(name, ()), *values)))[:_MOST_VALUES]


def _job(
    source: SourceFile,
    file: Runner,
    tree: Tree,
    name: str,
    holder: Mapping,
    says: dict[str, Any],
    task: Node | None = None,
) -> Iterator[Fact]:
    owner = f"{source.path}#{name}"
    runner = replace(file, owner=owner, macros=True, known=_parameters(tree, name, holder, task))
    yield runner.fact("job", name, (holder.line, holder.column), {"id": owner, "workflow": source.path, **says})
    for step in yamlnodes.items(task, "steps"):
        image, script = yamlnodes.child(step, "image"), yamlnodes.child(step, "script")
        if isinstance(image, Scalar):
            yield runner.image(str(image), "ci", (image.line, image.column))
        if isinstance(script, Scalar):
            first = script.split("\n", 1)[0]
            if not first.startswith("#!") or first.rstrip().endswith(_SHELLS):
                yield from runner.script(script, lines_of(source))
            continue
        words = [one for key in ("command", "args") for one in yamlnodes.items(step, key) if isinstance(one, Scalar)]
        if words:
            long = next((one for one in words if "\n" in one), None)
            if long is not None and words[0].rpartition("/")[2] in _SHELLS:
                yield from runner.script(long, lines_of(source))
            else:
                yield from runner.argv([str(one) for one in words], (words[0].line, words[0].column))
