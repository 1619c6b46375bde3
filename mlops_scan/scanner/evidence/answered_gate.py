"""evaluation-gate: a condition on what another step or function answers, which is whether a metric is high enough."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from mlops_scan.scanner.evidence.answers import ORDERS, Answers, Bodies, asked_of, steps_by_place
from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.decided import why
from mlops_scan.scanner.evidence.read_steps import after, chooses, needing, runs
from mlops_scan.scanner.evidence.verdicts import SHIPPING
from mlops_scan.scanner.graph import Callees, Graph
from mlops_scan.scanner.graph.callees import Function
from mlops_scan.scanner.model import Evidence, Fact, Location, Status

_SHIPS = re.compile(r"(?:^|_)(?:push|deploy|regist|promot|releas|publish|ship)", re.IGNORECASE)
_ANY = ("strong", "medium", "weak")


class AnsweredGate(Derivation):
    capability = "evaluation-gate"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        yield from self._of_conditions(graph)
        yield from self._of_tests(graph)
        yield from self._of_choices(graph)

    def _of_conditions(self, graph: Graph) -> Iterator[Evidence]:
        """`with Condition(check.output == "true"):` around steps that bring the model further."""
        for use in graph.uses(self.capability, strengths=_ANY):
            condition = use.fact
            if condition.kind != "call" or not condition.get("with") or use.disabled:
                continue
            asked = " ".join(str(one.get("expr")) for one in condition.get("args") or () if isinstance(one, dict))
            if not asked or ORDERS.search(asked):
                continue
            shipping = graph.once(_Shipping)
            if any(shipping.comes_with(call, by_name=True) for call in _within(graph, condition)):
                yield from self._decided(graph, condition.at, asked, asked_of(graph, condition, asked))

    def _of_tests(self, graph: Graph) -> Iterator[Evidence]:
        """`if not good_enough(model): return` before the model is kept, registered or shipped."""
        for test in graph.facts("comparison"):
            if test.get("asks") and test.get("in") in ("if", "assert") and _guards(graph, test):
                targets = graph.once(Callees).targets(test.at.path, str(test.get("asks")))
                yield from self._decided(graph, test.at, test.name, targets, str(test.get("why") or ""))

    def _of_choices(self, graph: Graph) -> Iterator[Evidence]:
        """A step that says whether those after it come, of which one brings the model further."""
        if not graph.uses("chooses-steps"):
            return
        pipelines: dict[str, list[Fact]] = defaultdict(list)
        for step in graph.facts("pipeline-step"):
            pipelines[str(step.get("of") or step.at.path)].append(step)
        for steps in pipelines.values():
            needs = needing(steps)
            for step in steps:
                if step.get("function") and chooses(graph, step):
                    onward = next((one for one in after(step, needs) if graph.once(_Shipping).is_step(one)), None)
                    if onward is not None:
                        asked = f"whether step '{onward.name}' comes"
                        yield from self._decided(graph, step.at, asked, [runs(step)], told="step '{0}' decides {1}")

    def _decided(
        self,
        graph: Graph,
        at: Location,
        asked: str,
        targets: Iterable[Function],
        without: str = "",
        told: str = "",
    ) -> Iterator[Evidence]:
        for path, name in targets:
            test = graph.once(Answers).of(path, name)
            if test is not None:
                without = without or why(test, stops=False)
                first = told.format(name, asked) if told else f"'{asked}' asks what '{name}' answers"
                what = f"{first}: '{test.name}' ({test.at})"
                yield self.evidence("workflow", at, what, Status.DISABLED if without else Status.USED, without)
                return


class _Shipping:
    """What registers, promotes or deploys a model: by place, and by the functions that come to it."""

    def __init__(self, graph: Graph) -> None:
        self._callees, self._bodies = graph.once(Callees), graph.once(Bodies)
        self._last: dict[Function, Mapping[str, int]] = {}
        self._reaching: dict[Function, bool] = {}
        used = [use for use in graph.uses(*SHIPPING) if use.fact.kind == "call" and not use.disabled]
        kept = [use for use in graph.uses("persists-model") if use.fact.kind == "call" and not use.disabled]
        self._places = {use.at for use in used}
        self._kept = {use.at for use in kept}
        self._functions = {(use.at.path, str(use.fact.get("function") or "")) for use in used}
        self._steps = steps_by_place(graph)

    def comes_with(self, call: Fact, *, by_name: bool = False) -> bool:
        """Whether a call brings a model further, or a function does that it calls."""
        if call.at in self._places or (call.at in self._kept and not by_name):
            return True
        step = self._steps.get(call.at)
        if step is not None and self.is_step(step):
            return True
        if by_name and _SHIPS.search(call.name.rpartition(".")[2]):
            return True
        return any(self._reaches(target) for target in self._callees.targets(call.at.path, call.name))

    def last(self, test: Fact) -> Mapping[str, int]:
        """The lines of the last calls around a test that bring a model further, by the names called."""
        function = test.at.path, str(test.get("function") or "")
        if function not in self._last:
            calls = self._bodies.around(test)
            self._last[function] = {one.name: one.at.line for one in calls if self.comes_with(one)}
        return self._last[function]

    def is_step(self, step: Fact) -> bool:
        """Whether a step brings a model further, by what its function does or by its name."""
        return bool(_SHIPS.search(step.name)) or self._reaches(runs(step))

    def _reaches(self, function: Function) -> bool:
        if function not in self._reaching:
            reached = self._callees.reached(*function) if function[1] else ()
            self._reaching[function] = not self._functions.isdisjoint(reached)
        return self._reaching[function]


def _within(graph: Graph, condition: Fact) -> Iterator[Fact]:
    """The calls under a condition, and under the `Else` that follows it."""
    bodies, until = graph.once(Bodies), int(condition.get("until") or condition.at.line)
    yield from bodies.around(condition, condition.at.line + 1, until)
    for one in bodies.around(condition, until + 1, until + 2):
        if one.get("with") and one.name.endswith(".Else"):
            yield from bodies.around(condition, one.at.line + 1, int(one.get("until") or one.at.line))


def _guards(graph: Graph, test: Fact) -> bool:
    """Whether what keeps, registers or ships a model happens only as the test says."""
    shipping = graph.once(_Shipping)
    branch = {*(test.get("body") or ()), *(test.get("else") or ())}
    ends = bool(test.get("exits") or test.get("raises"))
    last = shipping.last(test)
    return any(line > test.at.line for name, line in last.items() if ends or name in branch)
