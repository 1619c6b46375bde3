"""GitHub Actions: workflows (active where the service reads them, an offer elsewhere) and composite actions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import githubvalues, placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import Shells
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.parts import github_calls, github_jobs

# at the root, or at that of the project which a template makes
_ACTIVE = re.compile(r"(?:(?:[^/]+/)?[^/]*\{\{[^/]+\}\}[^/]*/)?\.github/workflows/[^/]+\.ya?ml\Z")
_ON = re.compile(rb"^(?:on|\"on\"|'on'|true)[ \t]*:", re.MULTILINE)
_JOBS = re.compile(rb"\njobs[ \t]*:")  # a search for a literal text is faster than one for `^`
_RUNS = re.compile(rb"^runs[ \t]*:", re.MULTILINE)
_EVENTS = {
    "pull_request_target": "pull_request",
    "workflow_dispatch": "manual",
    "workflow_call": "call",
    "workflow_run": "workflow",
    "registry_package": "registry",
}
_MOST_PATHS = 40
_MOST_JOBS = 256  # of one matrix, as many as the service allows
_DRIFT = re.compile(r"drift|skew|degrad", re.IGNORECASE)
_ASKS = re.compile(r"github\.event_name[ ]?==[ ]?'(\w+)'")


class GithubActions(Parser):
    """Workflows and composite actions."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree):
            return False
        if _ACTIVE.match(source.path):
            return True
        if source.name in ("action.yml", "action.yaml"):
            return _RUNS.search(source.data) is not None
        return _JOBS.search(b"\n" + source.data) is not None and _ON.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        from mlops_scan.scanner.parsers.parts import include_circles

        yield from include_circles.notes(include_circles.GITHUB, source, tree)
        for document in parsed.documents[:1]:
            if not isinstance(document, Mapping):
                continue
            if isinstance(document.get("jobs"), Mapping):
                yield from _too_many(source, document["jobs"])
                yield from _workflow(source, tree, document)
            elif yamlnodes.text(document, "runs", "using"):
                yield from _composite(source, tree, document)


def _too_many(source: SourceFile, jobs: Node) -> Iterator[Note]:
    for job in jobs.values() if isinstance(jobs, Mapping) else ():
        matrix = yamlnodes.child(job, "strategy", "matrix")
        if matrix is not None and (count := placeholders.matrix_size(matrix)) > _MOST_JOBS:
            at = yamlnodes.at(source.path, matrix)
            yield Note(at, f"a matrix of {count} jobs: more than the service starts, only some of them are told")


def _workflow(source: SourceFile, tree: Tree, document: Mapping) -> Iterator[Fact]:
    active = _ACTIVE.match(source.path) is not None
    key = next((key for key in ("on", "true") if key in document), None)
    on = document.get(key or "")
    apart = source.path in github_calls.apart(tree)
    inputs, settled = github_calls.inputs(source, tree, yamlnodes.child(on, "workflow_call") if on else None)
    if isinstance(on, Mapping) and "workflow_dispatch" in on:
        settled = {}  # a person chooses
    if b"GITHUB_ENV" not in source.data:
        settled = {**settled, **placeholders.constants(document.get("env"), "env.")}
    at = yamlnodes.at(source.path, document, key or "jobs")
    started = triggers(document.get(key or ""))
    says = {"provider": "github-actions", "triggers": started, "active": active}
    yield Fact("workflow", source.path, at, {**says, "title": yamlnodes.text(document, "name")[: bounds.FACT_TEXT]})
    known = {**inputs, **placeholders.constants(document.get("env"), "env.", "", known=inputs)}
    texts = githubvalues.texts(document.get("env"), known)
    runner = Runner(source.path, "ci", source.path, disabled=not active, known=known, settled=settled, texts=texts)
    yield from _schedules(runner, yamlnodes.child(document, key or "", "schedule"))
    yield from runner.variables(document.get("env"))
    shells = Shells().within(document)
    jobs = document["jobs"]
    if isinstance(jobs, Mapping) and not (apart and started == ["call"]):  # told where it is called
        place = github_jobs.Place(source, tree, source.path)
        if b"needs." in source.data:
            runner = github_jobs.with_outputs(place, runner, jobs)
        for name, job in jobs.items():
            if isinstance(job, Mapping):
                one = replace(runner, disabled=runner.disabled or _awaits_another(job, document.get(key or "")))
                yield from github_jobs.job(place, one, shells, name, job, jobs.places[name])


def _awaits_another(job: Mapping, on: Node | None) -> bool:
    """Whether a job asks for an event that does not start the workflow; whoever calls one hands its own event on."""
    names = on if isinstance(on, Mapping) else [one for one in yamlnodes.items(on) if isinstance(one, Scalar)]
    events = {str(name) for name in names}
    text = yamlnodes.text(job, "if").strip().removeprefix("${{").removesuffix("}}")
    terms = text.split("&&") if "||" not in text and "(" not in text else ()
    asked = [found[1] for term in terms if (found := _ASKS.fullmatch(term.strip()))]
    return bool(events) and "workflow_call" not in events and any(event not in events for event in asked)


def triggers(on: Node | None) -> list[str]:
    """The words of docs/facts.md for the `on:` of a workflow: a name, a list of names, or a mapping."""
    events = (
        on if isinstance(on, Mapping) else {str(one): None for one in yamlnodes.items(on) if isinstance(one, Scalar)}
    )
    found: list[str] = []
    for event, filters in events.items():
        tags = any(isinstance(filters, Mapping) and key in filters for key in ("tags", "tags-ignore"))
        branches = any(isinstance(filters, Mapping) and key in filters for key in ("branches", "branches-ignore"))
        if event == "push":
            found += ["tag"] * tags + ["push"] * (branches or not tags)
        elif event == "repository_dispatch":
            types = [str(one) for one in yamlnodes.items(filters, "types")] or [""]
            found += ["drift" if _DRIFT.search(one) else "dispatch" for one in types]
        else:
            found.append(_EVENTS.get(event, event))
        if event in ("push", "pull_request", "pull_request_target"):
            paths = [str(path) for path in yamlnodes.items(filters, "paths") if isinstance(path, Scalar)]
            found += [f"paths:{path}" for path in paths[:_MOST_PATHS]]
    return list(dict.fromkeys(found))


def _schedules(runner: Runner, schedule: Node | None) -> Iterator[Fact]:
    for one in yamlnodes.items(schedule):
        cron = yamlnodes.child(one, "cron")
        if isinstance(cron, Scalar):
            says = {"owner": runner.owner, "where": "ci"}
            yield runner.fact("schedule", str(cron)[: bounds.FACT_TEXT], (cron.line, cron.column), says)


def _composite(source: SourceFile, tree: Tree, document: Mapping) -> Iterator[Fact]:
    runs = document["runs"]
    name = source.folder.rpartition("/")[2] or source.name
    owner = f"{source.path}#runs"
    inputs, settled = github_calls.inputs(source, tree, document)
    runner = Runner(source.path, "ci", owner, known=inputs, settled=settled)
    place = document.places["runs"]
    title = yamlnodes.text(document, "name")
    yield runner.fact("job", name, place, {"id": owner, "workflow": source.path, "title": title})
    image = yamlnodes.child(runs, "image")
    if isinstance(image, Scalar) and image.startswith("docker://"):
        yield runner.image(image.removeprefix("docker://"), "ci", (image.line, image.column))
    if source.folder not in github_calls.apart(tree):  # else its steps are told where it is called
        inside = github_jobs.Place(source, tree, source.path, inside=(source.path,))
        yield from github_jobs.run(inside, runner, Shells(), yamlnodes.child(runs, "steps"))
