"""Objects of Tekton by the names under which others refer to them, and what listeners start on which events."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

GROUP = re.compile(rb"^[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?(?:triggers\.)?tekton\.dev/", re.MULTILINE)
RUN_KINDS = frozenset(("Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun"))
TRIGGER_KINDS = frozenset(("TriggerTemplate", "EventListener", "Trigger"))
_OWN = "tekton.dev/"
_TRIGGERS = "triggers.tekton.dev/"
_EVENTS = (
    ("pull_request", re.compile(r"pull_?request|merge request|pullrequest:|\bpr:", re.IGNORECASE)),
    ("push", re.compile(r"(?<!tag )\bpush\b|refs_changed", re.IGNORECASE)),
    ("tag", re.compile(r"tag push", re.IGNORECASE)),
)
_HOSTS = re.compile(r"\b(?:github|gitlab|bitbucket)\b", re.IGNORECASE)
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Meant:
    """What a name means: the file that defines it, and the ids of the jobs that it stands for."""

    path: str = ""
    parts: tuple[str, ...] = ()

    def said(self, home: str) -> dict[str, object]:
        """The same as keys of a job of a file."""
        return {"uses": self.path if self.path != home else "", "parts": list(self.parts)} if self.path else {}


_Defined = dict[tuple[str, str], list[Meant]]  # (kind, name) -> where it is defined, of several files


def objects(source: SourceFile) -> list[Mapping]:
    """The objects of a file that run something, or start it on an event."""
    found = []
    for one in yamlnodes.documents(source).documents:
        group, kind = yamlnodes.text(one, "apiVersion"), yamlnodes.text(one, "kind")
        if (group.startswith(_OWN) and kind in RUN_KINDS) or (group.startswith(_TRIGGERS) and kind in TRIGGER_KINDS):
            found.append(one)
    return [one for one in found if isinstance(one, Mapping)]


def defining(tree: Tree) -> list[str]:
    """The files that hold objects of this kind."""

    def find() -> list[str]:
        yaml = [path for path in tree.paths if path.endswith((".yml", ".yaml"))]
        sources = [source for path in yaml if (source := tree.get(path)) is not None]
        return [one.path for one in sources if b"tekton.dev/" in one.data and GROUP.search(one.data)]

    return tree.memo("tekton-files", find)


def name_of(document: Node) -> str:
    """The name of an object, or how those that are made of it begin."""
    return yamlnodes.text(document, "metadata", "name") or yamlnodes.text(document, "metadata", "generateName")


def referred(tree: Tree, source: SourceFile, holder: Node | None, key: str) -> Meant:
    """What `taskRef` or `pipelineRef` under `holder` means in this repository, by its name or by a path in git."""
    reference = yamlnodes.child(holder, key)
    kind = "Task" if key == "taskRef" else "Pipeline"
    resolver, group = yamlnodes.text(reference, "resolver"), yamlnodes.text(reference, "apiVersion")
    if (group and not group.startswith(_OWN)) or yamlnodes.text(reference, "bundle"):
        return Meant()  # a task of somebody else's controller, or one that an image brings
    if resolver not in ("", "cluster", "git"):
        return Meant()
    params = {yamlnodes.text(one, "name"): yamlnodes.text(one, "value") for one in yamlnodes.items(reference, "params")}
    if resolver == "git":
        path = posixpath.normpath(params.get("pathInRepo") or ".")
        return _in_file(tree, kind, path) if path in tree.paths else Meant()
    return _named(tree, source.path, kind, yamlnodes.text(reference, "name") or params.get("name", ""))


def started(tree: Tree, source: SourceFile, document: Mapping) -> Meant:
    """What a template or a listener starts: the tasks of its runs, the templates that it names."""
    if yamlnodes.text(document, "kind") == "TriggerTemplate":
        return _joined([_of_run(tree, source, run) for run in _runs(document.get("spec"))])
    found: list[Meant] = []
    for one in _triggers(document):
        name = yamlnodes.text(one, "template", "ref") or yamlnodes.text(one, "template", "name")
        found.append(_named(tree, source.path, "TriggerTemplate", name))
        found.append(_named(tree, source.path, "Trigger", yamlnodes.text(one, "triggerRef")))
        found += [_of_run(tree, source, run) for run in _runs(yamlnodes.child(one, "template", "spec"))]
    return _joined(found)


def own_tasks(document: Mapping) -> Iterator[Mapping]:
    """The tasks that an object says itself: of a pipeline, of a run, of the runs of a template."""
    if yamlnodes.text(document, "kind").startswith("Pipeline"):
        spec = document.get("spec")
        yield from _tasks(yamlnodes.child(spec, "pipelineSpec") or spec)
    for run in _runs(document.get("spec")) if yamlnodes.text(document, "kind") == "TriggerTemplate" else ():
        yield from _tasks(yamlnodes.child(run, "spec", "pipelineSpec"))


def events_of(listener: Mapping) -> list[str]:
    """The events on which a listener starts something: a call from outside where it names no host of code."""
    found: list[str] = []
    for one in _triggers(listener):
        texts = " ".join(_texts(yamlnodes.child(one, "interceptors")))
        told = [word for word, spoken in _EVENTS if spoken.search(texts)]
        found += told or (["push"] if _HOSTS.search(texts) else ["dispatch"])
    return list(dict.fromkeys(found))


def events(tree: Tree, path: str) -> list[str] | None:
    """The events on which listeners start what a file defines; None where no listener says what it starts."""

    def find() -> dict[str, list[str]]:
        after: dict[str, list[str]] = {}  # id of a job -> the jobs that it starts
        words: dict[str, list[str]] = {}
        for where in defining(tree):
            source = tree.get(where)
            for one in objects(source) if source else ():
                if source is not None and yamlnodes.text(one, "kind") in TRIGGER_KINDS:
                    after[f"{where}#{name_of(one)}"] = list(started(tree, source, one).parts)
                    words[f"{where}#{name_of(one)}"] = events_of(one)
        found: dict[str, list[str]] = {}
        for job, told in words.items():
            direct = after[job]
            for part in (*direct, *(more for inner in direct for more in after.get(inner, ()))):
                if told and part not in after:
                    home = found.setdefault(part.partition("#")[0], [])
                    home += [word for word in told if word not in home]
        return found

    found = tree.memo("tekton-events", find)
    return found.get(path, []) if found else None


def _joined(found: list[Meant]) -> Meant:
    found = [one for one in found if one.path]
    parts = tuple(dict.fromkeys(part for one in found for part in one.parts))
    return Meant(found[0].path if found else "", parts)


def _tasks(holder: Node | None) -> list[Mapping]:
    found = [*yamlnodes.items(holder, "tasks"), *yamlnodes.items(holder, "finally")]
    return [one for one in found if isinstance(one, Mapping)]


def _runs(spec: Node | None) -> list[Mapping]:
    """The runs that a template makes."""
    found = [*yamlnodes.items(spec, "resourcetemplates"), *yamlnodes.items(spec, "resourceTemplates")]
    return [one for one in found if isinstance(one, Mapping) and yamlnodes.text(one, "apiVersion").startswith(_OWN)]


def _triggers(listener: Mapping) -> list[Node]:
    """A listener has several, an object of the kind Trigger is one."""
    kind = yamlnodes.text(listener, "kind")
    path = ("spec",) if kind == "Trigger" else ("spec", "triggers")
    return yamlnodes.items(listener, *path) if kind != "TriggerTemplate" else []


def _of_run(tree: Tree, source: SourceFile, run: Mapping) -> Meant:
    """The tasks that a run starts: its own, else those of the pipeline or task that it names."""
    spec = run.get("spec")
    if own := _tasks(yamlnodes.child(spec, "pipelineSpec")):
        return Meant(source.path, tuple(f"{source.path}#{yamlnodes.text(one, 'name')}" for one in own))
    return referred(tree, source, spec, "pipelineRef" if "pipelineRef" in (spec or ()) else "taskRef")


def _texts(node: Node | None, depth: int = 0) -> Iterator[str]:
    """All keys and texts inside."""
    if isinstance(node, Scalar):
        yield str(node)
    elif isinstance(node, Mapping) and depth < _DEEPEST:
        for key, inner in node.items():
            yield str(key)
            yield from _texts(inner, depth + 1)
    elif node is not None and depth < _DEEPEST:
        for inner in yamlnodes.items(node):
            yield from _texts(inner, depth + 1)


def _named(tree: Tree, home: str, kind: str, name: str) -> Meant:
    """The object of a kind and name that is nearest to a file."""
    found = _defined(tree).get((kind, name), []) if name else []
    near = posixpath.dirname(home)
    return max(
        found, key=lambda one: (one.path == home, len(posixpath.commonprefix([one.path, near]))), default=Meant()
    )


def _in_file(tree: Tree, kind: str, path: str) -> Meant:
    """The only object of a kind that a file defines."""
    found = [one for (of, _), all_ in _defined(tree).items() if of == kind for one in all_ if one.path == path]
    return found[0] if len(found) == 1 else Meant()


def _defined(tree: Tree) -> _Defined:
    def find() -> _Defined:
        found: _Defined = {}
        for path in defining(tree):
            source = tree.get(path)
            for one in objects(source) if source else ():
                kind, name = yamlnodes.text(one, "kind").removeprefix("Cluster"), name_of(one)
                inner = _tasks(one.get("spec")) if kind == "Pipeline" else []
                parts = [f"{path}#{yamlnodes.text(task, 'name')}" for task in inner] or [f"{path}#{name}"]
                found.setdefault((kind, name), []).append(Meant(path, tuple(parts)))
        return found

    return tree.memo("tekton-definitions", find)
