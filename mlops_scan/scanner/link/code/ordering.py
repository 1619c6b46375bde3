"""Which step of a pipeline comes after which, as far as the code tells."""

from __future__ import annotations

import re
from itertools import pairwise

from mlops_scan.scanner.link.code.index import Code, inside, text, words
from mlops_scan.scanner.link.code.parts import Pipeline, Step
from mlops_scan.scanner.model import Fact

_KEY = re.compile(r"\[\s*[\"']([^\"']+)[\"']\s*\]\Z")
_MANY = 300
_CALLS = 3000  # of one file


def order(pipeline: Pipeline, code: Code) -> None:
    """Fill in what each step needs: by `>>`, by what it is told to follow, and by the values that it is handed."""
    pipeline.steps.sort(key=lambda one: (one.at, one.name))
    if len(pipeline.steps) > _MANY:
        return
    for fact in code.orders.get(pipeline.at.path, ()):
        _by_arrows(fact, pipeline)
    _by_words(pipeline, code)
    _by_calls(pipeline, code)
    _by_results(pipeline, code)
    _by_names(pipeline, code)
    for step in pipeline.steps:
        step.needs = sorted({name for name in step.needs if name != step.name})


def _find(text: str, pipeline: Pipeline, before: Fact | None = None) -> list[Step]:
    """The steps that an expression means: by variable, by key, by the function that it calls."""
    key = _KEY.search(text)
    name = key[1] if key else text.partition("(")[0].rpartition(".")[2] if "(" in text else text.partition(".")[0]
    name = name.removeprefix("self.") if not text.startswith("self.") else text[5:]
    found = [step for step in pipeline.steps if name in step.known_as]
    exact = [step for step in found if before is not None and inside(step.at, before.at)]
    return exact or found[-1:]


def _by_arrows(fact: Fact, pipeline: Pipeline) -> None:
    sides = [[step for text in side for step in _find(str(text), pipeline, fact)] for side in fact.get("steps") or ()]
    for left, right in pairwise(sides):
        for step in right:
            step.needs += [one.name for one in left]


def _by_words(pipeline: Pipeline, code: Code) -> None:
    """`self.next(self.fit)`, `chain(a, b)`, `a.set_downstream(b)`, `b.after(a)`."""
    for use in code.uses("orders-steps"):
        call = use.fact
        if call.at.path != pipeline.at.path or not pipeline.holds(call):
            continue
        args = [str(one.get("expr", "")) for one in call.get("args") or () if isinstance(one, dict)]
        told = [_find(one, pipeline) for one in args]
        holder = str(call.get("function") or "").rpartition(".")[2]
        spoken = use.match.argument(call, "name") or call.name.rpartition(".")[0].rpartition(".")[2]
        place = (call.at.line, call.at.column)
        begun = [one for one in pipeline.steps if one.call is not None and (one.at.line, one.at.column) == place]
        owners = begun or _find(str(spoken), pipeline) or _find(holder, pipeline)
        if use.match.data.get("needs"):
            for owner in owners:
                owner.needs += [step.name for one in told for step in one]
        elif owners:
            for one in told:
                for step in one:
                    step.needs += [owner.name for owner in owners]
        else:
            for left, right in pairwise(told):
                for step in right:
                    step.needs += [one.name for one in left]


def _by_calls(pipeline: Pipeline, code: Code) -> None:
    """A step that is handed what another one returned, by variable or within its own call."""
    told = [step for step in pipeline.steps if step.call is not None]
    between = _between(pipeline, code)
    for index, step in enumerate(told):
        call = step.call
        assert call is not None
        used = words([*(call.get("args") or ()), *(call.get("kwargs") or {}).values()])
        within = [one for one in told if one.call is not None and inside(one.call.at, call.at)]
        for other in within:  # what stands in a call that stands in this one, that one needs, or decides on
            if not any(_within(other, one) for one in within if one is not other):
                _inside(other, step)
        for other in told:
            if any(_assigns(other.call, name) for name in step.leads if other.call is not None):
                other.needs.append(step.name)
        used |= {word for name in used for word in between.get((str(call.get("function") or ""), name), ())}
        for name in sorted(used - step.leads):
            before = [one for one in told[:index] if one.call is not None and _keeps(one, name)]
            step.needs += [one.name for one in before[-1:]]


def _inside(inner: Step, outer: Step) -> None:
    """A step that is made in the call of another: one that is decided on comes after it, any other before."""
    if inner.call is not None and inner.call.name.rpartition(".")[2] in outer.leads:
        inner.needs.append(outer.name)
    else:
        outer.needs.append(inner.name)


def _by_results(pipeline: Pipeline, code: Code) -> None:
    """A condition over what a step came to, in the call of the step that decides or in a variable that it is given."""
    for use in code.uses("reads-step"):
        call = use.fact
        if call.at.path != pipeline.at.path:
            continue
        asked = use.match.argument(call, "name")
        told = {text(asked), *words(asked)}
        read = [step for step in pipeline.steps if told & step.known_as]
        for step in pipeline.steps if read else ():
            if step.call is not None and _is_given(step.call, call, code):
                step.needs += [one.name for one in read[-1:]]


def _is_given(holder: Fact, call: Fact, code: Code) -> bool:
    """Whether a call stands in the arguments of another, or in what makes a variable among them."""
    if inside(call.at, holder.at):
        return True
    used = words([*(holder.get("args") or ()), *(holder.get("kwargs") or {}).values()])
    around = (one for one in code.calls(call.at.path)[:_CALLS] if one.get("assigned") in used)
    return any(inside(call.at, one.at) and one.get("function") == call.get("function") for one in around)


def _between(pipeline: Pipeline, code: Code) -> dict[tuple[str, str], set[str]]:
    """(function, variable) -> the variables from which it is made: a condition over what a step found."""
    if not any(step.leads for step in pipeline.steps):
        return {}
    steps = {name for step in pipeline.steps for name in _assigned(step.call)}
    found: dict[tuple[str, str], set[str]] = {}
    for call in code.calls(pipeline.at.path)[:_CALLS]:
        name = str(call.get("assigned") or "")
        if name.isidentifier() and name not in steps:
            made = words([*(call.get("args") or ()), *(call.get("kwargs") or {}).values()])
            found.setdefault((str(call.get("function") or ""), name), set()).update(made)
    return found


def _keeps(step: Step, name: str) -> bool:
    """Whether a variable of this name holds the step."""
    return name == step.kept or (step.call is not None and _assigns(step.call, name))


def _within(inner: Step, outer: Step) -> bool:
    return inner.call is not None and outer.call is not None and inside(inner.call.at, outer.call.at)


def _assigns(call: Fact, name: str) -> bool:
    return name in _assigned(call)


def _assigned(call: Fact | None) -> set[str]:
    return words({"expr": str(call.get("assigned") or "")}) if call is not None else set()


def _by_names(pipeline: Pipeline, code: Code) -> None:
    """Data that one step makes and another reads; parameters that are named as another step."""
    names = {step.name for step in pipeline.steps}
    makers = {data: step.name for step in pipeline.steps for data in step.makes}
    aliases = {alias: step.name for step in pipeline.steps for alias in step.known_as}
    for step in pipeline.steps:
        step.needs += [makers[data] for data in step.reads if data in makers]
        if not step.makes:
            step.needs += [aliases[data] for data in step.reads if data in aliases]
        function = code.functions.get(step.target) if step.target is not None and step.call is None else None
        if function is not None:
            step.needs += [str(one["name"]) for one in function.get("params") or () if one.get("name") in names]
