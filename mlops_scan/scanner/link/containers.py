"""Dockerfile stages to what they copy, install and start, and to the images they build."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import entry_files, locate, manifest_names
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge, Fact, Location

_ROOT = re.compile(r"\$(?:\{[^{}]*\}|\w+)(?:/|\Z)")
_MOST = 2000  # files of one COPY that are linked


class Stages(Link):
    """`stage:Dockerfile#0` copies files, installs manifests, starts an entry file and stands on an earlier stage."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        names = {(fact.at.path, fact.name): stage_id(fact) for fact in graph.all_facts("stage")}
        brought: dict[str, dict[str, list[str]]] = {}
        for stage in graph.all_facts("stage"):
            yield from self._copies(stage, files, graph.files, brought.setdefault(stage_id(stage), {}))
            if stage.get("from_stage") and (base := names.get((stage.at.path, str(stage.get("from_stage"))))):
                yield Edge(stage_id(stage), "stands on", base, stage.at)
            yield Edge(f"file:{stage.at.path}", "defines", stage_id(stage), stage.at)
        for command in graph.all_facts("command"):
            if str(command.get("where", "")).startswith("dockerfile"):
                owner = names.get((command.at.path, str(command.get("stage"))))
                if owner is not None:
                    yield from self._runs(command, owner, brought[owner], files)

    def _copies(
        self, stage: Fact, files: frozenset[str], ordered: tuple[str, ...], brought: dict[str, list[str]]
    ) -> Iterator[Edge]:
        """Copied files; `brought` takes them by their names in the image."""
        for copy in stage.get("copies") or ():
            if copy.get("from"):
                continue
            at = stage.at if not copy.get("line") else type(stage.at)(stage.at.path, int(copy["line"]))
            found = context_files(str(copy.get("src") or ""), stage.at.path, files, ordered)
            for path in found:
                name = _name_in_image(str(copy.get("dst") or ""), path, alone=len(found) == 1)
                brought.setdefault(name, []).append(path)
                yield Edge(stage_id(stage), "copies", f"file:{path}", at)

    def _runs(self, command: Fact, owner: str, brought: dict[str, list[str]], files: frozenset[str]) -> Iterator[Edge]:
        folder = command.at.path.rpartition("/")[0]
        argv = command.get("argv") or []
        for name in manifest_names(argv):
            path = locate(name, folder, files)
            copied = brought.get(posixpath.basename(name), ())
            if len(copied) == 1 and path not in copied:  # copied under another name, or from another folder
                path = copied[0]
            if path:
                yield Edge(owner, "installs", f"file:{path}", command.at)
        relation = "runs" if command.get("where") == "dockerfile" else "starts"
        for path in entry_files(argv, folder, files):
            yield Edge(owner, relation, f"file:{path}", command.at)


class Builds(Link):
    """A stage builds an image that a workload runs: through compose `build:`, or a name that CI builds."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        finals = {fact.at.path: stage_id(fact) for fact in graph.all_facts("stage") if fact.get("final")}
        built: dict[str, str] = {}
        for workload in graph.all_facts("workload"):
            path = _dockerfile_of(workload, finals)
            if path is not None:
                built[str(workload.get("id"))] = finals[path]
                yield Edge(f"workload:{workload.get('id')}", "builds", finals[path], workload.at)
        workloads = {str(workload.get("id")) for workload in graph.all_facts("workload")}
        resources = {str(one.get("id")): object_id(one) for one in graph.all_facts("resource") if one.get("id")}
        running = [one for one in graph.all_facts("image") if one.get("role") == "run"]
        named = {str(one.get("owner")) for one in running if not one.get("unresolved")}
        for image in running:
            if (owner := str(image.get("owner") or "")) and not (owner in named and _is_open(image)):
                node = f"workload:{owner}" if owner in workloads else resources.get(owner, f"file:{image.at.path}")
                yield Edge(node, "runs", f"image:{image.name}", image.at)
                if owner in built:  # built here, under the name that the service gives it
                    yield Edge(built[owner], "builds", f"image:{image.name}", image.at)
        yield from self._by_name(graph, finals)

    def _by_name(self, graph: Graph, finals: dict[str, str]) -> Iterator[Edge]:
        """Images built in CI or scripts: `docker build -t NAME -f FILE CONTEXT`."""
        files = frozenset(graph.files)
        built: dict[str, dict[str, Location]] = {}  # name -> stage -> where it is built
        for command in graph.all_facts("command"):
            argv = [str(word) for word in command.get("argv") or ()]
            if command.name not in ("docker", "podman", "buildah") or (
                "build" not in argv[1:3] and "bud" not in argv[1:2]
            ):
                continue
            file = _option(argv, ("-f", "--file"))
            context = argv[-1].rstrip("/") if not argv[-1].startswith("-") else "."
            folder = command.at.path.rpartition("/")[0]
            wanted = [file] if file else [posixpath.join(context, "Dockerfile")]
            path = next((found for name in wanted if (found := _locate(name, folder, files)) in finals), None)
            tag = _option(argv, ("-t", "--tag"))
            if path and tag:
                name = tag.rpartition(":")[0] or tag
                built.setdefault(name, {})[finals[path]] = command.at
                yield Edge(finals[path], "builds", f"image:{name}", command.at)
        yield from _under_another_name(graph, built)


def _under_another_name(graph: Graph, built: dict[str, dict[str, Location]]) -> Iterator[Edge]:
    """`docker build -t $1/serve .` builds the `acme/serve` that a manifest runs, where nothing else is called so."""
    ends: dict[str, dict[str, Location]] = {}
    for name, stages in built.items():
        before, _, last = name.rpartition("/")
        if "$" not in last and (not before or "$" in before):
            ends.setdefault(last, {}).update(stages)
    alone = {last: next(iter(stages.items())) for last, stages in ends.items() if len(stages) == 1}
    names = {image.name for image in graph.all_facts("image") if image.get("role") == "run"} if alone else set()
    for name in sorted(names - built.keys()):
        if "/" in name and (found := alone.get(name.rpartition("/")[2])):
            yield Edge(found[0], "builds", f"image:{name}", found[1])


def _is_open(image: Fact) -> bool:
    """Whether nothing of an image's name is known."""
    return bool(image.get("unresolved")) and image.name.startswith("${") and image.name.endswith("}")


def stage_id(stage: Fact) -> str:
    """Node id of a Dockerfile stage."""
    return f"stage:{stage.at.path}#{stage.name}"


def context_files(source: str, dockerfile: str, files: frozenset[str], ordered: Sequence[str]) -> list[str]:
    """The files that COPY `source` brings, the build context being the Dockerfile's folder, a parent, or the root."""
    source = source.lstrip("/")
    folder = dockerfile.rpartition("/")[0]
    for context in _ancestors(folder):
        wanted = posixpath.normpath(posixpath.join(context, source)) if source not in (".", "./") else context
        if wanted in files:
            return [wanted]
        if any(char in wanted for char in "*?["):
            found: Sequence[str] = [path for path in ordered if fnmatchcase(path, wanted)]
        else:
            prefix = f"{wanted}/" if wanted and wanted != "." else ""
            first = bisect_left(ordered, prefix)
            found = ordered[first : bisect_left(ordered, prefix + chr(0x10FFFF))] if prefix else ordered
        if found:
            return list(found[:_MOST])
        if source in (".", "./"):
            break
    return []


def _name_in_image(destination: str, path: str, *, alone: bool) -> str:
    """The name of a copied file: the destination's where that names a file, else its own."""
    name = posixpath.basename(destination)
    return name if alone and "." in name.strip(".") else posixpath.basename(path)


def _ancestors(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _dockerfile_of(workload: Fact, finals: dict[str, str]) -> str | None:
    context = workload.get("build_context")
    if context is None and not workload.get("dockerfile"):
        return None
    folder = workload.at.path.rpartition("/")[0]
    name = str(workload.get("dockerfile") or "Dockerfile")
    written = str(context or ".")
    root = _ROOT.match(written)  # a folder above that only the shell knows, `${PROJECT_DIR}/api`
    inside = (written[root.end() :] or ".") if root else written
    in_code = workload.at.path.endswith((".py", ".ipynb"))  # code says it from the folder in which it is started
    for start in _ancestors(folder) if in_code or root else (folder,):
        beside: tuple[str, ...] = () if root else (posixpath.join(start, name),)
        for base in (posixpath.join(start, inside, name), *beside):
            path = posixpath.normpath(base)
            if path in finals:
                return path
    return None


def _option(argv: list[str], names: tuple[str, ...]) -> str:
    for index, word in enumerate(argv):
        for name in names:
            if word == name and index + 1 < len(argv):
                return argv[index + 1]
            if word.startswith(name + "=") and name.startswith("--"):
                return word[len(name) + 1 :]
    return ""


def _locate(name: str, folder: str, files: frozenset[str]) -> str:
    for base in _ancestors(folder):
        path = posixpath.normpath(posixpath.join(base, name))
        if path in files:
            return path
    return ""
