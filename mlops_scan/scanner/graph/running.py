"""Which functions run when a Python file is started: its own, and those of other files that it comes to call."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph.callees import Callees, Function
from mlops_scan.scanner.graph.condensed import Condensed
from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.meanings import Meanings
from mlops_scan.scanner.model import Fact

_MANY = 600  # functions of one start
_HANDED = 40  # arguments of a call that may be functions
_COMMAND = re.compile(r"(?:^|\.)(?:command|callback)$")
_EQUALS = re.compile(r"^[\w.]+\s*==\s*['\"]([\w.-]+)['\"]$")
_FLAG = re.compile(r"^(?:args|opts?|options|arguments|opt|params|FLAGS|cfg|config)\.(\w+)$")


class Running:
    """Calls that lead from a started file into others, indexed once for a whole judgement."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._meant = graph, graph.once(Meanings).of_functions
        self._names = sorted({name for names in self._meant.values() for name in names})
        self._bits = {name: 1 << bit for bit, name in enumerate(self._names)}
        self._condensed = Condensed(self._marks, self._leads_to)
        self._callees = graph.once(Callees)
        self._methods: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._classes: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._functions: dict[str, list[str]] = defaultdict(list)
        self._commands: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
        self._modules: dict[str, list[tuple[str, str]]] = {}
        self._targets: dict[tuple[str, str], tuple[Function, ...]] = {}
        for fact in graph.facts("function"):
            self._functions[fact.at.path].append(fact.name)
            if names := _command_names(fact):
                self._commands[fact.at.path].append((fact.name, names))
            if "." in fact.name:
                self._methods[fact.at.path, fact.name.rpartition(".")[0]].append(fact.name)
        for fact in graph.facts("class"):
            self._classes[fact.name.rpartition(".")[2]].append((fact.at.path, fact.name))

    def purposes(self, path: str, words: Sequence[str] | None = None) -> frozenset[str]:
        """What it is for that runs: all of the started file, the top of what it imports, and what is called.

        A class that is made or handed on brings its methods; a call into a module that leads to no function there (an
        application object, say) brings all of the module. `words` are those of the command that starts the file: of a
        program with commands of its own (`train`, `--fit`) they say which of them run.
        """
        chosen = self._chosen(path, words or ())
        own = [(path, ""), *(chosen or [(path, name) for name in self._functions.get(path, ())])]
        marks = 0
        if chosen:  # of what is imported the top alone, since the commands are what runs
            for file in self._graph.closure(path):
                marks |= self._marks((file, "")) if not paths.is_test(file) else 0
        else:
            for one in self._imports((path, "")):
                marks |= self._condensed.of(one)
        seen, waiting = set(own), deque(own)
        while waiting:
            one = waiting.popleft()
            marks |= self._marks(one)
            for call in self._callees.calls(one):
                others = (chosen and not one[1]) or (words is not None and _is_for_others(call, words))
                if (one[0] != path and call.get("main")) or (one[0] == path and others):
                    continue
                for target in self._called(one[0], call):
                    if target[0] != path:
                        marks |= self._condensed.of(target) if not paths.is_test(target[0]) else 0
                    elif target not in seen:
                        seen.add(target)
                        waiting.append(target)
        return frozenset(name for bit, name in enumerate(self._names) if marks >> bit & 1)

    def _marks(self, function: Function) -> int:
        return sum(self._bits[one] for one in self._meant.get(function, ()))

    def _imports(self, function: Function) -> Iterator[Function]:
        """The tops of the files that a file imports."""
        path, name = function
        for edge in self._graph.links_from(f"file:{path}", "imports") if not name else ():
            if edge.target.startswith("file:") and not paths.is_test(edge.target[5:]):
                yield edge.target[5:], ""

    def _leads_to(self, function: Function) -> Iterator[Function]:
        """What runs with a function, or with the top of a file, that is not started itself."""
        yield from self._imports(function)
        for call in self._callees.calls(function):
            if not call.get("main"):
                yield from (one for one in self._called(function[0], call) if not paths.is_test(one[0]))

    def called_by(self, first: Sequence[Function]) -> frozenset[Function]:
        """(path, function) of some functions and of all that they come to call."""
        found = set(first)
        waiting = list(first)
        while waiting and len(found) < _MANY:
            one = waiting.pop(0)
            for call in self._callees.calls(one):
                for target in self._called(one[0], call):
                    if target not in found and not paths.is_test(target[0]):
                        found.add(target)
                        waiting.append(target)
        return frozenset(found)

    def _chosen(self, path: str, words: Sequence[str]) -> list[Function]:
        """The commands of the program, here or in what it imports, that the words name."""
        named = [word for word in words if word and not word.startswith("-")]
        if not named or not self._commands:
            return []
        found: list[tuple[int, Function]] = []
        for file in sorted(self._commands.keys() & self._graph.closure(path)):
            for function, names in self._commands[file]:
                found += [(named.index(one), (file, function)) for one in names if one in named]
        return [function for _, function in found]

    def _called(self, path: str, call: Fact) -> Iterator[Function]:
        for name in (call.name, *_handed(call)):
            if (path, name) not in self._targets:
                found = [*self._callees.targets(path, name), *self._made(path, name)]
                self._targets[path, name] = tuple(found or self._of_module(path, name))
            yield from self._targets[path, name]

    def _made(self, path: str, name: str) -> Iterator[Function]:
        """The methods of a class, when the name is one of this file or of an imported one."""
        for file, known in self._classes.get(name.rpartition(".")[2], ()):
            if (file == path and known == name) or (
                file != path and name.endswith(f".{known}") and file in self._graph.closure(path)
            ):
                yield from ((file, method) for method in self._methods.get((file, known), ()))

    def _of_module(self, path: str, name: str) -> Iterator[Function]:
        if "." not in name:
            return
        for one, target in self._imported(path):
            if name == one or name.startswith(f"{one}."):
                yield from ((target, function) for function in self._functions.get(target, ()))

    def _imported(self, path: str) -> list[tuple[str, str]]:
        """(dotted name, file) of what a file imports of this repository."""
        if path not in self._modules:
            ends = {edge.at: edge.target[5:] for edge in self._graph.links_from(f"file:{path}", "imports")}
            self._modules[path] = [
                (name, target)
                for fact in self._graph.in_file(path, "import")
                if (target := ends.get(fact.at, "")).endswith(".py")
                for name in dict.fromkeys([f"{fact.name}.{one}" for one in fact.get("names") or ()] or [fact.name])
            ]
        return self._modules[path]


def _command_names(function: Fact) -> list[str]:
    """By what words a program is told to run a function that is decorated as one of its commands."""
    found: list[str] = []
    for decorator in function.says.get("decorators") or ():
        if _COMMAND.search(str(decorator.get("name") or "")):
            said = [*(decorator.get("args") or ())[:1], (decorator.get("kwargs") or {}).get("name")]
            names = [one for one in said if isinstance(one, str)]
            found += names or [function.name, function.name.replace("_", "-")]
    return found


def _handed(call: Fact) -> Iterator[str]:
    """Names that are handed to a call: a function to run later is one of them."""
    values: list[Any] = [*(call.says.get("args") or ()), *(call.says.get("kwargs") or {}).values()]
    for value in values[:_HANDED]:
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict) and isinstance(one.get("name"), str) and not one.get("call"):
                yield one["name"]


def _is_for_others(call: Fact, words: Sequence[str]) -> bool:
    """Whether a call stands under a test of an option or a command that the words do not say."""
    if not words:
        return False
    for guard in call.says.get("guards") or ():
        if equal := _EQUALS.match(str(guard)):
            if equal[1] not in words and not any(word.endswith(f"={equal[1]}") for word in words):
                return True
        elif flag := _FLAG.match(str(guard)):
            option = "--" + flag[1].replace("_", "-")
            others = [word for word in words if word.startswith("--")]
            if others and not any(word.partition("=")[0].replace("_", "-") == option for word in others):
                return True
    return False
