"""One pass over a module: statements in order, bodies of functions after the scope that holds them, no recursion."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from mlops_scan.scanner.formats.python import definitions, system
from mlops_scan.scanner.formats.python.binder import Binder
from mlops_scan.scanner.formats.python.comparisons import Comparisons
from mlops_scan.scanner.formats.python.context import GUARDS, Context, Gate
from mlops_scan.scanner.formats.python.expressions import Expressions
from mlops_scan.scanner.formats.python.names import absolute
from mlops_scan.scanner.formats.python.recorder import Recorder, Top
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Binding, FunctionInfo, Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import Values
from mlops_scan.scanner.model import Fact, Note

_IMPORT_ERRORS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))
_ENDS = frozenset((ast.Return, ast.Raise, ast.Continue, ast.Break))  # nothing after it in its block runs


class Walker:
    """Reads one parsed module."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.resolver = Resolver()
        values = Values(source, self.resolver)
        self.recorder = Recorder(source, self.resolver, values)
        self.binder = Binder(source, self.resolver, values, self.recorder)
        self.expression = Expressions(self.binder, self.recorder)
        self.comparisons = Comparisons(source, self.resolver, values)
        self.functions = 0
        self._blocks: list[tuple[ast.stmt, Context]] = []
        self._bodies: deque[tuple[FunctionInfo, Context]] = deque()

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

    def _block(self, body: list[ast.stmt], context: Context) -> None:
        if context.function:  # of a module, a cell may end and the next one begin
            ends = (index for index, one in enumerate(body, 1) if one.__class__ in _ENDS)
            body = body[: next(ends, len(body))]
            for index, one in enumerate(body):
                if isinstance(one, ast.If) and (rest := self._after(one)):
                    inner = replace(context, guards=(*context.guards, rest)[-GUARDS:])
                    self._blocks += [(statement, inner) for statement in reversed(body[index + 1 :])]
                    body = body[: index + 1]
                    break
        self._blocks += [(statement, context) for statement in reversed(body)]

    def _after(self, node: ast.If) -> str:
        """What holds for all that follows `if not FLAG: return`."""
        last = node.body[-1]
        if last.__class__ not in _ENDS or node.orelse:
            return ""
        return self._otherwise(node.test) if _is_flag(node.test) or _hands_out(node.test, last) else ""

    def _otherwise(self, test: ast.expr) -> str:
        """The text of the opposite of a flag."""
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        return self.source.text(test.operand, 80) if negated else f"not {self.source.text(test, 80)}"  # type: ignore[attr-defined]

    def _enter(self, info: FunctionInfo, context: Context) -> None:
        """Begin a function's body: its parameters hide outer names."""
        info.inner = context.scope
        self.binder.parameters(info, context)
        if isinstance(info.node.body, list):
            self._block(info.node.body, context)

    def _expr(self, node: ast.Expr, context: Context) -> None:
        self.expression.read(node.value, context)
        if isinstance(node.value, ast.BinOp) and not context.silent:
            definitions.order(node.value, context, self.recorder)

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

    def _if(self, node: ast.If, context: Context) -> None:
        self.expression.read(node.test, context)
        never = definitions.truth(node.test)
        if definitions.is_main(node.test):
            self._main(node, context)
        elif definitions.is_typing(node.test, self.resolver, context.scope):
            self._block(node.orelse, context)
            self._block(node.body, replace(context, silent=True))
        elif never is not None:
            self._block(node.body if never else node.orelse, context)
        else:
            self._choice(node, "if", context)

    def _main(self, node: ast.If, context: Context) -> None:
        if not context.function and not context.silent:
            self.recorder.add("entry-point", self.source.module, node, {})
        self._block(node.orelse, context)
        self._block(node.body, replace(context, main=True))

    def _choice(self, node: ast.If | ast.While, keyword: str, context: Context) -> None:
        gate = self._gate(node, node.test, keyword, context)
        guard = self.source.text(node.test, 80) if keyword == "if" else ""
        body = context.inside(keyword, guard=guard, gate=(gate, True) if gate else None)
        elif_ = keyword == "if" and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
        if elif_:  # same depth as the `if`: a long chain is no nest
            self._block(node.orelse, replace(context, branch=True))
        else:
            other = self._otherwise(node.test) if keyword == "if" and node.orelse and _is_flag(node.test) else ""
            self._block(node.orelse, context.inside("else", guard=other, gate=(gate, False) if gate else None))
        self._block(node.body, replace(body, loop=True) if keyword == "while" else body)

    def _gate(self, node: ast.stmt, test: ast.expr, keyword: str, context: Context) -> Gate | None:
        read = None if context.silent else self.comparisons.read(test, context.scope)
        if read is None:
            return None
        says = {
            "in": keyword,
            "guards": list(context.guards),
            "function": context.function,
            "module": self.source.module,
            "main": context.main,
            **read,
        }
        gate = Gate(self.source.text(test), self.source.at(node), self.recorder.clean(says, node))
        if keyword == "assert":
            _raises(gate, context)
        self.recorder.gates.append(gate)
        return gate

    def _while(self, node: ast.While, context: Context) -> None:
        self.expression.read(node.test, replace(context, loop=True))
        if definitions.truth(node.test) is False:
            self._block(node.orelse, context)
        else:
            self._choice(node, "while", context)

    def _for(self, node: ast.For | ast.AsyncFor, context: Context) -> None:
        self.expression.read(node.iter, context)
        self.binder.unknown(node.target, context.scope)
        self._block(node.orelse, context)
        self._block(node.body, replace(context.inside("for"), loop=True))

    def _with(self, node: ast.With | ast.AsyncWith, context: Context) -> None:
        for item in node.items:
            target = "" if item.optional_vars is None else self.source.text(item.optional_vars)
            until = self.source.line_of(node.end_lineno or node.lineno)
            self.expression.read(item.context_expr, context, Top(assigned=target, managed=True, until=until))
            if item.optional_vars is not None:
                self.binder.assign(item.optional_vars, item.context_expr, context)
        gate = self._condition(node, context)
        self._block(node.body, context if gate is None else context.inside("with", gate=(gate, True)))

    def _condition(self, node: ast.With | ast.AsyncWith, context: Context) -> Gate | None:
        """`with Condition(metric > 0.9):` of pipelines that are written as Python."""
        for item in node.items:
            if isinstance(item.context_expr, ast.Call):
                for one in item.context_expr.args:
                    if isinstance(one, (ast.Compare, ast.BoolOp)):
                        return self._gate(node, one, "with", context)
        return None

    def _try(self, node: ast.Try, context: Context) -> None:
        optional = context.optional or any(_catches_imports(handler) for handler in node.handlers)
        self._block(node.finalbody, context.inside("finally"))
        self._block(node.orelse, context.inside("try"))
        for handler in reversed(node.handlers):
            inside = replace(context.inside("except"), optional=optional)
            if handler.name:
                context.scope.bind(handler.name, Binding(), branch=True)
            self._block(handler.body, inside)
        caught = context.caught or any(definitions.swallows(handler) for handler in node.handlers)
        self._block(node.body, replace(context.inside("try"), optional=optional, branch=context.branch, caught=caught))

    def _return(self, node: ast.Return, context: Context) -> None:
        for gate, _ in context.gates:
            gate.exits = True
        self.expression.read(node.value, context, Top(returned=True))
        if node.value is not None:
            test = node.value.test if isinstance(node.value, ast.IfExp) else node.value
            if isinstance(test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
                self._gate(node, test, "return", context)

    def _raise(self, node: ast.Raise, context: Context) -> None:
        for gate, _ in context.gates:
            _raises(gate, context)
        self.expression.read(node.exc, context)

    def _assert(self, node: ast.Assert, context: Context) -> None:
        self.expression.read(node.test, context)
        self._gate(node, node.test, "assert", context)

    def _match(self, node: Any, context: Context) -> None:
        self.expression.read(node.subject, context)
        for case in reversed(node.cases):
            inside = context.inside("match")
            for part in ast.walk(case.pattern):
                for name in (getattr(part, "name", None), getattr(part, "rest", None)):
                    if name:
                        context.scope.bind(name, Binding(), branch=True)
            self.expression.read(case.guard, inside)
            self._block(case.body, inside)

    def _shared(self, node: ast.Global | ast.Nonlocal, context: Context) -> None:
        for name in node.names:
            home: Scope | None = context.scope.root()
            if isinstance(node, ast.Nonlocal):
                home = context.scope.up
                while home is not None and (home.is_class or name not in home.names):
                    home = home.up
            if home is not None and home is not context.scope:
                context.scope.shared[name] = home


def _raises(gate: Gate, context: Context) -> None:
    gate.raises = True
    if context.caught:
        gate.says["caught"] = True


def _hands_out(test: ast.expr, last: ast.stmt) -> bool:
    """`if x is not None: return x`, `if key in kept: return kept[key]`: what follows makes it for the first time."""
    if not isinstance(test, ast.Compare) or not isinstance(last, ast.Return) or not isinstance(last.value, ast.expr):
        return False
    held = test.comparators[0] if isinstance(test.ops[0], ast.In) else test.left
    kept = last.value.value if isinstance(last.value, ast.Subscript) else last.value
    asked = isinstance(test.ops[0], (ast.In, ast.IsNot)) and isinstance(held, (ast.Name, ast.Attribute))
    return asked and isinstance(kept, (ast.Name, ast.Attribute)) and ast.dump(kept) == ast.dump(held)


def _is_flag(test: ast.expr) -> bool:
    """Whether a test asks for a constant by its name alone."""
    flag = test.operand if isinstance(test, ast.UnaryOp) else test
    name: str = getattr(flag, "attr", getattr(flag, "id", ""))
    return name.isupper()


def _qualified(name: str, context: Context) -> str:
    """The name of a definition inside its class or function."""
    holder = context.cls.name if context.scope.is_class and context.cls else context.function
    return f"{holder}.{name}" if holder else name


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in _IMPORT_ERRORS for kind in kinds)


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
