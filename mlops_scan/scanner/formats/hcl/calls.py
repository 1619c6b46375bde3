"""Calls of functions whose arguments may be unknown: what is known is kept where it still says something."""

from __future__ import annotations

from collections.abc import Callable

from mlops_scan.scanner.formats.hcl.functions import ERRORS, FUNCTIONS
from mlops_scan.scanner.formats.hcl.values import MAX_ITEMS, Object, Unknown, Value, combined, encoded, settled


def call(name: str, args: list[Value], source: str) -> Value:
    """The result of `name(args...)`; Unknown for a function that is not known or an argument that is not.

    OverflowError: the result would be larger than the bound.
    """
    tolerant = _TOLERANT.get(name)
    if tolerant is not None:
        return tolerant(args, source)
    function = FUNCTIONS.get(name)
    known = [settled(arg) for arg in args]
    if function is None or any(isinstance(arg, Unknown) for arg in known) or _holds_unknown(known):
        return combined(source, _spread(args), call=name)
    try:
        result = function(*known)
    except OverflowError:
        raise
    except ERRORS:
        return Unknown(source, call=name, wrong=True)
    return result if isinstance(result, (str, int, float, bool, list, dict, type(None), Unknown)) else Unknown(source)


def _holds_unknown(args: list[Value]) -> bool:
    """Whether a list among the arguments has an unknown element: joining, sorting and the like cannot be done."""
    return any(isinstance(item, Unknown) for arg in args if isinstance(arg, list) for item in arg)


def _spread(args: list[Value]) -> list[Value]:
    return [item for arg in args for item in (arg[:MAX_ITEMS] if isinstance(arg, list) else [arg])]


def _merge(args: list[Value], source: str) -> Value:
    """The known objects; an unknown one adds nothing that could be named."""
    made = Object()
    for arg in args:
        value = settled(arg)
        if isinstance(value, dict):
            made.update(value)
            made.places.update(getattr(value, "places", {}))
            made.place = made.place or getattr(value, "place", None)
    if not made and any(isinstance(arg, Unknown) for arg in args):
        return combined(source, args, call="merge")
    if len(made) > MAX_ITEMS:
        raise OverflowError
    return made


def _concat(args: list[Value], source: str) -> Value:
    made: list[Value] = []
    for arg in args:
        value = settled(arg)
        made += value if isinstance(value, list) else [arg] if isinstance(arg, Unknown) else []
        if len(made) > MAX_ITEMS:
            raise OverflowError
    return made


def _coalesce(args: list[Value], source: str) -> Value:
    for index, arg in enumerate(args):
        if isinstance(settled(arg), Unknown):
            return combined(source, args[index:], call="coalesce")
        if arg is not None and arg != "":
            return arg
    return None


def _keep(function: str) -> Callable[[list[Value], str], Value]:
    """A function that hands on a list or object as it is, unknown elements and all."""

    def call(args: list[Value], source: str) -> Value:
        if len(args) != 1:
            return Unknown(source, call=function, wrong=True)
        return args[0]

    return call


def _known(name: str, args: list[Value], source: str) -> Value:
    """The function itself, although elements of a list may be unknown."""
    try:
        return FUNCTIONS[name](*args)
    except OverflowError:
        raise
    except ERRORS:
        return Unknown(source, call=name, wrong=True)


def _through(name: str) -> Callable[[list[Value], str], Value]:
    """A function that looks at a collection's shape, not at its elements."""

    def call(args: list[Value], source: str) -> Value:
        known = [settled(arg) for arg in args]
        if any(isinstance(arg, Unknown) for arg in known):
            return combined(source, args, call=name)
        return _known(name, known, source)

    return call


def _decode(args: list[Value], source: str) -> Value:
    """The data of a text, also of one in which some pieces are unknown."""
    value = settled(args[0]) if len(args) == 1 else None
    text = value.text if isinstance(value, Unknown) else value
    if text is None:
        return combined(source, args, call="yamldecode")
    return _known("yamldecode", [text], source)


def _encode(name: str) -> Callable[[list[Value], str], Value]:
    def call(args: list[Value], source: str) -> Value:
        return encoded(args[0], source, name) if len(args) == 1 else Unknown(source, call=name, wrong=True)

    return call


_TOLERANT: dict[str, Callable[[list[Value], str], Value]] = {
    "merge": _merge,
    "concat": _concat,
    "coalesce": _coalesce,
    "jsonencode": _encode("jsonencode"),
    "yamlencode": _encode("yamlencode"),
    "jsondecode": _decode,
    "yamldecode": _decode,
    **{name: _keep(name) for name in ("sensitive", "nonsensitive", "tolist", "tomap")},
    **{
        name: _through(name)
        for name in (
            "flatten",
            "length",
            "keys",
            "values",
            "lookup",
            "element",
            "slice",
            "reverse",
            "zipmap",
            "one",
            "compact",
            "toset",
        )
    },
}
