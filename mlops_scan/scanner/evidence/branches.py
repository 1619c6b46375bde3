"""Comparisons whose two branches come to the same thing: whatever they find, the model goes on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact


def same_either_way(graph: Graph, fact: Fact, onward: Collection[str]) -> bool:
    """Whether each branch makes one of the calls `onward`, the same one and telling it the same.

    Two stages (`promote(model, "Production")`, else `promote(model, "Archived")`) are two things.
    """
    body, other = (set(fact.get(key) or ()).intersection(onward) for key in ("body", "else"))
    if not body or body != other:
        return False
    told = {
        (call.name, *_constants(call))
        for call in graph.in_file(fact.at.path, "call")
        if call.name in body and call.get("function") == fact.get("function")
    }
    return len(told) == len(body)


def _constants(call: Fact) -> list[tuple[str, str]]:
    """What the call says in so many words; the model and its name, which are computed, are left out."""
    given = [
        *((str(place), one) for place, one in enumerate(call.get("args") or ())),
        *(call.get("kwargs") or {}).items(),
    ]
    return sorted((key, _text(value)) for key, value in given)


def _text(value: Any) -> str:
    known = value.get("const") if isinstance(value, dict) else value
    return known if isinstance(known, str) else ""
