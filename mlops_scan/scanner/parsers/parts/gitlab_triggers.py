"""Pipelines that jobs of GitLab start: children of this repository, of other projects, and those that a job writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.parts.gitlab_files import Placed, Written, elsewhere, plain


@dataclass(frozen=True, slots=True)
class Child:
    """A file that is started as a pipeline of its own, with the inputs and variables that it is given."""

    source: SourceFile
    inputs: Known
    variables: Known


def children(written: Written, job: str, known: Known) -> Iterator[Child]:
    """The files of the repository that a job starts."""
    trigger = written.get(job, "trigger")
    include = yamlnodes.child(trigger.node, "include") if trigger else None
    if include is None:
        return
    given: dict[str, tuple[str, ...]] = {}
    for one in reversed(list(written.held(job, "variables"))):
        given.update(placeholders.constants(plain(one.node), "", known={**known, **given}))
    inputs = placeholders.constants(
        yamlnodes.child(trigger.node if trigger else None, "inputs"), "inputs.", known=known
    )
    seen: set[str] = set()
    for path, own in written.included(include, written.keys[job].known):
        source = written.tree.get(path)
        if source is not None and path not in seen:
            seen.add(path)
            yield Child(source, {**inputs, **own}, given)


def outside(runner: Runner, trigger: Placed) -> Iterator[Fact | Note]:
    """What a job starts that no file of the repository holds: told as it is, and not known."""
    node = trigger.node
    project = str(node) if isinstance(node, Scalar) else yamlnodes.text(node, "project")
    at = Location(trigger.source.path, *trigger.place)
    if project:
        project = placeholders.fill(project, runner.known)[: bounds.FACT_TEXT]
        says: dict[str, Any] = {"project": project, "branch": yamlnodes.text(node, "branch")}
        given = {key: one for key, one in says.items() if one}
        yield runner.fact("action", "trigger", trigger.place, {"owner": runner.owner, "with": given})
        yield Note(at, f"the pipeline of project '{project}' is not in the repository")
    for one in yamlnodes.items(node, "include") if isinstance(node, Mapping) else ():
        if reason := elsewhere(one, runner.known):
            yield Note(Location(trigger.source.path, one.line, one.column), reason)
