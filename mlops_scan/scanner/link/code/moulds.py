"""Values that are made of a function's parameters, with what a caller hands over in place of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlops_scan.scanner.formats.python.placeholders import between
from mlops_scan.scanner.link.code.written import begun, constant, pieces

_DEPTH = 12


def names(values: Iterable[Any]) -> set[str]:
    """The names in what is not known of values."""
    found: set[str] = set()
    for one in values:
        if isinstance(one, (list, tuple)):
            found |= names(one)
        elif isinstance(one, Mapping) and "expr" in one:
            bound = one.get("bound")  # names that something is handed over for already
            found.update(names(bound.values()) if bound and isinstance(bound, Mapping) else begun(str(one["expr"])))
        elif isinstance(one, Mapping):
            found |= names(one.values())
    return found


def filled(value: Any, given: Mapping[str, Any], depth: int = 0) -> Any:
    """A value of a fact with what is handed over for the parameters that it is made of."""
    if depth > _DEPTH:
        return value
    if isinstance(value, list):
        return [filled(one, given, depth + 1) for one in value]
    if not isinstance(value, Mapping):
        return value
    if "expr" not in value:
        return {key: filled(one, given, depth + 1) for key, one in value.items()}
    text = str(value["expr"])
    if text in given:
        return given[text] if given[text] is not None else value
    if isinstance(value.get("holds"), (list, dict)):
        return {**value, "holds": filled(value["holds"], given, depth + 1)}
    if not names([value]) & given.keys():
        return value
    made = pieces(text, lambda name: constant(given.get(name)))
    if made and None not in made:
        return "".join(one for one in made if one is not None)
    return {**value, "parts": between(made)} if any(made) else value


def poured(value: Any, given: Mapping[str, Any], depth: int = 0) -> Any:
    """The same of what stands in a declared object: `${name}` in its texts, too."""
    if isinstance(value, str):
        return "".join(_holes(value, given)) if "${" in value else value
    if isinstance(value, (list, tuple)) and depth < _DEPTH:
        return [poured(one, given, depth + 1) for one in value]
    if isinstance(value, Mapping) and "expr" in value:
        return filled(value, given)
    if isinstance(value, Mapping) and depth < _DEPTH:
        return {key: poured(one, given, depth + 1) for key, one in value.items()}
    return value


def _holes(text: str, given: Mapping[str, Any]) -> Iterator[str]:
    """The pieces of a text, with the constant in place of each `${expression}` that is known by now."""
    at = 0
    while (start := text.find("${", at)) >= 0:
        end, open_ = start + 2, 1
        while end < len(text) and open_:
            open_ += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        known = constant(filled({"expr": text[start + 2 : end - 1]}, given))
        yield text[at:start] + (text[start:end] if known is None else str(known))
        at = end
    yield text[at:]
