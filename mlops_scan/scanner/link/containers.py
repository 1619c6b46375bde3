"""Dockerfile stages to what they copy, install and start."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import entry_files, locate, manifest_names
from mlops_scan.scanner.model import Edge, Fact

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


def stage_id(stage: Fact) -> str:
    """Node id of a Dockerfile stage."""
    return f"stage:{stage.at.path}#{stage.name}"


def context_files(source: str, dockerfile: str, files: frozenset[str], ordered: Sequence[str]) -> list[str]:
    """The files that COPY `source` brings, the build context being the Dockerfile's folder, a parent, or the root."""
    source = source.lstrip("/")
    folder = dockerfile.rpartition("/")[0]
    for context in above(folder):
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


def above(folder: str) -> Iterator[str]:
    """A folder and all that it lies in."""
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder
