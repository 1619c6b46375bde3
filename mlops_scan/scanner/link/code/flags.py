"""Calls behind a flag that is a constant: `ENABLED = False`, `if ENABLED: watch()` watches nothing.

A flag that an option, the environment or a later statement may change leaves the call as it is.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact

_FLAG = re.compile(r"(?<![\w.\"'])(?:[A-Za-z_]\w*\.)*[A-Z][A-Z0-9_]{2,}(?![\w.(\[])")
_GUARDED = ("call", "comparison", "import")
_ROUNDS = 3  # functions that only switched-off functions call


def switch_off(code: Code) -> None:
    """Mark calls, imports and tests that no value of their flags lets happen, with `why`."""
    flags = [one for one in code.facts("constant") if _is_flag(one)]
    guarded = [one for kind in _GUARDED for one in code.facts(kind) if one.says.get("guards")] if flags else []
    if not guarded:
        return
    known = _Flags(flags, code)
    off = [fact for fact in guarded if known.switches_off(fact)]
    for _ in range(_ROUNDS):
        off = list(_within(code, off))
        if not off:
            return


class _Flags:
    """Flags of a repository by the file and name under which code asks for them."""

    def __init__(self, flags: Sequence[Fact], code: Code) -> None:
        self._names = code.names
        self._values: dict[Definition, list[Fact]] = defaultdict(list)
        for one in flags:
            self._values[one.at.path, one.name].append(one)
        # `settings.DEBUG = True` anywhere
        self._set = {one.name.rpartition(".")[2] for one in code.facts("constant") if "." in one.name}
        self._told: dict[tuple[str, str], str] = {}

    def switches_off(self, fact: Fact) -> bool:
        """Whether a test around the fact is never true; then the fact says so."""
        for guard in fact.get("guards") or ():
            text = str(guard)
            if (fact.at.path, text) not in self._told:
                self._told[fact.at.path, text] = self._why(text, fact.at.path)
            why = self._told[fact.at.path, text]
            if why and isinstance(fact.says, dict):
                fact.says.update(state="disabled", why=why)
                return True
        return False

    def _why(self, text: str, path: str) -> str:
        found = {name: flag for name in _FLAG.findall(text) if (flag := self._flag(name, path)) is not None}
        fixed = {name: bool(flag.get("value")) for name, flag in found.items()}
        if not fixed or decided(text, fixed) is not False:
            return ""
        name, flag = next(iter(found.items()))
        return f"'{name}' is {flag.get('value')} ({flag.at})"

    def _flag(self, name: str, path: str) -> Fact | None:
        place = (path, name) if (path, name) in self._values else self._names.place(name, path)
        found = self._values.get(place, []) if place is not None else []
        return found[0] if len(found) == 1 and name.rpartition(".")[2] not in self._set else None


def _is_flag(fact: Fact) -> bool:
    """A constant of a module that nothing sets again; cells of a notebook are set by hand."""
    return (
        fact.name.isupper()
        and isinstance(fact.get("value"), bool)
        and not fact.get("changed")
        and not fact.get("function")
        and not fact.at.path.endswith(".ipynb")
        and "." not in fact.name
    )


def _within(code: Code, off: Sequence[Fact]) -> Iterator[Fact]:
    """The calls and tests in functions that nothing but these calls calls; they are switched off, too."""
    dead: dict[Definition, str] = {}
    for call in off:
        target = code.called(call) if call.kind == "call" else None
        if target is not None and not code.functions[target].get("decorators"):
            dead.setdefault(target, str(call.get("why")))
    if not dead:
        return
    tails = {name.rpartition(".")[2] for _, name in dead}
    for call in code.facts("call"):
        if call.get("state") == "disabled":
            continue
        if call.name.rpartition(".")[2] in tails and (target := code.called(call)) in dead and target is not None:
            del dead[target]
        values = (*(call.get("args") or ()), *(call.get("kwargs") or {}).values())
        handed = {str(one.get("name")).rpartition(".")[2] for one in values if isinstance(one, dict)} & tails
        for one in [one for one in dead if one[1].rpartition(".")[2] in handed]:
            del dead[one]
    for fact in (one for kind in _GUARDED for one in code.facts(kind)) if dead else ():
        why = dead.get((fact.at.path, str(fact.get("function") or "")))
        if why and fact.get("state") != "disabled" and isinstance(fact.says, dict):
            fact.says.update(state="disabled", why=why)
            yield fact


def decided(text: str, fixed: Mapping[str, bool]) -> bool | None:
    """What a test always is where some of its names are fixed; None where that leaves it open."""
    try:
        return _decided(ast.parse(text, mode="eval").body, fixed)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _decided(node: ast.expr, fixed: Mapping[str, bool]) -> bool | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _decided(node.operand, fixed)
        return None if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        found = [_decided(one, fixed) for one in node.values]
        decides = isinstance(node.op, ast.Or)
        return decides if decides in found else None
    return fixed.get(ast.unparse(node)) if isinstance(node, (ast.Name, ast.Attribute)) else None
