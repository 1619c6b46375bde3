"""Texts with holes of a template language, `{{ .a.b | default "x" }}`, filled as far as the parameters tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_HOLE = re.compile(r"\{\{((?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}")
_INDEX = re.compile(r"index\s+\.?([\w.-]+)((?:\s+(?:\d+|\"[^\"]*\"))+)\Z")
_DEFAULT = re.compile(r"default\s+\"([^\"]*)\"(?:\s+\.?([\w.-]+))?\Z")
_REPLACE = re.compile(r"replace\s+\"([^\"]+)\"\s+\"([^\"]*)\"\Z")
_SAME = ("quote", "squote", "toString", "trim", "toYaml", "normalize", "print")
_DEEPEST = 20

Parameters = dict[str, str]


# a text and its parameters -> the text with all holes filled, by the rules of a whole language; None where one is not
Whole = Callable[[str, Parameters], str | None]


class Typed(str):
    """The text of a value that is none: `value` is what it was, true, false or a number."""

    __slots__ = ("value",)
    value: bool | int | float

    def __new__(cls, text: str, value: bool | int | float) -> Typed:
        made = super().__new__(cls, text)
        made.value = value
        return made


def filled(text: str, parameters: Parameters, whole: Whole | None = None) -> str:
    """A template's text for one application; what is unknown in it is `*`."""
    made = filled_in(text, parameters, whole)
    return _HOLE.sub("*", made) if isinstance(made, str) else text


def filled_in(data: Any, parameters: Parameters, whole: Whole | None = None, depth: int = 0) -> Any:
    """Data of a template for one application; a hole that is unknown stays as it is written.

    `whole` is asked of a text that has holes which only a whole language fills.
    """
    if isinstance(data, str):
        made = _HOLE.sub(lambda hole: hole[0] if (known := _value(hole[1], parameters)) is None else known, data)
        known = whole(data, parameters) if whole is not None and "{{" in made else None
        return made if known is None else known
    if isinstance(data, Mapping) and depth < _DEEPEST:
        return {key: filled_in(value, parameters, whole, depth + 1) for key, value in data.items()}
    if isinstance(data, list) and depth < _DEEPEST:
        return [filled_in(value, parameters, whole, depth + 1) for value in data]
    return data


def _value(expression: str, parameters: Parameters) -> str | None:
    """What an expression of either template language comes to; None where it is not known."""
    bare = expression.removeprefix("-").removesuffix("-")  # which only trims around the hole
    first, *pipes = (part.strip() for part in bare.split("|"))
    given = _DEFAULT.match(first)
    if match := _INDEX.match(first):
        steps = re.findall(r"\d+|\"[^\"]*\"", match[2])
        found = parameters.get(".".join([match[1], *(step.strip('"') for step in steps)]))
        found = parameters.get(f"path[{steps[0]}]") if found is None and match[1].endswith("segments") else found
    elif given and given[2]:
        found = parameters.get(given[2]) or given[1]
    else:
        found = parameters.get(first.removeprefix("."))
    for pipe in pipes:
        if match := _DEFAULT.match(pipe):
            found = found or match[1]
        elif found is not None and (match := _REPLACE.match(pipe)):
            found = found.replace(match[1], match[2])
        elif found is not None and pipe in ("lower", "upper"):
            found = found.lower() if pipe == "lower" else found.upper()
        elif pipe not in _SAME:
            return None
    return found


def flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(dotted key, text) of every scalar inside."""
    for key, inner in value.items():
        if isinstance(inner, list) and len(inner) <= _DEEPEST:
            inner = {str(number): one for number, one in enumerate(inner)}
        if isinstance(inner, Mapping):
            yield from flat(inner, f"{prefix}{key}.") if prefix.count(".") < _DEEPEST else ()
        elif isinstance(inner, str):
            yield f"{prefix}{key}", inner
        elif isinstance(inner, (bool, int, float)):
            yield f"{prefix}{key}", Typed(str(inner).lower(), inner)
