"""What frameworks of Python code define, in one form for all of them: pipelines, their steps and schedules, routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlops_scan.scanner.graph.facts import counts
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code import constructed, passed, pipelines, routes, timetables
from mlops_scan.scanner.link.code.constants import Constants
from mlops_scan.scanner.link.code.flags import decided
from mlops_scan.scanner.link.code.handed import Handed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact

_ROLES = frozenset(
    (
        "pipeline",
        "pipeline-step",
        "does-nothing",
        "orders-steps",
        "reads-step",
        "schedules",
        "web-route",
        "post-route",
        "mounts-routes",
    )
)


_ORDERS = frozenset(("<", "<=", ">", ">="))


def facts(code: Code, uses: Sequence[Use]) -> Iterator[Fact]:
    """Complete the values of code by what other files say, then yield what frameworks define in it.

    These are `pipeline`, `pipeline-step`, `schedule` and `route` facts of what the catalogue gives these roles.
    """
    if not code.facts("module"):
        return
    told = [use for use in uses if use.key in _ROLES and use.fact.kind in ("call", "class") and counts(use.at.path)]
    code = code.with_uses(told)
    handed = _complete(code, uses)
    yield from constructed.complete(code.all, code, handed)
    if not code.has_uses:
        return
    made = pipelines.read(code)
    yield from made.facts()
    yield from timetables.read(code, made)
    yield from routes.read(code)


def _complete(code: Code, uses: Iterable[Use]) -> Handed:
    """Fill in the constants of calls that the catalogue knows, and of tests that order something."""
    passed.fill(code)
    constants = Constants(code)
    calls = {id(use.fact): use.fact for use in uses if use.fact.kind == "call"}
    for call in calls.values():
        for value in (*(call.says.get("args") or ()), *(call.says.get("kwargs") or {}).values()):
            if value.__class__ is dict or value.__class__ is list:
                constants.complete(value, call)
    handed = Handed(code, constants)
    handed.complete(calls.values())
    for test in code.facts("comparison"):
        if _ORDERS.isdisjoint(test.says.get("ops") or ()):
            continue
        fixed: dict[str, bool] = {}
        for name in test.says.get("names") or ():
            known = constants.by_text(str(name), test.at.path)
            if known is not None and isinstance(test.says, dict):
                told = test.says.setdefault("constants", [])
                told += [known[0]] if known[0] not in told else []
                if isinstance(known[0], bool):
                    fixed[str(name)] = known[0]
        if fixed and isinstance(test.says, dict) and (always := decided(test.name, fixed)) is not None:
            test.says["always"] = "true" if always else "false"
    return handed
