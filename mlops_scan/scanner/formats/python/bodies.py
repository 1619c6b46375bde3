"""What a function's body says as a whole: the value it returns last, the value a name was last given."""

from __future__ import annotations

import ast
from collections.abc import Iterable


def last_return(body: list[ast.stmt]) -> ast.expr | None:
    """The value of the last return statement of a function's body, nested blocks included, nested functions not."""
    found: ast.Return | None = None
    for statement in statements(body):
        if isinstance(statement, ast.Return) and (found is None or statement.lineno >= found.lineno):
            found = statement if statement.value is not None else found
    return found.value if found is not None else None


def last_assigned(body: list[ast.stmt], name: str) -> ast.expr | None:
    """The value last assigned to `name` in a function's body."""
    found: ast.expr | None = None
    for statement in statements(body):
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets) and (
                found is None or statement.value.lineno >= found.lineno
            ):
                found = statement.value
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            for item in statement.items:
                if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name:
                    found = item.context_expr
    return found


def statements(body: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    """All statements of a body, nested blocks included, bodies of functions and classes not."""
    stack = list(body)
    while stack:
        statement = stack.pop()
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for name in ("body", "orelse", "finalbody"):
            stack += getattr(statement, name, ())
        for holder in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            stack += holder.body
