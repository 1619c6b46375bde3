"""How models come from the training that writes them to the code that serves them, and in which environments."""

from __future__ import annotations

from collections import Counter, defaultdict

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.handover import pairs, spread
from mlops_scan.scanner.model import Edge, Fact, Location


class Deliveries:
    """Models by where they are written and where they are loaded."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._environments: dict[str, dict[str, Fact]] = {}

    def handovers(self) -> tuple[tuple[Location, Location], ...]:
        """(where training writes a model, where a serving file loads it), for models whose names agree."""
        graph = self._graph
        serving = {use.at.path for use in (*graph.online, *graph.batch)}
        reading = frozenset(path for one in serving for path in graph.closure(one))
        written = [use.fact for use in graph.uses("persists-model", "registers-model") if use.fact.kind == "call"]
        loaded = [use.fact for use in graph.uses("loads-model", "registry-load") if use.fact.kind == "call"]
        writes = [one for call in written for one in spread(call)]
        reads = [one for call in loaded for one in spread(call) if one.at.path in reading]
        return tuple(dict.fromkeys(pairs(self._known(writes, "writes", "registers"), self._known(reads, "reads"))))

    def _known(self, calls: list[Fact], *relations: str) -> list[tuple[str, Fact]]:
        """(the model that it is linked with, the call) for each call that is; a file's only one may go by a store."""
        models: dict[Location | str, list[str]] = defaultdict(list)
        alone = Counter(call.at.path for call in calls)
        for path in sorted(alone):
            for edge in self._graph.links_from(f"file:{path}", *relations):
                if edge.target.startswith("model:"):
                    models[path if alone[path] == 1 else edge.at].append(edge.target)
        places: list[tuple[Fact, Location | str]] = [
            (call, call.at.path if alone[call.at.path] == 1 else call.at) for call in calls
        ]
        return [(model, call) for call, at in places for model in dict.fromkeys(models.get(at, ()))]

    def environment(self, path: str) -> dict[str, Fact]:
        """Distribution -> the fact that fixes its version where `path` runs.

        From the manifests that the image of the file installs; else from those of the nearest folder upward.
        """
        if path not in self._environments:
            versions = self._graph.versions
            self._environments[path] = versions.fixed_in(self._installed_for(path) or versions.near(path))
        return self._environments[path]

    def way(self, written: Location, read: Location) -> tuple[Edge, ...]:
        """The links on the way of a model: written here, loaded there, in that image, built or run by that workload."""
        graph = self._graph
        way = [edge for edge in graph.links_from(f"file:{written.path}", "writes", "registers") if edge.at == written]
        way += [edge for edge in graph.links_from(f"file:{read.path}", "reads") if edge.at == read]
        carrier = next((edge for edge in graph.links_to(f"file:{read.path}", "starts", "copies", "runs")), None)
        while carrier is not None and carrier not in way:
            way.append(carrier)
            carrier = next((edge for edge in graph.links_to(carrier.source, "builds", "stands on")), None)
        return tuple(way)

    def _installed_for(self, path: str) -> frozenset[str]:
        stages = {edge.source for edge in self._graph.links_to(f"file:{path}", "starts", "copies", "runs")}
        stages = {node for node in stages if node.startswith("stage:")}
        return frozenset(edge.target[5:] for stage in stages for edge in self._graph.links_from(stage, "installs"))
