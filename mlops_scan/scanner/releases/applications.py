"""Applications of a GitOps controller: those that objects declare, and those that a set generates of its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.formats import applicationsets, holes, yamlnodes
from mlops_scan.scanner.formats.applicationsets import Folders
from mlops_scan.scanner.model import Fact, Note

APPLICATION, SET = "argoproj.io/Application", "argoproj.io/ApplicationSet"
_FILE_BYTES = 200_000
_HOLE = "{{"


@dataclass(frozen=True, slots=True)
class Application:
    """An application and what it says; `environment` where others of its set differ."""

    name: str
    fact: Fact
    spec: Mapping[str, Any]
    environment: str

    @property
    def sources(self) -> list[Mapping[str, Any]]:
        """Where it takes its objects from."""
        several = self.spec.get("sources")
        found = [self.spec.get("source"), *(several if isinstance(several, list) else ())]
        return [one for one in found if isinstance(one, Mapping)]

    @property
    def folders(self) -> list[str]:
        """The folders that it applies."""
        return [path for one in self.sources if isinstance(path := one.get("path"), str) and _HOLE not in path]


def folders_of(tree: Tree) -> Folders:
    """The folders of the repository, whose files a generator may read."""

    def read(path: str) -> list[Mapping[str, Any]]:
        source = tree.get(path)
        if source is None or len(source.data) > _FILE_BYTES:
            return []
        plain = [yamlnodes.plain(node) for node in yamlnodes.documents(source).documents]
        found = [one for document in plain for one in (document if isinstance(document, list) else [document])]
        return [one for one in found if isinstance(one, Mapping)]

    return tree.memo("folders of applications", lambda: Folders(tree.paths, read))


def applications(fact: Fact, tree: Tree) -> Iterator[Application]:
    """The application that the fact is, or those that a set makes; a set of which nothing is known is one."""
    environment = str(fact.get("environment") or "")
    data = fact.get("data")
    spec = data.get("spec") if isinstance(data, Mapping) else None
    if not isinstance(spec, Mapping):
        return
    if fact.get("type") == APPLICATION:
        yield Application(fact.name, fact, spec, environment)
        return
    template = spec.get("template")
    written = template.get("spec") if isinstance(template, Mapping) else None
    if not isinstance(template, Mapping) or not isinstance(written, Mapping):
        return
    metadata = template.get("metadata")
    called = metadata.get("name") if isinstance(metadata, Mapping) else ""
    told: list[Any] = []
    for parameters in applicationsets.applications(spec, folders_of(tree)) or [{}]:
        made = [holes.filled_in(one, parameters) for one in (called, written)]
        if made in told:
            continue
        told.append(made)
        name = made[0] if isinstance(made[0], str) and _HOLE not in made[0] else ""
        yield Application(name or fact.name, fact, made[1], environment or name)


def notes(fact: Fact, tree: Tree) -> Iterator[Note]:
    """That a set is made of files which the repository does not have, or makes more than is told."""
    data = fact.get("data")
    spec = data.get("spec") if isinstance(data, Mapping) else None
    if fact.get("type") == SET and applicationsets.elsewhere(spec, folders_of(tree)):
        yield Note(fact.at, f"files of which '{fact.name}' makes applications are not in the repository")
    if fact.get("type") == SET and applicationsets.left_out(spec, folders_of(tree)):
        yield Note(fact.at, f"'{fact.name}' makes more than {applicationsets.MOST} applications: the rest is left out")


def told(one: Application) -> Fact:
    """The application of a set as a fact; its folders where all of them are known."""
    home = one.fact.get("id") or f"{one.fact.at.path}#{one.fact.get('type')}/{one.fact.name}"
    whole = len(one.folders) == sum(isinstance(source.get("path"), str) for source in one.sources)
    says = {"set": f"resource:{home}", "folders": one.folders if whole else []}
    return Fact("application", one.name, one.fact.at, says)
