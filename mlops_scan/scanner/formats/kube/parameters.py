"""What the parameters of a workflow's templates are given: by the tasks that call them, and by the workflow itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Node, Scalar

Known = Mapping[str, tuple[str, ...]]

_HOLE = re.compile(r"\{\{[ \t]*([\w.-]+)[ \t]*\}\}")
_MOST = 8  # values of one parameter, and ways to fill one command
_TURNS = 3  # from template to template


def of_templates(document: yamlnodes.Mapping) -> dict[str, Known]:
    """Template -> placeholder -> the values that it may have."""
    for holder in (document.get("spec"), yamlnodes.child(document, "spec", "workflowSpec")):
        templates = {
            yamlnodes.text(one, "name"): one
            for one in yamlnodes.items(holder, "templates")
            if isinstance(one, yamlnodes.Mapping)
        }
        if templates:
            return _followed(holder, templates)
    return {}


def _followed(holder: Node | None, templates: Mapping[str, Node]) -> dict[str, Known]:
    whole = {f"workflow.parameters.{name}": (value,) for name, value in _given(holder)}
    first = {f"inputs.{name.partition('.')[2]}": value for name, value in whole.items()}
    known: dict[str, dict[str, tuple[str, ...]]] = {
        name: {**whole, **(first if name == yamlnodes.text(holder, "entrypoint") else {})} for name in templates
    }
    calls = [one for name, template in templates.items() for one in _calls(name, template, known)]
    for _ in range(_TURNS):
        changes = [call.hand_on(known) for call in calls]
        if True not in changes:
            break
    for name, template in templates.items():
        for parameter, value in _given(template, "inputs"):
            if not known[name].get(f"inputs.parameters.{parameter}"):
                known[name][f"inputs.parameters.{parameter}"] = (value,)
    return {name: {key: values for key, values in one.items() if values} for name, one in known.items()}


@dataclass(frozen=True, slots=True)
class _Call:
    """A task of the template `inside`: which template it calls, with which parameters, once for each of the items."""

    inside: str
    called: str
    given: Sequence[tuple[str, str]]
    items: tuple[str, ...]
    open: bool  # a value has a placeholder

    def hand_on(self, known: Mapping[str, dict[str, tuple[str, ...]]]) -> bool:
        """Add what is given to what is known of the called template; whether that is new."""
        own = {**known[self.inside], "item": self.items} if self.open else {}
        inputs, changed = known[self.called], False
        for key, value in self.given:
            ways = filled([value], own) if "{{" in value else [[value]]
            before = inputs.get(key, ())
            told = tuple(dict.fromkeys((*before, *(text for (text,) in ways if not _HOLE.search(text)))))[:_MOST]
            if told != before:
                inputs[key], changed = told, True
        return changed


def _calls(name: str, template: Node, known: Collection[str]) -> Iterator[_Call]:
    for task in _tasks(template):
        called = yamlnodes.text(task, "template")
        given = [(f"inputs.parameters.{key}", value) for key, value in _given(task)] if called in known else []
        if given:
            yield _Call(name, called, given, _items(task), any("{{" in value for _, value in given))


def _given(holder: Node | None, where: str = "arguments") -> Iterator[tuple[str, str]]:
    for one in yamlnodes.items(holder, where, "parameters"):
        value = yamlnodes.child(one, "value") or yamlnodes.child(one, "default")
        if isinstance(value, Scalar):
            yield yamlnodes.text(one, "name"), str(value)


def _tasks(template: Node) -> Iterator[Node]:
    yield from yamlnodes.items(template, "dag", "tasks")
    for group in yamlnodes.items(template, "steps"):
        yield from group if isinstance(group, yamlnodes.Sequence) else [group]


def _items(task: Node) -> tuple[str, ...]:
    return tuple(str(one) for one in yamlnodes.items(task, "withItems") if isinstance(one, Scalar))[:_MOST]


def filled(words: Sequence[str], known: Known) -> Iterator[list[str]]:
    """The words once for each way to fill their placeholders; what is not known stays as written."""
    used = dict.fromkeys(name for word in words if "{{" in word for name in _HOLE.findall(word) if known.get(name))
    if not used:
        yield list(words)
        return
    for values in islice(product(*(known[name] for name in used)), _MOST):
        chosen = dict(zip(used, values, strict=True))
        yield [_HOLE.sub(lambda found, chosen=chosen: chosen.get(found[1], found[0]), word) for word in words]  # type: ignore[misc]
