"""Texts in Go's whole template language, filled with parameters: conditions, loops and functions, where all is known.

The functions beside those of Go and Sprig are those of sets of applications
(https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/GoTemplate/, read 2026-08).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner.formats.gotemplate.budget import Budget
from mlops_scan.scanner.formats.gotemplate.evaluator import Evaluator
from mlops_scan.scanner.formats.gotemplate.functions import table
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.gotypes import to_int
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, Template, TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.parser import parse
from mlops_scan.scanner.formats.holes import Typed

_PLAIN = re.compile(r"\{\{-?\s*\.(?:[\w.]*\.)?(\w+)\s*-?\}\}")  # a hole that prints what a name stands for
_STEPS = 200_000  # of all texts of one set
_DEEPEST = 20
_LONGEST = 50  # of a slug, where nothing else is said


class GoHoles:
    """Fills the texts of one set. `stopped` says why it gave up, if it did.

    `whole`: what the parameters do not hold is not there; else it may be something that is told elsewhere.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        self.budget = Budget(_STEPS)
        self.stopped = ""
        self._functions = {**table(self.budget.take), "normalize": _normalized, "slugify": _slug}
        self._parsed: dict[str, Template | None] = {}

    def text(self, text: str, parameters: Mapping[str, str]) -> str | None:
        """The text with every hole filled; None where one of them is not known or cannot be read."""
        template = self._template(text)
        if template is None or self.stopped:
            return None
        asked: list[str] = []
        evaluator = Evaluator(template.definitions, self._functions, self.budget)
        try:
            made = evaluator.render(template, _nested(parameters, asked)).text()
        except BoundError as error:
            self.stopped = str(error)
            return None
        finally:
            del evaluator.expressions  # it holds the evaluator's own methods: a circle
        if asked and (not self.whole or not {*_PLAIN.findall(text)}.isdisjoint(asked)):
            return None
        return None if evaluator.faults.count or "<no value>" in made else made

    def _template(self, text: str) -> Template | None:
        if text not in self._parsed:
            try:
                self._parsed[text] = parse(text, "")
            except TemplateError:
                self._parsed[text] = None
        return self._parsed[text]


class _Known(dict[str, Any]):
    """What is known; `asked` collects the names of what is not."""

    __slots__ = ("_asked",)

    def __init__(self, asked: list[str]) -> None:
        super().__init__()
        self._asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self._asked.append(key)
        return super().get(key, default)


def _nested(parameters: Mapping[str, str], asked: list[str]) -> _Known:
    """The parameters as a template sees them: dotted names as mappings, numbered ones as lists."""
    whole = _Known(asked)
    for dotted, text in sorted(parameters.items()):
        *above, last = dotted.split(".")[:_DEEPEST]
        holder = whole
        for part in above:
            inner = dict.get(holder, part)
            if not isinstance(inner, _Known):
                inner = holder[part] = _Known(asked)
            holder = inner
        if "[" not in last:
            holder[last] = text.value if isinstance(text, Typed) else text
    path = dict.get(whole, "path")
    if isinstance(path, _Known) and isinstance(path.get("path"), str):
        path["segments"] = path["path"].split("/")
    return _listed(whole)  # type: ignore[no-any-return]


def _listed(value: Any) -> Any:
    if not isinstance(value, _Known):
        return value
    if value and all(key == str(number) for number, key in enumerate(sorted(value, key=lambda key: (len(key), key)))):
        return [_listed(value[str(number)]) for number in range(len(value))]
    for key in value:
        value[key] = _listed(value[key])
    return value


def _normalized(text: Value) -> str:
    return re.sub(r"[^a-z0-9.-]", "-", show(text).lower())[:253].strip("-.")


def _slug(*arguments: Value) -> str:
    *options, text = arguments
    longest = to_int(options[0]) if options else _LONGEST
    return re.sub(r"[^a-z0-9]+", "-", show(text).lower())[:longest].strip("-")
