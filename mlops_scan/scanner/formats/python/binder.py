"""What assignments, parameters and class statements bind, and the facts that bindings themselves are."""

from __future__ import annotations

import ast
from typing import Any

from mlops_scan.scanner.formats.python.answers import looked_into
from mlops_scan.scanner.formats.python.constant import constant
from mlops_scan.scanner.formats.python.context import Context
from mlops_scan.scanner.formats.python.entries import asked
from mlops_scan.scanner.formats.python.literals import constants, in_turn, longer
from mlops_scan.scanner.formats.python.openers import OPENS, of_file, opened
from mlops_scan.scanner.formats.python.options import default_of, of_decorators
from mlops_scan.scanner.formats.python.recorder import Recorder
from mlops_scan.scanner.formats.python.resolver import TYPES, Resolver
from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, ClassInfo, FunctionInfo, Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import CONSTANT_CALLS, Values

_LOOKED_INTO = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Compare, ast.BoolOp)
_FACTORIES = frozenset(("instantiate",))  # functions that make whatever a configuration names
_PARTS = (ast.Subscript, ast.Attribute)  # may read an entry of a configuration file
_TEXT = (ast.JoinedStr, ast.BinOp, ast.UnaryOp)
_COMPUTED = (ast.Call, ast.BoolOp, ast.Subscript)


class Binder:
    """Binds the names of one file."""

    def __init__(self, source: Source, resolver: Resolver, values: Values, recorder: Recorder) -> None:
        self.source, self.resolver, self.values, self.recorder = source, resolver, values, recorder

    def assign(self, target: ast.expr, value: ast.expr, context: Context) -> None:
        """Bind `target = value`; tuples element by element where both sides show them."""
        pairs = [(target, value)]
        while pairs:
            target, value = pairs.pop()
            if isinstance(target, (ast.Tuple, ast.List)):
                if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                    pairs += zip(target.elts, value.elts, strict=True)
                else:
                    self.unknown(target, context.scope)
            elif isinstance(target, (ast.Name, ast.Attribute)):
                self._bind(target, self.binding(value, context.scope), context)

    def annotated(self, node: ast.AnnAssign, context: Context) -> None:
        """Bind `x: X = value`: the value when it says something, else the annotation."""
        if not isinstance(node.target, (ast.Name, ast.Attribute)):
            return
        found = self.binding(node.value, context.scope) if node.value is not None else Binding()
        anything = found.name.rpartition(".")[2] in _FACTORIES
        if anything or (not found.name and found.const in (MISSING, None)):
            told = self.resolver.annotation(node.annotation, context.scope)
            found = found if told is None or (found.node is not None and told.name in TYPES) else told
        self._bind(node.target, found, context)

    def _bind(self, target: ast.Name | ast.Attribute, binding: Binding, context: Context) -> None:
        if isinstance(target, ast.Name):
            context.scope.bind(target.id, binding, branch=context.branch)
        elif isinstance(target.value, ast.Name):
            owner = context.scope.find(target.value.id)
            if owner is not None and owner.cls is not None:
                if binding.param and not context.function.endswith(".__init__"):
                    binding = Binding(scope=binding.scope, const=binding.const)
                owner.cls.scope.bind(target.attr, binding, branch=True)

    def binding(self, value: ast.expr, scope: Scope) -> Binding:
        """What a name bound to `value` stands for."""
        if isinstance(value, ast.Constant):
            return Binding(const=constant(value.value), scope=scope)
        chosen = value.body if isinstance(value, ast.IfExp) else value
        if isinstance(value, _LOOKED_INTO) or isinstance(chosen, ast.Compare):
            return Binding(node=value, scope=scope)
        if (test := looked_into(value)) is not None:
            return Binding(node=test, scope=scope)
        if isinstance(value, _TEXT):
            return self._text(value, scope)
        found = self.resolver.resolve(value, scope)
        opens = opened(value, found.name) if isinstance(value, ast.Call) and found.name.endswith(OPENS) else None
        if opens is not None:
            given = self.resolver.name(opens.id, scope) if isinstance(opens, ast.Name) else self.binding(opens, scope)
            return of_file(found, self.values.of(value, scope), given, scope)
        if isinstance(value, _COMPUTED) and (not found.known or found.name in CONSTANT_CALLS):
            computed = self._computed(value, found, scope)
            if computed is not None:
                return computed
        part = isinstance(value, _PARTS) or (isinstance(value, ast.Call) and asked(value))
        entry = self.values.entries.of(value, scope) if part else None
        if entry is not None:
            found = Binding(found.name, found.known, found.local, found.call, found.scope)
            found.entry = entry
            return found
        if found.known or found.local or found.const is not MISSING or found.node is not None:
            return found
        made = Binding(scope=scope)
        made.param, made.each = found.param, found.each
        return made

    def _text(self, value: ast.expr, scope: Scope) -> Binding:
        """The same of a text or a number that is put together."""
        plain = self.values.of(value, scope)
        if not isinstance(plain, dict) or "expr" not in plain:
            return Binding(const=plain, scope=scope)
        base = self.resolver.resolve(value, scope)
        known, name = (True, base.name) if base.known else (False, "")
        made = Binding(name, known, const=plain.get("const", MISSING), parts=plain.get("parts"), scope=scope)
        made.each = plain.get("each")
        return made

    def _computed(self, value: ast.expr, found: Binding, scope: Scope) -> Binding | None:
        """The same of what a call, an entry or `a or b` comes to, where anything of that is known."""
        plain = self.values.of(value, scope)
        partly = isinstance(plain, dict) and "expr" in plain
        known = plain.get("const", MISSING) if partly else plain
        parts, each = (plain.get("parts"), plain.get("each")) if partly else (None, None)
        name = found.name if found.known else ""
        if known is not MISSING or parts or each:
            made = Binding(name, found.known, const=known, parts=parts, scope=scope)
            made.each = each
            return made
        if name and isinstance(value, ast.Call) and len(value.args) == 1 and isinstance(value.args[0], ast.Name):
            made = Binding(found.name, found.known, call=found.call, scope=found.scope)
            made.param = self.resolver.name(value.args[0].id, scope).param  # `Path(path)`
            return made
        return None

    def loop(self, target: ast.expr, iterated: ast.expr, scope: Scope) -> None:
        """The variables of a loop: what each is in turn where a literal tells it."""
        self.unknown(target, scope)
        for name, cells in in_turn(target, iterated, lambda node: self.resolver.resolve(node, scope).node):
            made = Binding(scope=scope)
            made.each = constants(cells) or None
            if made.each or self.values.rows.keep(made, cells):
                scope.bind(name, made)

    def more(self, node: ast.AugAssign, context: Context) -> None:
        """`x += value`: known where both sides are and it surely happens once, else no longer what it was."""
        target, scope = node.target, context.scope
        if not isinstance(target, (ast.Name, ast.Attribute)):
            return
        old = self.resolver.resolve(target, scope)
        sum_ = ast.copy_location(ast.BinOp(target, node.op, node.value), node)
        sure = not context.branch and not context.loop and old.const is not MISSING
        const = self.values.const(sum_, scope) if sure else MISSING
        made = Binding(old.name if old.known else "", old.known, old.local, old.call, old.scope, old.cls, const=const)
        made.node = longer(old.node, node.value)
        if isinstance(target, ast.Name):
            home = scope.shared.get(target.id, scope)
            if target.id in home.names or old.const is not MISSING:
                home.names[target.id] = made
            if home.up is None:
                self.recorder.changed[target.id] = const
        else:
            self._bind(target, made, context)

    def unknown(self, target: ast.expr, scope: Scope) -> None:
        """Names that hide outer ones and of which nothing is known: loop variables, unpacked values."""
        stack = [target]
        while stack:
            one = stack.pop()
            if isinstance(one, ast.Name):
                scope.bind(one.id, Binding(), branch=False)
            elif isinstance(one, (ast.Tuple, ast.List)):
                stack += one.elts
            elif isinstance(one, ast.Starred):
                stack.append(one.value)

    def parameters(self, info: FunctionInfo, context: Context) -> None:
        """Bind a function's parameters by annotation and default; the first of a method is its class."""
        arguments, scope = info.node.args, context.scope
        listed = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(listed) - len(arguments.defaults))
        defaults += arguments.defaults
        listed += arguments.kwonlyargs
        defaults += arguments.kw_defaults
        for one, default in zip(listed, defaults, strict=True):
            found = self.resolver.annotation(one.annotation, info.scope)
            known = default_of(self.values, default, info.scope)
            made = Binding(scope=info.scope) if found is None else found.alike()
            made.const, made.param = known, one.arg
            if one.arg.isupper():
                scope.root().again.add(one.arg)
            scope.names[one.arg] = made
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                scope.names[extra.arg] = Binding()
        if info.cls is not None:
            itself = Binding(info.cls.name, local=True, cls=info.cls)
            scope.names["__class__"] = itself
            if listed and not _is_static(info.node):
                scope.names[listed[0].arg] = itself
        for name, value in of_decorators(info.node):
            if name in scope.names and scope.names[name].const is MISSING:
                scope.names[name].const = self.values.const(value, info.scope)

    def define_class(self, node: ast.ClassDef, name: str, context: Context) -> ClassInfo:
        """Bind a class statement; its first base that says something is where unknown attributes come from."""
        base: Binding | None = None
        for one in node.bases:
            found = self.resolver.resolve(one, context.scope)
            if (found.known or found.cls is not None) and base is None:
                base = found
        info = ClassInfo(name, Scope(context.scope, is_class=True), base)
        context.scope.bind(node.name, Binding(name, local=True, cls=info))
        return info

    def constant(
        self, node: ast.stmt, target: ast.expr, value: ast.expr | None, annotation: ast.expr | None, context: Context
    ) -> None:
        """A `constant` fact for module- and class-level targets, and for attributes of imported modules anywhere."""
        if context.silent or value is None or isinstance(value, (ast.Lambda, ast.Await)):
            return
        name = self._target(target, context)
        if not name:
            return
        found = self.values.of(value, context.scope)
        if isinstance(found, dict) and "expr" in found and not found.keys() & {"const", "parts", "env", "file"}:
            inside = context.function or not isinstance(value, ast.Call)
            file = "" if inside else self.values.entries.whole(value, context.scope)  # type: ignore[arg-type]
            if not file:
                return
            found["file"] = file
        says: dict[str, Any] = {"value": found, "module": self.source.module, "function": context.function}
        if annotation is not None:
            says["annotation"] = self.source.text(annotation)
        made = self.recorder.clean(says, node)
        made["value"] = found
        self.recorder.put("constant", name, self.source.at(node), made)

    def _target(self, target: ast.expr, context: Context) -> str:
        if isinstance(target, ast.Name):
            if context.function and not context.scope.is_class:
                return ""
            return f"{context.cls.name}.{target.id}" if context.scope.is_class and context.cls else target.id
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            found = self.resolver.resolve(target, context.scope)
            if isinstance(target, ast.Subscript):
                key = target.slice.value if isinstance(target.slice, ast.Constant) else None
                return f"{found.name}[{key}]" if isinstance(key, str) and (found.known or not context.function) else ""
            if found.known or not context.function:
                return found.name
        return ""


def _is_static(node: ast.AST) -> bool:
    return any(getattr(one, "id", "") == "staticmethod" for one in getattr(node, "decorator_list", ()))
