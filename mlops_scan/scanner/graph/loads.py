"""Whether what is loaded is a model."""

from __future__ import annotations

import re
import sys

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.use import Use

_WORDS = re.compile(
    r"model|clf|classif|regress|pipeline|vectori|encoder|scaler|predict|estimator|weights|transformer", re.IGNORECASE
)


def loads_model(graph: Graph, use: Use, caller: str = "") -> bool:
    """Whether a load is of a model: not a bare unpickling of anything at all in code that knows no model.

    `caller` is the path of a file that reaches the load, whose code is asked too.
    """
    if use.key != "loads-model" or use.fact.name.partition(".")[0] not in sys.stdlib_module_names:
        return True
    words = [str(value) for value in (*(use.fact.get("args") or ()), use.fact.get("assigned") or "")]
    if _WORDS.search(" ".join(words)):
        return True
    closure = {*graph.closure(use.at.path), *(graph.closure(caller) if caller else ())}
    knows = graph.uses("predicts", "trains", "loads-hub-model", "registry-load", "training-framework", "evaluates")
    return any(one.at.path in closure for one in knows)
