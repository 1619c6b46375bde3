"""Verdicts under a name: `accepted, metrics = compare_models(...)`, and later `if not accepted: return`."""

from __future__ import annotations

import re
from collections.abc import Callable

from mlops_scan.scanner.graph import Callees, Graph
from mlops_scan.scanner.model import Fact

SHIPPING = ("registers-model", "promotes", "deploys")  # what brings a model further
_BARE = re.compile(r"(?:not\s+)?(?P<name>[A-Za-z_]\w*)\Z")
# of a function that says which of two models is better, or whether one is good enough
_LONGEST = 80
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*")
_VERBS = ("compar", "evaluat", "assess", "judg", "valid", "check", "gate", "better", "beat", "outperform", "accept")
_ABOUT = ("model", "candidate", "challenger", "champion", "metric", "performance")
_ALONE = frozenset(("beats", "outperforms", "evaluation_gate", "quality_gate", "is_better"))


def is_bare(test: Fact) -> bool:
    """Whether a test asks for nothing but a name, and the code does not say what that was set to."""
    match = _BARE.match(test.name) if not test.get("ops") else None
    return match is not None and {str(one) for one in test.get("names") or ()} <= {match["name"]}


def judged_by(graph: Graph, test: Fact, measures: Callable[[Fact], bool]) -> str:
    """The function that gave the verdict which a bare name holds, where it judges models by what was measured."""
    match = _BARE.match(test.name)
    if match is None:
        return ""
    made = [
        call
        for call in graph.in_file(test.at.path, "call")
        if call.get("function") == test.get("function")
        and call.at.line < test.at.line
        and match["name"] in re.findall(r"\w+", str(call.get("assigned") or ""))
    ]
    if not made:
        return ""
    name = made[-1].name.rpartition(".")[2]
    if _judges(name):
        return name
    inside = graph.once(Callees).targets(test.at.path, made[-1].name)
    orders = any(
        measures(one)
        for path, function in inside
        for one in graph.in_file(path, "comparison")
        if one.get("function") == function
    )
    return name if orders else ""


def _judges(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name[:_LONGEST])]
    pairs = {"_".join(words[start : start + 2]) for start in range(len(words))}
    verb, about = (any(word.startswith(known) for word in words) for known in (_VERBS, _ABOUT))
    return (verb and about) or not _ALONE.isdisjoint({*words, *pairs})


def stops(graph: Graph, test: Fact) -> bool:
    """Whether what keeps, registers or ships a model stands behind the test, which can end the way there."""
    for use in graph.uses("persists-model", *SHIPPING):
        one = use.fact
        here = one.kind == "call" and one.at.path == test.at.path and one.get("function") == test.get("function")
        if here and not use.disabled and one.at.line > test.at.line:
            guarded = any(str(guard).strip() == test.name for guard in one.get("guards") or ())
            if guarded or test.get("exits") or test.get("raises"):
                return True
    return False
