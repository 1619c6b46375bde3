"""What starts a pipeline on an event: a function that is called with one, or a rule of the cloud."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact

_EVENT = (["event", "context"], ["cloud_event"], ["cloudevent"], ["event", "_context"], ["event", "_"])
_RULES = frozenset(
    (
        *("AWS::Events::Rule", "aws_cloudwatch_event_target", "google_eventarc_trigger"),
        *("azurerm_eventgrid_event_subscription", "azurerm_eventgrid_system_topic_event_subscription"),
        *("aws_s3_bucket_notification", "google_storage_notification", "AWS::CloudWatch::Alarm"),
        *("aws_cloudwatch_metric_alarm", "Microsoft.EventGrid/eventSubscriptions"),
    )
)
# kinds of events, by what a rule waits for; the first that is spoken of counts
_KINDS = tuple(
    (word, re.compile(spoken, re.IGNORECASE))
    for word, spoken in (
        ("schedule", r"schedule.?expression"),
        ("registry event", r"model.?package|ModelRegistered|ModelDeployed|model.?regist"),
        ("drift event", r"drift|Alarm State|cloudwatch.?(?:metric.?)?alarm|monitor.{0,20}violation"),
        ("data arrival", r"aws\.s3|s3.?bucket|s3:Object|Object ?Created|PutObject|BlobCreated|storage"),
        ("message", r"pub/?sub|topic|queue"),
    )
)
_SOURCES = re.compile(
    r"bucket.?notification|storage.?notification|eventarc|NotificationConfiguration|event.?source.?mapping",
    re.IGNORECASE,
)
_ALARM = re.compile(r"alarm\Z", re.IGNORECASE)
_OF_CODE = re.compile(r"codecommit|code ?build|pull.?request|ecr image|model.?package", re.IGNORECASE)
_PLATFORMS = ("cloudformation", "terraform", "bicep", "arm")
_TRAINS = re.compile(r"(?:^|[^a-z])(?:re-?)?train", re.IGNORECASE)
_RETRAINS = re.compile(r"re-?train", re.IGNORECASE)


def handlers(graph: Graph) -> Iterator[tuple[Fact, Fact]]:
    """(function that is called with an event, the call in its file that starts a pipeline)."""
    starts = {use.at.path: use.fact for use in reversed(graph.uses("starts-pipeline")) if not use.disabled}
    for function in graph.facts("function"):
        names = [str(one.get("name")) for one in function.says.get("params") or ()]
        if names in _EVENT and function.at.path in starts:
            yield function, starts[function.at.path]


def kind_of(text: str) -> str:
    """The kind of event that a text speaks of; "event" where it does not say."""
    return next((word for word, spoken in _KINDS if spoken.search(text)), "event")


def kind_of_handlers(graph: Graph) -> str:
    """The kind of event that functions of the repository are called with, where only one is declared."""
    found = {
        kind_of(text)
        for resource in graph.facts("resource")
        if _SOURCES.search(text := f"{resource.get('type')} {_text(resource)}")
    }
    return found.pop() if len(found) == 1 else "event"


def rules(graph: Graph) -> Iterator[tuple[str, Fact, bool]]:
    """(kind of event, rule whose target is a pipeline that trains, whether it is off): data, an alarm, the clock."""
    resources = [fact for fact in graph.facts("resource") if fact.get("platform") in _PLATFORMS]
    training = [fact for fact in resources if _is_training(fact)]
    switched_off = {id(use.fact) for use in graph.uses("schedules") if use.disabled}
    for rule in resources:
        if rule.get("type") not in _RULES:
            continue
        alarm = _ALARM.search(str(rule.get("type"))) is not None
        text = _actions(rule) if alarm else _text(rule)
        causes = [] if rule.get("platform") == "cloudformation" else _causes(graph, rule, resources)
        pattern = _pattern(rule, causes)
        if _OF_CODE.search(pattern):
            continue
        if alarm and kind_of(_text(rule).replace("Alarm", "")) != "drift event":
            continue
        if _RETRAINS.search(text if alarm else f"{rule.name} {text}") or _named(graph, rule, text, training):
            told = kind_of(pattern)
            kind = told if told != "event" else kind_of(f"{rule.get('type')} {_text(rule)}")
            yield kind, rule, any(_disabled(one) or id(one) in switched_off for one in (rule, *causes))


def _actions(alarm: Fact) -> str:
    """What an alarm starts."""
    data = (alarm.get("data") or {}).get("Properties") or alarm.get("data") or {}
    return json.dumps([data.get(key) for key in ("alarm_actions", "AlarmActions")], default=str)


def _is_training(resource: Fact) -> bool:
    kind = str(resource.get("type")).lower()
    pipeline = kind.endswith(("pipeline", "statemachine", "state_machine"))
    return pipeline and bool(_TRAINS.search(_text(resource)))


def _causes(graph: Graph, target: Fact, resources: list[Fact]) -> list[Fact]:
    """The rules that a Terraform target names."""
    rules = [one for one in resources if one.get("type") == "aws_cloudwatch_event_rule"]
    return _named(graph, target, _text(target), rules)


def _named(graph: Graph, resource: Fact, text: str, others: list[Fact]) -> list[Fact]:
    """Which of the others a text of the resource names: of several instances of one, that which it leads to."""
    found = [one for one in others if _names(text, one)]
    if len(found) < 2:
        return found
    own = f"resource:{resource.get('id')}"
    meant = {edge.target for edge in graph.edges("refers to") if edge.source == own}
    return [one for one in found if f"resource:{one.get('id')}" in meant] or found


def _pattern(rule: Fact, causes: list[Fact]) -> str:
    """What the rule waits for; a Terraform target names the rule that says it."""
    if rule.get("platform") == "cloudformation":
        properties = (rule.get("data") or {}).get("Properties") or {}
        clock = "ScheduleExpression " if properties.get("ScheduleExpression") else ""
        return clock + json.dumps(properties.get("EventPattern") or "", default=str)
    return " ".join(map(_text, causes))


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
