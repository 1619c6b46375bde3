"""Azure Pipelines: any YAML of its shape is a pipeline, unless it only serves others as a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.azuresteps import flat, flat_mapping, steps, template_path, waits_for_approval
from mlops_scan.scanner.formats.githubsteps import is_false, truth
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers import azure_templates, include_circles
from mlops_scan.scanner.parsers.base import Parser

_WORDS = (b"steps", b"jobs", b"stages", b"extends")
_LISTS = re.compile(rb"^(?:stages|jobs|steps|extends)[ \t]*:", re.MULTILINE)
_STEP_KEYS = frozenset(
    ("task", "script", "bash", "pwsh", "powershell", "template", "checkout", "publish", "download", "downloadBuild")
)
_FOREIGN_STEP_KEYS = frozenset(("run", "uses", "label", "plugins", "args", "entrypoint", "waitFor", "id", "image"))
_ITEM_KEYS = {"stages": frozenset(("stage", "template")), "jobs": frozenset(("job", "deployment", "template"))}
_PIPELINE_KEYS = ("trigger", "pr", "schedules", "pool", "resources", "name")
_TEMPLATE = re.compile(rb"^[ \t-]*template[ \t]*:[ \t]*['\"]?([^'\"\s#]+\.ya?ml)", re.MULTILINE)
_OFFER = re.compile(r"(?:^|/)[^/]*(?:templates?|seed(?:code)?|samples?|cookiecutter)[^/]*/", re.IGNORECASE)
_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")


class AzurePipelines(Parser):
    """Pipelines and their templates."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or not any(word in source.data for word in _WORDS):
            return False
        if _LISTS.search(source.data) is None:
            return False
        parsed = yamlnodes.documents(source)
        named = source.name.startswith("azure-pipelines")
        return any(_shaped(document) for document in parsed.documents[:1]) or (named and bool(parsed.notes))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        yield from yamlnodes.documents(source).notes
        yield from include_circles.notes(include_circles.AZURE, source, tree)
        for document in yamlnodes.documents(source).documents[:1]:
            if not isinstance(document, Mapping) or not _shaped(document):
                continue
            template = _is_template(source, document, tree)
            active = not template and not _OFFER.search(source.path) and paths.role(source.path) == "production"
            known = azure_templates.known(source, tree, document)
            off = not (active or template)
            runner = Runner(source.path, "ci", source.path, disabled=off, macros=True, known=known)
            if not template:
                yield from _workflow(runner, document, active=active)
            yield from _variables(runner, document)
            yield from _Reader(source, tree, runner, document).facts()


def _shaped(document: Node) -> bool:
    """Whether the top-level lists hold what only this service's pipelines hold."""
    if not isinstance(document, Mapping):
        return False
    if isinstance(document.get("extends"), Mapping) and yamlnodes.text(document, "extends", "template"):
        return True
    for key, known in (*_ITEM_KEYS.items(), ("steps", _STEP_KEYS)):
        nodes = document.get(key)
        items = list(flat(nodes)) if isinstance(nodes, yamlnodes.Sequence) else []
        if any(isinstance(one, Mapping) and not known.isdisjoint(one) for one in items):
            only = {name for one in items if isinstance(one, Mapping) for name in one}
            return key != "steps" or not only & _FOREIGN_STEP_KEYS
    return False


def _is_template(source: SourceFile, document: Mapping, tree: Tree) -> bool:
    if any(key in document for key in ("trigger", "pr", "schedules")):
        return False
    if "parameters" in document or not any(key in document for key in _PIPELINE_KEYS):
        return "template" in source.path.lower() or source.path in _included(tree) or "stages" not in document
    return source.path in _included(tree)


def _included(tree: Tree) -> frozenset[str]:
    """Files that some `template:` of the repository names."""

    def find() -> frozenset[str]:
        found: set[str] = set()
        for path in tree.paths:
            source = tree.get(path) if path.endswith((".yml", ".yaml")) else None
            for match in _TEMPLATE.finditer(source.data) if source else ():
                found.add(template_path(source.folder if source else "", match[1].decode(errors="replace")))
        return frozenset(found)

    return tree.memo("azure-pipeline-templates", find)


def _workflow(runner: Runner, document: Mapping, *, active: bool) -> Iterator[Fact]:
    key = next((key for key in ("trigger", "schedules", "pr", "stages", "jobs", "steps") if key in document), None)
    place = document.places[key] if key else (document.line, document.column)
    made = runner.fact("workflow", runner.path, place, {"title": yamlnodes.text(document, "name")})
    says = {"provider": "azure-pipelines", "triggers": triggers(document), "active": active}
    yield replace(made, says={key: one for key, one in {**made.says, **says}.items() if key != "state"})
    for one in yamlnodes.items(document, "schedules"):
        cron = yamlnodes.child(one, "cron")
        if isinstance(cron, Scalar):
            yield runner.fact("schedule", str(cron), (cron.line, cron.column), {"owner": runner.owner, "where": "ci"})
    for container in yamlnodes.items(document, "resources", "containers"):
        image = yamlnodes.child(container, "image")
        if isinstance(image, Scalar):
            yield runner.image(str(image), "ci", (image.line, image.column))


def triggers(document: Mapping) -> list[str]:
    """The words of docs/facts.md. Without a `trigger` key every push starts the pipeline."""
    found: list[str] = []
    trigger, pr = document.get("trigger"), document.get("pr")
    if not (isinstance(trigger, Scalar) and trigger in ("none", "")):
        tags = yamlnodes.child(trigger, "tags") is not None
        found += ["tag"] * tags + ["push"] * (not tags or yamlnodes.child(trigger, "branches") is not None)
    if pr is not None and not (isinstance(pr, Scalar) and pr == "none"):
        found.append("pull_request")
    for included in (trigger, pr):
        found += [f"paths:{path}" for path in yamlnodes.items(included, "paths", "include") if isinstance(path, Scalar)]
    if yamlnodes.items(document, "schedules"):
        found.append("schedule")
    if any(
        yamlnodes.child(one, "trigger") not in (None, "none")
        for one in yamlnodes.items(document, "resources", "pipelines")
    ):
        found.append("workflow")
    if isinstance(document.get("parameters"), yamlnodes.Sequence) or not found:
        found.append("manual")
    return list(dict.fromkeys(found))


def _variables(runner: Runner, holder: Mapping) -> Iterator[Fact]:
    variables = holder.get("variables")
    yield from runner.variables(flat_mapping(variables))
    for one in flat(variables) if isinstance(variables, yamlnodes.Sequence) else ():
        value = yamlnodes.child(one, "value")
        if isinstance(value, Scalar) and yamlnodes.text(one, "name"):
            yield runner.variable(yamlnodes.text(one, "name"), str(value), (value.line, value.column))


@dataclass
class _Reader:
    """The stages, jobs and steps of one file."""

    source: SourceFile
    tree: Tree
    runner: Runner
    document: Mapping

    def facts(self) -> Iterator[Fact]:
        document = self.document
        before: list[str] = []
        made: dict[str, list[str]] = {}
        for stage in flat(document.get("stages")):
            if not isinstance(stage, Mapping):
                continue
            name = yamlnodes.text(stage, "stage") or f"stage-{len(made) + 1}"
            needs = before
            if "dependsOn" in stage:
                needed = [str(one) for one in yamlnodes.items(stage, "dependsOn") if isinstance(one, Scalar)]
                needs = [job for one in needed for job in made.get(one, ())]
            yield from _variables(self.runner, stage)
            known = {**self.runner.known, **self._variables(stage, self.runner.known)}
            jobs = [stage] if "template" in stage else list(flat(stage.get("jobs")))
            made[name] = before = [self._name(job, index, name) for index, job in enumerate(jobs)]
            off = is_false(stage.get("condition"))
            for index, job in enumerate(jobs):
                yield from self._job(job, index, name, needs, disabled=off, known=known)
        for index, job in enumerate(flat(document.get("jobs"))):
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
        off = self.runner.disabled or disabled or is_false(job.get("condition"))
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
