"""Resources of a Bicep file: their types, and their bodies as far as one property stands on a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Sequence, scalar

_RESOURCE = re.compile(
    r"^(?P<indent>[ \t]*)resource[ \t]+(?P<name>\w+)[ \t]+'(?P<type>[\w./-]+)@(?P<version>[\w.-]+)'"
    r"(?P<existing>[ \t]+existing)?[ \t]*=[ \t]*(?P<rest>[^\n]*)$",
    re.MULTILINE,
)
_PROPERTY = re.compile(r"^[ \t]*(?:(?P<name>[\w-]+)|'(?P<quoted>[^'\n]+)')[ \t]*:[ \t]*(?P<value>\S.*)$")
_PARAMETER = re.compile(r"^(?:param|var)[ \t]+(\w+)(?:[ \t]+\w+)?[ \t]*=[ \t]*'([^'$\\\n]*)'[ \t]*$", re.MULTILINE)
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'\Z")
_HOLE = re.compile(r"\$\{(\w+)\}")
_OFF = re.compile(r"if[ \t]*\([ \t]*false[ \t]*\)")
_LINES_DEPTH = 3
_EXPR_CHARS = 120


class Held(dict[str, Any]):
    """A property in braces, and where its own properties stand."""

    __slots__ = ("line", "places")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.places: dict[str, int] = {}


@dataclass(slots=True)
class Resource:
    """`resource name 'type@version' = { }`; `lines` are those of its properties to depth 3."""

    name: str
    type: str
    version: str
    line: int
    column: int
    end_line: int
    off: bool
    data: Held = field(default_factory=lambda: Held(1))
    lines: dict[str, int] = field(default_factory=dict)


def resources(text: str) -> Iterator[Resource]:
    """The resources that a file declares, nested ones included; those marked `existing` are only referred to."""
    rows = text.split("\n")
    line, start = 1, 0
    for match in _RESOURCE.finditer(text):
        line += text.count("\n", start, match.start())
        start = match.start()
        if match["existing"]:
            continue
        column = len(match["indent"]) + 1
        found = Resource(
            match["name"], match["type"], match["version"], line, column, line, bool(_OFF.match(match["rest"]))
        )
        found.data.line = line
        if match["rest"].rstrip().endswith("{"):
            _body(rows, found)
        yield found


def defaults(text: str) -> dict[str, str]:
    """The texts that parameters and variables of a file have by default."""
    return dict(_PARAMETER.findall(text))


def node(value: Any, values: dict[str, str], line: int, depth: int = 0) -> Node:
    """A resource's body as nodes; of an expression what a text of it and the defaults tell, else `${source}`."""
    if isinstance(value, dict) and "expr" in value and len(value) == 1:
        return scalar(_spelled(str(value["expr"]), values), line, 1, bare=False)
    if isinstance(value, dict) and depth < bounds.HCL_DEPTH:
        made = Mapping(getattr(value, "line", line), 1)
        for key, item in value.items():
            place = getattr(value, "places", {}).get(key, made.line)
            made[key] = node(item, values, place, depth + 1)
            made.places[key] = (place, 1)
        return made
    if isinstance(value, list) and depth < bounds.HCL_DEPTH:
        sequence = Sequence(line, 1)
        sequence.extend(node(item, values, line, depth + 1) for item in value)
        return sequence
    return yamlnodes.made(value, line, 1)


def _spelled(text: str, values: dict[str, str]) -> str:
    if text in values:
        return values[text]
    if match := _TEXT.match(text):
        return _HOLE.sub(lambda hole: values.get(hole[1], hole[0]), match[1])
    return f"${{{text}}}"


def _body(rows: list[str], found: Resource) -> None:
    """Fill `data`, `lines` and `end_line` from the lines below the resource's own."""
    stack: list[tuple[Any, str]] = [(found.data, "")]
    for index in range(found.line, min(len(rows), found.line + bounds.FACT_NODES)):
        text = rows[index].strip()
        if not text or text.startswith(("//", "@")):
            continue
        if text[0] in "}]":
            stack.pop()
            if not stack:
                found.end_line = index + 1
                return
        elif len(stack) < bounds.HCL_DEPTH:
            _line(text, index + 1, stack, found)


def _line(text: str, line: int, stack: list[tuple[Any, str]], found: Resource) -> None:
    holder, prefix = stack[-1]
    match = _PROPERTY.match(text) if isinstance(holder, dict) else None
    name = (match["name"] or match["quoted"]) if match else ""
    written = match["value"] if match else text
    opened: Any = Held(line) if written.endswith("{") else [] if written.endswith("[") else None
    value = _value(written) if opened is None else opened
    if isinstance(holder, list):
        holder.append(value)
    elif name:
        holder[name] = value
        holder.places[name] = line
        if prefix.count(".") < _LINES_DEPTH:
            found.lines.setdefault(f"{prefix}{name}", line)
    if opened is not None:
        stack.append((opened, f"{prefix}{name}." if name else f"{prefix}_."))


def _value(text: str) -> Any:
    text = text.split(" //", 1)[0].rstrip().rstrip(",")
    if re.fullmatch(r"'[^'$\\]*'", text):
        return text[1:-1][: bounds.FACT_TEXT]
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if text in ("true", "false"):
        return text == "true"
    return {"expr": text[:_EXPR_CHARS]}
