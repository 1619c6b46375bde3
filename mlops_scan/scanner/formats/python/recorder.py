"""Collects what the walker meets and makes facts of it at the end, when every name of the file is known."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from sys import intern
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python.constructs.waiting import Constructs
from mlops_scan.scanner.formats.python.context import NOTHING, Context, Gate, Top, outcome
from mlops_scan.scanner.formats.python.names import EXITS, PLAIN_BUILTINS, PLAIN_METHODS
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import Values
from mlops_scan.scanner.model import Fact, Location, Note, by_place

_LITERALS = frozenset(("str", "bytes", "list", "dict", "set", "tuple", "int", "float", "open"))
_RECEIVER_CHARS = 200


class Recorder:
    """Facts of one file, in the order in which they were met."""

    def __init__(self, source: Source, resolver: Resolver, values: Values) -> None:
        self.source, self.resolver, self.values = source, resolver, values
        self.facts: list[Fact] = []
        self.calls: list[tuple[str, Location, dict[str, Any]]] = []
        self.gates: list[Gate] = []
        self.changed: dict[str, Any] = {}  # names of the module to which something was added, with what they became
        self.constructs = Constructs(source, resolver, values)
        self._late: list[tuple[int, ast.expr, Scope]] = []
        self._receivers: dict[int, dict[str, Any]] = {}

    @property
    def full(self) -> bool:
        """Whether the bound on facts is reached."""
        return len(self.calls) + len(self.facts) + len(self.gates) >= bounds.FACTS_PER_FILE

    def add(self, kind: str, name: str, node: ast.AST, says: dict[str, Any]) -> None:
        """Record a fact. Keys with empty values are left out."""
        if not self.full:
            self.facts.append(Fact(kind, name, self.source.at(node), self.clean(says, node)))

    def put(self, kind: str, name: str, at: Location, says: dict[str, Any]) -> None:
        """Record a fact as it is."""
        if not self.full:
            self.facts.append(Fact(kind, name, at, says))

    def clean(self, says: dict[str, Any], node: ast.AST) -> dict[str, Any]:
        """`says` without what is empty, with the cell where the code is a notebook's."""
        made = {key: value for key, value in says.items() if value or (value == 0 and value is not False)}
        if self.source.origins:
            made["cell"] = self.source.origin(node.lineno).cell  # type: ignore[attr-defined]
        return made

    def call(self, node: ast.Call, context: Context, top: Top, awaited: bool) -> str:
        """Record a call, unless it is one of the language's own that only computes. Returns the callee's name."""
        binding = self.resolver.callee(node, context.scope)
        name = self._callee(binding)
        if name in EXITS:
            for gate, _ in context.gates:
                gate.exits = True
                gate.fails |= not _is_success(node)
        if (not binding.known and binding.function is None and binding.cls is None and _plain(name)) or self.full:
            return name
        says = self._arguments(node, context)
        says.update(self._circumstances(node, binding, context, top))
        if awaited:
            says["awaited"] = True
        for gate, is_body in context.gates:
            (gate.body if is_body else gate.other).append(len(self.calls))
        if binding.open:
            self._late.append((len(self.calls), node.func, context.scope))
        if self.constructs.awake:
            self.constructs.add(len(self.calls), node, context.scope)
        self.calls.append((name, self.source.at(node), says))
        return name

    def _callee(self, binding: Binding) -> str:
        """The callee's name: `f.__call__` for what `f()` returned, which is not `f` called once more."""
        name = binding.name or "?"
        if binding.instance and binding.name:
            return f"{name}.__call__"
        if binding.call is None or binding.scope is None or not binding.name:
            return name
        made = self.resolver.callee(binding.call, binding.scope).name
        return f"{name}.__call__" if made == name else name

    def bare(self, node: ast.expr, context: Context, top: Top) -> None:
        """Record the use of a decorator that is written without brackets."""
        binding = self.resolver.resolve(node, context.scope)
        if binding.name and not self.full and not (not binding.known and _plain(binding.name)):
            says = self._circumstances(node, binding, context, top)
            if self.constructs.awake:
                self.constructs.add(len(self.calls), node, context.scope)
            self.calls.append((binding.name, self.source.at(node), says))

    def arguments(self, node: ast.Call, context: Context) -> dict[str, Any]:
        """`args` and `kwargs` of a call."""
        return self._arguments(node, context)

    def _arguments(self, node: ast.Call, context: Context) -> dict[str, Any]:
        made: dict[str, Any] = {}
        value, scope = self.values.of, context.scope
        if node.args:
            made["args"] = [value(one, scope) for one in node.args]
        if node.keywords:
            kwargs: dict[str, Any] = {}
            for keyword in node.keywords:
                if keyword.arg is None:
                    kwargs.update(self.values.spread(keyword.value, scope))
                else:
                    kwargs[keyword.arg] = value(keyword.value, scope)
            made["kwargs"] = kwargs
        return made

    def _circumstances(self, node: ast.expr, binding: Binding, context: Context, top: Top) -> dict[str, Any]:
        made: dict[str, Any] = {"module": self.source.module}
        if binding.known:
            made["known"] = True
        elif binding.local:
            made["local"] = True
        if context.function:
            made["function"] = context.function
        if context.loop:
            made["loop"] = True
        if context.main:
            made["main"] = True
        if context.chain:
            made["chain"] = list(context.chain)
        if context.guards:
            made["guards"] = list(context.guards)
        if top is not NOTHING:
            outcome(made, top)
        if binding.call is not None:
            made.update(self._receiver(binding))
        if self.source.origins:
            made["cell"] = self.source.origin(node.lineno).cell
        return made

    def _receiver(self, binding: Binding) -> dict[str, Any]:
        """The constants with which the receiver was made."""
        call, scope = binding.call, binding.scope
        if call is None or scope is None:
            return {}
        made = self._receivers.get(id(call))
        if made is None:
            made = self._receivers[id(call)] = self._constants(call, scope)
        return made

    def _constants(self, call: ast.Call, scope: Scope) -> dict[str, Any]:
        made: dict[str, Any] = {}
        args = [_short(self._told(one, scope)) for one in call.args[:4]]
        if any(one is not None for one in args):
            made["receiver_args"] = args
        named = {one.arg: _short(self.values.const(one.value, scope)) for one in call.keywords[:20] if one.arg}
        named = {key: one for key, one in named.items() if one is not None}
        if named:
            made["receiver_kwargs"] = named
        if call.args and isinstance(call.args[0], ast.Name):
            handed = self.resolver.name(call.args[0].id, scope)
            if handed.function is not None:
                made["receiver_of"] = handed.name
        return made

    def _told(self, node: ast.expr, scope: Scope) -> Any:
        """A constant, or the known end of a path."""
        value = self.values.of(node, scope) if isinstance(node, ast.BinOp) else self.values.const(node, scope)
        if not isinstance(value, dict) or "expr" not in value:
            return value
        end = str((value.get("parts") or [""])[-1])
        return value.get("const", end if end.startswith("/") else MISSING)

    def finish(self, again: Collection[str] = ()) -> Iterator[Fact | Note]:
        """All facts in file order; names that were bound after their use are looked up again.

        `again`: names of the module that are bound more than once.
        """
        for fact in self.facts if again else ():
            if fact.kind == "constant" and fact.name in again and isinstance(fact.says, dict):
                fact.says["changed"] = True
                if fact.name in self.changed and not isinstance(fact.says.get("value"), list):
                    known = self.changed[fact.name]
                    fact.says["value"] = {"expr": fact.name, **({} if known is MISSING else {"const": known})}
        for index, node, scope in self._late:
            binding = self.resolver.resolve(node, scope)
            if binding.known or binding.local:
                _, at, says = self.calls[index]
                says.pop("known", None)
                says.pop("local", None)
                says["known" if binding.known else "local"] = True
                says.update(self._receiver(binding))
                self.calls[index] = (self._callee(binding), at, says)
        self.facts += self.constructs.facts(self.calls)
        for gate in self.gates:
            self.facts.append(Fact("comparison", gate.text, gate.at, self._gate(gate)))
        for path, node in self.values.entries.files.items():
            self.facts.append(Fact("config-file", path, self.source.at(node), {}))
        self.facts += [Fact("call", intern(name), at, says) for name, at, says in self.calls]
        if self.full:
            reason = f"more than {bounds.FACTS_PER_FILE} facts: the rest was left out"
            yield Note(Location(self.source.path), reason)
        yield from sorted(self.facts, key=by_place)

    def _gate(self, gate: Gate) -> dict[str, Any]:
        says = dict(gate.says)
        for key, indices in (("body", gate.body), ("else", gate.other)):
            names = dict.fromkeys(self.calls[index][0] for index in indices[:50])
            if names:
                says[key] = list(names)
        if gate.raises:
            says["raises"] = True
        if gate.exits:
            says["exits"] = True
            says.update((key, True) for key, told in (("fails", gate.fails), ("returns", gate.returns)) if told)
        return says


def _is_success(call: ast.Call) -> bool:
    """Whether a program that is left so says that all went well: `sys.exit()`, `sys.exit(0)`."""
    given = call.args[0] if call.args else None
    return given is None or (isinstance(given, ast.Constant) and given.value in (0, None))


def _plain(name: str) -> bool:
    first, _, last = name.rpartition(".")
    if not first:
        return name in PLAIN_BUILTINS
    return last in PLAIN_METHODS or first in _LITERALS


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_RECEIVER_CHARS]
    return value if isinstance(value, (bool, int, float)) else None
