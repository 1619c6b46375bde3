"""Steps of pipelines that evaluate a model, where a later step brings it further: what reads what they find."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.evidence.answers import is_decided
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.memo import once
from mlops_scan.scanner.model import Fact, Location

_WORD = re.compile(r"[A-Za-z_]\w*")
_PRESENT = re.compile(r"\bis (?:not )?None\b")  # that there is a result says nothing about the model
_ASKS = re.compile(r"\.(?:xcom_pull|get_task_instance)$")  # a result that is fetched, not handed on
_MANY = 300
_ASKED = 40  # steps of one file that evaluate


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A step that evaluates; whether a condition reads what it finds; the step that only comes if that allows it."""

    step: Fact
    read: bool
    allows: Fact | None


def evaluating_steps(graph: Graph) -> Iterator[Evaluated]:
    """Steps that evaluate, where another step of the same pipeline registers, promotes or deploys."""
    evaluating = {(use.at.path, str(use.fact.get("function") or "")) for use in graph.uses("evaluates")}
    further = {
        (use.at.path, str(use.fact.get("function") or "")): use.fact
        for use in graph.uses("promotes", "deploys", "registers-model")
        if not use.disabled
    }
    pipelines: dict[str, list[Fact]] = defaultdict(list)
    for fact in graph.facts("pipeline-step"):
        if fact.get("of"):
            pipelines[str(fact.get("of"))].append(fact)
    asked: Counter[str] = Counter()
    for steps in pipelines.values():
        found = [one for one in steps if one.get("function") and runs(one) in evaluating]
        onward = [one for one in steps if one.get("function") and runs(one) in further]
        needs = needing(steps) if found and onward else {}
        for step in found:
            asked[step.at.path] += 1
            last = [one for one in onward[:_MANY] if one.name != step.name] if asked[step.at.path] <= _ASKED else []
            if last:
                yield _Reading(graph, needs, step).of(last)


class _Reading:
    """What comes of one step."""

    def __init__(self, graph: Graph, needs: Mapping[str, list[Fact]], step: Fact) -> None:
        self.graph, self.step = graph, step
        self.later = after(step, needs)
        self.calls = {(one.at.line, one.at.column): one for one in graph.in_file(step.at.path, "call")}
        call = self._call(step)
        self.home = call.get("function") if call is not None else None
        self.known = {word for one in (step, *self.later) for word in self._assigned(one)}

    def of(self, onward: list[Fact]) -> Evaluated:
        conditions = list(self._conditions())
        deciding = [
            _block(one) for one in conditions if is_decided(self.graph, one, " ".join(_texts(one))) is not False
        ]
        allows = next((one for one in onward if self._is_allowed(one, deciding)), None)
        read = allows is not None or bool(conditions) or self._compared() or any(map(self._decides, self.later))
        return Evaluated(self.step, read, allows)

    def _call(self, step: Fact) -> Fact | None:
        """The call in the pipeline's code that makes the step."""
        return self.calls.get((step.at.line, step.at.column)) if step.at.path == self.step.at.path else None

    def _assigned(self, step: Fact) -> list[str]:
        call = self._call(step)
        return _WORD.findall(str(call.get("assigned") or "")) if call is not None else []

    def _reads(self, *texts: str) -> bool:
        return any(not self.known.isdisjoint(_WORD.findall(text)) for text in texts)

    def _conditions(self) -> Iterator[Fact]:
        """`with dsl.If(found.output == ...)` of the same pipeline, with what stands in it."""
        for call in self.calls.values() if self.known else ():
            if call.get("with") and call.get("function") == self.home and self._reads(*_texts(call)):
                yield call

    def _compared(self) -> bool:
        """Whether an `if` of the pipeline reads it."""
        tests = [one.name for one in self.graph.in_file(self.step.at.path, "comparison") if self._is_here(one)]
        tests += [guard for one in self.calls.values() if self._is_here(one) for guard in one.get("guards") or ()]
        return bool(self.known) and self._reads(*tests)

    def _is_here(self, fact: Fact) -> bool:
        return fact.get("function") == self.home and fact.at.line > self.step.at.line

    def _is_allowed(self, step: Fact, conditions: list[Location]) -> bool:
        """Whether a step stands under a condition that reads it, or comes after one that chooses."""
        call = self._call(step)
        if call is not None and any(one.line <= call.at.line <= one.end_line for one in conditions):
            return True
        guards = [one for one in (call.get("guards") or () if call is not None else ()) if not _PRESENT.search(one)]
        if self.known and self._reads(*guards):
            return True
        if step not in self.later:
            return False
        needs = needing(self.later)
        return any(chooses(self.graph, one) and step in after(one, needs) for one in self.later)

    def _decides(self, step: Fact) -> bool:
        """Whether a later step chooses, or does something only under a condition on what it is handed or fetches."""
        path, name = runs(step)
        if not name:
            return chooses(self.graph, step)
        taken = {
            str(one.get("name"))
            for function in self.graph.in_file(path, "function")
            if function.name == name
            for one in function.get("params") or ()
        }
        inside = [one for one in self.graph.in_file(path, "call") if one.get("function") == name]
        taken |= {str(one.get("assigned")) for one in inside if one.get("assigned") and _ASKS.search(one.name)}
        tests = [guard for one in inside for guard in one.get("guards") or ()]
        tests += [one.name for one in self.graph.in_file(path, "comparison") if one.get("function") == name]
        words = {word for test in tests for word in _WORD.findall(test)}
        return chooses(self.graph, step) or not taken.isdisjoint(words) or bool(tests and any(map(_asks, inside)))


def _block(condition: Fact) -> Location:
    return Location(condition.at.path, condition.at.line, 1, int(condition.get("until") or condition.at.line))


def _asks(call: Fact) -> bool:
    return bool(_ASKS.search(call.name))


def runs(step: Fact) -> tuple[str, str]:
    """The file and the function that a step runs."""
    return str(step.get("runs") or ""), str(step.get("function") or "")


def chooses(graph: Graph, step: Fact) -> bool:
    """Whether a step says which of the others come."""
    places, functions = _choosing(graph)
    return (step.at.path, step.at.line) in places or runs(step) in functions


@once
def _choosing(graph: Graph) -> tuple[set[tuple[str, int]], set[tuple[str, str]]]:
    """Where steps are made that choose, and the functions that are decorated as such."""
    uses = [use for use in graph.uses("chooses-steps") if not use.disabled]
    decorated = {(use.at.path, str(use.fact.get("decorates"))) for use in uses if use.fact.get("decorates")}
    return {(use.at.path, use.at.line) for use in uses}, decorated


def needing(steps: Iterable[Fact]) -> Mapping[str, list[Fact]]:
    """The steps that need one of that name."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for one in steps:
        for name in one.get("needs") or ():
            found[str(name)].append(one)
    return found


def after(step: Fact, needing: Mapping[str, list[Fact]]) -> list[Fact]:
    """The steps that need one, or a step that needs it."""
    found: dict[int, Fact] = {}
    waiting = [step]
    while waiting and len(found) < _MANY:
        for one in needing.get(waiting.pop().name, ()):
            if one is not step and id(one) not in found:
                found[id(one)] = one
                waiting.append(one)
    return list(found.values())


def _texts(call: Fact) -> Iterator[str]:
    values: list[Any] = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    yield from (str(one.get("expr") or "") for one in values if isinstance(one, dict))
