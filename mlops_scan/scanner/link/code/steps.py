"""Steps of pipelines that code defines: of a call that makes one, of a decorated function; and the facts of them."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner.catalog.conditions import argument
from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code.index import Code, known, text, texts, words
from mlops_scan.scanner.link.code.parts import Pipeline, Step
from mlops_scan.scanner.link.code.programs import program
from mlops_scan.scanner.model import Fact

# arguments by which an object that runs a program is told the program and its folder
_ENTRIES = ("entry_point", "entry_script", "script_path", "code")
_STARTING = frozenset(("fit", "run", "train", "tune", "transform"))
_FOLDERS = ("source_dir", "source_directory")


def of_call(use: Use, call: Fact, code: Code) -> Step:
    """The step that a call makes."""
    match, assigned = use.match, str(call.get("assigned") or _kept(call, code))
    told = match.argument(call, "name")
    runs = match.argument(call, "runs")
    target = code.named(runs, call.at.path)
    if target is None and call.name.endswith(".__call__"):  # `make = component_from(judge)`, and then `make(...)`
        target = call.at.path, str(call.get("receiver_of") or "")
    target = target if target in code.functions or target in code.classes else None
    described = ""
    name = text(told) or (target[1] if target else "") or assigned or call.name.rpartition(".")[2]
    if name.endswith((".yaml", ".yml")):  # a component that a file describes
        stem = posixpath.basename(posixpath.dirname(name)) if "component" in posixpath.basename(name) else name
        described, name = name, posixpath.splitext(posixpath.basename(stem or name))[0]
    step = Step(name, call.at, use.tool, target, call=call)
    given = (argument(call.says, [ref])[1] for ref in match.data.get("runs", ()))  # the command, then its arguments
    step.script = program(runs) or next(filter(None, map(program, given)), "") or _entry(runs, call, code)
    step.described, step.kept = described, assigned
    step.line = runs
    step.known_as = {name, *words({"expr": assigned})}
    step.leads = {word for ref in match.data.get("steps", ()) for word in words(argument(call.says, [ref])[1])}
    needs = match.argument(call, "needs")
    if match.data.get("makes"):
        step.makes, step.reads = texts(match.argument(call, "makes")), texts(needs)
    elif needs is not None:
        step.reads = [*texts(needs), *sorted(words(needs))]
    return step


def _kept(call: Fact, code: Code) -> str:
    """The variable that keeps the object whose methods are called at once: `b = fit().after(a)`."""
    if not call.name.endswith(".__call__"):
        return ""
    place = (call.at.line, call.at.column)
    same = (one for one in code.calls(call.at.path) if (one.at.line, one.at.column) == place)
    return next((str(one.get("assigned")) for one in same if one.get("assigned")), "")


def _entry(runs: Any, call: Fact, code: Code) -> str:
    """The program with which the object that a step is given was made."""
    asked = str(runs.get("call") or "") if isinstance(runs, Mapping) else ""
    if asked and asked.rpartition(".")[2] not in _STARTING:
        return ""  # what is registered does not run
    named = words(runs) if isinstance(runs, Mapping) else set()
    for made in code.calls(call.at.path) if named else ():
        kwargs = made.get("kwargs") or {}
        entry = next((known(kwargs[key]) for key in _ENTRIES if key in kwargs), "")
        if made.get("assigned") in named and made.get("function") == call.get("function") and entry.endswith(".py"):
            folder = next((known(kwargs[key]) for key in _FOLDERS if key in kwargs), "")
            return posixpath.normpath(posixpath.join(folder, entry))
    return ""


def of_function(use: Use, target: Definition, call: Fact | None = None) -> Step:
    """The step that a decorated function is, or a call of it."""
    name = known(use.argument("name")) or target[1].rpartition(".")[2]
    step = Step(name, call.at if call is not None else use.at, use.tool, target, call=call)
    step.known_as = {name, target[1].rpartition(".")[2]}
    if call is not None:
        step.known_as |= words({"expr": str(call.get("assigned") or "")})
    else:
        needs = use.argument("needs")
        step.reads = [*texts(needs), *sorted(words(needs))]
    return step


def number(steps: list[Step]) -> None:
    """Tell apart the steps that one description makes more than once, in their order: `fit`, `fit-2`."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for step in sorted((one for one in steps if one.described), key=lambda one: one.at):
        key = step.described, step.name
        seen[key] += 1
        if seen[key] > 1:
            step.known_as.discard(step.name)
            step.name = f"{step.name}-{seen[key]}"


def fact(step: Step, pipeline: Pipeline) -> Fact:
    says: dict[str, Any] = {"pipeline": pipeline.at.path, "tool": step.tool, "where": "python"}
    if pipeline.name:
        says["of"] = pipeline.id
    if step.idle:
        says["idle"] = step.idle
    if step.target is not None:
        says["runs"], says["function"] = step.target
    elif step.script:
        says["script"] = step.script
    if step.described:
        says["described"] = step.described
    if step.needs:
        says["needs"] = step.needs
    return Fact("pipeline-step", step.name, step.at, says)
