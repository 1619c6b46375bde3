"""Workflows written as data for a cloud's engine: states with transitions, or steps with conditions.

Read are the Amazon States Language (https://states-language.net/spec.html) and the JSON of a SageMaker pipeline
(schema version 2020-12-01). A task that calls a service is told as that call of the service's client.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import choices, images, yamlnodes
from mlops_scan.scanner.formats.kube.data import Locate, brief
from mlops_scan.scanner.formats.python.constructs import tables
from mlops_scan.scanner.formats.stateconditions import conditions, snaked, texts
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node
from mlops_scan.scanner.model import Fact

_SERVICE = re.compile(r"arn:(?:[\w-]|\$\{[\w:]*\})*:states:[^:]*:[^:]*:(?:aws-sdk:)?(?P<service>\w+):(?P<action>\w+)")
_TYPES = Path(__file__).parent / "steptypes.yaml"
_IDLE = ("Fail", "Succeed", "Wait", "Pass")
_DEPTH = 12
_MOST = 1_000  # states of one definition


@dataclass(slots=True)
class _State:
    name: str
    node: Mapping
    place: tuple[int, int]
    next: list[str] = field(default_factory=list)
    otherwise: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    call: tuple[str, str] | None = None  # service, method


def is_machine(node: Node | None) -> bool:
    """Whether a document is a state machine."""
    return isinstance(node, Mapping) and "StartAt" in node and isinstance(node.get("States"), Mapping)


def is_steps(node: Node | None) -> bool:
    """Whether a document is a pipeline of typed steps."""
    steps = yamlnodes.items(node, "Steps")
    return bool(steps) and all(yamlnodes.text(one, "Name") and yamlnodes.text(one, "Type") for one in steps[:3])


def facts(node: Node | None, locate: Locate, pipeline: str, common: dict[str, str], of: str = "") -> Iterator[Fact]:
    """`pipeline-step`, `call`, `image` and `comparison` facts of a definition; nothing of anything else.

    `of` is the id of the resource that holds the definition, where one does.
    """
    found: dict[str, _State] = {}
    if isinstance(node, Mapping) and is_machine(node):
        _machine(node, found, 0)
    elif isinstance(node, Mapping) and is_steps(node):
        _steps(node.get("Steps"), found, 0)
    before: dict[str, list[str]] = {}
    for state in found.values():
        for name in (*state.next, *state.otherwise):
            before.setdefault(name, []).append(state.name)
    for state in found.values():
        at, also = locate(*state.place)
        says: dict[str, Any] = {"pipeline": pipeline, "deps": sorted(set(before.get(state.name, ()))), "tool": "states"}
        says |= {"outs": [state.name], **({"of": of} if of else {})}
        if yamlnodes.text(state.node, "Type") not in _IDLE:
            yield Fact("pipeline-step", state.name, at, {**says, **common}, also)
        for fact in (
            *_call(state, locate, pipeline),
            *_images(state, locate, pipeline),
            *_choices(state, found, locate),
        ):
            yield Fact(fact.kind, fact.name, fact.at, {**fact.says, **common}, fact.also)


def _machine(node: Mapping, found: dict[str, _State], depth: int) -> None:
    states = node.get("States")
    for name, one in states.items() if isinstance(states, Mapping) and depth < _DEPTH else ():
        if not isinstance(one, Mapping) or len(found) >= _MOST or not isinstance(states, Mapping):
            continue
        state = found[name] = _State(name, one, states.places.get(name, (one.line, one.column)))
        state.next = [text for text in (yamlnodes.text(one, "Next"),) if text]
        choices = [yamlnodes.text(choice, "Next") for choice in yamlnodes.items(one, "Choices")]
        state.next += [text for text in choices if text]
        state.otherwise = [text for text in (yamlnodes.text(one, "Default"),) if text]
        if match := _SERVICE.search(yamlnodes.text(one, "Resource")):
            state.call = match["service"], snaked(match["action"])
        for inner in (*yamlnodes.items(one, "Branches"), one.get("Iterator"), one.get("ItemProcessor")):
            if isinstance(inner, Mapping):
                state.inside.append(yamlnodes.text(inner, "StartAt"))
                _machine(inner, found, depth + 1)


@cache
def _types() -> tuple[str, dict[str, str]]:
    """The service of typed steps, and the call of its client that each type stands for."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table = yaml.load(_TYPES.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return str(table["service"]), table["calls"]


def _steps(steps: Node | None, found: dict[str, _State], depth: int) -> list[str]:
    """The names of the steps of one list."""
    names = []
    for one in yamlnodes.items(steps) if depth < _DEPTH else ():
        name, kind = yamlnodes.text(one, "Name"), yamlnodes.text(one, "Type")
        if not isinstance(one, Mapping) or not name or len(found) >= _MOST:
            continue
        names.append(name)
        state = found[name] = _State(name, one, one.places.get("Name", (one.line, one.column)))
        service, calls = _types()
        state.call = (service, calls[kind]) if kind in calls else None
        arguments = one.get("Arguments")
        state.next = _steps(yamlnodes.child(arguments, "IfSteps"), found, depth + 1)
        state.otherwise = _steps(yamlnodes.child(arguments, "ElseSteps"), found, depth + 1)
    return names


def _call(state: _State, locate: Locate, pipeline: str) -> Iterator[Fact]:
    """The call of a service's client that a task stands for, and the resource that this declares."""
    if state.call is None:
        return
    service, method = state.call
    arguments = state.node.get("Parameters") or state.node.get("Arguments")
    kwargs = brief(arguments) if isinstance(arguments, Mapping) else {}
    kwargs = {key.removesuffix(".$"): value for key, value in (kwargs or {}).items()}
    at, also = locate(*state.place)
    says = {"args": [], "kwargs": kwargs, "receiver_args": [service], "function": state.name, "known": True}
    yield Fact("call", f"boto3.client.{method}", at, says, also)
    for entry in tables.load().calls.get(method, ()):
        named = kwargs.get(entry.name.removeprefix("$"))
        name = named if isinstance(named, str) and not named.startswith("$") else state.name
        for made in entry.makes if entry.service == service else ():
            platform, _, kind = str(made.get("resource") or "").partition(" ")
            if kind:
                said = {"platform": platform, "type": kind, "data": {"Properties": kwargs}, "origin": "sdk"}
                yield Fact("resource", name, at, {**said, "id": f"{pipeline}#{kind}/{name}"}, also)


def _images(state: _State, locate: Locate, owner: str) -> Iterator[Fact]:
    for image in texts(state.node, ("TrainingImage", "ImageUri", "Image")):
        name, says = images.used(str(image), owner)
        if name and not str(image).startswith("$."):
            at, also = locate(image.line, image.column)
            yield Fact("image", name, at, says, also)


def _choices(state: _State, found: dict[str, _State], locate: Locate) -> Iterator[Fact]:
    """Each condition of a state that chooses, with what happens on either side and not on the other."""
    compared = list(conditions(state.node))
    if not compared:
        return
    yes, no = _after(state.next, found), _after(state.otherwise, found)
    for text, operator, names, place in compared:
        at, also = locate(*place)
        onward, else_ = (list(_does(one, found)) for one in (yes - no, no - yes))
        says = {
            **choices.choice(state.name, names, operator, onward, else_),
            "exits": bool(yes - no) != bool(no - yes),  # a state that only ends or waits does nothing, and is a way
        }
        yield Fact("comparison", text[: bounds.FACT_TEXT], at, says, also)


def _after(start: list[str], found: dict[str, _State]) -> set[str]:
    """The states that may come from here on."""
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        state = found.get(waiting.pop())
        if state is not None and state.name not in reached:
            reached.add(state.name)
            waiting += [*state.next, *state.otherwise, *state.inside]
    return reached


def _does(names: set[str], found: dict[str, _State]) -> Iterator[str]:
    for name in names:
        state = found[name]
        if yamlnodes.text(state.node, "Type") not in (*_IDLE, "Choice", "Condition"):
            yield name
        if state.call is not None:
            yield f"boto3.client.{state.call[1]}"
