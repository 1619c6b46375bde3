"""Stages and jobs of a file of Azure Pipelines, with their order, variables and steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.azuresteps import flat, flat_mapping, steps, template_path, waits_for_approval
from mlops_scan.scanner.formats.githubsteps import is_never, truth
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.parsers import azure_templates

_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")


@dataclass
class Reader:
    """The stages, jobs and steps of one file."""

    source: SourceFile
    tree: Tree
    runner: Runner
    document: Mapping

    def facts(self) -> Iterator[Fact]:
        document = self.document
        yield from _variables(self.runner, document)
        before: list[str] = []
        made: dict[str, list[str]] = {}
        for stage in flat(document.get("stages"), self.runner.settled):
            if not isinstance(stage, Mapping):
                continue
            name = yamlnodes.text(stage, "stage") or f"stage-{len(made) + 1}"
            needs = before
            if "dependsOn" in stage:
                needed = [str(one) for one in yamlnodes.items(stage, "dependsOn") if isinstance(one, Scalar)]
                needs = [job for one in needed for job in made.get(one, ())]
            yield from _variables(self.runner, stage)
            known = {**self.runner.known, **self._variables(stage, self.runner.known)}
            jobs = [stage] if "template" in stage else list(flat(stage.get("jobs"), self.runner.settled))
            made[name] = before = [self._name(job, index, name) for index, job in enumerate(jobs)]
            off = is_never(stage.get("condition"), self.runner.settled)
            for index, job in enumerate(jobs):
                yield from self._job(job, index, name, needs, disabled=off, known=known)
        for index, job in enumerate(flat(document.get("jobs"), self.runner.settled)):
            yield from self._job(job, index, "", [])
        if "steps" in document:
            yield from self._job(document, 0, "", [])
        if isinstance(document.get("extends"), Mapping):
            yield from self._job(document["extends"], 0, "", [])

    def _variables(self, holder: Mapping, outer: Known) -> Known:
        return azure_templates.variables(self.source, self.tree, holder, outer)

    def _only(self, text: str) -> str:
        """A name with its placeholders filled, where there is one way to fill them."""
        found = placeholders.variants([text], self.runner.known) if "${{" in text else []
        return found[0][0] if len(found) == 1 else text

    def _name(self, job: Node, index: int, stage: str) -> str:
        """`stage.job`; what has no name is called by its place."""
        name = self._only(yamlnodes.text(job, "job") or yamlnodes.text(job, "deployment"))
        if not name:
            template = yamlnodes.text(job, "template")
            name = "steps" if job is self.document else f"{'template' if template else 'job'}-{index + 1}"
        return f"{stage}.{name}" if stage else name

    def _job(
        self,
        job: Node,
        index: int,
        stage: str,
        needs: list[str],
        *,
        disabled: bool = False,
        known: Known | None = None,
    ) -> Iterator[Fact]:
        if not isinstance(job, Mapping):
            return
        name = self._name(job, index, stage)
        own = (
            [self._only(str(one)) for one in yamlnodes.items(job, "dependsOn") if isinstance(one, Scalar)]
            if job is not self.document
            else []
        )
        off = self.runner.disabled or disabled or is_never(job.get("condition"), self.runner.settled)
        owner = f"{self.source.path}#{name}"
        runner = replace(self.runner, owner=owner, soft=truth(job.get("continueOnError")), disabled=off)
        if job is not self.document:
            outer = known or self.runner.known
            runner = replace(runner, known={**outer, **self._variables(job, outer), **_legs(job)})
        key = next((key for key in ("job", "deployment", "template", "steps") if key in job), "")
        place = job.places.get(key, (job.line, job.column))
        image = yamlnodes.text(job, "container") or yamlnodes.text(job, "container", "image")
        says: dict[str, Any] = {
            "id": owner,
            "workflow": self.source.path,
            "title": yamlnodes.text(job, "displayName"),
            "needs": [*needs, *(f"{stage}.{one}" if stage else one for one in own)],
            "environment": yamlnodes.text(job, "environment") or yamlnodes.text(job, "environment", "name"),
            "uses": template_path(self.source.folder, yamlnodes.text(job, "template")) if "template" in job else "",
            "image": self._alias(image),
            "soft": runner.soft,
            "when": yamlnodes.text(job, "condition")[: bounds.FACT_TEXT],
            "manual": waits_for_approval(job.get("steps")),
        }
        yield runner.fact("job", name, place, says)
        container = yamlnodes.child(job, "container", "image") or job.get("container")
        if isinstance(container, Scalar) and self._alias(image) == image and image and job is not self.document:
            yield runner.image(image, "ci", (container.line, container.column))
        if job is not self.document:
            yield from _variables(runner, job)
        if "template" in job:  # its parameters are what the caller says of it
            yield from steps(runner, lines_of(self.source), job)
        for nodes in (job.get("steps"), *_strategy(job)):
            yield from steps(runner, lines_of(self.source), nodes)

    def _alias(self, name: str) -> str:
        """The image behind a name of `resources.containers`."""
        for container in yamlnodes.items(self.document, "resources", "containers"):
            if name and yamlnodes.text(container, "container") == name:
                return yamlnodes.text(container, "image")
        return name


def _legs(job: Mapping) -> dict[str, tuple[str, ...]]:
    """The values that `strategy: matrix` gives to variables: its legs are mappings by name."""
    found: dict[str, tuple[str, ...]] = {}
    legs = yamlnodes.child(job, "strategy", "matrix")
    for leg in legs.values() if isinstance(legs, Mapping) else ():
        for name, value in leg.items() if isinstance(leg, Mapping) else ():
            if isinstance(value, Scalar):
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), str(value))))
    return found


def _strategy(job: Mapping) -> Iterator[Node | None]:
    """The step lists of a deployment job's strategy, in the order in which they run."""
    for kind in ("runOnce", "rolling", "canary"):
        for hook in _HOOKS:
            yield yamlnodes.child(job, "strategy", kind, hook, "steps")
        for outcome in ("success", "failure"):
            yield yamlnodes.child(job, "strategy", kind, "on", outcome, "steps")


def _variables(runner: Runner, holder: Mapping) -> Iterator[Fact]:
    variables = holder.get("variables")
    yield from runner.variables(flat_mapping(variables))
    for one in flat(variables) if isinstance(variables, yamlnodes.Sequence) else ():
        value = yamlnodes.child(one, "value")
        if isinstance(value, Scalar) and yamlnodes.text(one, "name"):
            yield runner.variable(yamlnodes.text(one, "name"), str(value), (value.line, value.column))
