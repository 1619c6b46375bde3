"""Travis CI: the phases of a build, and the jobs of its matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell, yamlnodes
from mlops_scan.scanner.formats.githubsteps import is_never, plain_inputs
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_PHASES = (
    "before_install",
    "install",
    "before_script",
    "script",
    "after_success",
    "after_failure",
    "after_script",
    "before_deploy",
    "after_deploy",
)


class Travis(Parser):
    """`.travis.yml`; elsewhere than at the root it is an offer."""

    patterns: ClassVar[tuple[str, ...]] = (".travis.yml", ".travis.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if isinstance(document, Mapping):
                yield from islice(_build(source, document), bounds.FACTS_PER_FILE + 1)


def _build(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    active = not source.folder
    says = {"provider": "travis", "triggers": ["push", "pull_request"], "active": active}
    yield Fact("workflow", source.path, yamlnodes.at(source.path, document, "script"), says)
    runner = Runner(source.path, "ci", source.path, disabled=not active)
    yield from _job(source, runner, document, "build")
    included = [*yamlnodes.items(document, "jobs", "include"), *yamlnodes.items(document, "matrix", "include")]
    stage, before, current = "", [""], list[str]()
    for index, job in enumerate(included, start=1):
        if isinstance(job, Mapping) and any(phase in job for phase in (*_PHASES, "deploy")):
            own = yamlnodes.text(job, "stage")
            if own and own != stage:
                stage, before, current = own, current or before, []
            name = yamlnodes.text(job, "name") or (f"{stage}-{index}" if stage else f"job-{index}")
            current.append(name)
            yield from _job(source, runner, job, name, [one for one in before if one])


def _job(source: SourceFile, build: Runner, job: Mapping, name: str, needs: list[str] | None = None) -> Iterator[Fact]:
    owner = f"{source.path}#{name}"
    runner = replace(build, owner=owner, disabled=build.disabled or is_never(job.get("if"), {}))
    runner = replace(runner, session=shell.Session())
    when = yamlnodes.text(job, "if")[: bounds.FACT_TEXT]
    says = {"id": owner, "workflow": source.path, "when": when, "needs": needs or []}
    yield runner.fact("job", name, (job.line, job.column), says)
    for phase in _PHASES:
        for one in yamlnodes.items(job, phase):
            if isinstance(one, Scalar):
                where = replace(runner, stage=phase, soft=phase.startswith("after_") and phase != "after_deploy")
                yield from where.script(one, lines_of(source))
    for deploy in yamlnodes.items(job, "deploy"):
        provider = yamlnodes.child(deploy, "provider")
        if isinstance(provider, Scalar):
            used = {"with": plain_inputs(deploy), "owner": owner}
            yield runner.fact("action", f"deploy/{provider}", (provider.line, provider.column), used)
            script = yamlnodes.child(deploy, "script")
            if isinstance(script, Scalar):
                yield from runner.script(script, lines_of(source))
