"""What starts a pipeline on an event: a function that is called with one, or a rule of the cloud."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact

_EVENT = (["event", "context"], ["cloud_event"], ["cloudevent"], ["event", "_context"], ["event", "_"])
_RULES = frozenset(("AWS::Events::Rule", "aws_cloudwatch_event_target", "google_eventarc_trigger"))
_OF_CODE = re.compile(r"codecommit|code ?build|pull.?request|ecr image|model.?package", re.IGNORECASE)
_TRAINS = re.compile(r"(?:^|[^a-z])(?:re-?)?train", re.IGNORECASE)
_RETRAINS = re.compile(r"re-?train", re.IGNORECASE)


def handlers(graph: Graph) -> Iterator[tuple[Fact, Fact]]:
    """(function that is called with an event, the call in its file that starts a pipeline)."""
    starts = {use.at.path: use.fact for use in reversed(graph.uses("starts-pipeline")) if not use.disabled}
    for function in graph.facts("function"):
        names = [str(one.get("name")) for one in function.get("params") or ()]
        if names in _EVENT and function.at.path in starts:
            yield function, starts[function.at.path]


def rules(graph: Graph) -> Iterator[Fact]:
    """Rules whose target is a pipeline that trains, started by data, an alarm or the clock, not by code."""
    resources = [fact for fact in graph.facts("resource") if fact.get("platform") in ("cloudformation", "terraform")]
    training = [fact for fact in resources if _is_training(fact)]
    for rule in resources:
        if rule.get("type") not in _RULES:
            continue
        text = _text(rule)
        if _disabled(rule) or _OF_CODE.search(_pattern(rule, resources)):
            continue
        if _RETRAINS.search(f"{rule.name} {text}") or any(_names(text, one) for one in training):
            yield rule


def _is_training(resource: Fact) -> bool:
    kind = str(resource.get("type")).lower()
    pipeline = kind.endswith(("pipeline", "statemachine", "state_machine"))
    return pipeline and bool(_TRAINS.search(_text(resource)))


def _pattern(rule: Fact, resources: list[Fact]) -> str:
    """What the rule waits for; a Terraform target names the rule that says it."""
    data = rule.get("data") or {}
    if rule.get("platform") == "cloudformation":
        return json.dumps((data.get("Properties") or {}).get("EventPattern") or "", default=str)
    text = _text(rule)
    return " ".join(
        _text(one) for one in resources if one.get("type") == "aws_cloudwatch_event_rule" and _names(text, one)
    )


def _disabled(rule: Fact) -> bool:
    properties = (rule.get("data") or {}).get("Properties") or rule.get("data") or {}
    return (
        properties.get("State") == "DISABLED"
        or properties.get("is_enabled") is False
        or rule.get("state") == "disabled"
    )


def _names(text: str, resource: Fact) -> bool:
    """Whether data refer to a resource: by its address in Terraform, by its logical name in CloudFormation."""
    if resource.get("platform") == "terraform":
        return f"{resource.get('type')}.{resource.name}" in text
    return bool(re.search(rf"(?<![\w-]){re.escape(resource.name)}(?![\w-])", text))


def _text(resource: Fact) -> str:
    return json.dumps(resource.get("data") or {}, default=str)
