"""Commands of images and containers to the files that they start by the name that these have inside the image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache, partial

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import IN_CONTAINERS, Named, entry_files, working_folder
from mlops_scan.scanner.link.inimages import InImages
from mlops_scan.scanner.model import Edge, Fact

_WHERE = (*IN_CONTAINERS, "dockerfile-cmd", "dockerfile-entrypoint")
_CODE = (".py", ".sh", ".ipynb", ".R")
_PAIR = re.compile(r":(?<=\w:)\w")  # uvicorn app.main:app
_BASES = 8  # stages on which a stage stands
_NEIGHBOURS = 4  # owners of which it is remembered what they hold: their commands come together


class Overrides(Link):
    """`workload:k8s/job.yaml#CronJob/retrain` runs `file:services/search/train.py`, which its image copies."""

    turn = 1

    def edges(self, graph: Graph) -> Iterator[Edge]:
        images = _Images(graph)
        for command in graph.all_facts("command"):
            where = str(command.says.get("where"))
            argv = [str(word) for word in command.says.get("argv") or ()] if where in _WHERE else []
            if not argv:
                continue
            inside = where.startswith("dockerfile")
            owner = f"stage:{command.at.path}#{command.get('stage')}" if inside else owner_id(command)
            relation = "starts" if inside else "runs"
            known = graph.links_from(owner, relation)
            if not any(one.target.startswith("file:") and one.at == command.at for one in known):
                found = images.started(owner, argv) if inside else images.run(owner, argv, command)
                yield from (Edge(owner, relation, f"file:{path}", command.at) for path in found)


class _Images:
    """What stages, and the images of workloads, hold."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._named = graph, graph.once(Named)
        self._renamed = InImages(graph)
        self._stages = lru_cache(_NEIGHBOURS)(partial(_stages, graph))
        self._held = lru_cache(_NEIGHBOURS)(partial(_copied, graph))

    def started(self, owner: str, argv: list[str]) -> list[str]:
        """The files that a command starts by the names that they have inside."""
        if not any(map(_may_name_code, argv)):
            return [path for one in self._stages(owner) for path in self._renamed.function(one, argv)]
        found = [path for one in self._stages(owner) for path in self._renamed.started(one, argv)]
        return list(dict.fromkeys(found)) or _found(argv, self._held(owner))

    def run(self, workload: str, argv: list[str], command: Fact) -> list[str]:
        """The files that a container starts: of its image, where that is built here and holds them.

        Else those that its manifest can mean, which never is a program that only declares the container.
        """
        named = () if command.says.get("submitted") else self._named.of(tuple(argv), working_folder(command))[0]
        beside = list(dict.fromkeys(named))
        held = self._held(workload) if beside else frozenset[str]()
        if beside and (held.issuperset(beside) or self._is_mounted(workload)):
            return beside
        return self.started(workload, argv) or [path for path in beside if path != command.at.path]

    def _is_mounted(self, workload: str) -> bool:
        """Whether a folder of the host lies over what the image holds."""
        return workload in self._graph.once(_mounted)


def _mounted(graph: Graph) -> frozenset[str]:
    composed = (fact for fact in graph.all_facts("workload") if fact.get("origin") == "compose")
    return frozenset(
        f"workload:{fact.get('id')}"
        for fact in composed
        if any(one.get("type") == "bind" for one in fact.get("volumes") or ())
    )


def _may_name_code(word: str) -> bool:
    return word.endswith(_CODE) or word == "-m" or (":" in word and _PAIR.search(word) is not None)


def _found(argv: list[str], copied: frozenset[str]) -> list[str]:
    """The files that the command starts, in the highest folder of the image's files that has them."""
    folders = {posixpath.dirname(path) for path in copied if path.endswith(_CODE)}
    for folder in sorted(folders, key=lambda folder: (folder.count("/"), folder)):
        inside = f"{folder}/" if folder else ""
        if found := [path for path in entry_files(argv, folder, copied) if path.startswith(inside)]:
            return found
    return []


def _copied(graph: Graph, owner: str) -> frozenset[str]:
    """The files that a stage, or the images of a workload, hold."""
    found: set[str] = set()
    stages = _stages(graph, owner)
    for _ in range(_BASES):
        for stage in stages:
            found.update(edge.target[5:] for edge in graph.links_from(stage, "copies"))
        stages = [edge.target for stage in stages for edge in graph.links_from(stage, "stands on")]
    return frozenset(found)


def _stages(graph: Graph, owner: str) -> list[str]:
    """A stage itself, or the stages of the images of a workload."""
    stages = [owner] if owner.startswith("stage:") else [edge.target for edge in graph.links_from(owner, "builds")]
    for image in graph.links_from(owner, "runs"):
        if image.target.startswith("image:"):
            stages += [
                edge.source for edge in graph.links_to(image.target, "builds") if edge.source.startswith("stage:")
            ]
    return stages
