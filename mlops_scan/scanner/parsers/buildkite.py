"""Buildkite: steps with their commands, plugins, gates and dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, shell, yamlnodes
from mlops_scan.scanner.formats.githubsteps import is_never, plain_inputs, truth
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_KEYS = frozenset(("command", "commands", "plugins", "label", "wait", "block", "input", "trigger", "group", "steps"))
_MOST_NEEDS = 50


class Buildkite(Parser):
    """`.buildkite/*.yml`; its triggers are kept by the service."""

    patterns: ClassVar[tuple[str, ...]] = (
        ".buildkite/*.yml",
        ".buildkite/*.yaml",
        "*/.buildkite/*.yml",
        "*/.buildkite/*.yaml",
        "buildkite.yml",
    )

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            steps = document if isinstance(document, yamlnodes.Sequence) else yamlnodes.child(document, "steps")
            if any(isinstance(one, Mapping) and not _KEYS.isdisjoint(one) for one in yamlnodes.items(steps)):
                yield from islice(_pipeline(source, document, steps), bounds.FACTS_PER_FILE + 1)


def _pipeline(source: SourceFile, document: Node, steps: Node | None) -> Iterator[Fact]:
    active = source.path.startswith((".buildkite/", "buildkite."))
    says = {"provider": "buildkite", "triggers": [], "active": active}
    yield Fact("workflow", source.path, yamlnodes.at(source.path, document, "steps"), says)
    runner = Runner(source.path, "ci", source.path, disabled=not active)
    yield from runner.variables(yamlnodes.child(document, "env"))
    runner = replace(runner, known=placeholders.constants(yamlnodes.child(document, "env"), ""))
    before: list[str] = []  # what stands before the last wait
    since: list[str] = []
    number = 0
    waiting = list(reversed(yamlnodes.items(steps)))
    while waiting:
        step = waiting.pop()
        if isinstance(step, Scalar):
            gate = str(step)
        else:
            gate = next((key for key in ("wait", "block", "input") if isinstance(step, Mapping) and key in step), "")
        if gate in ("wait", "block", "input", "waiter"):
            before, since = since or before, []
        if not isinstance(step, Mapping) or gate in ("wait", "waiter"):
            continue
        if "group" in step:
            waiting += reversed(yamlnodes.items(step, "steps"))
            continue
        number += 1
        name = _name(step, number)
        since.append(name)
        yield from _step(source, runner, step, name, before)
        if gate:
            before, since = [name], []


def _name(step: Mapping, number: int) -> str:
    key = yamlnodes.text(step, "key") or yamlnodes.text(step, "id") or yamlnodes.text(step, "identifier")
    return key or f"step-{number}"


def _step(source: SourceFile, pipeline: Runner, step: Mapping, name: str, before: list[str]) -> Iterator[Fact]:
    owner = f"{source.path}#{name}"
    skip = step.get("skip")
    off = isinstance(skip, Scalar) and skip.strip().lower() not in ("", "false")
    off = off or is_never(step.get("if"), {})
    soft = truth(step.get("soft_fail")) or isinstance(step.get("soft_fail"), yamlnodes.Sequence)
    known = {**pipeline.known, **placeholders.constants(step.get("env"), "", known=pipeline.known)}
    runner = replace(pipeline, owner=owner, disabled=pipeline.disabled or off, soft=soft, known=known)
    needs = [
        str(one) if isinstance(one, Scalar) else yamlnodes.text(one, "step")
        for one in yamlnodes.items(step, "depends_on")
    ]
    title = yamlnodes.text(step, "label") or yamlnodes.text(step, "name")
    says: dict[str, Any] = {
        "id": owner,
        "workflow": source.path,
        "title": title or yamlnodes.text(step, "block") or yamlnodes.text(step, "input"),
        "needs": [one for one in needs if one] or before[:_MOST_NEEDS],
        "soft": soft,
        "when": (yamlnodes.text(step, "if") or yamlnodes.text(step, "branches"))[: bounds.FACT_TEXT],
        "manual": "block" in step or "input" in step,
    }
    yield runner.fact("job", name, (step.line, step.column), says)
    yield from runner.variables(step.get("env"))
    runner = replace(runner, session=shell.Session())
    for key in ("command", "commands"):
        for one in yamlnodes.items(step, key):
            if isinstance(one, Scalar):
                yield from runner.script(one, lines_of(source))
    for plugin in yamlnodes.items(step, "plugins"):
        if isinstance(plugin, Mapping):
            for used, inputs in plugin.items():
                yield from _plugin(runner, plugin, used, inputs)


def _plugin(runner: Runner, plugin: Mapping, used: str, inputs: Node) -> Iterator[Fact]:
    name, _, ref = used.partition("#")
    place = plugin.places[used]
    yield runner.fact("action", name, place, {"ref": ref, "with": plain_inputs(inputs), "owner": runner.owner})
    image = yamlnodes.child(inputs, "image")
    if isinstance(image, Scalar):
        yield runner.image(str(image), "ci", (image.line, image.column))
    service = yamlnodes.text(inputs, "run")
    if service and "docker-compose" in name:
        files = [str(one) for one in yamlnodes.items(inputs, "config") if isinstance(one, Scalar)]
        yield from runner.argv(
            ["docker-compose", *(word for one in files for word in ("-f", one)), "run", service], place
        )
