"""What a pipeline or a function of Python code comes to run, apart from all else that its file holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from mlops_scan.scanner.graph.callees import Function
from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.idlesteps import idle
from mlops_scan.scanner.graph.links import RUNNING
from mlops_scan.scanner.graph.placed import Placed
from mlops_scan.scanner.graph.running import Running
from mlops_scan.scanner.model import Edge, Fact, Location

_WORD = re.compile(r"[A-Za-z_]\w*")
_NAMED = re.compile(r"[Tt]rain")
_MARKS = re.compile(r"(?:^|_)(?:start|begin|end|done|finish|join|skip|no|not|wait)", re.IGNORECASE)
_HOPS = 3  # an object that is handed to an object that is handed to a step
_MANY = 200  # calls and steps of one pipeline that are looked at


@dataclass(slots=True)
class Flow:
    """Functions that run, places whose calls and commands run, and files and other subjects that are started."""

    functions: frozenset[Function] = frozenset()
    places: list[Location] = field(default_factory=list)
    started: list[Edge] = field(default_factory=list)
    alone: bool = True  # nothing else of the file is started for itself: what is not understood is its own
    idle: bool = False  # some of its steps do nothing, and what the others run is known
    plain: bool = False  # a function of which every call is known by its name: nothing else is behind it


class Flows:
    """Pipelines and their steps, indexed once for a whole judgement."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._pipelines = {str(one.get("id")): one for one in graph.all_facts("pipeline")}
        self._steps: dict[str, list[Fact]] = defaultdict(list)
        self._files: dict[str, set[str]] = defaultdict(set)
        self._makers: dict[str, dict[str, list[Fact]]] = {}
        self._calls: Placed[Fact] = Placed()
        self._edges: Placed[Edge] = Placed()
        for step in graph.all_facts("pipeline-step"):
            if step.get("where") == "python":
                self._steps[str(step.get("of") or "")].append(step)
        for one in (*graph.all_facts("pipeline"), *graph.all_facts("schedule")):
            if one.get("where") == "python":
                self._files[one.at.path].add(str(one.get("id") or one.get("owner") or one.at.path))

    def of(self, owner: str) -> Flow | None:
        """What runs for `path#name` of a pipeline or function; None where neither is known."""
        path, _, name = owner.partition("#")
        pipeline = self._pipelines.get(owner)
        names = {fact.name for fact in self._graph.in_file(path, "function")} if name else set()
        if pipeline is None and name not in names:
            return None
        function = str(pipeline.get("function") or "") if pipeline is not None else name
        steps = self._steps.get(owner, [])[:_MANY]
        if not function and not steps and not self._tells_steps(path):
            return None
        first = {(path, one) for one in names if function and (one == function or one.startswith(f"{function}."))}
        flow = Flow(alone=len(self._files[path]) < 2)
        for step in steps:
            if step.get("function"):
                first.add((str(step.get("runs")), str(step.get("function"))))
            else:
                flow.started += self._graph.links_from(f"step:{path}#{step.name}", "runs")
            flow.places.append(step.at)
        flow.idle = self._is_idle(steps)
        flow.places += self._handed(path, flow.places)
        flow.started += [edge for place in flow.places for edge in self._edges.within(place)]
        flow.functions = self._graph.once(Running).called_by(sorted(first))
        flow.started += self._by_functions(flow.functions)
        flow.plain = pipeline is None and not steps and self._is_plain(flow.functions)
        return flow

    def _by_functions(self, functions: frozenset[Function]) -> Iterator[Edge]:
        """What the functions start by commands and calls of their own."""
        for path in sorted({path for path, _ in functions}):
            edges = [edge for edge in self._graph.links_from(f"file:{path}", *RUNNING) if edge.at.path == path]
            if edges:
                within = {one.at: str(one.get("function") or "") for one in self._said_in(path)}
                yield from (edge for edge in edges if (path, within.get(edge.at, "")) in functions)

    def _is_plain(self, functions: frozenset[Function]) -> bool:
        for path in sorted({path for path, _ in functions}):
            for one in self._said_in(path):
                if (path, str(one.get("function") or "")) in functions:
                    open_ = "{}" in (one.get("argv") or ()) or ("." in one.name and one.kind == "call")
                    if open_ and not (one.get("known") or one.get("local")):
                        return False
        return True

    def _said_in(self, path: str) -> Iterator[Fact]:
        """Calls and commands of a file."""
        return chain(self._graph.in_file(path, "call"), self._graph.in_file(path, "command"))

    def _is_idle(self, steps: list[Fact]) -> bool:
        nothing = {step.name for step in steps if idle(self._graph, step)}
        others = [step for step in steps if step.name not in nothing]
        if not nothing or not all(step.get("function") for step in others):
            return False
        named = {word for name in nothing if not _MARKS.search(name) for word in _NAMED.findall(name)}
        return not others or not named.isdisjoint(("train", "Train"))

    def _tells_steps(self, path: str) -> bool:
        """Whether steps of other pipelines of the file are known: one without any then has none."""
        return any(self._steps.get(one) for one in self._files[path])

    def _handed(self, path: str, places: list[Location]) -> Iterator[Location]:
        """Calls that make what is handed to the calls at these places, by the variable between them."""
        makers = self._makers_of(path)
        newest = [call for place in places for call in self._calls.within(place)]
        seen = {id(call) for call in newest}
        for _ in range(_HOPS):
            names = {word for call in newest[:_MANY] for word in _words((call.get("args"), call.get("kwargs")))}
            newest = [call for name in sorted(names) for call in makers.get(name, ()) if id(call) not in seen][:_MANY]
            seen.update(map(id, newest))
            yield from (call.at for call in newest)

    def _makers_of(self, path: str) -> Mapping[str, list[Fact]]:
        if path not in self._makers:
            self._makers[path] = defaultdict(list)
            for call in self._graph.in_file(path, "call"):
                self._calls.put(call.at, call)
                if name := str(call.get("assigned") or ""):
                    self._makers[path][name].append(call)
            for edge in self._graph.links_from(f"file:{path}", *RUNNING):
                self._edges.put(edge.at, edge)
        return self._makers[path]


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if "expr" in value:
            yield from _WORD.findall(str(value["expr"]))
        else:
            for one in value.values():
                yield from _words(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _words(one)
