"""Texts in pieces: `"{}/{name}".format(...)` and `"%s/%(name)s" % ...` as literals and what fills the rest."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator

_PERCENT = re.compile(r"%(?:\((\w+)\))?([-#0 +]{0,5}[\d.*]{0,9})([a-zA-Z%])")
_DIGITS = 3  # of the place of an argument

Piece = str | ast.expr | None  # a literal, the expression that is put in, or what is unknown


def of_format(text: str, call: ast.Call) -> Iterator[Piece]:
    """The pieces of `text.format(...)`. What is shaped by a specification or taken out of an argument is unknown."""
    named = {one.arg: one.value for one in call.keywords if one.arg}
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    count = 0
    try:
        for literal, name, specification, conversion in string.Formatter().parse(text):
            if literal:
                yield literal
            if name is None:
                continue
            place = name if name else str(count)
            count += not name
            number = int(place) if place.isdecimal() and len(place) < _DIGITS else len(call.args)
            given = named.get(place) if number >= len(call.args) or starred else call.args[number]
            yield None if specification or conversion not in (None, "s") else given
    except ValueError:
        yield None


def of_percent(text: str, right: ast.expr) -> Iterator[Piece]:
    """The pieces of `text % right`."""
    listed = right.elts if isinstance(right, ast.Tuple) else [right]
    keys = zip(right.keys, right.values, strict=True) if isinstance(right, ast.Dict) else ()
    named = {key.value: value for key, value in keys if isinstance(key, ast.Constant)}
    place, count = 0, 0
    for found in _PERCENT.finditer(text):
        yield text[place : found.start()]
        place = found.end()
        if found[3] == "%":
            yield "%"
            continue
        given = named.get(found[1]) if found[1] else listed[count] if count < len(listed) else None
        count += not found[1]
        yield given if found[3] == "s" and not found[2] and not isinstance(given, ast.Dict) else None
    yield text[place:]


def between(found: Iterable[object]) -> list[str]:
    """The texts around what is unknown: '' first or last where the whole begins or ends with it."""
    parts, after_gap = [""], False
    for piece in found:
        if isinstance(piece, str):
            parts[-1] += piece
            after_gap = False
        elif not after_gap:
            parts.append("")
            after_gap = True
    return parts
