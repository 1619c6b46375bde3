"""Dockerfile stages to what they copy, install and start."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import entry_files, locate, manifest_names
from mlops_scan.scanner.link.inimages import InImages, context_files, stage_id
from mlops_scan.scanner.model import Edge, Fact


class Stages(Link):
    """`stage:Dockerfile#0` copies files, installs manifests, starts an entry file and stands on an earlier stage."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        names = {(fact.at.path, fact.name): stage_id(fact) for fact in graph.all_facts("stage")}
        brought: dict[str, dict[str, list[str]]] = {}
        inside = InImages(graph)
        for stage in graph.all_facts("stage"):
            yield from self._copies(stage, files, graph.files, brought.setdefault(stage_id(stage), {}))
            if stage.get("from_stage") and (base := names.get((stage.at.path, str(stage.get("from_stage"))))):
                yield Edge(stage_id(stage), "stands on", base, stage.at)
            yield Edge(f"file:{stage.at.path}", "defines", stage_id(stage), stage.at)
        for command in graph.all_facts("command"):
            if str(command.says.get("where", "")).startswith("dockerfile"):
                owner = names.get((command.at.path, str(command.says.get("stage"))))
                if owner is not None:
                    yield from self._runs(command, owner, brought[owner], files, inside)

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

    def _runs(
        self, command: Fact, owner: str, brought: dict[str, list[str]], files: frozenset[str], inside: InImages
    ) -> Iterator[Edge]:
        folder = command.at.path.rpartition("/")[0]
        argv = command.says.get("argv") or []
        for name in manifest_names(argv):
            path = locate(name, folder, files)
            copied = brought.get(posixpath.basename(name), ())
            if len(copied) == 1 and path not in copied:  # copied under another name, or from another folder
                path = copied[0]
            if path:
                yield Edge(owner, "installs", f"file:{path}", command.at)
        relation = "runs" if command.says.get("where") == "dockerfile" else "starts"
        found = inside.started(owner, argv) or list(entry_files(argv, folder, files))
        for path in found or inside.handler(command, folder):
            yield Edge(owner, relation, f"file:{path}", command.at)


def _name_in_image(destination: str, path: str, *, alone: bool) -> str:
    """The name of a copied file: the destination's where that names a file, else its own."""
    name = posixpath.basename(destination)
    return name if alone and "." in name.strip(".") else posixpath.basename(path)
