"""CircleCI: jobs with their `run` steps and images, workflows with their order, filters and schedules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import plain_inputs
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class CircleCi(Parser):
    """`.circleci/config.yml`; elsewhere than at the root it is an offer."""

    patterns: ClassVar[tuple[str, ...]] = (".circleci/*.yml", "*/.circleci/*.yml", ".circleci/*.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if isinstance(document, Mapping) and isinstance(document.get("jobs"), Mapping):
                yield from _pipeline(source, document)


def _pipeline(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    active = source.folder == ".circleci"
    runner = Runner(source.path, "ci", source.path, disabled=not active)
    order, given = _placed(document.get("workflows"))
    schedules = [
        cron
        for workflow in _values(document.get("workflows"))
        for trigger in yamlnodes.items(workflow, "triggers")
        if isinstance(cron := yamlnodes.child(trigger, "schedule", "cron"), Scalar)
    ]
    unscheduled = [
        one for one in _values(document.get("workflows")) if isinstance(one, Mapping) and "triggers" not in one
    ]
    triggers = ["push"] * (bool(unscheduled) or not schedules) + ["schedule"] * bool(schedules)
    at = yamlnodes.at(source.path, document, "workflows" if "workflows" in document else "jobs")
    yield Fact("workflow", source.path, at, {"provider": "circleci", "triggers": triggers, "active": active})
    for cron in schedules:
        yield runner.fact("schedule", str(cron), (cron.line, cron.column), {"owner": source.path, "where": "ci"})
    jobs = document["jobs"]
    for name, job in jobs.items() if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping) and isinstance(jobs, Mapping):
            yield from _job(
                source, runner, document, name, job, jobs.places[name], order.get(name, {}), given.get(name, {})
            )
    commands = document.get("commands")
    for name, command in commands.items() if isinstance(commands, Mapping) else ():
        one = Runner(source.path, "ci", f"{source.path}#{name}", disabled=not active, known=_defaults(command))
        yield from _steps(source, one, command)


def _values(node: Node | None) -> list[Node]:
    return list(node.values()) if isinstance(node, Mapping) else []


def _order(workflows: Node | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """For each job its `requires`, and whether a person approves it."""
    for workflow in _values(workflows):
        for one in yamlnodes.items(workflow, "jobs"):
            for name, options in one.items() if isinstance(one, Mapping) else ():
                needs = [str(need) for need in yamlnodes.items(options, "requires") if isinstance(need, Scalar)]
                given = (
                    {key: value for key, value in options.items() if isinstance(value, Scalar)}
                    if isinstance(options, Mapping)
                    else {}
                )
                yield name, {"needs": needs, "manual": yamlnodes.text(options, "type") == "approval", "given": given}


def _placed(workflows: Node | None) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, tuple[str, ...]]]]:
    """(what a workflow says of each job, the values that workflows give its parameters)."""
    order: dict[str, dict[str, Any]] = {}
    given: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, says in _order(workflows):
        for key, value in says.pop("given").items():
            values = given.setdefault(name, {})
            place = f"parameters.{key}"
            values[place] = tuple(dict.fromkeys((*values.get(place, ()), str(value))))
        order.setdefault(name, says)
    return order, given


def _defaults(holder: Node | None) -> dict[str, tuple[str, ...]]:
    """The defaults of the parameters of a job or command."""
    parameters = yamlnodes.child(holder, "parameters")
    found: dict[str, tuple[str, ...]] = {}
    for name, one in parameters.items() if isinstance(parameters, Mapping) else ():
        if default := yamlnodes.text(one, "default"):
            found[f"parameters.{name}"] = (default,)
    return found


def _job(
    source: SourceFile,
    pipeline: Runner,
    document: Mapping,
    name: str,
    job: Mapping,
    place: tuple[int, int],
    order: dict[str, Any],
    given: dict[str, tuple[str, ...]],
) -> Iterator[Fact]:
    owner = f"{source.path}#{name}"
    known = {**_defaults(job), **given, **placeholders.constants(job.get("environment"), "")}
    runner = Runner(source.path, "ci", owner, disabled=pipeline.disabled, known=known)
    executor = yamlnodes.text(job, "executor") or yamlnodes.text(job, "executor", "name")
    images = [
        image
        for holder in (job, yamlnodes.child(document, "executors", executor) if executor else None)
        for one in yamlnodes.items(holder, "docker")
        if isinstance(image := yamlnodes.child(one, "image"), Scalar)
    ]
    says = {"id": owner, "workflow": source.path, "image": str(images[0]) if images else "", **order}
    yield runner.fact("job", name, place, says)
    for image in images:
        yield runner.image(str(image), "ci", (image.line, image.column))
    yield from runner.variables(job.get("environment"))
    yield from _steps(source, runner, job)


def _steps(source: SourceFile, runner: Runner, holder: Node) -> Iterator[Fact]:
    waiting = list(reversed(yamlnodes.items(holder, "steps")))
    while waiting:
        step = waiting.pop()
        if not isinstance(step, Mapping):
            continue
        for key, value in step.items():
            if key in ("when", "unless"):
                waiting += reversed(yamlnodes.items(value, "steps"))
                continue
            script = value if isinstance(value, Scalar) else yamlnodes.child(value, "command")
            if key == "run" and isinstance(script, Scalar):
                yield from runner.script(script, lines_of(source))
            elif "/" in key:  # an orb's command
                says = {"owner": runner.owner, "with": plain_inputs(value)}
                yield runner.fact("action", key, step.places[key], says)
