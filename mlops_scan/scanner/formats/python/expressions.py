"""The calls inside expressions: lambdas and comprehensions with their own scopes, no recursion."""

from __future__ import annotations

import ast
from dataclasses import replace

from mlops_scan.scanner.formats.python import system
from mlops_scan.scanner.formats.python.binder import Binder
from mlops_scan.scanner.formats.python.context import NOTHING, Context, Top
from mlops_scan.scanner.formats.python.entries import READS
from mlops_scan.scanner.formats.python.mapped import MAPS, first
from mlops_scan.scanner.formats.python.options import WIDGETS, ask, declared, fill
from mlops_scan.scanner.formats.python.recorder import Recorder
from mlops_scan.scanner.formats.python.scopes import Scope, of_lambda
from mlops_scan.scanner.formats.python.values import PARSES

_SIGNS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_NONE = type(None)
_LEAVES = frozenset((_NONE, ast.Name, ast.Constant, *(one for sign in _SIGNS for one in sign.__subclasses__())))
_COMPREHENSIONS = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
_PLAIN = frozenset(("ctx", "op", "ops", "conversion", "kind", "is_async"))  # fields that hold no expression
_PARTS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _PLAIN) for kind in ast.expr.__subclasses__()
}
_Work = list[tuple[ast.AST, Context]]


class Expressions:
    """Reads the expressions of one file."""

    def __init__(self, binder: Binder, recorder: Recorder) -> None:
        self.binder, self.recorder = binder, recorder

    def read(self, node: ast.expr | None, context: Context, top: Top = NOTHING) -> None:
        """Record the calls of an expression; `top` says what becomes of its value."""
        if node is None or node.__class__ in _LEAVES:
            return
        work: _Work = [(node, context)]
        main = node.value if isinstance(node, ast.Await) else node
        while work:
            root, inner = work.pop()
            self._read(root, inner, main, top, work)

    def _read(self, root: ast.AST, context: Context, main: ast.AST, top: Top, work: _Work) -> None:
        stack: list[ast.AST] = [root]
        awaited: ast.AST | None = None
        while stack:
            node = stack.pop()
            kind = node.__class__
            if kind in _LEAVES:
                continue
            if isinstance(node, ast.Call):
                if not context.silent:
                    self._call(node, context, top if node is main else NOTHING, node is awaited)
                stack.append(node.func)
                stack += node.args
                stack += [keyword.value for keyword in node.keywords]
            elif isinstance(node, ast.Attribute):
                stack.append(node.value)
            elif isinstance(node, ast.Lambda):
                work.append((node.body, replace(context, scope=of_lambda(node, context.scope))))
                stack += [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]
            elif kind in _COMPREHENSIONS:
                work += self._comprehension(node, context)  # type: ignore[arg-type]
            else:
                awaited = node.value if isinstance(node, ast.Await) else awaited
                self._other(node, context)
                for name in _PARTS.get(kind) or node._fields:
                    value = getattr(node, name)
                    if value.__class__ is list:
                        stack += value
                    elif isinstance(value, ast.AST):
                        stack.append(value)

    def _call(self, node: ast.Call, context: Context, top: Top, awaited: bool) -> None:
        name = self.recorder.call(node, context, top, awaited)
        reader = system.CALLS.get(name)
        if reader is not None:
            reader(node, name, context, self.recorder)
        elif name.endswith(".add_argument"):
            option = declared(node)
            if option is not None:
                self.recorder.values.options[option[0]] = self.recorder.values.const(option[1], context.scope)
        elif name in WIDGETS:
            ask(self.recorder.values, node, context.scope)
        elif PARSES.search(name):
            fill(self.recorder.values, node, context.scope)
        elif name.endswith(READS):
            self.recorder.values.entries.read(node, context.scope)
        elif self.recorder.constructs.awake and name.endswith(MAPS) and (one := first(node)) is not None:
            self.recorder.call(one, context, top, awaited)

    def _other(self, node: ast.AST, context: Context) -> None:
        if isinstance(node, ast.NamedExpr):
            self.binder.assign(node.target, node.value, context)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not context.silent:
            system.subscript(node, context, self.recorder)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, context: Context
    ) -> _Work:
        scope = Scope(context.scope)
        for generator in node.generators:
            self.binder.loop(generator.target, generator.iter, scope)
        inside = replace(context, scope=scope, loop=True)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        made: _Work = [(result, inside) for result in results]
        for index, generator in enumerate(node.generators):
            made.append((generator.iter, inside if index else context))
            made += [(test, inside) for test in generator.ifs]
        return made
