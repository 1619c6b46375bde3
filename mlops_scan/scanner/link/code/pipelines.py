"""Pipelines that code defines, and their steps: decorated functions, objects, classes of steps."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code import steps as steps_
from mlops_scan.scanner.link.code.idle import mark
from mlops_scan.scanner.link.code.index import Code, known, texts, words
from mlops_scan.scanner.link.code.ordering import order
from mlops_scan.scanner.link.code.parts import Pipeline
from mlops_scan.scanner.model import Fact, Location

_MANY = 500  # steps of one repository that are looked at
_GENERIC = frozenset(("pipeline", "pipelines", "nodes", "__init__", "main", "flow", "flows", "definitions"))


class Pipelines:
    """All pipelines of a repository."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.found: list[Pipeline] = []
        self.by_function: dict[Definition, Pipeline] = {}
        self.by_file: dict[str, list[Pipeline]] = defaultdict(list)

    def add(self, pipeline: Pipeline) -> None:
        self.found.append(pipeline)
        self.by_file[pipeline.at.path].append(pipeline)
        if pipeline.function:
            self.by_function[pipeline.at.path, pipeline.function] = pipeline

    def holding(self, call: Fact) -> Pipeline | None:
        """The innermost pipeline in which a call stands, else the only one of its file that lists no steps."""
        here = self.by_file.get(call.at.path, ())
        around = [one for one in here if one.holds(call)]
        if around:
            return max(around, key=lambda one: (bool(one.function), one.at))
        home = str(call.get("function") or "")
        beside = [one for one in here if one.home == home and not one.function]
        if len(beside) == 1 and (home or len(here) == 1):
            return beside[0]
        open_ = [one for one in here if not (one.function or one.block or one.listed)]
        return open_[0] if len(open_) == 1 and len(here) == 1 else None

    def told(self, value: Any, origin: str) -> Pipeline | None:
        """The pipeline that a value names: by its variable, its function or its name."""
        for one in self.by_file.get(origin, ()):
            if one.assigned and one.assigned in words(value):
                return one
        target = self.code.named(value, origin)
        if target is not None:
            if target in self.by_function:
                return self.by_function[target]
            for one in self.by_file.get(target[0], ()):
                if one.assigned == target[1]:
                    return one
        name = known(value)
        return next((one for one in self.found if name and one.name == name), None)

    def facts(self) -> Iterator[Fact]:
        """`pipeline` and `pipeline-step` facts."""
        for pipeline in self.found:
            says: dict[str, Any] = {"id": pipeline.id, "tool": pipeline.tool, "where": "python"}
            if pipeline.function:
                says["function"] = pipeline.function
            if pipeline.disabled:
                says["state"] = "disabled"
            if pipeline.name:
                yield Fact("pipeline", pipeline.name, pipeline.at, says)
            steps_.number(pipeline.steps)
            order(pipeline, self.code)
            for step in pipeline.steps:
                yield steps_.fact(step, pipeline)


def read(code: Code) -> Pipelines:
    """The pipelines of a repository, with the steps that stand in them."""
    made = Pipelines(code)
    for use in code.uses("pipeline"):
        pipeline = _pipeline(use)
        if pipeline is not None:
            made.add(pipeline)
    made.found.sort(key=lambda one: (one.at, one.name))
    steps = code.uses("pipeline-step")
    _declared(steps, made)
    _invoked(steps, made)
    mark((step for pipeline in made.found for step in pipeline.steps), code)
    return made


def _pipeline(use: Use) -> Pipeline | None:
    fact = use.fact
    name = known(use.argument("name"))
    if fact.kind == "class":
        return Pipeline(fact.name, fact.at, use.tool, function=fact.name)
    function = str(fact.get("decorates") or "")
    assigned = str(fact.get("assigned") or "")
    if function:
        return Pipeline(
            name or function.rpartition(".")[2], fact.at, use.tool, function=function, disabled=use.disabled
        )
    made = Pipeline(name or assigned or _label(fact), fact.at, use.tool, assigned=assigned, disabled=use.disabled)
    made.home = str(fact.get("function") or "")
    if fact.get("with"):
        made.block = Location(fact.at.path, fact.at.line, fact.at.column, int(fact.get("until") or fact.at.line))
    elif use.match.data.get("steps"):
        made.listed = words(use.argument("steps")) | set(texts(use.argument("steps")))
        made.block = fact.at
    elif fact.at.end_line > fact.at.line:  # its steps may stand in its arguments
        made.block = fact.at
    return made


def _label(fact: Fact) -> str:
    """A name for a pipeline that has none: of its file, or of the folder where the file is named for what it is."""
    folder, _, file = fact.at.path.rpartition("/")
    stem = file.rpartition(".")[0]
    return posixpath.basename(folder) if stem in _GENERIC and folder else stem


def _declared(uses: list[Use], made: Pipelines) -> None:
    """Steps that are objects: operators, nodes, calls that make a step; and methods of a class that is a pipeline."""
    code = made.code
    bases = {
        (use.at.path, use.fact.name): use for use in uses if use.fact.kind == "class"
    }  # steps of a class of one's own
    calls = [(use, use.fact) for use in uses if use.fact.kind == "call" and not use.disabled]
    if bases:
        calls += [(bases[made_by], call) for call in code.facts("call") if (made_by := code.made(call)) in bases]
    seen: set[int] = set()
    for use, call in sorted(calls, key=lambda one: one[1].at)[:_MANY]:
        function = str(call.get("decorates") or "")
        if id(call) in seen:
            continue
        seen.add(id(call))
        told = use.match.argument(call, "pipeline")
        pipeline = (made.told(told, call.at.path) if told is not None else None) or made.holding(call)
        if function:
            owner = made.by_function.get((call.at.path, function.rpartition(".")[0]))
            if owner is not None and (call.at.path, owner.function) in code.classes:
                owner.steps.append(steps_.of_function(use, (call.at.path, function)))
            continue
        (pipeline or _of_file(call.at.path, use, made)).steps.append(steps_.of_call(use, call, code))


def _invoked(uses: list[Use], made: Pipelines) -> None:
    """Steps that are decorated functions: one each for every pipeline that calls it; uncalled ones stand alone."""
    code = made.code
    functions = _step_functions(uses, code)
    called = _calls(functions, made)
    for target, use in functions.items():
        if target in called or target in made.by_function:
            continue
        owner = made.by_function.get((target[0], target[1].rpartition(".")[0]))
        if owner is not None and (target[0], owner.function) in code.classes:
            continue  # a method: told already
        listing = next((one for one in made.found if target[1] in one.listed), None)
        home = owner or listing or made.holding(use.fact) or _of_file(target[0], use, made)
        home.steps.append(steps_.of_function(use, target))


def _step_functions(uses: list[Use], code: Code) -> dict[Definition, Use]:
    """The functions that are steps, and the pipelines, which are steps of others that call them."""
    functions: dict[Definition, Use] = {}
    for use in (*uses, *code.uses("pipeline")):
        function = str(use.fact.get("decorates") or "")
        if function and use.fact.kind == "call" and (use.at.path, function) in code.functions:
            functions.setdefault((use.at.path, function), use)
    return functions


def _calls(functions: dict[Definition, Use], made: Pipelines) -> set[Definition]:
    """Add a step for each call of a step's function in a pipeline; returns the functions that are called so."""
    code, handed = made.code, _handed(made)
    called: set[Definition] = set()
    last = {one.rpartition(".")[2] for _, one in functions}
    for path in sorted({one.at.path for one in made.found}):
        start = (0, 0)
        for call in sorted(code.calls(path), key=_outermost):
            if call.get("decorates") or start == (call.at.line, call.at.column):
                continue  # `step.partial(...)` of `step.partial(...).expand(...)`
            parts = set(call.name.split(".")[-4:])
            pipeline = made.holding(call) if not parts.isdisjoint(last) or parts & handed.keys() else None
            if pipeline is None:
                continue
            target = code.called(call) or handed.get(call.name, {}).get(pipeline.id)
            if target in functions and target != (path, pipeline.function):
                called.add(target)
                start = (call.at.line, call.at.column)
                pipeline.steps.append(steps_.of_function(functions[target], target, call))
    return called


def _outermost(call: Fact) -> tuple[int, int, int, int]:
    return call.at.line, call.at.column, -call.at.end_line, -call.at.end_column


def _handed(made: Pipelines) -> dict[str, dict[str, Definition]]:
    """Parameter of a pipeline's function -> pipeline -> the step function with which it is called."""
    found: dict[str, dict[str, Definition]] = defaultdict(dict)
    code = made.code
    names = {one.function for one in made.found if one.function}
    for call in code.facts("call") if names else ():
        if call.says.get("kwargs") and not names.isdisjoint(call.name.split(".")[-2:]):
            target = code.called(call)
            pipeline = made.by_function.get(target) if target else None
            for key, value in (call.says.get("kwargs") or {}).items() if pipeline else ():
                step = code.named(value, call.at.path)
                if step is not None and pipeline is not None:
                    found[key][pipeline.id] = step
    return found


def _of_file(path: str, use: Use, made: Pipelines) -> Pipeline:
    """What holds the steps of a file that names no pipeline: it has no name of its own."""
    for one in made.by_file.get(path, ()):
        if not one.name:
            return one
    alone = Pipeline("", Location(path), use.tool)
    made.add(alone)
    return alone
