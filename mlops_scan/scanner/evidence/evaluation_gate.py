"""evaluation-gate: a metric threshold or comparison that can stop a model before it is registered or shipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from mlops_scan.scanner.evidence.answers import is_decided
from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.branches import same_either_way
from mlops_scan.scanner.evidence.decided import judges, only_told, why
from mlops_scan.scanner.evidence.metrics import is_ordered, is_range_check, speaks_of_metrics
from mlops_scan.scanner.evidence.read_steps import evaluating_steps
from mlops_scan.scanner.evidence.unheeded import ignored, ignored_result, steps, unawaited, unread
from mlops_scan.scanner.evidence.verdicts import is_bare, judged_by, stops
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Fact, Status

# a function that tells whether a model may go on: another step, or another file, acts on what it says
_DECIDES = re.compile(
    r"deploy\w*_(?:trigger|decision)|(?:deploy|promot|releas|gate|quality_gate|champion)\w*$|should_(?:deploy|promote|register)"
    r"|(?:is|are)_(?:better|acceptable|improved)|(?:beats|outperforms)",
    re.IGNORECASE,
)
_FLAG = re.compile(
    r"(?=\w+\Z).*?(?:promot|should|better|deploy|passed|accept|improve|win|beats|approved)", re.IGNORECASE
)
_ACCEPTED = re.compile(r"(?:^|[._])(?:accepted|approved|blessed|promoted|is_better|passed)$", re.IGNORECASE)
_SHIPS = re.compile(r"(?:^|[_/-])(?:push|deploy|regist|promot|releas|publish|ship)", re.IGNORECASE)
_FURTHER = re.compile(r"deploy|register|promot|release|approv|endpoint|create_?model|save ?model", re.IGNORECASE)
_DATA = re.compile(
    r"drift|psi\b|_ks\b|\bks_|shift|isna|isnull|null|missing|column|\bcols?\b|\bdf\b|frame|feature|rows?\b|schema",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\.(?:cancel|abort|fail|reject)$")


class EvaluationGate(Derivation):
    capability = "evaluation-gate"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        found = list(self._compared(graph))
        yield from found
        judging = list(evaluating_steps(graph))
        for one in () if found else judging:
            if one.allows is not None:
                what = f"step '{one.allows.name}' only comes if what step '{one.step.name}' finds allows it"
                found.append(self.evidence("workflow", one.allows.at, what))
                yield found[-1]
        if any(one.status is Status.USED for one in found):
            return
        for fact in graph.facts("comparison"):
            if speaks_of_metrics(fact) and (told := _unheeded(graph, fact)):
                yield self.evidence("python", fact.at, f"'{fact.name}' is asked", Status.DISABLED, told)
        for one in judging:
            if not one.read:
                told = "no condition reads what it finds"
                yield self.evidence("python", one.step.at, f"step '{one.step.name}' evaluates", Status.DISABLED, told)

    def _compared(self, graph: Graph) -> Iterator[Evidence]:
        """Comparisons that decide, each with its state."""
        around = _Around(graph)
        for fact in graph.facts("comparison"):
            if fact.get("in") == "choice":
                if _chooses(fact, around.names):
                    yield self.evidence("workflow", fact.at, f"'{fact.name}' decides in '{fact.get('function')}'")
            elif is_ordered(fact):
                outputs = fact.get("in") == "with"  # what a pipeline's condition compares
                if (outputs or speaks_of_metrics(fact)) and not is_range_check(fact):
                    yield from self._ordered(graph, fact, around)
            elif fact.get("asks") or (fact.get("in") == "with" and is_decided(graph, fact, fact.name) is False):
                continue  # what the function or the step answers says more
            elif is_bare(fact):
                judge = judged_by(graph, fact, _measures) if stops(graph, fact) else ""
                if judge:
                    yield self.evidence("python", fact.at, f"'{fact.name}' asks what '{judge}' decided")
            elif not fact.get("ops") and (_guards_shipping(graph, fact) or (around.measured and _lets_pass(fact))):
                yield self.evidence("python", fact.at, f"'{fact.name}' asks what an earlier step decided")

    def _ordered(self, graph: Graph, fact: Fact, around: _Around) -> Iterator[Evidence]:
        """What a metric that is above or below another one decides."""
        body = {*(fact.get("body") or ()), *(fact.get("else") or ())}
        onwards = {call for call in body if call in around.names or _leads_to_promotion(graph, fact, call)}
        promotes = (bool(onwards) and not same_either_way(graph, fact, onwards)) or _lets_ship(graph, fact)
        ends = any(_ENDS.search(call) for call in body)
        stops = (ends or fact.get("raises") or fact.get("exits")) and (ends or fact.at.path in around.stopping)
        if fact.get("gathers"):  # what a list of failures is for; what only leaves the function says less
            stops = stops and bool(fact.get("raises") or fact.get("fails")) and not _speaks_of_data(fact)
        if promotes or (stops and fact.get("in") in ("if", "assert")):
            without = why(fact, stops=not promotes)
            if not promotes and fact.at.path in around.unheeded and fact.at.path not in around.onward:
                without = without or around.unheeded[fact.at.path]
            without = without or ("" if promotes or ends else unread(graph, fact))
            status = Status.DISABLED if without else Status.USED
            yield self.evidence("python", fact.at, f"'{fact.name}' decides", status, without)
        elif (fact.at.path, fact.get("function")) in around.flagged:
            yield self.evidence("python", fact.at, f"'{fact.name}' sets what guards the promotion")
        elif (fact.get("in") == "return" or fact.get("exits")) and _DECIDES.search(str(fact.get("function") or "")):
            yield self.evidence("python", fact.at, f"'{fact.get('function')}' decides by '{fact.name}'")


def _unheeded(graph: Graph, fact: Fact) -> str:
    """Why a comparison that neither promotes nor stops anything has no effect; '' where that is not known."""
    if only_told(graph, fact):
        return "what follows is a line in a log"
    if fact.get("in") == "return" and is_ordered(fact) and judges(graph, fact):
        return ignored_result(graph, fact.at.path, str(fact.get("function") or ""))
    return ""


class _Around:
    """What a comparison is seen against: what brings the model further, which files a failure stops or does not.

    `names` are the calls that promote, `onward` the files that ship, or import such; `measured`: something asks for a
    metric.
    """

    def __init__(self, graph: Graph) -> None:
        promoting = [use for use in graph.uses("promotes", "deploys") if use.fact.kind == "call"]
        files = {use.at.path for use in promoting}
        self.names = {use.fact.name for use in promoting}
        self.stopping = files | {use.at.path for use in graph.uses("evaluates")}
        self.stopping |= {edge.target[5:] for edge in steps(graph)}
        self.flagged = _behind_a_flag(graph)
        self.unheeded = {**unawaited(graph), **ignored(graph)}
        self.onward = graph.importing(files | {use.at.path for use in graph.uses("registers-model")})
        self._graph = graph

    @cached_property
    def measured(self) -> bool:
        return any(speaks_of_metrics(one) for one in self._graph.facts("comparison") if is_ordered(one))


def _speaks_of_data(fact: Fact) -> bool:
    """Whether a test that fills a list is about data that are missing or that changed, and about no model."""
    names = [fact.name, fact.get("gathers"), *(fact.get("names") or ()), *(fact.get("about") or ())]
    return bool(_DATA.search(" ".join(str(one) for one in names)))


def _measures(fact: Fact) -> bool:
    return is_ordered(fact) and speaks_of_metrics(fact)


def _chooses(fact: Fact, promoting: set[str]) -> bool:
    """Whether a state of a workflow compares a metric, or a verdict, before a step that brings the model further."""
    steps = {*(fact.get("body") or ()), *(fact.get("else") or ())}
    verdict = any(_FLAG.match(str(name)) for name in fact.get("names") or ())
    further = any(step in promoting or _FURTHER.search(step) for step in steps)
    return further and ((is_ordered(fact) and speaks_of_metrics(fact)) or verdict)


def _guards_shipping(graph: Graph, fact: Fact) -> bool:
    """Whether a stored verdict (`if not metrics["passed"]: return`) stops what registers or promotes below it."""
    shipping = [
        use.fact
        for use in graph.uses("registers-model", "promotes", "deploys")
        if use.fact.kind == "call" and not use.disabled
    ]
    called = {call.split(".")[-1] for call in (*(fact.get("body") or ()), *(fact.get("else") or ()))}
    known = graph.closure(fact.at.path)
    for one in shipping:
        here = one.at.path == fact.at.path and one.get("function") == fact.get("function")
        if here and one.at.line > fact.at.line and (fact.get("exits") or fact.get("raises") or one.get("guards")):
            return True
        if one.at.path in known and str(one.get("function") or "").split(".")[-1] in called - {""}:
            return True
    return False


def _lets_ship(graph: Graph, fact: Fact) -> bool:
    """`with Condition(evaluation.output >= 0.8): deploy_step(...)`: steps of a pipeline that are named for shipping.

    A step that is made of a file (`load(".../deploy/component.yaml")()`) has the name of what it is made of.
    """
    if fact.get("in") != "with":
        return False
    body = frozenset(fact.get("body") or ())
    if any(_SHIPS.search(one.rpartition(".")[2]) for one in body):
        return True
    loaded = {one for one in body if one.endswith(".__call__")}
    calls = graph.in_file(fact.at.path, "call") if loaded else ()
    until = max((int(one.get("until") or 0) for one in calls if one.at.line == fact.at.line), default=0)
    return any(
        isinstance(made, str) and _SHIPS.search(made)
        for one in calls
        if one.name in loaded and fact.at.line <= one.at.line <= until
        for made in (one.get("receiver_of"), *(one.get("receiver_args") or ()))
    )


def _lets_pass(fact: Fact) -> bool:
    """`if evaluation.is_accepted: push(...)`: what an evaluation decided lets the next step happen, or ends the run."""
    if not any(_ACCEPTED.search(str(name)) for name in fact.get("names") or ()):
        return False
    called = [call.rpartition(".")[2] for call in (*(fact.get("body") or ()), *(fact.get("else") or ()))]
    return any(_SHIPS.search(call) for call in called)


def _behind_a_flag(graph: Graph) -> set[tuple[str, object]]:
    """Functions that promote only `if should_promote`: a comparison before it sets the flag."""
    return {
        (use.at.path, use.fact.get("function"))
        for use in graph.uses("promotes", "deploys", "registers-model")
        if use.fact.kind == "call" and any(_FLAG.match(str(guard)) for guard in use.fact.get("guards") or ())
    }


def _leads_to_promotion(graph: Graph, fact: Fact, call: str) -> bool:
    """Whether a function of the same file, or of one that it imports, promotes and is called in the branch."""
    known = graph.closure(fact.at.path)
    return any(
        use.at.path in known and str(use.fact.get("function") or "").split(".")[-1] == call.split(".")[-1]
        for use in graph.uses("promotes", "deploys")
        if use.fact.kind == "call" and use.fact.get("function")
    )
