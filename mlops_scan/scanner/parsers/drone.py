"""Drone and Woodpecker: pipelines of steps, each an image with commands or a plugin with settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell, yamlnodes
from mlops_scan.scanner.formats.githubsteps import plain_inputs
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_EVENTS = {"cron": "schedule", "custom": "manual", "promote": "manual", "rollback": "manual", "deployment": "manual"}
_SCRIPT = ("commands", "script")


class Drone(Parser):
    """`.drone.yml`, `.woodpecker.yml` and the files of `.woodpecker/`."""

    patterns: ClassVar[tuple[str, ...]] = (
        ".drone.yml",
        ".drone.yaml",
        ".woodpecker.yml",
        ".woodpecker.yaml",
        ".woodpecker/*.yml",
        ".woodpecker/*.yaml",
    )

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        provider = "woodpecker" if "woodpecker" in source.path else "drone"
        pipelines = [
            one
            for one in parsed.documents
            if isinstance(one, Mapping)
            and yamlnodes.text(one, "kind", default="pipeline") == "pipeline"
            and _steps(one)
        ]
        if pipelines:
            yield from islice(_facts(source, provider, pipelines), bounds.FACTS_PER_FILE + 1)


def _steps(document: Mapping) -> list[tuple[str, Mapping]]:
    """(name, step): steps are a list, or a mapping by name."""
    holder = document.get("steps") or document.get("pipeline")
    if isinstance(holder, Mapping):
        return [(name, one) for name, one in holder.items() if isinstance(one, Mapping)]
    return [
        (yamlnodes.text(one, "name") or f"step-{index}", one)
        for index, one in enumerate(yamlnodes.items(holder), start=1)
        if isinstance(one, Mapping)
    ]


def _facts(source: SourceFile, provider: str, pipelines: list[Mapping]) -> Iterator[Fact]:
    active = not source.folder or source.folder == ".woodpecker"
    triggers = list(dict.fromkeys(one for pipeline in pipelines for one in _triggers(pipeline)))
    at = yamlnodes.at(source.path, pipelines[0], "steps" if "steps" in pipelines[0] else "pipeline")
    yield Fact("workflow", source.path, at, {"provider": provider, "triggers": triggers, "active": active})
    runner = Runner(source.path, "ci", source.path, disabled=not active)
    for pipeline in pipelines:
        title = yamlnodes.text(pipeline, "name")
        prefix = f"{title}." if len(pipelines) > 1 and title else ""
        yield from _schedules(runner, pipeline)
        yield from runner.variables(pipeline.get("environment"))
        before = ""
        for name, step in _steps(pipeline):
            yield from _step(source, runner, prefix, name, step, before)
            before = name


def _conditions(holder: Mapping) -> list[Node]:
    """`trigger` and `when`: a mapping, or a list of which one must hold."""
    found: list[Node] = []
    for key in ("trigger", "when"):
        node = holder.get(key)
        found += yamlnodes.items(node) if isinstance(node, yamlnodes.Sequence) else [node] if node else []
    return found


def _triggers(pipeline: Mapping) -> list[str]:
    events = [
        str(one)
        for condition in _conditions(pipeline)
        for one in [*yamlnodes.items(condition, "event"), *yamlnodes.items(condition, "event", "include")]
        if isinstance(one, Scalar)
    ]
    if any(yamlnodes.items(condition, "cron") for condition in _conditions(pipeline)):
        events.append("cron")
    return [_EVENTS.get(one, one) for one in events] or ["push", "pull_request"]


def _schedules(runner: Runner, pipeline: Mapping) -> Iterator[Fact]:
    """The name of a schedule, whose time the service keeps."""
    for condition in _conditions(pipeline):
        for one in [*yamlnodes.items(condition, "cron"), *yamlnodes.items(condition, "cron", "include")]:
            if isinstance(one, Scalar):
                says = {"owner": runner.path, "where": "ci"}
                yield runner.fact("schedule", str(one), (one.line, one.column), says)


def _step(source: SourceFile, pipeline: Runner, prefix: str, name: str, step: Mapping, before: str) -> Iterator[Fact]:
    owner = f"{source.path}#{prefix}{name}"
    soft = yamlnodes.text(step, "failure") == "ignore"
    runner = replace(pipeline, owner=owner, soft=soft)
    needs = [str(one) for one in yamlnodes.items(step, "depends_on") if isinstance(one, Scalar)]
    image = step.get("image")
    says: dict[str, Any] = {
        "id": owner,
        "workflow": source.path,
        "needs": [f"{prefix}{one}" for one in (needs or [before]) if one],
        "image": str(image) if isinstance(image, Scalar) else "",
        "soft": soft,
        "when": " ".join(
            str(one)
            for condition in _conditions(step)
            for one in yamlnodes.items(condition, "event")
            if isinstance(one, Scalar)
        )[: bounds.FACT_TEXT],
    }
    yield runner.fact("job", f"{prefix}{name}", (step.line, step.column), says)
    if isinstance(image, Scalar):
        yield runner.image(str(image), "ci", (image.line, image.column))
    yield from runner.variables(step.get("environment"))
    settings = step.get("settings")
    if isinstance(settings, Mapping) and isinstance(image, Scalar):
        used = {"with": plain_inputs(settings), "owner": owner}
        yield runner.fact("action", str(image).partition(":")[0], (image.line, image.column), used)
    runner = replace(runner, session=shell.Session())
    for key in _SCRIPT:
        for one in yamlnodes.items(step, key):
            if isinstance(one, Scalar):
                yield from runner.script(one, lines_of(source))
