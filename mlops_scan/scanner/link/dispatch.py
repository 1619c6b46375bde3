"""Callers of scripts to the parts of these that run for the arguments which they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import live
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import locate, working_folder
from mlops_scan.scanner.link.inimages import InImages, stage_id
from mlops_scan.scanner.model import Edge, Fact, Location

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.shellbranches import Way

_IMAGE = "dockerfile"
_OWN = ("container", "compose")
_SOURCES = ("source", ".")
_ITSELF = ("$0", "${0}", "${BASH_SOURCE[0]}")
_STARTED = 6  # words of a command that may name the script


class Dispatch(Link):
    """`job:ci.yml#fit` runs `target:run.sh#train`, because it calls `run.sh train`; without callers all parts run."""

    turn = 1

    def edges(self, graph: Graph) -> Iterator[Edge]:
        if not graph.all_facts("branch"):
            return
        found = _Scripts(graph)
        called: set[str] = set()
        entrypoints: dict[str, str] = {}  # stage -> the script that it starts with
        for command in graph.once(live.commands):
            inside = str(command.says.get("where")).startswith(_IMAGE)
            owner = (
                found.stages.get((command.at.path, str(command.says.get("stage"))), "") if inside else owner_id(command)
            )
            script, words = found.script(command, graph.once(InImages).renamed(owner) if inside else {})
            if not script:
                continue
            called.add(script)
            if command.name in _SOURCES:  # whoever takes a script in may call all its functions
                words = None
            if command.says.get("where") == "dockerfile-entrypoint":
                entrypoints[owner] = script
            relation = "starts" if inside and command.says.get("where") != _IMAGE else "runs"
            yield from found.entered(owner, relation, script, words, command.at) if owner else ()
        yield from found.given(graph, entrypoints)
        for script in sorted(found.ways.keys() - called):
            yield from found.entered(f"file:{script}", "runs", script, None, Location(script))


class _Scripts:
    """Scripts that choose by their arguments."""

    def __init__(self, graph: Graph) -> None:
        from mlops_scan.scanner.formats.shellbranches import Way, entered  # few repositories need it
        from mlops_scan.scanner.formats.shelltests import Asked

        self._entered = entered
        self.ways: dict[str, list[Way]] = defaultdict(list)
        self._lines: dict[tuple[str, str], Location] = {}
        for fact in graph.all_facts("branch"):
            asks = tuple(
                Asked(place, tuple(values), holds, default)
                for place, values, holds, default in fact.says.get("asks") or ()
            )
            self.ways[fact.at.path].append(Way(str(fact.says.get("of")), fact.name, 0, asks))
            self._lines.setdefault((fact.at.path, fact.name), fact.at)
        self._files = frozenset(self.ways)
        self._names = {path.rpartition("/")[2] for path in self._files} | {"", ".", ".."}
        self.stages = {(one.at.path, one.name): stage_id(one) for one in graph.all_facts("stage")}

    def script(self, command: Fact, renamed: Mapping[str, str] = MappingProxyType({})) -> tuple[str, list[str] | None]:
        """The script that a command starts, maybe by the name that an image gives it, and the words behind it."""
        argv = [str(word) for word in command.says.get("argv") or ()]
        for index, word in enumerate(argv[:_STARTED]):
            if word in _ITSELF and command.at.path in self._files:
                return command.at.path, argv[index + 1 :]
            if ("/" in word or "." in word) and (renamed or word.strip().rpartition("/")[2] in self._names):
                path = locate(word, working_folder(command), self._files)
                path = path or renamed.get(locate(word, "", renamed.keys()) if renamed else "", "")
                if path in self._files and path != command.at.path:
                    return path, argv[index + 1 :]
        return "", []

    def entered(
        self, owner: str, relation: str, script: str, words: Sequence[str] | None, at: Location
    ) -> Iterator[Edge]:
        for part in self._entered(self.ways[script], words):
            there = at if words is not None else self._lines[script, part]
            yield Edge(owner, relation, f"target:{script}#{part}", there)

    def given(self, graph: Graph, entrypoints: dict[str, str]) -> Iterator[Edge]:
        """What workloads say in place of the words that their image gives its script."""
        if not entrypoints:
            return
        programs = {str(one.get("workload")) for one in graph.all_facts("container") if one.get("command")}
        for command in graph.all_facts("command"):
            if (
                command.says.get("where") not in _OWN
                or command.says.get("owner") in programs
                or self.script(command)[0]
            ):
                continue
            if command.says.get("submitted"):  # an operator starts it, not the image
                continue
            for stage in _stages(graph, owner_id(command)):
                if stage in entrypoints:
                    words = [str(word) for word in command.says.get("argv") or ()]
                    yield from self.entered(owner_id(command), "runs", entrypoints[stage], words, command.at)


def _stages(graph: Graph, workload: str) -> Iterator[str]:
    """The stages of which a workload runs what they build."""
    yield from (edge.target for edge in graph.links_from(workload, "builds"))
    for image in graph.links_from(workload, "runs"):
        if image.target.startswith("image:"):
            yield from (edge.source for edge in graph.links_to(image.target, "builds"))
