"""Qualified names of expressions: through aliases, attributes, constructors, annotations and local return values."""

from __future__ import annotations

import ast
import re
from sys import intern

from mlops_scan.scanner.formats.python.bodies import last_assigned, last_return
from mlops_scan.scanner.formats.python.names import BUILTINS
from mlops_scan.scanner.formats.python.scopes import Binding, FunctionInfo, Scope

_NAME_CHARS = 240  # `x = x.f()` repeated must not grow without end
_CHAIN = 60  # attributes and calls in a row
_UNWRAP = frozenset(("Optional", "Annotated", "Union", "Final", "ClassVar", "Type", "type", "Awaitable", "Required"))
TYPES = frozenset(("str", "bytes", "int", "float", "bool", "list", "dict", "set", "tuple"))
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*\Z")
_THROUGH = (ast.Await, ast.Subscript, ast.NamedExpr, ast.Starred)
_LITERALS: dict[type[ast.expr], str] = {
    ast.JoinedStr: "str",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
}
_STEPS = 5  # functions that return what functions return
_UNKNOWN = Binding()


class Resolver:
    """Resolves expressions of one file. `stars` are the modules that it imports everything from."""

    def __init__(self) -> None:
        self.stars: list[str] = []
        self._callees: dict[int, Binding] = {}  # by the id of a node of a tree that lives as long as this
        self._steps = 0
        # a call in a function that returns it -> that function, and the call of it; None where several call it
        self.outer: dict[int, tuple[FunctionInfo, ast.Call, Scope] | None] = {}

    def resolve(self, node: ast.expr, scope: Scope) -> Binding:
        """What an expression stands for; the binding's name is '' when nothing can be said."""
        if isinstance(node, ast.Name):
            return self.name(node.id, scope)
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name):  # four of five
                return self._attribute(self.name(node.value.id, scope), node.attr)
        elif isinstance(node, ast.Call):
            callee = self.callee(node, scope)
            if callee.function is None:
                return Binding(callee.name, callee.known, callee.local, node, scope, callee.cls, open=callee.open)
            return self._call(callee, node, scope)
        return self._chain(node, scope)

    def callee(self, node: ast.Call, scope: Scope) -> Binding:
        """What a call calls, as it was known when the call was first met."""
        found = self._callees.get(id(node))
        if found is None:
            nested = isinstance(node.func, ast.Call)  # f()()()...: no recursion
            found = self._chain(node.func, scope) if nested else self.resolve(node.func, scope)
            self._callees[id(node)] = found
        return found

    def _chain(self, node: ast.expr, scope: Scope) -> Binding:
        """Unwind attributes, calls and subscripts down to a name or a literal."""
        steps: list[str | ast.Call] = []
        while True:
            if isinstance(node, ast.Attribute):
                steps.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name) and node.func.id == "super":
                    return self._apply(self._super(scope), steps, scope)
                steps.append(node)
                node = node.func
            elif isinstance(node, _THROUGH):
                node = node.value
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                node = node.left  # Path("a") / "b" is a path
            else:
                break
            if len(steps) > _CHAIN:
                return Binding(f"?.{steps[0]}" if isinstance(steps[0], str) else "?")
        if isinstance(node, ast.Name):
            return self._apply(self.name(node.id, scope), steps, scope)
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            return self._apply(self._choice(node, scope), steps, scope)
        return self._apply(_literal(node), steps, scope)

    def name(self, name: str, scope: Scope) -> Binding:
        """What a bare name stands for. Unknown ones keep their own name, or get that of the only star import."""
        found = scope.find(name)
        if found is not None:
            return found if found.name else found.named(name)
        if len(self.stars) == 1 and name not in TYPES and name not in BUILTINS:
            return Binding(f"{self.stars[0]}.{name}", True)
        return Binding(name, open=True)

    def _choice(self, node: ast.IfExp | ast.BoolOp, scope: Scope) -> Binding:
        options = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values[:4]
        if self._steps >= _STEPS:
            return _UNKNOWN
        self._steps += 1
        try:
            found = [self.resolve(option, scope) for option in options if not isinstance(option, ast.Constant)]
        finally:
            self._steps -= 1
        return next((one for one in found if one.known or one.local), found[0] if found else _UNKNOWN)

    def _super(self, scope: Scope) -> Binding:
        inner = scope.find("__class__")
        base = inner.cls.base if inner is not None and inner.cls is not None else None
        return base if base is not None else _UNKNOWN

    def _apply(self, base: Binding, steps: list[str | ast.Call], scope: Scope) -> Binding:
        """Follow attributes and calls outwards from `base`; `steps` begins with the outermost."""
        if not steps:
            return base
        index = len(steps)
        while index and (base.cls is not None or base.function is not None):
            index -= 1
            step = steps[index]
            base = self._attribute(base, step) if isinstance(step, str) else self._call(base, step, scope)
        if not index:
            return base
        call, call_scope, parts = base.call, base.scope, [base.name or "?"]
        for step in reversed(steps[:index]):
            if isinstance(step, str):
                parts.append(step)
            else:
                call, call_scope = step, scope
        name = ".".join(parts)
        if len(name) > _NAME_CHARS:
            return Binding(f"?.{parts[-1]}"[:_NAME_CHARS])
        return Binding(name, base.known, base.local, call, call_scope, open=base.open)

    def _attribute(self, base: Binding, name: str) -> Binding:
        if base.cls is not None:
            return base.cls.attribute(name)
        made = self.returns(base.function) if base.function is not None and is_property(base.function) else None
        if made is None:
            full = f"{base.name or '?'}.{name}"
            if len(full) > _NAME_CHARS:
                return Binding(f"?.{name}"[:_NAME_CHARS])
            return Binding(intern(full), base.known, base.local, base.call, base.scope, open=base.open)
        return self._apply(made, [name], made.scope or Scope())

    def _call(self, base: Binding, call: ast.Call, scope: Scope) -> Binding:
        if base.function is not None:
            made = self.returns(base.function)
            if made is not None:
                if made.call is not None:
                    known = self.outer.setdefault(id(made.call), (base.function, call, scope))
                    if known is not None and known[1] is not call:
                        self.outer[id(made.call)] = None
                return made
        return Binding(base.name, base.known, base.local, call, scope, base.cls, open=base.open)

    def returns(self, info: FunctionInfo) -> Binding | None:
        """What a function of this file returns: by its annotation, else by its last return statement."""
        if info.returned is not None:
            return info.returned if info.returned.telling else None
        if self._steps >= _STEPS or isinstance(info.node, ast.Lambda):
            return None
        self._steps += 1
        try:
            info.returned = self._returns(info) or _UNKNOWN
        finally:
            self._steps -= 1
        return info.returned if info.returned.telling else None

    def _returns(self, info: FunctionInfo) -> Binding | None:
        node = info.node
        assert not isinstance(node, ast.Lambda)
        annotated = self.annotation(node.returns, info.scope)
        if annotated is not None and annotated.name not in TYPES:
            return annotated
        value = last_return(node.body)
        if isinstance(value, ast.Name) and info.inner is None:
            value = last_assigned(node.body, value.id) or value
        if isinstance(value, (ast.Compare, ast.BoolOp)):
            return Binding(node=value, scope=info.inner or info.scope)
        if not isinstance(value, (ast.Call, ast.Name, ast.Attribute, ast.Await)):
            return annotated
        found = self.resolve(value, info.inner or info.scope)
        return found if found.known or found.local else annotated

    def annotation(self, node: ast.expr | None, scope: Scope) -> Binding | None:
        """The class that an annotation names (Optional, Annotated, `X | None` and quotes taken off), or None."""
        made = True
        for _ in range(8):
            if isinstance(node, ast.Subscript):
                head = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
                if head not in _UNWRAP:
                    return self.annotation(node.value, scope) if head.lower() in TYPES else None
                made = made and head.lower() != "type"
                node = _first(node.slice)
            elif isinstance(node, ast.BinOp):
                node = node.right if _is_none(node.left) else node.left
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                return self._quoted(node.value, scope)
            else:
                break
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return None
        found = self.resolve(node, scope)
        if not (found.known or found.local):
            return found if found.name in TYPES else None
        return found.made() if made else found

    def _quoted(self, text: str, scope: Scope) -> Binding | None:
        text = text.removesuffix("| None").strip()
        if not _DOTTED.match(text) or len(text) > _NAME_CHARS:
            return None
        first, *rest = text.split(".")
        found = self._apply(self.name(first, scope), list(reversed(rest)), scope)
        return found.made() if found.known or found.local else None


def is_property(info: FunctionInfo) -> bool:
    """Whether the bare name of a method stands for what it returns."""
    names = (getattr(one, "attr", getattr(one, "id", "")) for one in getattr(info.node, "decorator_list", ()))
    return any(name.endswith("property") for name in names)


def _literal(node: ast.expr) -> Binding:
    if isinstance(node, ast.Constant):
        return Binding(type(node.value).__name__ if isinstance(node.value, (str, bytes, int, float)) else "?")
    return Binding(_LITERALS.get(node.__class__, ""))


def _first(node: ast.expr) -> ast.expr | None:
    if not isinstance(node, ast.Tuple):
        return node
    return next((one for one in node.elts if not _is_none(one)), None)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
