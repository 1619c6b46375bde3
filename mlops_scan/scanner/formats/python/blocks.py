"""Statements that hold blocks, or end them: what runs under which condition, and what follows from its end."""

from __future__ import annotations

import ast
from collections import deque
from dataclasses import replace
from typing import Any

from mlops_scan.scanner.formats.python import answers, definitions, gathered
from mlops_scan.scanner.formats.python.binder import Binder
from mlops_scan.scanner.formats.python.comparisons import Comparisons
from mlops_scan.scanner.formats.python.context import GUARDS, Context, Gate, Top
from mlops_scan.scanner.formats.python.expressions import Expressions
from mlops_scan.scanner.formats.python.recorder import Recorder
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Binding, FunctionInfo
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import Values

_IMPORT_ERRORS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))
_GATHERED = 8  # tests that fill one list
_ENDS = frozenset((ast.Return, ast.Raise, ast.Continue, ast.Break))  # nothing after it in its block runs


class Blocks:
    """The readers of one module, the statements that wait to be read, and how blocks are entered."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.resolver = Resolver()
        values = Values(source, self.resolver)
        self.recorder = Recorder(source, self.resolver, values)
        self.binder = Binder(source, self.resolver, values, self.recorder)
        self.expression = Expressions(self.binder, self.recorder)
        self.comparisons = Comparisons(source, self.resolver, values)
        self.functions = 0
        self._gathering: dict[tuple[str, str], list[Gate]] = {}  # function and list -> tests of what goes into it
        self._blocks: list[tuple[ast.stmt, Context]] = []
        self._bodies: deque[tuple[FunctionInfo, Context]] = deque()

    def _block(self, body: list[ast.stmt], context: Context) -> None:
        if context.function:  # of a module, a cell may end and the next one begin
            for index, one in enumerate(body):
                if one.__class__ in _ENDS:
                    body = body[: index + 1]
                    break
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
        if gate is not None:
            if names := answers.decided(node.body):
                gate.says["decides"] = names
            elif definitions.only_tells([*node.body, *node.orelse]):
                gate.says["prints"] = True
        guard = self.source.text(node.test, 80) if keyword == "if" else ""
        earlier = self._earlier(node, gate, context)
        body = context.inside(keyword, guard=guard, gate=(gate, True) if gate else None)
        body = replace(body, gates=(*body.gates, *((one, True) for one in earlier))) if earlier else body
        elif_ = keyword == "if" and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
        if elif_:  # same depth as the `if`: a long chain is no nest
            self._block(node.orelse, replace(context, branch=True))
        else:
            other = self._otherwise(node.test) if keyword == "if" and node.orelse and _is_flag(node.test) else ""
            inner = context.inside("else", guard=other, gate=(gate, False) if gate else None)
            inner = replace(inner, gates=(*inner.gates, *((one, False) for one in earlier))) if earlier else inner
            self._block(node.orelse, inner)
        self._block(node.body, replace(body, loop=True) if keyword == "while" else body)

    def _earlier(self, node: ast.If | ast.While, gate: Gate | None, context: Context) -> list[Gate]:
        """The tests that filled the list of which this one asks; if it fills one itself, that is noted."""
        if gate is not None and gathered.orders(gate.says.get("ops")):
            held, told = gathered.gathering(node.body)
            if held:
                gate.says.update({"gathers": held, "about": told})
                self._gathering.setdefault((context.function, held), []).append(gate)
        held = gathered.asked(node.test)
        return self._gathering.get((context.function, held), [])[:_GATHERED] if held else []

    def _gate(self, node: ast.stmt | ast.expr, test: ast.expr, keyword: str, context: Context) -> Gate | None:
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
        self.binder.loop(node.target, node.iter, context.scope)
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
            gate.exits = gate.returns = True
        self.expression.read(node.value, context, Top(returned=True))
        if node.value is not None:
            test = node.value.test if isinstance(node.value, ast.IfExp) else node.value
            if isinstance(test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
                self._gate(node, test, "return", context)
            elif context.function and not isinstance(test, ast.Constant):
                self._answers([test], "return", context)

    def _answers(self, values: list[ast.expr], keyword: str, context: Context) -> None:
        """The tests of what a function answers, each at its own place."""
        for value in values:
            for test in answers.within(value, self.resolver.resolve, context.scope):
                self._gate(test, test, keyword, context)

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


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in _IMPORT_ERRORS for kind in kinds)
