"""Functions and constructs of one's own that a file uses: what each use hands to the resources inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mlops_scan.scanner.formats.python.constructs.met import Met
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, FunctionInfo, Scope
from mlops_scan.scanner.formats.python.values import Values

_WHOLE = ("Stack", "Stage", "App")  # bases of what is the system itself, once for each environment
_MOST = 12  # uses of one function
_ALL = 120  # of one file
_READINGS = 2_000  # of calls in one file, each as often as its function is used
_STEPS = 2  # from a function to the function that uses it
_STATEMENTS = 200
_LITERALS = (ast.Dict, ast.List, ast.Tuple, ast.Set)
_Call = tuple[ast.Call, Scope, FunctionInfo]


@dataclass(slots=True)
class Frame:
    """One use: the scopes that stand for those of the functions, and attributes of `self` and of options."""

    scopes: dict[int, Scope] = field(default_factory=dict)
    attributes: dict[tuple[int, str, str], tuple[ast.expr, Scope]] = field(default_factory=dict)
    uses: tuple[int, ...] = ()  # this one, and those around it


class Uses:
    """All uses of the functions of one file in which something is declared."""

    def __init__(self, resolver: Resolver, values: Values, met: list[Met]) -> None:
        self._resolver, self._values = resolver, values
        self._calls: dict[int, list[_Call]] = {}  # by the scope inside the function
        self._frames: dict[int, list[Frame]] = {}
        self._left, self._readings = _ALL, _READINGS
        for one in met:
            info = self._used(one.node, one.scope) if isinstance(one.node, ast.Call) else None
            if info is not None and info.inner is not None and isinstance(one.node, ast.Call):
                self._calls.setdefault(id(info.inner), []).append((one.node, one.scope, info))

    def around(self, scope: Scope, least: int) -> list[Frame]:
        """The uses to read a call for; below the `least` number the link tells what the only one hands over."""
        found = self.frames(scope)
        return found if len(found) >= least else [Frame()]

    def frames(self, scope: Scope, left: int = _STEPS) -> list[Frame]:
        """The uses of the function to which a scope belongs; none where it is not used here."""
        inner = self._owner(scope)
        if inner is None or not left:
            return []
        if id(inner) not in self._frames:
            self._frames[id(inner)] = []  # a function that leads back to itself
            self._frames[id(inner)] = list(self._made(self._calls[id(inner)][:_MOST], left))
        found = self._frames[id(inner)]
        self._readings -= len(found)
        return found if self._readings > 0 else []

    def _owner(self, scope: Scope) -> Scope | None:
        one: Scope | None = scope
        while one is not None and id(one) not in self._calls:
            one = one.up
        return one

    def _used(self, call: ast.Call, scope: Scope) -> FunctionInfo | None:
        """The function of this file that runs; of a class what makes an object of it."""
        found = self._resolver.callee(call, scope)
        if found.function is not None or found.cls is None or found.instance:
            return found.function
        base = found.cls.base
        if base is not None and base.name.endswith(_WHOLE):
            return None
        init = found.cls.scope.names.get("__init__")
        return init.function if init is not None else None

    def _made(self, calls: list[_Call], left: int) -> Iterator[Frame]:
        for call, scope, info in calls:
            for outer in self.frames(scope, left - 1) or [Frame()]:
                for around in _turns(call, outer.scopes.get(id(scope), scope)):
                    self._left -= 1
                    if self._left > 0:
                        yield self._frame(call, around, info, outer)

    def _frame(self, call: ast.Call, around: Scope, info: FunctionInfo, outer: Frame) -> Frame:
        assert info.inner is not None
        own = Scope(info.inner)
        frame = Frame({**outer.scopes, id(info.inner): own}, dict(outer.attributes), (id(own), *outer.uses))
        for name, expr, where in _given(call, around, info):
            own.names[name] = self._bound(expr, where)
            for option in expr.keywords if isinstance(expr, ast.Call) else ():
                if option.arg is not None:
                    frame.attributes[id(own), name, option.arg] = (option.value, where)
        for statement in getattr(info.node, "body", ())[:_STATEMENTS]:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                self._assigned(targets[0], statement.value, own, frame)
        return frame

    def _bound(self, expr: ast.expr, scope: Scope) -> Binding:
        if isinstance(expr, _LITERALS):
            return Binding(node=expr, scope=scope)
        value = self._values.of(expr, scope)
        if not isinstance(value, dict) or "const" in value:
            return Binding(const=value["const"] if isinstance(value, dict) else value)
        return Binding(parts=value["parts"]) if "parts" in value else self._resolver.resolve(expr, scope)

    def _assigned(self, target: ast.expr, value: ast.expr, own: Scope, frame: Frame) -> None:
        """What the function makes of its parameters."""
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            frame.attributes[id(own), target.value.id, target.attr] = (value, own)
        elif isinstance(target, ast.Name) and (target.id not in own.names or own.names[target.id].const is MISSING):
            if isinstance(value, _LITERALS):
                own.names[target.id] = Binding(node=value, scope=own)
            elif (known := self._values.const(value, own)) is not MISSING:
                own.names[target.id] = Binding(const=known)


def _turns(call: ast.Call, scope: Scope) -> Iterator[Scope]:
    """The scope of a call, once for each turn of a loop over constants that its arguments name."""
    given = (node for one in (*call.args, *call.keywords) for node in ast.walk(one) if isinstance(node, ast.Name))
    told: dict[str, list[Any]] = {}
    for node in islice(given, _STATEMENTS):
        binding = scope.find(node.id)
        if binding is not None and binding.each:
            told[node.id] = binding.each
    if len({len(each) for each in told.values()}) != 1:
        yield scope
        return
    for number in range(min(_MOST, *(len(each) for each in told.values()), _MOST)):
        turn = Scope(scope)
        turn.names.update((name, Binding(const=each[number])) for name, each in told.items())
        yield turn


def _given(call: ast.Call, scope: Scope, info: FunctionInfo) -> Iterator[tuple[str, ast.expr, Scope]]:
    """(parameter, what a call gives for it, where that is read): its argument, else the default."""
    args = info.node.args
    listed = [*args.posonlyargs, *args.args]
    defaults = dict(zip(reversed([one.arg for one in listed]), reversed(args.defaults), strict=False))
    defaults |= {one.arg: value for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value}
    for name, value in defaults.items():
        yield name, value, info.scope
    names = [one.arg for one in listed[1 if info.cls is not None else 0 :]]
    for name, value in zip(names, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield name, value, scope
    known = {one.arg for one in (*listed, *args.kwonlyargs)}
    for keyword in call.keywords:
        if keyword.arg in known and keyword.arg is not None:
            yield keyword.arg, keyword.value, scope
