"""What a name means at a place in a Python file: bindings and the scopes that hold them."""

from __future__ import annotations

import ast
from typing import Any, Final

MISSING: Final = object()
_TESTS = (ast.Compare, ast.BoolOp)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Binding:
    """What a name or an attribute stands for. An instance carries the name of its class or of the call that made it.

    `name` is the qualified name ('' when nothing is known), `known` that its first part was imported, `local` that it
    is defined in this file. `call` is the call that made the object, `cls` and `function` the local definition,
    `instance` that an annotation says the class of what stands there,
    `const` a JSON constant, `parts` the known pieces of a text, `node` an expression to look into (a dict, a list,
    a comparison), `before` the comparison or call that a plain constant replaced, `entry` the (file, key) of a
    configuration file that it was read from, `param` the parameter that it is, `each` the constants that it is in turn.
    `open`: a later statement may yet say
    more (a global set in a function, an attribute of self).
    """

    __slots__ = (
        "before",
        "call",
        "cls",
        "const",
        "each",
        "entry",
        "function",
        "instance",
        "known",
        "local",
        "name",
        "node",
        "open",
        "param",
        "parts",
        "scope",
    )

    def __init__(
        self,
        name: str = "",
        known: bool = False,
        local: bool = False,
        call: ast.Call | None = None,
        scope: Scope | None = None,
        cls: ClassInfo | None = None,
        function: FunctionInfo | None = None,
        *,
        const: Any = MISSING,
        node: ast.expr | None = None,
        parts: list[str] | None = None,
        open: bool = False,
    ) -> None:
        self.name, self.known, self.local = name, known, local
        self.call, self.scope = call, scope
        self.cls, self.function = cls, function
        self.const, self.node, self.parts = const, node, parts
        self.open = open
        self.instance = False
        self.before: ast.expr | None = None
        self.entry: tuple[str, str] | None = None
        self.param = ""
        self.each: list[Any] | None = None

    def named(self, name: str) -> Binding:
        """The same for a variable that goes by its own name."""
        made = Binding(
            name, scope=self.scope, const=self.const, node=self.node, parts=self.parts, open=self.const is None
        )
        made.before, made.entry, made.param, made.each = self.before, self.entry, self.param, self.each
        return made

    def made(self) -> Binding:
        """An object of this class."""
        if self.instance:
            return self
        found = Binding(self.name, self.known, self.local, self.call, self.scope, self.cls, self.function)
        found.const, found.node, found.parts, found.open = self.const, self.node, self.parts, self.open
        found.instance = True
        return found

    def alike(self) -> Binding:
        """Another object of the same class, of which nothing else is known."""
        found = Binding(self.name, self.known, self.local, None, self.scope, self.cls)
        found.instance = self.instance
        return found

    @property
    def telling(self) -> bool:
        """Whether it says more than the bare name would."""
        return (
            bool(self.name)
            or self.const not in (MISSING, None)
            or self.node is not None
            or bool(self.parts or self.each)
        )


class Scope:
    """Names of a module, class, function or comprehension. `family`: all scopes of the module."""

    __slots__ = ("again", "family", "is_class", "names", "shared", "up")

    def __init__(self, up: Scope | None = None, *, is_class: bool = False) -> None:
        self.names: dict[str, Binding] = {}
        self.shared: dict[str, Scope] = {}  # names declared global or nonlocal, and where they live
        self.up, self.is_class = up, is_class
        self.family: list[Scope] = [] if up is None else up.family
        self.family.append(self)
        self.again: set[str] = set()  # names of the module that are bound more than once

    def dissolve(self) -> None:
        """Forget all names of the module: functions and their scopes name each other, and hold its whole tree."""
        for scope in self.family:
            scope.names.clear()
            scope.shared.clear()
        self.family.clear()

    def find(self, name: str) -> Binding | None:
        """The binding visible here; a class body is not visible from its methods."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None and (scope is self or not scope.is_class):
                return found
            scope = scope.up
        return None

    def bind(self, name: str, binding: Binding, *, branch: bool = False) -> None:
        """Bind `name`. None, and in a branch anything unknown, does not replace a known object; a constant goes."""
        names = self.shared[name].names if name in self.shared else self.names
        old = names.get(name)
        if old is not None and (self.up is None or name in self.shared):
            self.shared.get(name, self).again.add(name)
        elif self.up is not None and name.isupper():
            self.root().again.add(name)  # hides the module's own
        if old is not None and isinstance(binding.const, bool):
            if branch and isinstance(old.node, _TESTS):
                return  # a branch may set it, or not
            binding.before = old.node if isinstance(old.node, _TESTS) else old.before
        elif old is not None and not branch and isinstance(binding.const, (int, float)):
            binding.before = old.call if old.call is not None else old.before
        if old is not None and (old.name or old.node) and (binding.const is None or (branch and not binding.telling)):
            return
        names[name] = binding

    def root(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.up is not None:
            scope = scope.up
        return scope


def of_lambda(node: ast.Lambda, scope: Scope) -> Scope:
    """The scope of a lambda's body."""
    inner = Scope(scope)
    arguments = node.args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    inner.names.update({one.arg: Binding() for one in listed if one is not None})
    return inner


class ClassInfo:
    """A class of this file: its attributes and methods, and its first base."""

    __slots__ = ("base", "name", "scope")

    def __init__(self, name: str, scope: Scope, base: Binding | None) -> None:
        self.name, self.scope, self.base = name, scope, base

    def attribute(self, name: str) -> Binding:
        """What `self.name` stands for: own attributes first, then the local bases', then what the last base names."""
        info: ClassInfo | None = self
        param = ""
        for _ in range(16):  # a hostile file may inherit in a circle
            if info is None:
                break
            found = info.scope.names.get(name)
            if found is not None and (found.telling or found.function is not None):
                return found
            param = param or (found.param if found is not None else "")
            base = info.base
            if base is not None and base.cls is None and base.known:
                made = Binding(f"{base.name}.{name}", True, open=True)
                made.param = param
                return made
            info = base.cls if base is not None else None
        made = Binding(f"{self.name}.{name}", local=True, open=True)
        made.param = param
        return made


class FunctionInfo:
    """A function of this file: where it is defined, and, once it was read, its own scope."""

    __slots__ = ("cls", "inner", "name", "node", "returned", "scope")

    def __init__(self, name: str, node: Function, scope: Scope, cls: ClassInfo | None) -> None:
        self.name, self.node, self.scope, self.cls = name, node, scope, cls
        self.inner: Scope | None = None
        self.returned: Binding | None = None
