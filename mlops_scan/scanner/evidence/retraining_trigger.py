"""retraining-trigger: a schedule or an event that reaches training code. A cron that scores retrains nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.evidence import events
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.evidence.deployment_automation import reached_from_ci
from mlops_scan.scanner.graph import (
    Callees,
    Graph,
    Use,
    is_of_resource,
    is_off,
    purpose_of_schedule,
    purposes,
    starting,
)
from mlops_scan.scanner.model import Evidence, Fact, Status

_EVENTS = {
    "dispatch": "a call from outside",
    "registry": "a registry event",
    "message": "a message",
    "drift": "a drift event",
}
_DRIFT = re.compile(r"drift|skew|(?:^|[^a-z])psi(?:[^a-z]|$)", re.IGNORECASE)
_TIMES = frozenset(("cron", "interval", "rrule", "schedule", "schedules"))
_TRAINS = re.compile(r"train|fit", re.IGNORECASE)
_FIRST = re.compile(r"(?:not )?\W*(\w+)")


class RetrainingTrigger(Derivation):
    capability = "retraining-trigger"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        training = {use.at.path for use in graph.uses("trains") if not use.disabled}
        if not training:
            return
        for schedule in graph.facts("schedule"):
            ours = schedule.get("where") != "python" or is_of_resource(graph, schedule)
            if ours and purpose_of_schedule(graph, schedule) == "train":
                off = Status.DISABLED if is_off(graph, schedule) else Status.USED
                yield self.evidence("schedule", schedule.at, f"schedule '{schedule.name}' trains", off)
        kinds = {fact.at: f"{fact.get('type')}: " for fact in graph.facts("schedule") if fact.get("type")}
        timed = [fact for fact in graph.facts("schedule") if fact.get("where") == "python"]
        trained = {fact.at for fact in timed if purpose_of_schedule(graph, fact) == "train"}
        others = {fact.at for fact in timed if purpose_of_schedule(graph, fact) not in ("train", "")}
        above = graph.importing(training)
        for use in graph.uses("schedules"):
            if use.at in trained or (use.at not in others and use.at.path in above):
                off = Status.DISABLED if use.disabled else Status.USED
                yield self.evidence(use.tool, use.at, f"{kinds.get(use.at, '')}{use.fact.name} schedules training", off)
        yield from self._served_flows(graph, training)
        yield from self._drift_triggered(graph, training)
        yield from self._fed(graph, training)
        for start in starting(graph, "train", _EVENTS):
            if start.word == "drift" or not self._on_code(graph, start.workflow):
                what = f"{_EVENTS[start.word]} starts '{start.workflow}', which trains"
                yield self.evidence("event", start.at, what)
        for function, call in events.handlers(graph):
            kind = graph.once(events.kind_of_handlers)
            what = f"{kind}: '{function.name}' is called with an event and calls {call.name}"
            yield self.evidence("event", function.at, what)
        for kind, rule, is_disabled in events.rules(graph):
            what = f"{kind}: {rule.get('type')} '{rule.name}' starts a pipeline that trains"
            yield self.evidence("event", rule.at, what, Status.DISABLED if is_disabled else Status.USED)

    def _on_code(self, graph: Graph, path: str) -> bool:
        """Whether the workflow runs on every change anyway, or is a test's."""
        words = {one for fact in graph.in_file(path, "workflow") for one in fact.get("triggers") or ()}
        return bool(words & {"push", "pull_request"})

    def _fed(self, graph: Graph, training: set[str]) -> Iterator[Evidence]:
        """A delivery pipeline of which new data is a source, and whose steps run the folder that trains."""
        sources = [use for use in graph.uses("starts-on-data") if not use.disabled]
        if sources:
            reached = {node[5:] for node in reached_from_ci(graph) if node.startswith("file:")}
            commands = (fact for fact in graph.facts("command") if fact.at.path in reached or fact.get("where") == "ci")
            words = {str(word).rpartition("/")[2] for fact in commands for word in fact.get("argv") or ()}
            ran = {
                path.rpartition("/")[0] for path in graph.files if path in reached or path.rpartition("/")[2] in words
            }
            if not ran.isdisjoint(path.rpartition("/")[0] for path in training):
                yield from (self.evidence(use.tool, use.at, "new data starts what trains") for use in sources)

    def _served_flows(self, graph: Graph, training: set[str]) -> Iterator[Evidence]:
        """`flow.serve(cron=...)`: a call on a function that is decorated as a pipeline."""
        flows = {
            str(use.fact.says.get("decorates")): use.tool
            for use in graph.uses("pipeline-definition")
            if use.fact.says.get("decorates")
        }
        above = graph.importing(training) if flows else frozenset()
        for call in graph.facts("call") if flows else ():
            flow = call.name.rpartition(".")[0].rpartition(".")[2]
            timed = not _TIMES.isdisjoint(call.says.get("kwargs") or ())
            if flow in flows and timed and call.at.path in above:
                yield self.evidence(flows[flow], call.at, f"{call.name} schedules training", state(call))

    def _drift_triggered(self, graph: Graph, training: set[str]) -> Iterator[Evidence]:
        """A drift check whose branch calls a function of training code."""
        names = {
            str(use.fact.says.get("function")).split(".")[-1]
            for use in graph.uses("trains")
            if use.fact.says.get("function")
        }
        names |= {fact.name for fact in graph.facts("function") if fact.at.path in training and "train" in fact.name}
        watching = {use.at.path for use in graph.uses("drift-check", "drift-monitoring")}
        told: set[tuple[str, str]] = set()
        for fact in graph.facts("comparison") if watching else ():
            body = fact.says.get("body") or ()
            if fact.at.path in watching and not names.isdisjoint(call.split(".")[-1] for call in body):
                told.add((fact.at.path, str(fact.get("function") or "")))
                yield self.evidence("drift", fact.at, f"'{fact.name}' starts training", Status.USED)
        for call in _on_drift(graph) if watching else ():
            if (call.at.path, str(call.get("function") or "")) not in told:
                yield self.evidence("drift", call.at, f"a drift that was found calls {call.name}, which trains")
        for use in graph.uses("starts-pipeline"):
            asked = next((one for one in use.fact.get("guards") or () if _DRIFT.search(str(one))), "")
            if asked and use.at.path in watching and not use.disabled and _starts_training(graph, use):
                yield self.evidence("drift", use.at, f"'{asked}' starts a pipeline that trains", Status.USED)


def _starts_training(graph: Graph, use: Use) -> bool:
    """Whether a call starts a run of a pipeline that trains."""
    edges = (edge for edge in graph.links_from(f"file:{use.at.path}", "starts") if edge.at == use.at)
    return any("train" in purposes(graph, edge.target) for edge in edges)


def _on_drift(graph: Graph) -> Iterator[Fact]:
    """Calls that come to train, and are made only where a check found drift: `if report.drifted: retrain()`."""
    callees = graph.once(Callees)
    trains = {(use.at.path, str(use.fact.get("function") or "")) for use in graph.uses("trains") if not use.disabled}
    for call in graph.facts("call"):
        guards = call.get("guards") or ()
        function = str(call.get("function") or "")
        if not guards or call.get("state") == "disabled" or not _TRAINS.search(call.name.rpartition(".")[2]):
            continue
        asked = {match[1] for match in map(_FIRST.match, guards) if match}
        if not any(_DRIFT.search(guard) for guard in guards) and not any(
            one.get("assigned") in asked and _DRIFT.search(one.name) for one in callees.calls((call.at.path, function))
        ):
            continue
        targets = callees.targets(call.at.path, call.name)
        if any(not trains.isdisjoint(callees.reached(*target)) for target in targets):
            yield call
