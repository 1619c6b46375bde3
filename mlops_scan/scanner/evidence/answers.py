"""What functions answer: the comparison of a metric that decides what one returns, writes or sets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mlops_scan.scanner.evidence.metrics import is_ordered, is_range_check, names_a_metric, speaks_of_metrics
from mlops_scan.scanner.graph import Callees, Graph
from mlops_scan.scanner.graph.callees import Function
from mlops_scan.scanner.model import Fact

_EVALUATES = re.compile(r"evaluat|metric|better|outperform", re.IGNORECASE)
ORDERS = re.compile(r"(?<![-=])[<>]")  # in the text of a condition
_WORD = re.compile(r"[A-Za-z_]\w*")
_STEPS = 2  # functions that hand on what others answer


class Answers:
    """Comparisons and functions, indexed once for a whole judgement."""

    def __init__(self, graph: Graph) -> None:
        self._callees = graph.once(Callees)
        self._ordered: dict[str, list[Fact]] = defaultdict(list)
        self._functions = {(one.at.path, one.name): one for one in graph.facts("function")}
        for fact in graph.facts("comparison"):
            if is_ordered(fact) and fact.get("function"):
                self._ordered[fact.at.path].append(fact)

    def of(self, path: str, name: str, left: int = _STEPS) -> Fact | None:
        """The comparison of a metric by which a function answers, in its body or in what it calls."""
        for test in self._inside(path, name):
            told = _is_told(test) and not is_range_check(test)
            if told and (speaks_of_metrics(test) or self._judges(path, str(test.get("function")))):
                return test
        for call in self._callees.calls((path, name)) if left else ():
            if call.get("returned") or call.get("assigned"):
                for target in self._callees.targets(path, call.name):
                    found = self.of(*target, left - 1) if target != (path, name) else None
                    if found is not None:
                        return found
        return None

    def compares(self, path: str, name: str) -> bool:
        """Whether a function, or one that it comes to call, orders anything, or leaves its answer to one unknown."""
        reached = self._callees.reached(path, name)
        return any(self._inside(*one) for one in reached) or any(
            map(self._is_unknown, self._callees.calls((path, name)))
        )

    def _is_unknown(self, call: Fact) -> bool:
        """Whether nobody sees what a call comes to that makes or returns a value."""
        if (
            call.get("known")
            or call.get("local")
            or "." in call.name
            or not (call.get("returned") or call.get("assigned"))
        ):
            return False
        return call.name != "open" and not self._callees.targets(call.at.path, call.name)

    def _inside(self, path: str, name: str) -> list[Fact]:
        """The tests that order something in a function, or in one that stands in it."""
        return [
            test
            for test in self._ordered.get(path, ())
            if (home := str(test.get("function"))) == name or home.startswith(f"{name}.")
        ]

    def _judges(self, path: str, name: str) -> bool:
        """Whether a function says by its name or its parameters that it judges what was measured."""
        function = self._functions.get(_outermost(path, name))
        named = [
            *(str(one.get("name")) for one in (function.get("params") or () if function else ())),
            *name.split("."),
        ]
        return any(_EVALUATES.search(one) or names_a_metric(one) for one in named)


def _is_told(test: Fact) -> bool:
    """Whether what a function answers hangs on a test."""
    if test.get("in") in ("return", "write"):
        return True
    return test.get("in") == "if" and bool(test.get("returns") or test.get("decides"))


def _outermost(path: str, name: str) -> Function:
    return path, name.partition(".")[0]


def asked_of(graph: Graph, condition: Fact, text: str) -> Iterator[Function]:
    """The functions of the steps of which a condition reads what they answer."""
    words = set(_WORD.findall(text))
    steps = {step.at: step for step in graph.facts("pipeline-step")}
    calls = graph.in_file(condition.at.path, "call")
    for call in reversed(calls):
        inline = call.at.line == condition.at.line and call is not condition
        before = call.at.line < condition.at.line and not words.isdisjoint(
            _WORD.findall(str(call.get("assigned") or ""))
        )
        if call.get("function") != condition.get("function") or not (before or inline):
            continue
        if call.at in steps and steps[call.at].get("function"):
            yield str(steps[call.at].get("runs")), str(steps[call.at].get("function"))
        yield from graph.once(Callees).targets(condition.at.path, call.name)


def is_decided(graph: Graph, condition: Fact, text: str) -> bool | None:
    """Whether a condition orders what it reads, or the steps do that answer; None where nobody knows them."""
    if ORDERS.search(text):
        return True
    known = graph.once(Answers)
    targets = list(asked_of(graph, condition, text))
    return any(known.compares(*one) for one in targets) if targets else None
