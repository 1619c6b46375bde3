"""Workflows of CircleCI: which jobs they place in which order, and what starts them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

_SCHEDULED = re.compile(r"pipeline\.schedule\.name|scheduled_pipeline")
_PARAMETER = re.compile(r"pipeline\.parameters\.")
_MOST = 5_000  # words of one condition
_DEEP = 20
_EMPTY = ("", "false", "0", "null", "~")


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry of a workflow's `jobs`: the job, the name it goes by, and what is said of it."""

    job: str
    name: str
    options: Node | None
    place: tuple[int, int]
    off: bool = False  # of a workflow that never starts

    @property
    def approval(self) -> bool:
        return yamlnodes.text(self.options, "type") == "approval"


def triggers(workflows: list[Mapping]) -> list[str]:
    """What starts the workflows: a push unless they say otherwise."""
    found: list[str] = []
    for one in workflows:
        when = str(_flat(one.get("when")))
        if "triggers" in one or _SCHEDULED.search(when):
            found.append("schedule")
        elif _PARAMETER.search(when):
            found.append("manual")
        else:
            filters = [yamlnodes.child(entry.options, "filters") for entry in placed(one)]
            tags = [yamlnodes.child(each, "tags") is not None for each in filters]
            only = tags and all(tags) and all(yamlnodes.child(each, "branches", "ignore") for each in filters)
            found += [] if only else ["push"]
            found += ["tag"] * any(tags)
    return list(dict.fromkeys(found)) or ["push"]


def schedules(workflow: Mapping) -> Iterator[Scalar]:
    """Its cron lines, and the name of a schedule that the service keeps."""
    for trigger in yamlnodes.items(workflow, "triggers"):
        cron = yamlnodes.child(trigger, "schedule", "cron")
        if isinstance(cron, Scalar):
            yield cron
    conditions = _flat(workflow.get("when"))
    if any(_SCHEDULED.search(one) for one in conditions):
        yield next((one for one in conditions if "<<" not in one and not _SCHEDULED.search(one)), conditions[0])


def _flat(node: Node | None) -> list[Scalar]:
    """The scalars of a condition, in order."""
    found: list[Scalar] = []
    waiting = [node] if node is not None else []
    while waiting and len(found) < _MOST:
        one = waiting.pop()
        if isinstance(one, Scalar):
            found.append(one)
        elif isinstance(one, Mapping):
            waiting += reversed(list(one.values()))
        else:
            waiting += reversed(one)
    return found


def placed(workflow: Mapping) -> Iterator[Placed]:
    off = is_off(workflow)
    for one in yamlnodes.items(workflow, "jobs"):
        if isinstance(one, Scalar):
            yield Placed(str(one), str(one), None, (one.line, one.column), off)
        for job, options in one.items() if isinstance(one, Mapping) else ():
            yield Placed(job, yamlnodes.text(options, "name") or job, options, one.places[job], off)  # type: ignore[union-attr]


def needs(options: Node | None, names: dict[str, str]) -> list[str]:
    """Jobs are known by what defines them, not by the names workflows give."""
    written = [str(one) for one in yamlnodes.items(options, "requires") if isinstance(one, Scalar)]
    return list(dict.fromkeys(names.get(one, one) for one in written))


def is_off(workflow: Mapping) -> bool:
    """Whether the condition of a workflow can never hold."""
    return holds(workflow.get("when")) is False or holds(workflow.get("unless")) is True


def holds(condition: Node | None, known: Known | None = None, depth: int = 0) -> bool | None:
    """What constants decide of a condition: a value, or `and`, `or`, `not` and `equal` of such; None: not they."""
    if depth > _DEEP or condition is None:
        return None
    if isinstance(condition, Scalar):
        answers = {None if "<<" in one else one.lower() not in _EMPTY for one in _texts(condition, known)}
        return answers.pop() if len(answers) == 1 else None
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return None
    ((word, inner),) = condition.items()
    if word == "not":
        answer = holds(inner, known, depth + 1)
        return None if answer is None else not answer
    if word == "equal":
        return _equal([_texts(one, known) for one in yamlnodes.items(inner)])
    found = [holds(one, known, depth + 1) for one in yamlnodes.items(inner)]
    if word == "and":
        return False if False in found else None if None in found else True
    if word == "or":
        return True if True in found else None if None in found else False
    return None


def _texts(node: Node, known: Known | None) -> list[str]:
    """What a value may be; `<<` where it is not known."""
    if not isinstance(node, Scalar):
        return ["<<"]
    return [words[0].strip() for words in placeholders.variants([str(node)], known or {})]


def _equal(values: list[list[str]]) -> bool | None:
    if any(len(one) != 1 or "<<" in one[0] for one in values):
        return None
    return len({one[0] for one in values}) < 2
