"""What the parameters of a workflow's templates are given: by the tasks that call them, and by the workflow itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
    for _ in range(_TURNS):
        for name, template in templates.items():
            for task in _tasks(template):
                called = yamlnodes.text(task, "template")
                own = {**known[name], "item": _items(task)}
                for parameter, value in _given(task) if called in known else ():
                    key = f"inputs.parameters.{parameter}"
                    more = (text for text in filled([value], own) if not _HOLE.search(text[0]))
                    told = dict.fromkeys((*known[called].get(key, ()), *(text for (text,) in more)))
                    known[called][key] = tuple(told)[:_MOST]
    for name, template in templates.items():
        for parameter, value in _given(template, "inputs"):
            if not known[name].get(f"inputs.parameters.{parameter}"):
                known[name][f"inputs.parameters.{parameter}"] = (value,)
    return {name: {key: values for key, values in one.items() if values} for name, one in known.items()}


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
