"""What functions answer: the comparison of a metric that decides what one returns, writes or sets."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice

from mlops_scan.scanner.evidence.metrics import is_ordered, is_range_check, names_a_metric, speaks_of_metrics
from mlops_scan.scanner.graph import Callees, Graph
from mlops_scan.scanner.graph.callees import Function
from mlops_scan.scanner.graph.memo import once
from mlops_scan.scanner.model import Fact, Location

_EVALUATES = re.compile(r"evaluat|metric|better|outperform", re.IGNORECASE)
ORDERS = re.compile(r"(?<![-=])[<>]")  # in the text of a condition
_WORD = re.compile(r"[A-Za-z_]\w*")
_NESTED = 20  # functions in functions
_READ = 50  # calls on one line, or that set one name
_STEPS = 2  # functions that hand on what others answer


class Answers:
    """Comparisons and functions, indexed once for a whole judgement."""

    def __init__(self, graph: Graph) -> None:
        self._callees = graph.once(Callees)
        self._ordered: dict[Function, list[Fact]] = defaultdict(list)  # by the functions in which they stand
        self._known: dict[tuple[str, str, int], Fact | None] = {}
        self._functions = {(one.at.path, one.name): one for one in graph.facts("function")}
        for fact in graph.facts("comparison"):
            if is_ordered(fact) and fact.get("function"):
                around = accumulate(str(fact.get("function")).split("."), "{}.{}".format)
                for name in islice(around, _NESTED):
                    self._ordered[fact.at.path, name].append(fact)

    def of(self, path: str, name: str, left: int = _STEPS) -> Fact | None:
        """The comparison of a metric by which a function answers, in its body or in what it calls."""
        if (path, name, left) not in self._known:
            self._known[path, name, left] = self._of(path, name, left)
        return self._known[path, name, left]

    def _of(self, path: str, name: str, left: int) -> Fact | None:
        for test in self._ordered.get((path, name), ()):
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
        return not self._ordered.keys().isdisjoint(reached) or any(
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


class Bodies:
    """The calls that stand in each function, by line and by the names that are set to what they answer."""

    def __init__(self, graph: Graph) -> None:
        self._calls: dict[Function, list[Fact]] = defaultdict(list)
        self._lines: dict[Function, list[int]] = defaultdict(list)
        self._setting: dict[tuple[Function, str], list[int]] = defaultdict(list)
        for call in graph.facts("call"):
            body = _body(call)
            for word in _WORD.findall(str(call.get("assigned") or "")):
                self._setting[body, word].append(len(self._calls[body]))
            self._calls[body].append(call)
            self._lines[body].append(call.at.line)

    def around(self, fact: Fact, first: int = 0, last: int | None = None) -> list[Fact]:
        """The calls in the same function as a fact, on lines from `first` to `last`."""
        return self._calls.get(_body(fact), [])[slice(*self._between(fact, first, last))]

    def read_by(self, condition: Fact, text: str) -> list[Fact]:
        """The calls on a condition's line, and those before it that set a name of its text; the latest first."""
        body, line = _body(condition), condition.at.line
        start, end = self._between(condition, line, line)
        found = set(range(start, end)[-_READ:])
        for word in set(_WORD.findall(text)):
            setting = self._setting.get((body, word), [])
            before = bisect_left(setting, start)
            found.update(setting[max(before - _READ, 0) : before])
        calls = self._calls.get(body, [])
        return [calls[index] for index in sorted(found, reverse=True) if calls[index] is not condition]

    def _between(self, fact: Fact, first: int, last: int | None) -> tuple[int, int]:
        lines = self._lines.get(_body(fact), [])
        return bisect_left(lines, first), len(lines) if last is None else bisect_right(lines, last)


def _body(fact: Fact) -> Function:
    return fact.at.path, str(fact.get("function") or "")


@once
def steps_by_place(graph: Graph) -> Mapping[Location, Fact]:
    """The steps of pipelines by where they stand."""
    return {step.at: step for step in graph.facts("pipeline-step")}


def asked_of(graph: Graph, condition: Fact, text: str) -> Iterator[Function]:
    """The functions of the steps of which a condition reads what they answer."""
    steps = steps_by_place(graph)
    for call in graph.once(Bodies).read_by(condition, text):
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
