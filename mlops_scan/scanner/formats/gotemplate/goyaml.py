"""`toYaml`, `fromYaml`, `toJson` and their kin: data as Go's YAML and JSON libraries write and read it."""

from __future__ import annotations

import json
import re
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.gotemplate.goprint import json_float, verbose
from mlops_scan.scanner.formats.gotemplate.gotypes import UNKNOWN, word
from mlops_scan.scanner.formats.gotemplate.goyamltext import WIDTH, in_order, wrapped
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.values import from_node

_NODES = 200_000
_PLAIN = re.compile(
    r"[A-Za-z_/$(.\\^;+=~<\u00a1-\ud7ff\ue000-\ufefe][^\x00-\x1f\x7f-\x9f\ufeff]*\Z|[-?:][^\s\x00-\x1f][^\x00-\x1f\x7f]*\Z|[0-9][^\x00-\x1f\x7f]*\Z"
)
_NOT_PLAIN = re.compile(r": | #|:\Z|\A | \Z|\A---|\A\.\.\.")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_TIME = r"\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?"
_DATE = re.compile(rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}(?:[Tt]{_TIME}(?:Z|[+-]\d\d:\d\d)| {_TIME})?\Z")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")


def to_yaml(value: Value) -> str:
    """The value as YAML with sorted keys, no newline at the end."""
    lines: list[str] = []
    _Writer(lines).write(value, 0, "", "")
    return "\n".join(lines)


class _Writer:
    """Appends lines; `lead` is what already stands on the first line (a key or dashes)."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.left = _NODES

    def write(self, value: Value, indent: int, lead: str, after: str) -> None:
        """`after` is the space between `lead` and a scalar."""
        self.left -= 1
        if self.left < 0 or indent > 2 * bounds.YAML_DEPTH:
            raise BoundError("a value too big for YAML")
        if isinstance(value, dict):
            self._mapping(value, indent, lead, after)
        elif isinstance(value, (list, tuple, range)):
            self._sequence(value, indent, lead, after)
        elif isinstance(value, str) and "\n" in value and _literal(value):
            self._block(value, indent, lead + after)
        else:
            line = f"{lead}{after}{scalar_text(value)}"
            self.lines += [line] if len(line) <= WIDTH else wrapped(line, len(lead + after), " " * max(indent, 2))

    def _mapping(self, value: dict[Any, Value], indent: int, lead: str, after: str) -> None:
        if not value:
            self.lines.append(f"{lead}{after}{{}}")
            return
        in_item = lead.endswith("-")  # `- key: value`: the first key shares the dash's line
        if lead and not in_item:
            self.lines.append(lead)
        pad = " " * indent
        for index, key in enumerate(in_order(value)):
            child = value[key]
            start = f"{lead} " if in_item and not index else pad
            nested = isinstance(child, dict)
            self.write(child, indent + 2 if nested or isinstance(child, str) else indent, _key(start, key), " ")

    def _sequence(self, value: list[Value] | tuple[Value, ...] | range, indent: int, lead: str, after: str) -> None:
        if not value:
            self.lines.append(f"{lead}{after}[]")
            return
        in_item = lead.endswith("-")
        if lead and not in_item:
            self.lines.append(lead)
        pad = " " * indent
        for index, item in enumerate(value):
            start = f"{lead} -" if in_item and not index else f"{pad}-"
            self.write(item, indent + 2, start, " ")

    def _block(self, text: str, indent: int, lead: str) -> None:
        body = text.rstrip("\n")
        ends = len(text) - len(body)
        hint = "2" if text[:1] in " \n" else ""
        mark = "-" if not ends else "+" if ends > 1 or not body else ""
        self.lines.append(f"{lead}|{hint}{mark}")
        pad = " " * max(indent, 2)
        self.lines += [pad + line if line else "" for line in text.split("\n")[: None if not ends else -1]]


def _key(start: str, key: Any) -> str:
    return f"{start}{scalar_text(key if isinstance(key, str) else verbose(key))}:"


def _literal(text: str) -> bool:
    """Whether Go's emitter writes the text as a block: no space before a line's end, nothing unprintable."""
    return " \n" not in text and not text.endswith(" ") and not _UNPRINTABLE.search(text) and bool(text.strip("\n"))


def scalar_text(value: Value) -> str:
    """One scalar as YAML."""
    if value is None or value is UNKNOWN:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return json_float(value)
    text = value if isinstance(value, str) else verbose(value)
    if text == "" or not isinstance(word(text), str) or _DATE.match(text) or _BASE60.match(text) or text in ("<<", "="):
        return f'"{text}"'
    if _PLAIN.match(text) and not _NOT_PLAIN.search(text) and "\t" not in text:
        return text
    if "\n" in text or "\t" in text or _UNPRINTABLE.search(text):
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")
    return "'" + text.replace("'", "''") + "'"


def read_yaml(text: str) -> Value:
    """The first document of a YAML text as Go reads it. Raises TemplateError."""
    try:
        found = yamlnodes.parse(text)
    except yamlnodes.YamlError as error:
        raise TemplateError(f"error converting YAML to JSON: {error.reason}") from None
    return plain(from_node(found[0], "")) if found else None


def plain(value: Value) -> Value:
    """Data without origins, of JSON's types only. Raises BoundError for a value too big to write."""
    return _plain(value, [_NODES], 0)


def _plain(value: Value, left: list[int], depth: int) -> Value:
    left[0] -= 1
    if left[0] < 0 or depth > bounds.YAML_DEPTH:
        raise BoundError("a value too big to copy")
    if isinstance(value, dict):
        return {str(key): _plain(child, left, depth + 1) for key, child in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [_plain(child, left, depth + 1) for child in value]
    if value is UNKNOWN:
        return None
    return value if value is None or isinstance(value, (str, bool, int, float)) else verbose(value)


def to_json(value: Value, indent: int | None = None, *, escape: bool = True) -> str:
    """The value as JSON with sorted keys; `escape` writes <, > and & as Go does for HTML."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(_whole(plain(value)), indent=indent, separators=separators, sort_keys=True, ensure_ascii=False)
    if escape:
        text = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return text


def _whole(value: Value) -> Value:
    """Floats that are whole as ints: JSON writes them without a point."""
    if isinstance(value, dict):
        return {key: _whole(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_whole(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else value


def read_json(text: str) -> Value:
    """JSON as Go reads it: numbers are floats. Raises TemplateError."""
    try:
        return json.loads(text, parse_int=_json_number, parse_float=float)
    except (ValueError, RecursionError) as error:
        raise TemplateError(f"not JSON: {error}") from None


def _json_number(digits: str) -> float:
    return float(digits) if len(digits) < 400 else float("inf")
