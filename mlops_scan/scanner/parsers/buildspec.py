"""AWS CodeBuild: the phases of a buildspec are lists of commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from mlops_scan.scanner import paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, shell, yamlnodes
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class Buildspec(Parser):
    """buildspec*.yml, and files in a folder of that name: `phases` with `commands`."""

    patterns: ClassVar[tuple[str, ...]] = (
        "*buildspec*.yml",
        "*buildspec*.yaml",
        "buildspec*/*.yml",
        "buildspec*/*.yaml",
        "*/buildspec*/*.yml",
        "*/buildspec*/*.yaml",
    )

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
    runner = Runner(path, "ci", f"{path}#build", disabled=not active, session=shell.Session())
    yield runner.fact("job", "build", (at.line, at.column), {"id": runner.owner, "workflow": path})
    variables = yamlnodes.child(document, "env", "variables")
    yield from runner.variables(variables)
    runner = replace(runner, known=placeholders.constants(variables, ""))
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
