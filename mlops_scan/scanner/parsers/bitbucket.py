"""Bitbucket Pipelines: a step is a job; steps follow each other, those of a `parallel` group run side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell, yamlnodes
from mlops_scan.scanner.formats.githubsteps import is_false, plain_inputs
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_KINDS = {"default": "push", "branches": "push", "pull-requests": "pull_request", "tags": "tag", "custom": "manual"}
_MOST_NEEDS = 50


class BitbucketPipelines(Parser):
    """bitbucket-pipelines.yml; schedules are kept by the service and start a `custom` pipeline or a branch's."""

    patterns: ClassVar[tuple[str, ...]] = ("bitbucket-pipelines.yml", "bitbucket-pipelines.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if isinstance(document, Mapping) and isinstance(document.get("pipelines"), Mapping):
                yield from islice(_facts(source, document), bounds.FACTS_PER_FILE + 1)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step: its number in the file, the numbers of those before it, what its stage says."""

    node: Mapping
    number: int
    before: list[int]
    kind: str
    stage: Mapping | None = None

    def text(self, key: str) -> str:
        """What the step says, else its stage."""
        return yamlnodes.text(self.node, key) or yamlnodes.text(self.stage, key)


def _facts(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    path, active = source.path, not source.folder
    pipelines = document["pipelines"]
    kinds = list(pipelines) if isinstance(pipelines, Mapping) else []
    triggers = list(dict.fromkeys(_KINDS[kind] for kind in kinds if kind in _KINDS))
    at = yamlnodes.at(path, document, "pipelines")
    yield Fact("workflow", path, at, {"provider": "bitbucket-pipelines", "triggers": triggers, "active": active})
    runner = Runner(path, "ci", path, disabled=not active)
    image = _image(document)
    if image is not None:
        yield runner.image(str(image), "ci", (image.line, image.column))
    for step in _steps(pipelines):
        yield from _step(source, runner, step)


def _image(holder: Mapping) -> Scalar | None:
    image = holder.get("image")
    image = image if isinstance(image, Scalar) else yamlnodes.child(image, "name")
    return image if isinstance(image, Scalar) else None


def _steps(pipelines: Node) -> Iterator[_Step]:
    """Each step of each pipeline; a pipeline is a list, or one by the name of its branch, tag or custom pipeline."""
    number = 0
    for kind, pipeline in _pipelines(pipelines):
        before: list[int] = []
        for group, stage in _groups(pipeline):
            here = list(range(number + 1, number + 1 + len(group)))
            yield from (_Step(step, one, before, kind, stage) for one, step in zip(here, group, strict=True))
            before, number = here or before, number + len(group)


def _pipelines(pipelines: Node) -> Iterator[tuple[str, Node]]:
    for kind, holder in pipelines.items() if isinstance(pipelines, Mapping) else ():
        if isinstance(holder, Mapping):
            yield from ((kind, one) for one in holder.values())
        else:
            yield kind, holder


def _groups(pipeline: Node) -> Iterator[tuple[list[Mapping], Mapping | None]]:
    """(steps that run side by side, their stage), in order."""
    for one in yamlnodes.items(pipeline):
        stage = yamlnodes.child(one, "stage")
        for inner in yamlnodes.items(stage, "steps") if isinstance(stage, Mapping) else [one]:
            parallel = yamlnodes.child(inner, "parallel")
            beside = yamlnodes.items(parallel, "steps") or yamlnodes.items(parallel)
            found = [yamlnodes.child(each, "step") for each in (beside or [inner])]
            yield [each for each in found if isinstance(each, Mapping)], stage if isinstance(stage, Mapping) else None


def _step(source: SourceFile, pipeline: Runner, step: _Step) -> Iterator[Fact]:
    owner = f"{source.path}#step-{step.number}"
    node = step.node
    off = pipeline.disabled or is_false(node.get("enabled"))
    runner = replace(pipeline, owner=owner, disabled=off, soft=yamlnodes.text(node, "on-fail", "strategy") == "ignore")
    runner = replace(runner, session=shell.Session())
    image = _image(node)
    changed = [str(one) for one in yamlnodes.items(node, "condition", "changesets", "includePaths")]
    says: dict[str, Any] = {
        "id": owner,
        "workflow": source.path,
        "title": yamlnodes.text(node, "name"),
        "needs": [f"step-{one}" for one in step.before[:_MOST_NEEDS]],
        "environment": step.text("deployment") or step.text("environment"),
        "manual": step.text("trigger") == "manual",
        "image": str(image or ""),
        "soft": runner.soft,
        "self_hosted": any("self.hosted" in str(one) for one in yamlnodes.items(node, "runs-on")),
        "when": " ".join([*(["custom"] if step.kind == "custom" else []), *changed])[: bounds.FACT_TEXT],
    }
    yield runner.fact("job", f"step-{step.number}", (node.line, node.column), says)
    if image is not None:
        yield runner.image(str(image), "ci", (image.line, image.column))
    for one in [*yamlnodes.items(node, "script"), *yamlnodes.items(node, "after-script")]:
        pipe = yamlnodes.child(one, "pipe")
        if isinstance(pipe, Scalar):
            yield from _pipe(source, runner, pipe, yamlnodes.child(one, "variables"))
        elif isinstance(one, Scalar):
            yield from runner.script(one, lines_of(source))


def _pipe(source: SourceFile, runner: Runner, pipe: Scalar, variables: Node | None) -> Iterator[Fact]:
    """A packaged step: a service's pipe is an action, `docker://` names an image that runs."""
    place = (pipe.line, pipe.column)
    if pipe.startswith("docker://"):
        yield runner.image(pipe.removeprefix("docker://"), "ci", place)
        return
    name, _, ref = pipe.partition(":")
    says = {"with": plain_inputs(variables), "ref": ref, "owner": runner.owner, "soft": runner.soft}
    yield runner.fact("action", name[: bounds.FACT_TEXT], place, says)
    for key in ("COMMAND", "SCRIPT"):  # what a pipe is told to run elsewhere
        script = yamlnodes.child(variables, key)
        if isinstance(script, Scalar):
            yield from replace(runner, folder=None).script(script, lines_of(source))
