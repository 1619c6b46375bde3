"""One pass over a module: statements in order, bodies of functions after the scope that holds them, no recursion."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from mlops_scan.scanner.formats.python import answers, definitions, system
from mlops_scan.scanner.formats.python.blocks import Blocks
from mlops_scan.scanner.formats.python.context import UNREAD, Context, Top
from mlops_scan.scanner.formats.python.names import absolute
from mlops_scan.scanner.formats.python.scopes import Binding, FunctionInfo, Scope
from mlops_scan.scanner.model import Fact, Note


class Walker(Blocks):
    """Reads one parsed module."""

    def walk(self, tree: ast.Module) -> Iterator[Fact | Note]:
        """All facts of the module, in file order."""
        scope = Scope()
        self._block(tree.body, Context(scope))
        while self._blocks or self._bodies:
            if not self._blocks:
                self._enter(*self._bodies.popleft())
                continue
            if self.recorder.full:
                break
            statement, context = self._blocks.pop()
            handler = _STATEMENTS.get(statement.__class__)
            if handler is not None:
                handler(self, statement, context)
        yield from self.recorder.finish(scope.again)
        scope.dissolve()
        self.recorder.values.dissolve()

    def _enter(self, info: FunctionInfo, context: Context) -> None:
        """Begin a function's body: its parameters hide outer names."""
        info.inner = context.scope
        self.binder.parameters(info, context)
        if isinstance(info.node.body, list):
            self._block(info.node.body, context)

    def _expr(self, node: ast.Expr, context: Context) -> None:
        self.expression.read(node.value, context, UNREAD)
        if isinstance(node.value, ast.BinOp) and not context.silent:
            definitions.order(node.value, context, self.recorder)
        elif isinstance(node.value, ast.Call) and context.function and (told := answers.written(node.value)):
            self._answers(told, "write", context)

    def _assign(self, node: ast.Assign, context: Context) -> None:
        self.expression.read(node.value, context, Top(assigned=self.source.text(node.targets[0])))
        for target in node.targets:
            self.expression.read(target, context)
            self.binder.assign(target, node.value, context)
            if self.recorder.constructs.awake and not context.silent:
                self.recorder.constructs.assigned(target, node.value, context.scope)
            if context.silent or not system.assignment(target, node.value, context, self.recorder):
                self.binder.constant(node, target, node.value, None, context)

    def _ann_assign(self, node: ast.AnnAssign, context: Context) -> None:
        self.expression.read(node.value, context, Top(assigned=self.source.text(node.target)))
        self.binder.annotated(node, context)
        self.binder.constant(node, node.target, node.value, node.annotation, context)

    def _aug_assign(self, node: ast.AugAssign, context: Context) -> None:
        self.expression.read(node.value, context)
        self.expression.read(node.target, context)
        self.binder.more(node, context)
        if isinstance(node.target, ast.Name):
            context.scope.shared.get(node.target.id, context.scope).again.add(node.target.id)

    def _import(self, node: ast.Import, context: Context) -> None:
        for one in node.names:
            first = one.name.partition(".")[0]
            context.scope.bind(one.asname or first, Binding(one.name if one.asname else first, True))
            self._imported(node, one.name, {"alias": one.asname}, context)

    def _import_from(self, node: ast.ImportFrom, context: Context) -> None:
        module = absolute(self.source.path, node.level, node.module or "")
        for one in node.names:
            if one.name == "*":
                self.resolver.stars.append(module)
            else:
                name = f"{module}.{one.name}" if module else one.name
                context.scope.bind(one.asname or one.name, Binding(name, True))
        says = {"names": [one.name for one in node.names], "relative": node.level > 0}
        if len(node.names) == 1:
            says["alias"] = node.names[0].asname
        self._imported(node, module, says, context)

    def _imported(self, node: ast.stmt, name: str, says: dict[str, Any], context: Context) -> None:
        self.recorder.constructs.imported(name)
        if not context.silent:
            says |= {"optional": context.optional, "function": context.function, "guards": list(context.guards)}
            self.recorder.add("import", name, node, says)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, context: Context) -> None:
        self.functions += 1
        name = _qualified(node.name, context)
        info = FunctionInfo(name, node, context.scope, context.cls if context.scope.is_class else None)
        context.scope.bind(node.name, Binding(name, local=True, function=info))
        self._decorators(node, name, context)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.expression.read(default, context)
        if context.silent:
            return
        definitions.function(info, context, self.recorder)
        inner = Context(
            Scope(context.scope), name, context.cls, optional=context.optional, main=False, silent=context.silent
        )
        self._bodies.append((info, inner))

    def _class(self, node: ast.ClassDef, context: Context) -> None:
        name = _qualified(node.name, context)
        info = self.binder.define_class(node, name, context)
        self._decorators(node, name, context)
        for base in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self.expression.read(base, context)
        if not context.silent:
            definitions.cls(node, name, context, self.recorder)
        self._block(node.body, replace(context, scope=info.scope, cls=info, branch=False, gates=()))

    def _decorators(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, name: str, context: Context
    ) -> None:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call):
                self.expression.read(decorator, context, Top(decorates=name))
            elif not context.silent:
                self.recorder.bare(decorator, context, Top(decorates=name))

    def _shared(self, node: ast.Global | ast.Nonlocal, context: Context) -> None:
        for name in node.names:
            home: Scope | None = context.scope.root()
            if isinstance(node, ast.Nonlocal):
                home = context.scope.up
                while home is not None and (home.is_class or name not in home.names):
                    home = home.up
            if home is not None and home is not context.scope:
                context.scope.shared[name] = home


def _qualified(name: str, context: Context) -> str:
    """The name of a definition inside its class or function."""
    holder = context.cls.name if context.scope.is_class and context.cls else context.function
    return f"{holder}.{name}" if holder else name


_STATEMENTS: dict[type[ast.stmt], Callable[[Walker, Any, Context], None]] = {
    ast.Expr: Walker._expr,
    ast.Assign: Walker._assign,
    ast.AnnAssign: Walker._ann_assign,
    ast.AugAssign: Walker._aug_assign,
    ast.Import: Walker._import,
    ast.ImportFrom: Walker._import_from,
    ast.FunctionDef: Walker._function,
    ast.AsyncFunctionDef: Walker._function,
    ast.ClassDef: Walker._class,
    ast.If: Walker._if,
    ast.While: Walker._while,
    ast.For: Walker._for,
    ast.AsyncFor: Walker._for,
    ast.With: Walker._with,
    ast.AsyncWith: Walker._with,
    ast.Try: Walker._try,
    ast.Return: Walker._return,
    ast.Raise: Walker._raise,
    ast.Assert: Walker._assert,
    ast.Match: Walker._match,
    ast.Global: Walker._shared,
    ast.Nonlocal: Walker._shared,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = Walker._try
