"""Stages and jobs of a pipeline of Azure, with their order, variables and steps, and those of its templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.azuresteps import called, step_facts, template_path, waits_for_approval
from mlops_scan.scanner.formats.githubsteps import is_never, truth
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.parsers.parts.azure_scopes import Item, Scope
from mlops_scan.scanner.parsers.parts.azure_templates import Expander

_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")
_KEYS = ("job", "deployment", "template", "steps", "extends")


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a stage says to its jobs."""

    name: str = ""
    needs: tuple[str, ...] = ()
    disabled: bool = False


@dataclass
class Reader:
    """The stages, jobs and steps of one pipeline."""

    opened: Expander
    runner: Runner
    scope: Scope
    document: Mapping
    names: set[str] = field(default_factory=set)  # of the jobs that are told

    def facts(self) -> Iterator[Fact]:
        for body in self.opened.body(self.scope, self.document):
            if isinstance(body.node, Mapping):
                yield from self._variables(self._as(body.scope), body.scope, body.node)
                yield from self._stages(body)
                jobs = list(self.opened.items(body.scope, body.node.get("jobs"), "jobs"))
                yield from self._jobs(jobs, _Stage(), body.calls)
                if "steps" in body.node:
                    yield from self._job(replace(body, node=_only_steps(body.node)), "steps", _Stage())
                extended = body.node.get("extends")
                if isinstance(extended, Mapping) and not self.opened.opens(body.scope, extended):
                    yield from self._job(Item(body.scope, extended), "template-1", _Stage())

    def _as(self, scope: Scope) -> Runner:
        return replace(self.runner, path=scope.source.path, known=scope.known, settled=scope.settled)

    def _stages(self, body: Item) -> Iterator[Fact]:
        before: tuple[str, ...] = ()
        made: dict[str, tuple[str, ...]] = {}
        calls = body.calls
        for item in self.opened.items(body.scope, yamlnodes.child(body.node, "stages"), "stages"):
            stage = item.node
            if not isinstance(stage, Mapping):
                continue
            name = item.scope.text(stage, "stage") or f"stage-{len(made) + 1}"
            needs = before
            if "dependsOn" in stage:
                needs = tuple(job for one in self._listed(item.scope, stage) for job in made.get(one, ()))
            scope = self.opened.with_variables(item.scope, stage)
            yield from self._variables(self._as(item.scope), item.scope, stage)
            unknown = [Item(scope, stage)] if "template" in stage else []
            jobs = unknown or list(self.opened.items(scope, stage.get("jobs"), "jobs"))
            off = is_never(stage.get("condition"), item.scope.settled)
            told = len(self.names)
            facts = list(self._jobs(jobs, _Stage(name, needs, off), (*calls, *item.calls)))
            calls = () if len(self.names) > told else (*calls, *item.calls)
            made[name] = before = tuple(one.name for one in facts if one.kind == "job")
            yield from facts

    def _jobs(self, jobs: list[Item], stage: _Stage, calls: tuple[tuple[Scope, Mapping], ...]) -> Iterator[Fact]:
        for index, item in enumerate(jobs):
            if isinstance(item.node, Mapping):
                kind = "template" if "template" in item.node else "job"
                yield from self._job(replace(item, calls=(*calls, *item.calls)), f"{kind}-{index + 1}", stage)
                calls = ()

    def _listed(self, scope: Scope, holder: Mapping) -> list[str]:
        """What a stage or job depends on."""
        found = [
            one.scope.fill(one.node)
            for one in self.opened.items(scope, holder.get("dependsOn"), "")
            if isinstance(one.node, Scalar)
        ]
        return [one for one in found if one and "${{" not in one]

    def _name(self, item: Item, place: str, stage: str) -> str:
        """`stage.job`; what has no name is called by its place, what has that of another is numbered."""
        name = item.scope.text(item.node, "job") or item.scope.text(item.node, "deployment") or place
        name = found = f"{stage}.{name}" if stage else name
        count = 1
        while found in self.names:
            count += 1
            found = f"{name}~{count}"
        self.names.add(found)
        return found

    def _job(self, item: Item, place: str, stage: _Stage) -> Iterator[Fact]:
        job = item.node
        if not isinstance(job, Mapping):
            return
        name, source = self._name(item, place, stage.name), item.scope.source
        owner = f"{self.runner.path}#{name}"
        off = self.runner.disabled or stage.disabled or is_never(job.get("condition"), item.scope.settled)
        scope = self.opened.with_variables(item.scope, job).running(_legs(job))
        runner = replace(self._as(scope), owner=owner, soft=truth(job.get("continueOnError")), disabled=off)
        steps = [
            one for nodes in (job.get("steps"), *_strategy(job)) for one in self.opened.items(scope, nodes, "steps")
        ]
        key = next((key for key in _KEYS if key in job), "")
        image = scope.text(job, "container") or scope.text(job, "container", "image")
        says: dict[str, Any] = {
            "id": owner,
            "workflow": self.runner.path,
            "title": scope.text(job, "displayName"),
            "needs": [
                *stage.needs,
                *(f"{stage.name}.{one}" if stage.name else one for one in self._listed(scope, job)),
            ],
            "environment": scope.text(job, "environment") or scope.text(job, "environment", "name"),
            "uses": template_path(source.folder, scope.text(job, "template")) if "template" in job else "",
            "image": self._alias(image),
            "soft": runner.soft,
            "when": yamlnodes.text(job, "condition")[: bounds.FACT_TEXT],
            "manual": any(waits_for_approval(one.node) for one in steps),
        }
        yield runner.fact("job", name, job.places.get(key, (job.line, job.column)), says)
        container = yamlnodes.child(job, "container", "image") or job.get("container")
        if isinstance(container, Scalar) and image and self._alias(image) == image:
            yield runner.image(image, "ci", (container.line, container.column))
        yield from self._content(replace(self._as(item.scope), owner=owner, disabled=off), runner, item, steps)

    def _content(self, outer: Runner, runner: Runner, item: Item, steps: list[Item]) -> Iterator[Fact]:
        """The variables of a job, the templates that it calls, its steps; `outer` runs what stands around them."""
        job = item.node
        if isinstance(job, Mapping):
            yield from self._variables(outer, item.scope, job)
            yield from self._calls(outer, item.calls)
            if "template" in job:  # its parameters are what the caller says of it
                yield from step_facts(runner, lines_of(item.scope.source), job)
        for one in steps:
            yield from self._step(runner, one)

    def _step(self, job: Runner, item: Item) -> Iterator[Fact]:
        runner = replace(job, path=item.scope.source.path, known=item.scope.known, settled=item.scope.settled)
        yield from self._calls(runner, item.calls)
        if isinstance(item.node, Mapping):
            yield from step_facts(runner, lines_of(item.scope.source), item.node)

    def _calls(self, runner: Runner, calls: tuple[tuple[Scope, Mapping], ...]) -> Iterator[Fact]:
        for scope, call in calls:
            used = call.get("template")
            if isinstance(used, Scalar):
                where = replace(runner, path=scope.source.path, known=scope.known)
                yield from called(where, lines_of(scope.source), call, used, "template")

    def _variables(self, runner: Runner, scope: Scope, holder: Mapping) -> Iterator[Fact]:
        for inner, name, value, place in self.opened.variables(scope, holder.get("variables")):
            yield replace(runner, path=inner.source.path).variable(name, str(value), place)

    def _alias(self, name: str) -> str:
        """The image behind a name of `resources.containers`."""
        for container in yamlnodes.items(self.document, "resources", "containers"):
            if name and yamlnodes.text(container, "container") == name:
                return yamlnodes.text(container, "image")
        return name


def _only_steps(document: Mapping) -> Mapping:
    """A pipeline of steps as the job that it is; what else it says is said of the pipeline."""
    job = Mapping(document.line, document.column)
    job["steps"], job.places = document["steps"], {"steps": document.places["steps"]}
    return job


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
