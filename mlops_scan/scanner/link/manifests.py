"""Commands to the manifests, charts and folders that they apply."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import changed, live
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import manifest_names, working_folder
from mlops_scan.scanner.model import Edge, Fact

ROOTS = ("kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml")
_NAMED = ("-f", "--file", "--filename", "-k", "--kustomize", "--values")
_MANIFESTS = (".yaml", ".yml", ".json")
_INFRASTRUCTURE = (".tf", ".tf.json", ".tofu", ".tofu.json", ".hcl")
_ACTS = (
    "deploys",
    "promotes",
    "schedules",
    "starts-pipeline",
    "trains",
    "pipeline-orchestration",
    "retraining-trigger",
)
_MOST = 200  # files of one folder that are linked


class Applied(Link):
    """`job:deploy.yml#prod` applies `file:k8s/api.yaml` or `file:chart/Chart.yaml`; one that only checks reads them."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        acting = {id(use.fact) for use in graph.uses(*_ACTS) if use.fact.kind == "command"}
        deploying = {id(use.fact) for use in graph.uses("deploys") if use.fact.kind == "command"}
        for command in graph.once(live.commands):
            if str(command.get("where", "")).startswith("dockerfile"):
                continue
            relation = "applies" if id(command) in acting else "reads"
            for name in _names(command, deploys=id(command) in deploying):
                for path in _located(name, working_folder(command), files, graph.files):
                    if f"file:{path}" != owner_id(command):
                        yield Edge(owner_id(command), relation, f"file:{path}", command.at)
        if any(path.endswith(_INFRASTRUCTURE) for path in graph.files):
            from mlops_scan.scanner.link import roots  # few repositories need it

            yield from roots.edges(graph)
        yield from changed.edges(graph)


def applied(path: str, files: frozenset[str], ordered: Sequence[str]) -> list[str]:
    """The file, or what a folder has to be applied: its kustomization, its chart, else the manifests in it."""
    if path in files:
        return [path] if path.endswith(_MANIFESTS) else []
    for root in ROOTS:
        if (found := posixpath.join(path, root)) in files:
            return [found]
    if not path:
        return []
    prefix = f"{path}/"
    inside = ordered[bisect_left(ordered, prefix) : bisect_left(ordered, prefix + chr(0x10FFFF))]
    return [one for one in inside if one.endswith(_MANIFESTS) and "/" not in one[len(prefix) :]][:_MOST]


def below(path: str, files: frozenset[str], ordered: Sequence[str]) -> Iterator[str]:
    """The manifests in a folder and those below it; of a folder with a kustomization that alone."""
    prefix = f"{path}/"
    inside = ordered[bisect_left(ordered, prefix) : bisect_left(ordered, prefix + chr(0x10FFFF))]
    own: dict[str, str] = {}
    for one in inside:
        if posixpath.basename(one) in ROOTS:
            own.setdefault(posixpath.dirname(one), one)
    found: dict[str, None] = {}
    for one in inside:
        if one.endswith(_MANIFESTS):
            home = posixpath.dirname(one)
            while home and home != path and home not in own:
                home = posixpath.dirname(home)
            found[own.get(home, one)] = None
    yield from list(found)[:_MOST]


def _names(command: Fact, *, deploys: bool) -> Iterator[str]:
    """Words of a command that name what it applies: after an option that says so; of a deployment, folders too."""
    argv = [str(word) for word in command.says.get("argv") or ()]
    if not deploys and not any(word[:1] == "-" and word.partition("=")[0] in _NAMED for word in argv):
        return
    installed = set(manifest_names(argv))
    for before, word in pairwise(argv):
        option, equals, value = word.partition("=")
        if equals and option in _NAMED:
            yield value
        elif word in installed or word.startswith("-"):
            continue
        elif before in _NAMED or (deploys and not before.startswith("-") and "=" not in word):
            yield word


def _located(name: str, folder: str, files: frozenset[str], ordered: Sequence[str]) -> list[str]:
    """From the folder in which the command runs, else from the root; a bare word means a chart or kustomization."""
    for start in dict.fromkeys((folder, "")):
        path = posixpath.normpath(posixpath.join(start, name))
        if path.startswith((".", "/")):
            continue
        if found := applied(path, files, ordered):
            whole = name.endswith("/") or "/" in name or path in files
            return found if whole or posixpath.basename(found[0]) in ROOTS else []
    return []
