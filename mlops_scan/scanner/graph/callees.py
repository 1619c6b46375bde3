"""Which functions of the repository a function comes to call, by name, over imports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.model import Fact

Function = tuple[str, str]  # path, qualified name in its module
_STATE = re.compile(r"(?:^|\.)state\.\w+\Z")  # of a web application
_DEEP = 4
_MANY = 200
_LEAVES_TO_OTHERS = frozenset(
    (
        "add_task",
        "submit",
        "run_in_executor",
        "to_thread",
        "run_in_threadpool",
        "run_sync",
        "apply_async",
        "create_task",
    )
)


class Callees:
    """Functions and the calls in them, indexed once for a whole judgement."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._by_tail: dict[str, dict[str, list[str]]] = {}  # last word -> path -> names
        self._calls: dict[Function, list[Fact]] = defaultdict(list)
        for fact in graph.facts("function"):
            known = self._by_tail.setdefault(_called(fact.name).rpartition(".")[2], {})
            known.setdefault(fact.at.path, []).append(fact.name)
        self._stars: dict[str, list[str]] = defaultdict(list)  # file -> the ends of files of which it takes all names
        for fact in graph.facts("import"):
            if "*" in (fact.says.get("names") or ()):
                self._stars[fact.at.path].append("/" + fact.name.strip(".").replace(".", "/") + ".py")
        for fact in graph.facts("call"):
            if fact.says.get("state") == "disabled":
                continue
            self._calls[fact.at.path, str(fact.says.get("function") or "")].append(fact)
        self._shelves: dict[str, set[str]] | None = None  # file -> its names for what takes objects by a key
        self._made: dict[str, set[str]] = defaultdict(set)  # file, or name in an application's state -> classes

    def calls(self, function: Function) -> tuple[Fact, ...]:
        """The calls that stand in a function."""
        return tuple(self._calls.get(function, ()))

    def reached(self, path: str, name: str) -> tuple[Function, ...]:
        """The function and those that it comes to call, nearest first; at most four calls deep."""
        return tuple(self.ways(path, name))

    def ways(
        self, path: str, name: str, passable: Callable[[Fact], bool] = lambda _: True
    ) -> dict[Function, tuple[Fact, ...]]:
        """Each function that is reached over `passable` calls, with the calls that lead there, nearest first."""
        found: dict[Function, tuple[Fact, ...]] = {(path, name): ()}
        newest = [(path, name)]
        for _ in range(_DEEP):
            next_: list[Function] = []
            for one in newest:
                for call in self.calls(one):
                    for target in (*self.targets(one[0], call.name), *self._handed_over(one[0], call)):
                        if target not in found and passable(call):
                            found[target] = (*found[one], call)
                            next_.append(target)
            newest = next_
            if not newest or len(found) > _MANY:
                break
        return found

    def _handed_over(self, path: str, call: Fact) -> list[Function]:
        """The function that a call leaves to a thread, a pool or a queue: `tasks.add_task(score, frame)`."""
        if call.name.rpartition(".")[2] not in _LEAVES_TO_OTHERS:
            return []
        given = (value.get("name") for value in (call.get("args") or ())[:2] if isinstance(value, dict))
        return [target for name in given if isinstance(name, str) for target in self.targets(path, name)]

    def targets(self, path: str, name: str) -> list[Function]:
        """The functions that a name in a file may mean: of this file by its name, of an imported file by its tail."""
        known = self._by_tail.get(name.rpartition(".")[2])
        if not known:
            return []
        found = [(path, function) for function in known.get(path, ()) if _called(function) == name]
        if "." not in name and path not in self._stars:
            return found
        for file in sorted(known.keys() & self._graph.closure(path)) if len(known) > (path in known) else ():
            if file != path:
                found += [
                    (file, one)
                    for one in known[file]
                    if name.endswith(f".{_called(one)}") or self._is_starred(path, file, name, one)
                ]
        return found or self._of_kept(path, name, known)

    def _of_kept(self, path: str, name: str, known: dict[str, list[str]]) -> list[Function]:
        """A method of what is kept for all requests: `handlers["x"].load()`, `request.app.state.registry.load()`.

        It is that of the one class which is put there, or made in the same file.
        """
        receiver, _, method = name.rpartition(".")
        if self._shelves is None:
            self._shelves = self._find_shelves()
        if _STATE.search(receiver):
            classes = self._made.get(f".{receiver.rpartition('.')[2]}", set())
        else:
            classes = self._made.get(path, set()) if receiver in self._shelves.get(path, ()) else set()
        wanted = {f"{one}.{method}" for one in classes}
        found = [(file, one) for file, names in known.items() for one in names if one in wanted] if wanted else []
        return found if len(found) == 1 else []

    def _find_shelves(self) -> dict[str, set[str]]:
        """Dictionaries that begin empty, by file; notes which classes each file makes, and what a state holds."""
        shelves: dict[str, set[str]] = defaultdict(set)
        for fact in self._graph.facts("constant"):
            if fact.get("value") == {}:
                shelves[fact.at.path].add(fact.name)
        for (path, _), calls in self._calls.items():
            for call in calls:
                made, target = call.name.rpartition(".")[2], str(call.get("assigned") or "")
                if target and path in shelves:
                    self._made[path].add(made)
                if _STATE.search(target):
                    self._made[f".{target.rpartition('.')[2]}"].add(made)
        return shelves

    def _is_starred(self, path: str, file: str, name: str, function: str) -> bool:
        """Whether a bare name comes from `from module import *`."""
        return name == _called(function) and any(f"/{file}".endswith(end) for end in self._stars.get(path, ()))


def argument_of(call: Fact, function: str, params: list[str], name: str, missing: Any = None) -> Any:
    """What a call of a function hands over for one of its parameters; `missing` where it hands nothing over."""
    kwargs, args = call.says.get("kwargs") or {}, call.says.get("args") or ()
    if name in kwargs:
        return kwargs[name]
    bound = "." in function and params[:1] in (["self"], ["cls"])
    index = params.index(name) - bound if name in params else -1
    return args[index] if 0 <= index < len(args) else missing


def _called(function: str) -> str:
    """The name under which code calls a function: a class for its `__init__`."""
    return function.removesuffix(".__init__")
