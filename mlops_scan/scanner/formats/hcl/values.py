"""What expressions come to: plain data that knows its place, and values that only a run would tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from mlops_scan.scanner import bounds

Place = tuple[str, int, int]  # path, line, column
Value = Any  # None, bool, int, float, str, list, Object or Unknown

_EXPR_CHARS = 120
MAX_PARTS = 20
MAX_ITEMS = 5_000  # of a list or object that an expression makes
MAX_CHARS = 200_000  # of a string that an expression makes


class Object(dict[str, Any]):
    """An object or a block; `places` says where each key was written, `block` that it was written as a block."""

    __slots__ = ("block", "place", "places")

    def __init__(self, items: Any = (), place: Place | None = None, *, block: bool = False) -> None:
        super().__init__(items)
        self.place = place
        self.places: dict[str, Place] = {}
        self.block = block


class Text(str):
    """A text of which each line was written on a line of the file at `path`: `lines` tells which."""

    __slots__ = ("lines", "path")
    path: str
    lines: Sequence[int]

    def line(self, number: int) -> int:
        """The file's line of the text's line `number` (from one)."""
        return self.lines[min(max(number, 1), len(self.lines)) - 1]


class Encoded(str):
    """The JSON or YAML that an encoding function makes of `data`; what is unknown stands in it as source text."""

    __slots__ = ("data",)
    data: Value


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the files alone do not tell.

    `ref` is the resource or data source it comes from, declared in the module at `folder` (in its use `module`, and
    there its instance `key`, where that is known); `known` is what the
    configuration says of it all the same; `wrong`: no run could tell it either (`try` then goes on); `text` is
    a text in which only some pieces are unknown, these as `${source}`.
    """

    source: str
    ref: str = ""
    folder: str = ""
    name: str = ""
    call: str = ""
    parts: tuple[str, ...] = ()
    known: Value = None
    wrong: bool = False
    text: str | None = None
    module: str = ""
    key: str = ""


def combined(source: str, values: list[Value], *, call: str = "") -> Unknown:
    """What is known of an expression over `values`, some of them unknown: the first reference, the known texts."""
    first = next((value for value in values if isinstance(value, Unknown) and value.ref), None)
    parts: list[str] = []
    for value in values:
        if isinstance(value, Unknown):
            parts += value.parts
        elif isinstance(value, str) and value.strip():
            parts.append(value)
    return Unknown(
        source,
        first.ref if first else "",
        first.folder if first else "",
        call=call,
        parts=tuple(parts[:MAX_PARTS]),
        wrong=any(isinstance(value, Unknown) and value.wrong for value in values),
        module=first.module if first else "",
        key=first.key if first else "",
    )


def wrong(source: str) -> Unknown:
    """The value of an expression that fails."""
    return Unknown(source, wrong=True)


def settled(value: Value) -> Value:
    """The value, or what the configuration says of a reference."""
    return value.known if isinstance(value, Unknown) and value.known is not None else value


def placed(text: str, path: str, lines: Sequence[int]) -> Text:
    """A text whose lines are these of the file at `path`."""
    made = Text(text)
    made.path, made.lines = path, lines
    return made


def spelled(value: Value) -> str:
    """The value as text; what is unknown stands in it as `${source}`."""
    value = settled(value)
    if isinstance(value, Unknown):
        return f"${{{value.source}}}" if value.text is None else value.text
    return to_text(value) or ""


def to_text(value: Value) -> str | None:
    """The value as a template prints it; None for what has no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return None


def to_bool(value: Value) -> bool | None:
    """True or False, also written as a string; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def to_number(value: Value) -> int | float | None:
    """A number, also written as a string; None for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) < 25:
        try:
            number = float(value)
        except ValueError:
            return None
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return None


def plain(value: Value, folder: str = "", use: str = "", *, nodes: int = bounds.FACT_NODES) -> Any:
    """JSON data for a fact of a use of the module at `folder`: strings and the number of nodes are bounded."""
    return _Plain(folder, use, nodes).convert(value, 0)


class _Plain:
    def __init__(self, folder: str, use: str, nodes: int) -> None:
        self.folder, self.use, self.left = folder, use, nodes

    def convert(self, value: Value, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth > bounds.HCL_DEPTH:
            return None
        if isinstance(value, Encoded):
            return self.convert(value.data, depth + 1)
        if isinstance(value, dict):
            # in Terraform a null attribute is an attribute that was not written
            items = ((key, item) for key, item in value.items() if item is not None)
            return {key[: bounds.FACT_TEXT]: self.convert(item, depth + 1) for key, item in items if self.left > 0}
        if isinstance(value, list):
            return [self.convert(item, depth + 1) for item in value if self.left > 0]
        if isinstance(value, Unknown):
            return self._unknown(value)
        if isinstance(value, str):
            return str(value[: bounds.FACT_TEXT])
        return value

    def _unknown(self, value: Unknown) -> dict[str, Any]:
        says: dict[str, Any] = {"expr": value.source[:_EXPR_CHARS]}
        if value.ref:
            says["ref"] = value.ref
            if (value.folder, value.module) != (self.folder, self.use):
                says["folder"] = value.folder
                if value.module:
                    says["module"] = value.module
            if value.key not in ("", "0"):  # the first has the identity of the whole block
                says["key"] = value.key
        if value.name:
            says["name"] = value.name
        if value.call:
            says["call"] = value.call
        if value.parts:
            says["parts"] = [part[: bounds.FACT_TEXT] for part in value.parts]
        if isinstance(value.known, (str, int, float, bool)):
            says["const"] = self.convert(value.known, 0)
        return says


def encoded(value: Value, source: str, name: str) -> Value:
    """The value as JSON text, or for `yamlencode` as YAML."""
    if isinstance(value, Unknown):
        return combined(source, [value], call=name)
    data = _spelled(plain(value, nodes=MAX_ITEMS))
    text = json.dumps(data, separators=(",", ":")) if name == "jsonencode" else yaml.safe_dump(data)
    made = Encoded(text[:MAX_CHARS])
    made.data = value
    return made


def _spelled(data: Any) -> Any:
    """Plain data in which an unknown value is its source text."""
    if isinstance(data, dict):
        if isinstance(data.get("expr"), str) and set(data) <= _UNKNOWN_KEYS:
            return f"${{{data['expr']}}}"
        return {key: _spelled(item) for key, item in data.items()}
    return [_spelled(item) for item in data] if isinstance(data, list) else data


_UNKNOWN_KEYS = frozenset(("expr", "ref", "folder", "module", "key", "name", "call", "parts", "const"))


def named(value: Unknown, source: str, steps: str) -> Unknown:
    """An unknown value of which `steps` were taken."""
    name = f"{value.name}{steps}" if value.name else ""
    return replace(value, source=source, name=name, parts=(), known=None, call="")
