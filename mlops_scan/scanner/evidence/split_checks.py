"""Drift checks of one split: they look at the data before training, and nothing at what is served."""

from __future__ import annotations

import re

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact


def split_checks(graph: Graph) -> dict[str, str]:
    """Files whose drift checks compare the training set with the test set of one split, each with what says so.

    Such a check looks at the data before training; what is served later, nothing watches.
    """
    told: dict[str, list[bool]] = {}
    for use in graph.uses("drift-check"):
        if use.fact.kind == "call" and (sides := _sides(use.fact)):
            told.setdefault(use.at.path, []).append(_is_one_split(sides))
    return {path: "it compares the training set with the test set" for path, found in told.items() if all(found)}


def _sides(call: Fact) -> list[str]:
    """The names of the data sets that a call compares; none for a call that is not given two."""
    values = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    names = [str(value["expr"]) for value in values if isinstance(value, dict) and value.get("expr")]
    return names[:2] if len(names) >= 2 else []


def _is_one_split(sides: list[str]) -> bool:
    words = [set(re.findall(r"[a-z]+", side.lower())) for side in sides]
    return any("train" in one and not other.isdisjoint(("test", "val", "valid")) for one in words for other in words)
