"""What frameworks of Python code define, in one form for all of them: pipelines, their steps and schedules, routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code import pipelines, routes, timetables
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact

_ROLES = frozenset(("pipeline", "pipeline-step", "orders-steps", "schedules", "web-route", "mounts-routes"))


def facts(found: Iterable[Fact], uses: Iterable[Use]) -> Iterator[Fact]:
    """`pipeline`, `pipeline-step`, `schedule` and `route` facts of the uses that the catalogue gives these roles."""
    wanted = [use for use in uses if use.key in _ROLES and use.fact.kind in ("call", "class")]
    if not wanted:
        return
    code = Code(found, wanted)
    made = pipelines.read(code)
    yield from made.facts()
    yield from timetables.read(code, made)
    yield from routes.read(code)
