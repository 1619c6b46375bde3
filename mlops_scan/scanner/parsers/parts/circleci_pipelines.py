"""CircleCI: jobs with their steps, `commands` followed, and images; workflows with their order and schedules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import plain_inputs
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.parts import circleci_workflows
from mlops_scan.scanner.parsers.parts.circleci_steps import MOST, Frame, Steps, defaults, given, settled
from mlops_scan.scanner.parsers.parts.circleci_workflows import Placed, needs


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
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
    known = {f"pipeline.{key}": value for key, value in defaults(document).items()}
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
        handed = {key: value for key, value in given([one.options], known).items() if key in declared}
        groups.setdefault(f"{sorted(handed.items())} {around}", []).append(one)
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


def _job(whole: _Whole, name: str, job: Mapping, place: tuple[int, int], uses: list[Placed]) -> Iterator[Fact | Note]:
    source, document, outer = whole.source, whole.document, whole.pipeline.known
    owner = f"{source.path}#{name}"
    handed = given([one.options for one in uses], outer)
    known = {**outer, **defaults(job), **handed, **placeholders.constants(job.get("environment"), "", known=outer)}
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
    yield from _steps(whole, runner, name, job, place, uses)


def _steps(
    whole: _Whole, runner: Runner, name: str, job: Mapping, place: tuple[int, int], uses: list[Placed]
) -> Iterator[Fact | Note]:
    """What a job does, and what those who use it do before and after it."""
    before = [step for one in uses for step in yamlnodes.items(one.options, "pre-steps")]
    after = [step for one in uses for step in yamlnodes.items(one.options, "post-steps")]
    calls = [one.options for one in uses]
    orb, outer_frame = name.rpartition("/")[0], Frame(whole.pipeline)
    inside = Frame(replace(runner, settled=settled(job, calls, {})), orb).handing(job, calls, outer_frame)
    opened = Steps(whole.source, whole.commands)
    yield from islice(opened.facts(before, replace(inside, orb="")), MOST)
    yield from islice(opened.facts(yamlnodes.items(job, "steps"), inside), MOST)
    yield from islice(opened.facts(after, replace(inside, orb="")), MOST)
    if opened.left < 0:
        yield Note(Location(whole.source.path, *place), f"'{name}' runs more than {MOST} things: the rest is left out")
