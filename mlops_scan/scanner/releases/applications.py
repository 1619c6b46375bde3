"""Applications of a GitOps controller: those that objects declare, and those that a set generates of its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.formats import applicationsets, holes, yamlnodes
from mlops_scan.scanner.formats.applicationsets import Folders
from mlops_scan.scanner.model import Fact, Note

APPLICATION, SET = "argoproj.io/Application", "argoproj.io/ApplicationSet"
_FILE_BYTES = 200_000
_HOLE = "{{"
_DEEPEST = 30


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


def applications(fact: Fact, tree: Tree, told: list[str] | None = None) -> Iterator[Application]:
    """The application that the fact is, or those that a set makes; a set of which nothing is known is one.

    `told` collects what of a set could not be made out.
    """
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
    seen: list[Any] = []
    for name, made in _generated(spec, template, written, tree, [] if told is None else told):
        if [name, made] not in seen:
            seen.append([name, made])
            yield Application(name or fact.name, fact, made, environment or name)


def _generated(
    spec: Mapping[str, Any], template: Mapping[str, Any], written: Mapping[str, Any], tree: Tree, told: list[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, '' where it is not known; what it says) of each application of a set."""
    metadata = template.get("metadata")
    called = metadata.get("name") if isinstance(metadata, Mapping) else ""
    language = applicationsets.language(spec)
    whole = language.text if language is not None else None
    patch = spec.get("templatePatch") if language is not None else None
    for parameters in applicationsets.applications(spec, folders_of(tree)) or [{}]:
        name, made = (holes.filled_in(one, parameters, whole) for one in (called, written))
        if isinstance(patch, str) and language is not None:
            laid = _patched({"metadata": {"name": name}, "spec": made}, patch, language.text(patch, parameters))
            if isinstance(laid, str):
                told += [laid] * (laid not in told)
            else:
                name, made = laid["metadata"].get("name"), laid["spec"]
        yield name if isinstance(name, str) and _HOLE not in name else "", made
    if language is not None and language.stopped:
        told.append(f"its templates are not filled: {language.stopped}")


def _patched(made: dict[str, Any], written: str, text: str | None) -> dict[str, Any] | str:
    """The application with the patch of its set over it, or why there is none."""
    if len(written) >= bounds.FACT_TEXT:
        return f"its templatePatch is longer than {bounds.FACT_TEXT} characters: not applied"
    if text is None:
        return "its templatePatch cannot be filled by what the repository tells: not applied"
    try:
        documents = [yamlnodes.plain(one) for one in yamlnodes.parse(text)]
    except yamlnodes.YamlError as error:
        return f"its templatePatch is not readable as YAML: {error.reason}"
    for one in documents:
        laid = merged(made, one) if isinstance(one, Mapping) else made
        if not isinstance(laid.get("spec"), Mapping) or not isinstance(laid.get("metadata"), Mapping):
            return "its templatePatch leaves no application"
        made = laid
    return made


def merged(whole: Mapping[str, Any], patch: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """A merge patch (RFC 7386): mappings are merged, null takes away, all else is replaced."""
    found = dict(whole)
    for key, value in patch.items():
        before = found.get(key)
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and depth < _DEEPEST:
            found[key] = merged(before if isinstance(before, Mapping) else {}, value, depth + 1)
        else:
            found[key] = value
    return found


def notes(fact: Fact, tree: Tree) -> Iterator[Note]:
    """That a set is made of files which the repository does not have, or makes more than is told."""
    data = fact.get("data")
    spec = data.get("spec") if isinstance(data, Mapping) else None
    told: list[str] = []
    for _ in applications(fact, tree, told) if isinstance(spec, Mapping) and spec.get("goTemplate") is True else ():
        pass  # what cannot be made out is told on the way
    yield from (Note(fact.at, f"of '{fact.name}', {one}") for one in told)
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
