"""Azure Pipelines: any YAML of its shape is a pipeline, unless it only serves others as a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import ClassVar

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_LISTS = re.compile(rb"\n(?:stages|jobs|steps|extends)[ \t]*:")  # a search for one character is faster than for `^`
_STEP_KEYS = frozenset(
    ("task", "script", "bash", "pwsh", "powershell", "template", "checkout", "publish", "download", "downloadBuild")
)
_FOREIGN_STEP_KEYS = frozenset(("run", "uses", "label", "plugins", "args", "entrypoint", "waitFor", "id", "image"))
_ITEM_KEYS = {"stages": frozenset(("stage", "template")), "jobs": frozenset(("job", "deployment", "template"))}
_PIPELINE_KEYS = ("trigger", "pr", "schedules", "pool", "resources", "name")
_TEMPLATE = re.compile(rb"^[ \t-]*template[ \t]*:[ \t]*['\"]?([^'\"\s#]+\.ya?ml)", re.MULTILINE)
_OFFER = re.compile(r"(?:^|/)[^/]*(?:templates?|seed(?:code)?|samples?|cookiecutter)[^/]*/", re.IGNORECASE)


class AzurePipelines(Parser):
    """Pipelines and their templates."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or _LISTS.search(b"\n" + source.data) is None:
            return False
        parsed = yamlnodes.documents(source)
        named = source.name.startswith("azure-pipelines")
        return any(_shaped(document) for document in parsed.documents[:1]) or (named and bool(parsed.notes))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import azure_jobs, include_circles  # few repositories need it
        from mlops_scan.scanner.parsers.parts.azure_templates import Expander

        yield from yamlnodes.documents(source).notes
        yield from include_circles.notes(include_circles.AZURE, source, tree)
        for document in yamlnodes.documents(source).documents[:1]:
            if not isinstance(document, Mapping) or not _shaped(document):
                continue
            template = _is_template(source, document, tree)
            active = not template and not _OFFER.search(source.path) and paths.role(source.path) == "production"
            off = not (active or template)
            if template and source.path in _included(tree):
                continue  # told where it is called, with what the call gives it
            opened = Expander(tree)
            scope = opened.root(source, document)
            known, settled = scope.known, scope.settled
            runner = Runner(source.path, "ci", source.path, disabled=off, macros=True, known=known, settled=settled)
            if not template:
                yield from _workflow(runner, document, active=active)
            yield from islice(azure_jobs.Reader(opened, runner, scope, document).facts(), bounds.FACTS_PER_FILE + 1)
            yield from opened.notes()


def _shaped(document: Node) -> bool:
    """Whether the top-level lists hold what only this service's pipelines hold."""
    from mlops_scan.scanner.formats.azuresteps import flat

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
    """Files that some `template:` of another file of the repository names."""

    def find() -> frozenset[str]:
        from mlops_scan.scanner.formats.azuresteps import template_path

        found: set[str] = set()
        for path in tree.paths:
            source = tree.get(path) if path.endswith((".yml", ".yaml")) else None
            for match in _TEMPLATE.finditer(source.data) if source else ():
                named = template_path(source.folder if source else "", match[1].decode(errors="replace"))
                found |= {named} - {path}
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
