"""What is applied to a cluster: GitOps sources to folders, kustomizations to what they include, files to workloads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from mlops_scan.scanner.formats import applicationsets, holes
from mlops_scan.scanner.formats.applicationsets import Folders
from mlops_scan.scanner.formats.nested import dig
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.manifests import ROOTS, applied, below
from mlops_scan.scanner.link.selectors import object_id, title
from mlops_scan.scanner.model import Edge, Fact, Location, Node
from mlops_scan.scanner.paths import above

# keys under which an object of a GitOps controller names a folder of a git repository
_PATHS = (
    ("spec", "source", "path"),
    ("spec", "path"),
    ("spec", "template", "spec", "source", "path"),
    ("spec", "chart", "spec", "chart"),
)
_SEVERAL = (("spec", "sources"), ("spec", "template", "spec", "sources"))
_CONTROLLERS = ("argoproj.io/Application", "argoproj.io/ApplicationSet", "kustomize.toolkit.fluxcd.io/Kustomization")
_RELEASES = ("helm.toolkit.fluxcd.io/HelmRelease",)
_DECLARED = "helm_release"  # by infrastructure as code
_APPLIED = ("manifests", "applied")  # platform and type of what code applies from files


class Sources(Link):
    """`resource:argoproj.io/Application/x` applies the kustomization, chart or manifests of a folder."""

    def nodes(self, graph: Graph) -> Iterator[Node]:
        for resource in graph.all_facts("resource"):
            if resource.get("type") == _DECLARED:
                name = dig(resource.get("data"), "name")
                state = "disabled" * (resource.get("state") == "disabled")
                label = name if isinstance(name, str) and name else title(resource)
                yield Node(object_id(resource), "resource", label, resource.at, _DECLARED, state)

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        folders: Folders | None = None
        made: dict[str, list[str]] = {}
        for fact in graph.all_facts("application"):
            made.setdefault(str(fact.get("set")), []).extend(fact.get("folders") or ())
        for resource in graph.all_facts("resource"):
            if resource.get("type") == _DECLARED:
                yield Edge(f"file:{resource.at.path}", "defines", object_id(resource), resource.at)
                yield from _installed(resource, files)
            elif (resource.get("platform"), resource.get("type")) == _APPLIED:
                yield Edge(f"file:{resource.at.path}", "defines", object_id(resource), resource.at)
                yield from _given(resource, files, graph.files)
            if resource.get("type") not in (*_CONTROLLERS, *_RELEASES):
                continue
            yield Edge(f"file:{resource.at.path}", "defines", object_id(resource), resource.at)
            named = list(_folders(resource))
            if made.get(object_id(resource)):
                place = named[0][1] if named else resource.at
                named = [(folder, place) for folder in dict.fromkeys(made[object_id(resource)])]
            elif any("{{" in folder for folder, _ in named):
                folders = folders or Folders(graph.files)
                named = list(_of_generators(resource, named, folders))
            deep = _is_recursive(resource)
            told = set()
            for folder, at in named:
                for path in _found(folder, resource, files, graph.files, deep=deep):
                    if path not in told:
                        told.add(path)
                        yield Edge(object_id(resource), "applies", f"file:{path}", at)


def _installed(release: Fact, files: frozenset[str]) -> Iterator[Edge]:
    """The chart of the repository that a declared release installs: by its path, with no repository of charts."""
    written = dig(release.get("data"), "chart")
    written = dig(written, "const") if isinstance(written, Mapping) else written
    if not isinstance(written, str) or dig(release.get("data"), "repository") or "://" in written:
        return
    line = (release.get("lines") or {}).get("chart", release.at.line)
    home = posixpath.dirname(release.at.path)
    from_root = written.removeprefix("./").startswith(f"{home}/")  # as the folder of a module is told
    for start in ("", home) if from_root else (home, ""):
        path = posixpath.normpath(posixpath.join(start, written, "Chart.yaml"))
        if path in files:
            yield Edge(object_id(release), "applies", f"file:{path}", Location(release.at.path, int(line)))
            return


def _given(resource: Fact, files: frozenset[str], ordered: Sequence[str]) -> Iterator[Edge]:
    """The manifests that code applies: files, patterns of them, a folder; seen from where the program is started."""
    told = dig(resource.get("data"), "files")
    for written in told if isinstance(told, list) else [told]:
        for home in above(posixpath.dirname(resource.at.path)) if isinstance(written, str) and written else ():
            path = posixpath.normpath(posixpath.join(home, written))
            whole = any(char in path for char in "*?[")
            found = [one for one in ordered if fnmatchcase(one, path)] if whole else applied(path, files, ordered)
            for one in found:
                yield Edge(object_id(resource), "applies", f"file:{one}", resource.at)
            if found:
                break


class Kustomizations(Link):
    """`file:overlays/prod/kustomization.yaml` includes its bases, manifests and charts."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        for fact in graph.all_facts("kustomization"):
            for path in (*(fact.get("resources") or ()), *(fact.get("components") or ())):
                if path in files:
                    yield Edge(f"file:{fact.at.path}", "includes", f"file:{path}", fact.at)
            for chart in fact.get("charts") or ():
                path = posixpath.join(str(chart.get("folder") or "?"), "Chart.yaml")
                if path in files:
                    yield Edge(f"file:{fact.at.path}", "includes", f"file:{path}", fact.at)


class Definitions(Link):
    """`file:k8s/api.yaml` defines `workload:k8s/api.yaml#Deployment/api`; a chart defines what its templates say."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        charts = sorted((fact.at.path for fact in graph.all_facts("chart")), key=len, reverse=True)
        for workload in graph.all_facts("workload"):
            node = f"workload:{workload.get('id')}"
            yield Edge(f"file:{workload.at.path}", "defines", node, workload.at)
            home = next((one for one in charts if workload.at.path.startswith(one.removesuffix("Chart.yaml"))), "")
            if home and workload.get("origin") == "helm":
                yield Edge(f"file:{home}", "includes", f"file:{workload.at.path}", Location(home, 1))


def _folders(resource: Fact) -> Iterator[tuple[str, Location]]:
    lines = resource.get("lines") or {}
    data = resource.get("data")
    for keys in _PATHS:
        text = dig(data, *keys)
        if not isinstance(text, str) or (resource.get("type") in _RELEASES and not text.startswith(".")):
            continue
        known = [".".join(keys[:end]) for end in range(len(keys), 0, -1)]
        line = next((lines[key] for key in known if key in lines), resource.at.line)
        yield text, Location(resource.at.path, int(line))
    for keys in _SEVERAL:
        spec = dig(data, *keys)
        for one in spec if isinstance(spec, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get("path"), str):
                line = lines.get(".".join(keys), lines.get(".".join(keys[:3]), resource.at.line))
                yield one["path"], Location(resource.at.path, int(line))


def _of_generators(
    resource: Fact, named: list[tuple[str, Location]], folders: Folders
) -> Iterator[tuple[str, Location]]:
    """The folders of every application that the generators of a set make."""
    spec = dig(resource.get("data"), "spec")
    made, language = applicationsets.applications(spec, folders), applicationsets.language(spec)
    for folder, at in named:
        seen = set()
        for parameters in made:
            path = holes.filled(folder, parameters, language.text if language is not None else None)
            if path in seen or not path.replace("*", "").strip("./"):
                continue  # nothing of it is known: it may be any folder
            seen.add(path)
            yield from ((one, at) for one in (folders.matching(path) if "*" in path else [path]))


def _is_recursive(resource: Fact) -> bool:
    """Whether manifests count in folders below, too: of a source without a kustomization."""
    data = resource.get("data")
    if str(resource.get("type")).startswith("kustomize.toolkit."):
        return True
    told = (("spec", "source"), ("spec", "template", "spec", "source"))
    return any(dig(data, *keys, "directory", "recurse") is True for keys in told)


def _found(folder: str, resource: Fact, files: frozenset[str], ordered: tuple[str, ...], *, deep: bool) -> list[str]:
    """What a folder holds to be applied: seen from the root, from a folder above the object, or from its source."""
    origin = resource.at.path
    base = posixpath.dirname(origin)
    starts = [""]
    while base and posixpath.normpath(folder.lstrip("/") or ".") != ".":  # `.` means the root, of whatever repository
        starts.append(base)
        base = posixpath.dirname(base)
    source = dig(resource.get("data"), "spec", "sourceRef")
    if isinstance(source, Mapping) and source.get("kind") not in (None, "GitRepository"):
        starts = [str(source.get("name") or ""), *starts]  # an artifact made of a folder is called as the folder
    for start in starts:
        path = posixpath.normpath(posixpath.join(start, folder.lstrip("/")))
        path = "" if path == "." else path
        found = applied(path, files, ordered)
        if deep and path and not (found and posixpath.basename(found[0]) in ROOTS):
            found = list(below(path, files, ordered))
        if found:
            return [one for one in found if one != origin]
    return []
