"""Facts of function and class statements, and tests whose answer is known before anything runs."""

from __future__ import annotations

import ast
from typing import Any

from mlops_scan.scanner.formats.python.context import Context
from mlops_scan.scanner.formats.python.recorder import Recorder
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import FunctionInfo, Scope

_FIELDS = 200
_TEXT = 400
_CAUGHT = frozenset(("AssertionError", "Exception", "BaseException", "ValueError", "RuntimeError"))
_TELLS = frozenset(("print", "debug", "info", "warning", "warn", "error", "exception", "log"))
_LOGGERS = frozenset(("getLogger", "get_logger", "get_run_logger"))


def function(info: FunctionInfo, context: Context, recorder: Recorder) -> None:
    """Record a `function` fact."""
    node, source = info.node, recorder.source
    if isinstance(node, ast.Lambda):
        return
    decorators = [_decorator(one, context, recorder) for one in node.decorator_list]
    says: dict[str, Any] = {
        "params": _parameters(node.args, context, recorder),
        "decorators": decorators,
        "async": isinstance(node, ast.AsyncFunctionDef),
        "stub": _is_stub(node.body),
        "answer": _answer(node.body[-1]) if decorators else "",
        "prints": _only_prints(node.body),
        "returns": source.text(node.returns) if node.returns is not None else "",
        "end_line": source.line_of(node.end_lineno or node.lineno),
        "module": source.module,
        "main": context.main,
        "abstract": any(one["name"].endswith(("abstractmethod", "overload")) for one in decorators),
    }
    recorder.add("function", info.name, node, says)


def cls(node: ast.ClassDef, name: str, context: Context, recorder: Recorder) -> None:
    """Record a `class` fact."""
    resolve, scope = recorder.resolver.resolve, context.scope
    says: dict[str, Any] = {
        "bases": [resolve(base, scope).name or recorder.source.text(base) for base in node.bases],
        "decorators": [resolve(one, scope).name for one in node.decorator_list],
        "module": recorder.source.module,
        "fields": [_field(one, context, recorder) for one in node.body[:_FIELDS] if _is_field(one)],
        "end_line": recorder.source.line_of(node.end_lineno or node.lineno),
    }
    recorder.add("class", name, node, says)


def order(node: ast.BinOp, context: Context, recorder: Recorder) -> None:
    """Record an `order` fact of a statement `a >> [b, c] >> d`: what stands on its left comes first."""
    shift = node.op.__class__
    if shift not in (ast.RShift, ast.LShift):
        return
    sides: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and left.op.__class__ is shift and len(sides) < _FIELDS:
        sides.append(left.right)
        left = left.left
    sides = [left, *reversed(sides)] if shift is ast.RShift else [*sides, left]
    text = recorder.source.text
    steps = [
        [text(one) for one in side.elts[:_FIELDS]] if isinstance(side, (ast.List, ast.Tuple)) else [text(side)]
        for side in sides
    ]
    recorder.add("order", text(node), node, {"steps": steps, "function": context.function})


def truth(test: ast.expr) -> bool | None:
    """True or False where the test is a constant, else None."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        decides = isinstance(test.op, ast.Or)
        return decides if decides in [truth(one) for one in test.values] else None
    return bool(test.value) if isinstance(test, ast.Constant) else None


def is_main(test: ast.expr) -> bool:
    """Whether the test is `__name__ == "__main__"`, either way round, alone or in an `and`."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and any(is_main(one) for one in test.values if isinstance(one, ast.Compare))
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    return any(getattr(one, "id", "") == "__name__" for one in sides) and any(
        getattr(one, "value", "") == "__main__" for one in sides
    )


def is_typing(test: ast.expr, resolver: Resolver, scope: Scope) -> bool:
    """Whether the test is TYPE_CHECKING: its imports only serve annotations."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _decorator(node: ast.expr, context: Context, recorder: Recorder) -> dict[str, Any]:
    callee = node.func if isinstance(node, ast.Call) else node
    made: dict[str, Any] = {"name": recorder.resolver.resolve(callee, context.scope).name}
    if isinstance(node, ast.Call):
        made.update(recorder.arguments(node, context))
    return made


def _parameters(arguments: ast.arguments, context: Context, recorder: Recorder) -> list[dict[str, Any]]:
    listed = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(listed) - len(arguments.defaults))
    defaults += [*arguments.defaults, *([None] if arguments.vararg else []), *arguments.kw_defaults]
    listed += [*([arguments.vararg] if arguments.vararg else []), *arguments.kwonlyargs]
    if arguments.kwarg:
        listed.append(arguments.kwarg)
        defaults.append(None)
    made = [
        _parameter(one.arg, one.annotation, default, context, recorder)
        for one, default in zip(listed, defaults, strict=True)
    ]
    if arguments.vararg:
        made[len(arguments.posonlyargs) + len(arguments.args)]["rest"] = True
    return made


def _parameter(
    name: str, annotation: ast.expr | None, default: ast.expr | None, context: Context, recorder: Recorder
) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name}
    if annotation is not None:
        made["annotation"] = _annotation(annotation, context, recorder)
    if default is not None:
        made["default"] = recorder.values.of(default, context.scope)
    return made


def _annotation(node: ast.expr, context: Context, recorder: Recorder) -> str:
    """The text of an annotation; a plain name is qualified."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        return recorder.resolver.resolve(node, context.scope).name
    return recorder.source.text(node)


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _field(node: ast.stmt, context: Context, recorder: Recorder) -> dict[str, Any]:
    assert isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    return _parameter(node.target.id, node.annotation, node.value, context, recorder)


def _is_stub(body: list[ast.stmt]) -> bool:
    return all(_is_empty(one) for one in body)


def _only_prints(body: list[ast.stmt]) -> bool:
    """Whether texts are printed or logged, after a while perhaps, and nothing is called to make them."""
    if _is_stub(body) or not all(_is_empty(one) or _is_idle(one) or _waits(one) for one in body):
        return False
    calls = sum(isinstance(inner, ast.Call) for one in body for inner in ast.walk(one))
    return calls == sum(isinstance(getattr(one, "value", None), ast.Call) for one in body)


def _waits(node: ast.stmt) -> bool:
    """`time.sleep(5)`, and what makes ready to tell: `logger = logging.getLogger(__name__)`, `name = "x"`."""
    if not isinstance(node, (ast.Expr, ast.Assign)):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    name = getattr(called, "id", getattr(called, "attr", ""))
    if isinstance(node, ast.Assign):
        return name in _LOGGERS or isinstance(node.value, ast.Constant)
    return bool(name == "sleep")


def _answer(last: ast.stmt) -> str:
    """The plain text or truth that a function returns last."""
    found = last.value if isinstance(last, ast.Return) else None
    plain = found.value if isinstance(found, ast.Constant) else None
    return str(plain)[:_TEXT] if isinstance(plain, (str, bool)) else ""


def _is_empty(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Return):
        return node.value is None or isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return getattr(raised, "id", "") == "NotImplementedError"
    return False


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches what a failed check raises, and lets all that follows happen."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    if not any(kind is None or getattr(kind, "id", getattr(kind, "attr", "")) in _CAUGHT for kind in kinds):
        return False
    return all(_is_idle(one) for one in handler.body)


def only_tells(body: list[ast.stmt]) -> bool:
    """Whether all that some statements do is tell, whatever they tell."""
    return all(map(_is_idle, body)) and any(isinstance(getattr(one, "value", None), ast.Call) for one in body)


def _is_idle(node: ast.stmt) -> bool:
    """`pass`, `...`, or a call that tells: nothing that ends, returns or sets anything."""
    if isinstance(node, ast.Pass):
        return True
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant):
        return True
    called = node.value.func if isinstance(node.value, ast.Call) else None
    return getattr(called, "id", getattr(called, "attr", "")) in _TELLS
