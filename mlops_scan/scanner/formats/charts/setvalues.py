"""`--set a.b=1,c[0].d={x,y}`: values written on a command line, as Helm reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.gotemplate.values import Items, Origin, Values, from_plain
from mlops_scan.scanner.model import Location

_STEP = re.compile(r"((?:\\.|[^.\[\]\\])+)|\[(\d+)\]")
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})\Z")
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}
_ITEMS = 200  # the longest list an index may make


def assigned(text: str, at: Location, *, how: str = "") -> Values:
    """The values that the text sets, each standing at `at`.

    `how`: "" a word may be a number, "string" none is, "literal" all after the first `=` is one text, "json".
    Raises BoundError for JSON that is too deep.
    """
    made = Values()
    if how == "json":
        return _of_json(made, text.strip(), at)
    for pair in [text] if how == "literal" else _pairs(text, ","):
        key, equals, value = pair.partition("=")
        if equals and key:
            set_value(made, key, value if how == "literal" else _value(value, how == "string"), at)
    return made


def _of_json(made: Values, text: str, at: Location) -> Values:
    """An object, or `key=value,...` of which each value is JSON; nothing where it is none."""
    place, decoder = Origin(at.path, at.line, at.column, ""), json.JSONDecoder()
    try:
        if text.startswith("{"):
            found = from_plain(json.loads(text), place)
            return found if isinstance(found, Values) else made
        while "=" in text:
            key, _, rest = text.partition("=")
            value, end = decoder.raw_decode(rest.lstrip())
            set_value(made, key.strip(), from_plain(value, place), at)
            text = rest.lstrip()[end:].lstrip().removeprefix(",")
    except (ValueError, RecursionError):
        return made
    return made


def set_value(into: Values, key: str, value: Value, at: Location) -> None:
    """Set a dotted key; one that leads through something else than tables and lists is left alone."""
    # the keys of the path; an index stays a number
    steps = [_unescaped(name) if name else int(index[:6]) for name, index in _STEP.findall(key)]
    if not steps or len(steps) > bounds.YAML_DEPTH or not isinstance(steps[0], str):
        return
    holder: Value = into
    for step, after in pairwise(steps):
        holder = _child(holder, step, Items() if isinstance(after, int) else Values(), key, at)
    _put(holder, steps[-1], value, key, at)


def _child(holder: Value, step: str | int, empty: Value, trail: str, at: Location) -> Value:
    found: Value = None
    if isinstance(holder, Values) and isinstance(step, str):
        found = holder.get(step)
    elif isinstance(holder, Items) and isinstance(step, int) and step < len(holder):
        found = holder[step]
    if type(found) is type(empty):
        return found
    _put(holder, step, empty, trail, at)
    return empty


def _put(holder: Value, step: str | int, value: Value, trail: str, at: Location) -> None:
    place = Origin(at.path, at.line, at.column, trail)
    if isinstance(holder, Values) and isinstance(step, str):
        holder[step] = value
        holder.places[step] = place
    elif isinstance(holder, Items) and isinstance(step, int) and step < _ITEMS:
        while len(holder) <= step:
            holder.append(None)
            holder.places.append(place)
        holder[step] = value
        holder.places[step] = place


def _value(text: str, strings: bool) -> Value:
    if text.startswith("{") and text.endswith("}"):
        items = Items()
        items.extend(_word(one, strings) for one in _pairs(text[1:-1], ","))
        return items
    return _word(text, strings)


def _word(text: str, strings: bool) -> Value:
    plain = _unescaped(text)
    if strings:
        return plain
    if _WHOLE.match(plain):
        return float(plain)
    return _WORDS.get(plain, plain)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _pairs(text: str, separator: str) -> Iterator[str]:
    """The parts between separators that neither stand in braces nor behind a backslash."""
    start, depth, index = 0, 0, 0
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1
        elif char in "{}":
            depth += 1 if char == "{" else -1
        elif char == separator and depth <= 0:
            yield text[start:index].strip()
            start = index + 1
        index += 1
    if text[start:].strip():
        yield text[start:].strip()
