"""Gates that are decided beforehand: by a constant, beyond any value of the metric, or only told to a log."""

from __future__ import annotations

import re

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact, Location

# metrics that lie between 0 and 1
_BOUNDED = re.compile(
    r"(?:^|[_.\"'\[])(?:acc|accuracy|auc|roc_auc|f1|f1_score|precision|recall|accuracy_score)(?:$|[_\"'\]\d])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
LOGS = re.compile(
    r"(?:^|\.)(?:print|echo|debug|info|warning|warn|error|critical|exception|log|log_metric|log_param|set_tag)$"
)
_LIKELY = frozenset((">", ">="))
_UNLIKELY = frozenset(("<", "<="))


def why(fact: Fact, *, stops: bool) -> str:
    """Why a comparison that promotes (or, with `stops`, ends the job) has no effect; '' where it has one."""
    if fact.get("why"):
        return str(fact.get("why"))
    if fact.get("always"):
        return f"'{fact.name}' is always {fact.get('always')}"
    if stops and fact.get("caught"):
        return "what it raises is caught, and all goes on"
    threshold = _beyond(fact, stops)
    return f"no value of the metric is on the other side of {threshold}" if threshold is not None else ""


def _beyond(fact: Fact, stops: bool) -> int | float | None:
    """A threshold of 0 or less for a metric that is never negative."""
    ops = set(fact.get("ops") or ())
    numbers = [
        one for one in fact.get("constants") or () if isinstance(one, (int, float)) and not isinstance(one, bool)
    ]
    names = [str(name) for name in fact.get("names") or ()]
    measured = [name for name in names if not name.rpartition(".")[2].isupper()]
    if (
        not ops
        or not ops <= (_UNLIKELY if stops else _LIKELY)
        or len(numbers) != 1
        or numbers[0] > 0
        or " - " in fact.name
    ):
        return None
    written = bool(_NUMBER.search(fact.name)) or len(measured) < len(names)  # no default of a parameter
    bounded = [name for name in measured if _BOUNDED.search(name)]
    own = bool(bounded) and all(name in bounded or name in bounded[-1] for name in measured)
    return numbers[0] if written and own else None


def only_told(graph: Graph, fact: Fact) -> bool:
    """Whether a threshold is compared where a model is evaluated, and all that follows is a line in a log."""
    body = [*(fact.get("body") or ()), *(fact.get("else") or ())]
    if fact.get("in") != "if" or fact.get("raises") or fact.get("exits"):
        return False
    told = fact.get("prints") or (body and all(LOGS.search(str(call)) for call in body))
    return bool(told) and judges(graph, fact)


def judges(graph: Graph, fact: Fact) -> bool:
    """Whether a comparison is one with a threshold, in a function that evaluates a model."""
    if not any(isinstance(one, float) for one in fact.get("constants") or ()):
        return False
    function = fact.get("function")
    return any(use.at.path == fact.at.path and use.fact.get("function") == function for use in graph.uses("evaluates"))


def decided_steps(graph: Graph) -> dict[Location, str]:
    """Steps of pipelines that choose by conditions of which both sides are constants, each with what says so."""
    found: dict[Location, str] = {}
    for use in graph.uses("evaluation-gate"):
        asked = (use.fact.get("kwargs") or {}).get("conditions") if use.fact.kind == "call" else None
        if not isinstance(asked, list) or not asked:
            continue
        names = {str(one.get("expr")) for one in asked if isinstance(one, dict)}
        conditions = [
            call
            for call in graph.in_file(use.at.path, "call")
            if {"left", "right"} <= (call.get("kwargs") or {}).keys()
            and call.get("function") == use.fact.get("function")
            and (call.get("assigned") in names or _is_around(use.at, call.at))
        ]
        if len(conditions) == len(asked) and all(_is_decided(one) for one in conditions):
            found[use.at] = f"'{conditions[0].name.rpartition('.')[2]}' compares constants ({conditions[0].at})"
    return found


def _is_around(outer: Location, inner: Location) -> bool:
    return outer.line <= inner.line <= (outer.end_line or outer.line) and (inner.line, inner.column) > (
        outer.line,
        outer.column,
    )


def _is_decided(condition: Fact) -> bool:
    sides = [(condition.get("kwargs") or {}).get(side) for side in ("left", "right")]
    return all(isinstance(one, (int, float, str)) for one in sides)
