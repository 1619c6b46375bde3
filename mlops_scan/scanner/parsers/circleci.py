"""CircleCI: jobs with their steps, `commands` followed, and images; workflows with their order and schedules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import circles, placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import plain_inputs
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers import circleci_workflows
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.circleci_workflows import Placed, needs

_DEPTH = 8  # commands of commands
_MOST_STEPS = 5_000  # of one job, commands opened


class CircleCi(Parser):
    """`.circleci/config.yml`; elsewhere than at the root it is an offer."""

    patterns: ClassVar[tuple[str, ...]] = (".circleci/*.yml", "*/.circleci/*.yml", ".circleci/*.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if isinstance(document, Mapping) and ("jobs" in document or "workflows" in document):
                yield from islice(_pipeline(source, document), bounds.FACTS_PER_FILE + 1)


@dataclass(frozen=True, slots=True)
class _Whole:
    """What the jobs of a file share: its commands, the defaults of its parameters, and the jobs' names in workflows."""

    source: SourceFile
    pipeline: Runner
    document: Mapping
    commands: dict[str, tuple[Mapping, tuple[int, int]]]
    names: dict[str, str]


def _pipeline(source: SourceFile, document: Mapping) -> Iterator[Fact | Note]:
    active = source.folder == ".circleci"
    runner = Runner(source.path, "ci", source.path, disabled=not active)
    workflows = [one for one in _values(document.get("workflows")) if isinstance(one, Mapping)]
    starting = [one for one in workflows if not circleci_workflows.is_off(one)]
    schedules = [when for one in starting for when in circleci_workflows.schedules(one)]
    at = yamlnodes.at(source.path, document, "workflows" if workflows else "jobs")
    triggers = circleci_workflows.triggers(workflows)
    yield Fact("workflow", source.path, at, {"provider": "circleci", "triggers": triggers, "active": active})
    for when in schedules:
        says = {"owner": source.path, "where": "ci"}
        yield runner.fact("schedule", str(when), (when.line, when.column), says)
    jobs, placed = (
        _defined(document, "jobs"),
        [one for workflow in workflows for one in circleci_workflows.placed(workflow)],
    )
    known = {f"pipeline.{key}": value for key, value in _defaults(document).items()}
    uses: dict[str, list[Placed]] = defaultdict(list)
    for one in placed:
        uses[one.job].append(one)
    told = [(name, calls, job) for job in jobs for name, calls in _apart(job, jobs[job][0], uses[job], known)]
    names = {one.name: name for name, calls, _ in reversed(told) for one in calls}
    whole = _Whole(source, replace(runner, known=known), document, _defined(document, "commands"), names)
    seen = set(jobs)
    for name, calls, job in told:
        seen.add(name)
        if "/" not in job or calls:  # an inline orb's job runs where it is used
            yield from _job(whole, name, *jobs[job], calls)
    for one in placed:
        if one.job not in jobs and one.name not in seen:
            seen.add(one.name)
            yield from _elsewhere(source, runner, one, names)


def _apart(job: str, defined: Mapping, uses: list[Placed], known: Known) -> Iterator[tuple[str, list[Placed]]]:
    """A job under its own name with all that place it; by their names, where these give its parameters other values."""
    groups: dict[str, list[Placed]] = {}
    parameters = defined.get("parameters")
    declared = {f"parameters.{key}" for key in parameters} if isinstance(parameters, Mapping) else set()
    for one in uses:
        options = one.options if isinstance(one.options, Mapping) else {}
        around = [id(options[key]) for key in ("pre-steps", "post-steps") if key in options]
        given = {key: value for key, value in _given([one.options], known).items() if key in declared}
        groups.setdefault(f"{sorted(given.items())} {around}", []).append(one)
    if len(groups) < 2:
        yield job, uses
        return
    count: dict[str, int] = {}
    for group in groups.values():
        name = group[0].name
        count[name] = count.get(name, 0) + 1
        alone = sum(one[0].name == name for one in groups.values()) == 1
        yield name if alone else f"{name}-{count[name]}", group


def _values(node: Node | None) -> list[Node]:
    return list(node.values()) if isinstance(node, Mapping) else []


def _defined(document: Mapping, key: str) -> dict[str, tuple[Mapping, tuple[int, int]]]:
    """The jobs or commands of the file, and those of its inline orbs as `orb/name`."""
    orbs = document.get("orbs")
    holders = [("", document.get(key))]
    holders += (
        [(f"{name}/", yamlnodes.child(orb, key)) for name, orb in orbs.items()] if isinstance(orbs, Mapping) else []
    )
    return {
        f"{prefix}{name}": (one, holder.places[name])
        for prefix, holder in holders
        if isinstance(holder, Mapping)
        for name, one in holder.items()
        if isinstance(one, Mapping)
    }


def _elsewhere(source: SourceFile, pipeline: Runner, placed: Placed, names: dict[str, str]) -> Iterator[Fact]:
    """A job that an orb defines, or one at which a person decides."""
    owner = f"{source.path}#{placed.name}"
    says = {
        "id": owner,
        "workflow": source.path,
        "needs": needs(placed.options, names),
        "manual": placed.approval,
        "title": placed.job if placed.job != placed.name else "",
    }
    yield pipeline.fact("job", placed.name, placed.place, says)
    if not placed.approval:
        yield pipeline.fact("action", placed.job, placed.place, {"owner": owner, "with": plain_inputs(placed.options)})


def _defaults(holder: Node | None) -> dict[str, tuple[str, ...]]:
    """The defaults of the parameters of a job or command."""
    parameters = yamlnodes.child(holder, "parameters")
    found: dict[str, tuple[str, ...]] = {}
    for name, one in parameters.items() if isinstance(parameters, Mapping) else ():
        if default := yamlnodes.text(one, "default"):
            found[f"parameters.{name}"] = (default,)
    return found


def _given(options: list[Node | None], known: Known) -> dict[str, tuple[str, ...]]:
    """The values that those who use a job or command give its parameters."""
    found: dict[str, tuple[str, ...]] = {}
    for one in options:
        for key, value in one.items() if isinstance(one, Mapping) else ():
            if isinstance(value, Scalar):
                place, text = f"parameters.{key}", placeholders.fill(str(value), known)
                found[place] = tuple(dict.fromkeys((*found.get(place, ()), text)))
        legs = yamlnodes.child(one, "matrix", "parameters")
        for key, values in legs.items() if isinstance(legs, Mapping) else ():
            texts = [placeholders.fill(str(leg), known) for leg in yamlnodes.items(values) if isinstance(leg, Scalar)]
            found[f"parameters.{key}"] = found[f"matrix.{key}"] = tuple(dict.fromkeys(texts))
    return {key: values for key, values in found.items() if values}


def _job(whole: _Whole, name: str, job: Mapping, place: tuple[int, int], uses: list[Placed]) -> Iterator[Fact | Note]:
    source, document, outer = whole.source, whole.document, whole.pipeline.known
    owner = f"{source.path}#{name}"
    given = _given([one.options for one in uses], outer)
    known = {**outer, **_defaults(job), **given, **placeholders.constants(job.get("environment"), "", known=outer)}
    off = whole.pipeline.disabled or (bool(uses) and all(one.off for one in uses))
    runner = replace(whole.pipeline, owner=owner, known=known, disabled=off)
    executor = yamlnodes.text(job, "executor") or yamlnodes.text(job, "executor", "name")
    images = [
        image
        for holder in (job, yamlnodes.child(document, "executors", executor) if executor else None)
        for one in yamlnodes.items(holder, "docker")
        if isinstance(image := yamlnodes.child(one, "image"), Scalar)
    ]
    says: dict[str, Any] = {
        "id": owner,
        "workflow": source.path,
        "image": str(images[0]) if images else "",
        "needs": list(dict.fromkeys(need for one in uses for need in needs(one.options, whole.names))),
        "manual": any(one.approval for one in uses),
    }
    yield runner.fact("job", name, place, says)
    for image in images:
        yield runner.image(str(image), "ci", (image.line, image.column))
    yield from runner.variables(job.get("environment"))
    before = [step for one in uses for step in yamlnodes.items(one.options, "pre-steps")]
    after = [step for one in uses for step in yamlnodes.items(one.options, "post-steps")]
    steps = [*before, *yamlnodes.items(job, "steps"), *after]
    found = _steps(source, runner, steps, whole.commands, name.rpartition("/")[0])
    yield from islice(found, _MOST_STEPS)
    if next(found, None) is not None:
        yield Note(Location(source.path, *place), f"'{name}' runs more than {_MOST_STEPS} things: the rest is left out")


def _steps(
    source: SourceFile,
    runner: Runner,
    steps: list[Node],
    commands: dict[str, tuple[Mapping, tuple[int, int]]],
    orb: str,
    inside: tuple[str, ...] = (),
) -> Iterator[Fact | Note]:
    """What a list of steps runs; a step that is a command of the file stands for that command's steps."""
    for step in steps:
        pairs = [(str(step), None)] if isinstance(step, Scalar) else []
        for key, value in step.items() if isinstance(step, Mapping) else pairs:
            name = f"{orb}/{key}" if orb and f"{orb}/{key}" in commands else key
            command = commands.get(name)
            script = value if isinstance(value, Scalar) else yamlnodes.child(value, "command")
            if key in ("when", "unless"):
                off = circleci_workflows.holds(yamlnodes.child(value, "condition")) is (key == "unless")
                one = replace(runner, disabled=runner.disabled or off)
                yield from _steps(source, one, yamlnodes.items(value, "steps"), commands, orb, inside)
            elif key == "run" and isinstance(script, Scalar):
                folder = yamlnodes.text(value, "working_directory") if isinstance(value, Mapping) else ""
                says = {"step": yamlnodes.text(value, "name")} if isinstance(value, Mapping) else {}
                yield from replace(runner, folder=_folder(folder), says=says).script(script, lines_of(source))
            elif command is not None and (name in inside or len(inside) >= _DEPTH):
                deep = f"'{name}' is a command more than {_DEPTH} commands deep: not followed"[:400]
                reason = circles.told([*inside[inside.index(name) :], name]) if name in inside else deep
                yield Note(Location(source.path, *_place(step, key)), reason)
            elif command is not None:
                known = {**runner.known, **_defaults(command[0]), **_given([value], runner.known)}
                inner = yamlnodes.items(command[0], "steps")
                orb_inside = key.rpartition("/")[0] or orb
                yield from _steps(source, replace(runner, known=known), inner, commands, orb_inside, (*inside, name))
            elif "/" in key and isinstance(step, Mapping | Scalar):  # an orb's command
                yield runner.fact(
                    "action", key, _place(step, key), {"owner": runner.owner, "with": plain_inputs(value)}
                )


def _place(step: Node, key: str) -> tuple[int, int]:
    return step.places[key] if isinstance(step, Mapping) else (step.line, step.column)


def _folder(written: str) -> str | None:
    folder = written.removeprefix("~/project").strip("/")
    return None if "$" in folder or "<<" in folder or folder.startswith("~") else folder
