"""Build files whose steps are lists of commands: AWS CodeBuild (buildspec) and Bitbucket Pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from mlops_scan.scanner import paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.githubsteps import plain_inputs
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_PIPELINES = {"default": "push", "branches": "push", "pull-requests": "pull_request", "tags": "tag", "custom": "manual"}


class Buildspec(Parser):
    """buildspec*.yml: `phases` with `commands`."""

    patterns: ClassVar[tuple[str, ...]] = ("*buildspec*.yml", "*buildspec*.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            phases = yamlnodes.child(document, "phases")
            if isinstance(document, Mapping) and isinstance(phases, Mapping):
                yield from _codebuild(source, document, phases)


def _codebuild(source: SourceFile, document: Mapping, phases: Mapping) -> Iterator[Fact]:
    path = source.path
    active = paths.role(path) == "production"
    at = yamlnodes.at(path, document, "phases")
    yield Fact("workflow", path, at, {"provider": "codebuild", "triggers": [], "active": active})
    runner = Runner(path, "ci", f"{path}#build", disabled=not active)
    yield runner.fact("job", "build", (at.line, at.column), {"id": runner.owner, "workflow": path})
    yield from runner.variables(yamlnodes.child(document, "env", "variables"))
    for store in ("secrets-manager", "parameter-store"):
        secrets = yamlnodes.child(document, "env", store)
        for name, node in secrets.items() if isinstance(secrets, Mapping) else ():
            made = runner.variable(name, "", (node.line, node.column))
            yield replace(
                made,
                says={**made.says, "value": None, "secret_ref": yamlnodes.text(secrets, name), "secret_store": True},
            )
    for name, phase in phases.items():
        for one in [*yamlnodes.items(phase, "commands"), *yamlnodes.items(phase, "finally")]:
            if isinstance(one, Scalar):
                yield from replace(runner, stage=name).script(one, lines_of(source))


class BitbucketPipelines(Parser):
    """bitbucket-pipelines.yml: a step is a job."""

    patterns: ClassVar[tuple[str, ...]] = ("bitbucket-pipelines.yml",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if isinstance(document, Mapping) and isinstance(document.get("pipelines"), Mapping):
                yield from _bitbucket(source, document)


def _bitbucket(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    path, active = source.path, not source.folder
    pipelines = document["pipelines"]
    kinds = list(pipelines) if isinstance(pipelines, Mapping) else []
    triggers = list(dict.fromkeys(_PIPELINES[kind] for kind in kinds if kind in _PIPELINES))
    at = yamlnodes.at(path, document, "pipelines")
    yield Fact("workflow", path, at, {"provider": "bitbucket-pipelines", "triggers": triggers, "active": active})
    runner = Runner(path, "ci", path, disabled=not active)
    image = _image(document)
    if image is not None:
        yield runner.image(str(image), "ci", (image.line, image.column))
    for number, (before, step) in enumerate(_steps(pipelines), start=1):
        yield from _step(source, runner, step, number, before)


def _image(holder: Mapping) -> Scalar | None:
    image = holder.get("image")
    image = image if isinstance(image, Scalar) else yamlnodes.child(image, "name")
    return image if isinstance(image, Scalar) else None


def _steps(pipelines: Node) -> Iterator[tuple[int, Mapping]]:
    """Each step with the number of the one before it in its pipeline (0 at the start)."""
    number = 0
    for kind in pipelines.values() if isinstance(pipelines, Mapping) else ():
        for pipeline in kind.values() if isinstance(kind, Mapping) else (kind,):
            before = 0
            waiting = list(reversed(yamlnodes.items(pipeline)))
            while waiting:
                one = waiting.pop()
                step = yamlnodes.child(one, "step")
                for key in ("parallel", "stage"):
                    nested = yamlnodes.child(one, key)
                    waiting += reversed(yamlnodes.items(nested, "steps") or yamlnodes.items(nested))
                if isinstance(step, Mapping):
                    number += 1
                    yield before, step
                    before = number


def _step(source: SourceFile, pipeline: Runner, step: Mapping, number: int, before: int) -> Iterator[Fact]:
    owner = f"{source.path}#step-{number}"
    runner = replace(pipeline, owner=owner)
    image = _image(step)
    says: dict[str, Any] = {
        "id": owner,
        "workflow": source.path,
        "title": yamlnodes.text(step, "name"),
        "needs": [f"step-{before}"] if before else [],
        "environment": yamlnodes.text(step, "deployment"),
        "manual": yamlnodes.text(step, "trigger") == "manual",
        "image": str(image or ""),
    }
    yield runner.fact("job", f"step-{number}", (step.line, step.column), says)
    if image is not None:
        yield runner.image(str(image), "ci", (image.line, image.column))
    for one in [*yamlnodes.items(step, "script"), *yamlnodes.items(step, "after-script")]:
        pipe = yamlnodes.child(one, "pipe")
        if isinstance(pipe, Scalar):
            name, _, ref = pipe.partition(":")
            inputs = {"with": plain_inputs(yamlnodes.child(one, "variables")), "ref": ref, "owner": owner}
            yield runner.fact("action", name, (pipe.line, pipe.column), inputs)
        elif isinstance(one, Scalar):
            yield from runner.script(one, lines_of(source))
