"""Facts of Python files as the readers of frameworks ask for them: by file, by place, by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from mlops_scan.scanner.graph.facts import counts
from mlops_scan.scanner.graph.modules import Definition, Imported, Names
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.model import Fact, Location

_KINDS = frozenset(
    ("call", "class", "command", "comparison", "constant", "function", "import", "module", "order", "parameter")
)
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
COMPOSING = ("compose", "merge", "unsafe_merge")  # calls that make configurations of several files
_OF_DEFINITIONS = frozenset(("names", "classes", "functions", "orders"))
_TAILS = 3  # `step.with_options(...).submit(...)`


class Code:
    """The Python facts of a repository, and what the catalogue says of them by role."""

    def __init__(self, facts: Collection[Fact], uses: Iterable[Use], imported: Imported | None = None) -> None:
        self.all = facts  # those of other files, too
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            if fact.kind in _KINDS:
                self._facts[fact.kind].append(fact)
        self._by_file: dict[str, Mapping[str, list[Fact]]] = {}
        self._uses: dict[str, list[Use]] = defaultdict(list)
        for use in uses:
            self._uses[use.key].append(use)
        if imported is not None:
            self.imported = imported

    def with_uses(self, uses: Iterable[Use]) -> Code:
        """The same facts, and all that was found out of them, with other uses."""
        other = Code((), uses)
        vars(other).update({key: value for key, value in vars(self).items() if key != "_uses"})
        return other

    def with_steps(self, facts: Collection[Fact], gone: Collection[int], made: Sequence[Fact]) -> Code:
        """The code of `facts`: without calls by their ids, with others behind; what is defined and imported stays."""
        other = Code(facts, (), self.imported)
        vars(other).update({key: value for key, value in vars(self).items() if key in _OF_DEFINITIONS})
        if "callers" in vars(self):
            found: dict[Definition, list[Fact]] = defaultdict(list)
            for key, calls in self.callers.items():
                if kept := [call for call in calls if id(call) not in gone]:
                    found[key] = kept
            other._add_callers(found, (fact for fact in made if fact.kind == "call"))
            other.callers = found
        return other

    @property
    def has_uses(self) -> bool:
        return bool(self._uses)

    def uses(self, role: str) -> list[Use]:
        """What plays a role, by place."""
        return sorted(self._uses.get(role, ()), key=lambda use: (use.at, use.fact.name))

    def facts(self, kind: str) -> list[Fact]:
        return self._facts.get(kind, [])

    @cached_property
    def names(self) -> Names:
        """Where functions and classes are defined."""
        defined = (*self._facts["function"], *self._facts["class"], *self._facts["constant"])
        return Names(self.imported, defined)

    @cached_property
    def imported(self) -> Imported:
        """The modules of the repository, and what each file imports."""
        return Imported(self._facts["module"], self._facts["import"])

    def in_file(self, path: str, kind: str) -> list[Fact]:
        """The facts of a kind in a file."""
        if kind not in self._by_file:
            index: dict[str, list[Fact]] = defaultdict(list)
            for fact in self._facts[kind]:
                index[fact.at.path].append(fact)
            self._by_file[kind] = index
        return self._by_file[kind].get(path, [])

    def calls(self, path: str) -> list[Fact]:
        """The calls in a file."""
        return self.in_file(path, "call")

    @cached_property
    def classes(self) -> Mapping[Definition, Fact]:
        return {(fact.at.path, fact.name): fact for fact in self._facts["class"]}

    @cached_property
    def functions(self) -> Mapping[Definition, Fact]:
        return {(fact.at.path, fact.name): fact for fact in self._facts["function"]}

    @cached_property
    def parameters(self) -> Mapping[Definition, list[str]]:
        """The names of the parameters of functions that have any."""
        return {
            (fact.at.path, fact.name): [str(one.get("name")) for one in fact.says["params"]]
            for fact in self._facts["function"]
            if fact.says.get("params")
        }

    @cached_property
    def callers(self) -> Mapping[Definition, list[Fact]]:
        """The calls of each function of this repository, by place."""
        found: dict[Definition, list[Fact]] = defaultdict(list)
        self._add_callers(found, self.facts("call"))
        return found

    def _add_callers(self, found: dict[Definition, list[Fact]], calls: Iterable[Fact]) -> None:
        tails = {name.removesuffix(".__init__").rpartition(".")[2] for _, name in self.functions}
        targets: dict[tuple[str, str, bool], Definition | None] = {}  # a file calls by one name what it calls by it
        for call in calls:
            name, path, says = call.name, call.at.path, call.says
            if name.rpartition(".")[2] not in tails or says.get("decorates") or not counts(path):
                continue
            key = (name, path, bool(says.get("known")))
            if key not in targets:
                targets[key] = self.called(call)
                if targets[key] is None and (made := self.made(call)) is not None:
                    targets[key] = (made[0], f"{made[1]}.__init__")
            if (target := targets[key]) is not None:
                found[target].append(call)

    @cached_property
    def composing(self) -> list[Fact]:
        """The calls that may compose a configuration, or decorate a function that is run with one."""
        return [
            call
            for call in self._facts["call"]
            if (
                isinstance((call.says.get("kwargs") or {}).get("config_name"), str)
                if call.says.get("decorates")
                else call.name.endswith(COMPOSING) and call.says.get("known")
            )
        ]

    @cached_property
    def orders(self) -> Mapping[str, list[Fact]]:
        found: dict[str, list[Fact]] = defaultdict(list)
        for fact in self._facts["order"]:
            found[fact.at.path].append(fact)
        return found

    def called(self, call: Fact) -> Definition | None:
        """The function of this repository that a call calls: itself, or through methods such as `f.submit(...)`."""
        name = call.name.removesuffix(".__call__")
        for _ in range(_TAILS):
            if not call.says.get("known") and (call.at.path, name) in self.functions:
                return call.at.path, name
            found = self.names.find(name, call.at.path) if call.says.get("known") else None
            if found in self.functions:
                return found
            name, dot, _tail = name.rpartition(".")
            if not dot:
                break
        return None

    def made(self, call: Fact) -> Definition | None:
        """The class of this repository that a call makes an instance of."""
        if call.get("known"):
            found = self.names.find(call.name, call.at.path)
            return found if found in self.classes else None
        return (call.at.path, call.name) if (call.at.path, call.name) in self.classes else None

    def named(self, value: Any, origin: str) -> Definition | None:
        """The function of this repository that a value names or calls."""
        if not isinstance(value, Mapping):
            return None
        for key in ("name", "call"):
            name = value.get(key)
            if isinstance(name, str):
                found = self.names.find(name, origin)
                if found is not None:
                    return found
        return None


def inside(inner: Location, outer: Location) -> bool:
    """Whether a place stands within another one, and is not the same."""
    if inner.path != outer.path or inner == outer:
        return False
    end = (outer.end_line or outer.line, outer.end_column or 10**9)
    return (outer.line, outer.column) <= (inner.line, inner.column) < end


def words(value: Any) -> set[str]:
    """The names that a value's text begins chains with: `f(a.b, c)` has f, a and c."""
    if isinstance(value, Mapping):
        if "expr" in value:
            return set(_WORD.findall(str(value["expr"])))
        return {word for one in value.values() for word in words(one)}
    if isinstance(value, (list, tuple)):
        return {word for one in value for word in words(one)}
    return set()


def texts(value: Any) -> list[str]:
    """The known texts of a value: a constant, or those in a list or dict of them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        if "expr" in value:
            return texts(value.get("const"))
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in texts(one)]
    return []


def known(value: Any) -> str:
    """The text that a value is known to be, or ''."""
    found = value.get("const") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""


def text(value: Any) -> str:
    """A value in a few words: the constant, else the source."""
    if isinstance(value, Mapping):
        known = value.get("const", value.get("expr", ""))
        return known if isinstance(known, str) else str(known)
    return "" if value is None else str(value)
