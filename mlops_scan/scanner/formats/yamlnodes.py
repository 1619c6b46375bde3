"""YAML (and JSON) as nodes that know their line and column: libyaml's events, our own bounded builder.

PyYAML's composer ends the process on deep nesting and its loader hangs on merge-key bombs (research: 60 KB of
'[' and a 600-byte file), so neither is used. Scalars stay text; `plain` types them when asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile
from mlops_scan.scanner.model import Location, Note

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SEPARATOR = re.compile(r"^---(?=[ \t\n]|\Z)", re.MULTILINE)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_PLAIN_NODES = 200_000  # an alias bomb is cut here when it is turned into plain data


class Scalar(str):
    """A scalar's text; `bare` when it was written without quotes, `block` when as a block (`|`, `>`) below its key."""

    __slots__ = ("bare", "block", "column", "line", "tag")
    line: int
    column: int
    bare: bool
    block: bool
    tag: str


class Mapping(dict[str, "Node"]):
    """A mapping; `places` gives (line, column) of each key, `repeated` the keys that were written twice."""

    __slots__ = ("column", "line", "places", "repeated", "tag")

    def __init__(self, line: int, column: int, tag: str = "") -> None:
        super().__init__()
        self.line, self.column, self.tag = line, column, tag
        self.places: dict[str, tuple[int, int]] = {}
        self.repeated: list[str] = []


class Sequence(list["Node"]):
    """A sequence and where it begins."""

    __slots__ = ("column", "line", "tag")

    def __init__(self, line: int, column: int, tag: str = "") -> None:
        super().__init__()
        self.line, self.column, self.tag = line, column, tag


Node = Scalar | Mapping | Sequence


class YamlError(ValueError):
    """Not YAML, or over a bound; `line` counts from one."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Parsed:
    """The readable documents of a file, and a note for each that is not."""

    documents: tuple[Node, ...]
    notes: tuple[Note, ...]


def documents(source: SourceFile) -> Parsed:
    """All documents of a YAML or JSON file, read once a file. A broken document costs only itself."""
    return source.memo("yaml", lambda: _documents(source))


def _documents(source: SourceFile) -> Parsed:
    found: list[Node] = []
    notes: list[Note] = []
    for first_line, text in split(source.text):
        try:
            found += parse(text, first_line=first_line)
        except YamlError as error:
            notes.append(Note(Location(source.path, error.line), f"not readable as YAML: {error.reason}"))
    return Parsed(tuple(found), tuple(notes))


def split(text: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of each document: '---' at column 0 ends a document even inside a block scalar."""
    start, line = 0, 1
    for match in _SEPARATOR.finditer(text):
        if match.start() > start:
            chunk = text[start : match.start()]
            yield line, chunk
            line += chunk.count("\n")
            start = match.start()
    yield line, text[start:]


def parse(text: str, *, first_line: int = 1) -> list[Node]:
    """The documents of `text`. Raises YamlError (with the line in the file) for bad or bounded-out input."""
    try:
        return _Builder(first_line).build(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = first_line + (mark.line if mark is not None else 0)
        reason = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        raise YamlError(line, str(reason)) from None


class _Builder:
    """Builds nodes from events without recursion: the stack is a list, its depth is bounded."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.roots: list[Node] = []
        self.stack: list[tuple[Mapping | Sequence, Scalar | None]] = []
        self.anchors: dict[str, Node] = {}
        self.nodes = self.aliases = 0
        self.key: Scalar | None = None

    def build(self, text: str) -> list[Node]:
        reader = _LOADER(text)
        try:
            while True:
                event = reader.get_event()
                if isinstance(event, StreamEndEvent):
                    return self.roots
                self._take(event)
        finally:
            reader.dispose()

    def _take(self, event: Event) -> None:
        if isinstance(event, ScalarEvent):
            self._value(self._anchor(event, self._scalar(event)))
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            done, self.key = self.stack.pop()
            if isinstance(done, Mapping) and "<<" in done:
                _merge(done)
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, DocumentEndEvent):
            self.anchors.clear()

    def _scalar(self, event: ScalarEvent) -> Scalar:
        one = Scalar(event.value)
        one.line, one.column = self._mark(event)
        one.bare = event.style is None or event.style == ""
        one.block = event.style == "|" or event.style == ">"
        one.tag = event.tag or ""
        return one

    def _mark(self, event: Event) -> tuple[int, int]:
        return self.first_line + event.start_mark.line, event.start_mark.column + 1  # type: ignore[union-attr]

    def _anchor(self, event: Any, node: Node) -> Node:
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        line, column = self._mark(event)
        if len(self.stack) >= bounds.YAML_DEPTH:
            raise YamlError(line, f"nested deeper than {bounds.YAML_DEPTH} levels")
        made: Mapping | Sequence
        if isinstance(event, MappingStartEvent):
            made = Mapping(line, column, event.tag or "")
        else:
            made = Sequence(line, column, event.tag or "")
        self._anchor(event, made)
        self._value(made)
        self.stack.append((made, self.key))
        self.key = None

    def _alias(self, event: AliasEvent) -> None:
        self.aliases += 1
        line, _ = self._mark(event)
        if self.aliases > bounds.YAML_ALIASES:
            raise YamlError(line, f"more than {bounds.YAML_ALIASES} aliases")
        node = self.anchors.get(event.anchor or "")
        if node is None:
            raise YamlError(line, f"alias '{event.anchor}' has no anchor")
        self._value(node)

    def _value(self, node: Node) -> None:
        self.nodes += 1
        if self.nodes > bounds.YAML_NODES:
            raise YamlError(node.line, f"more than {bounds.YAML_NODES} nodes")
        if not self.stack:
            self.roots.append(node)
            return
        holder = self.stack[-1][0]
        if isinstance(holder, Sequence):
            holder.append(node)
        elif self.key is None:
            self.key = node if isinstance(node, Scalar) else _complex_key(node)
        else:
            self._put(holder, self.key, node)
            self.key = None

    def _put(self, holder: Mapping, key: Scalar, node: Node) -> None:
        if key in holder:
            holder.repeated.append(str(key))
        holder[str(key)] = node
        holder.places[str(key)] = (key.line, key.column)


def made(value: Any, line: int = 1, column: int = 1) -> Node:
    """Nodes for plain data (None, bool, int, float, str, list, dict) that all stand at one place."""
    if isinstance(value, dict):
        mapping = Mapping(line, column)
        for key, item in value.items():
            mapping[str(key)] = made(item, line, column)
            mapping.places[str(key)] = (line, column)
        return mapping
    if isinstance(value, (list, tuple)):
        sequence = Sequence(line, column)
        sequence.extend(made(item, line, column) for item in value)
        return sequence
    return scalar(_written(value), line, column, bare=not isinstance(value, str))


def scalar(text: str, line: int = 1, column: int = 1, *, bare: bool = True) -> Scalar:
    """A scalar that no file wrote."""
    one = Scalar(text)
    one.line, one.column, one.bare, one.block, one.tag = line, column, bare, False, ""
    return one


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _complex_key(node: Mapping | Sequence) -> Scalar:
    return scalar(f"?{node.line}", node.line, node.column, bare=False)


def _merge(mapping: Mapping) -> None:
    """Resolve `<<` once: own keys win, then the earlier of several merged mappings."""
    merged = mapping.pop("<<")
    for one in merged if isinstance(merged, Sequence) else [merged]:
        if isinstance(one, Mapping) and one is not mapping:
            for key, value in list(one.items()):
                if key not in mapping:
                    mapping[key] = value
                    mapping.places[key] = one.places.get(key, (one.line, one.column))


def plain(node: Node | None) -> Any:
    """The node as JSON-like data (None, bool, int, float, str, list, dict), typed as Go's YAML readers do.

    Cycles and anything past 200,000 nodes become None.
    """
    return _Plain().convert(node, 0)


class _Plain:
    def __init__(self) -> None:
        self.left = _PLAIN_NODES

    def convert(self, node: Node | None, depth: int) -> Any:
        self.left -= 1
        if node is None or self.left < 0 or depth > bounds.YAML_DEPTH:
            return None
        if isinstance(node, Mapping):
            return {key: self.convert(value, depth + 1) for key, value in node.items()}
        if isinstance(node, Sequence):
            return [self.convert(value, depth + 1) for value in node]
        return typed(node)


def typed(one: Scalar) -> Any:
    """The scalar as None, bool, int, float or str. Quoted text stays text, as do 0755, 1.2.3 and dates."""
    text = str(one)
    if not one.bare or one.tag.endswith(":str"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text) and len(text) < 25:
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


def child(node: Node | None, *path: str | int) -> Node | None:
    """The node below `node` at `path` (keys and indices), or None."""
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and -len(node) <= step < len(node):
            node = node[step]
        else:
            return None
    return node


def text(node: Node | None, *path: str | int, default: str = "") -> str:
    """The scalar text at `path`, or `default`."""
    found = child(node, *path)
    return str(found) if isinstance(found, Scalar) else default


def items(node: Node | None, *path: str | int) -> list[Node]:
    """The sequence at `path`; a lone scalar or mapping counts as a sequence of one; [] when absent."""
    found = child(node, *path)
    if found is None:
        return []
    return list(found) if isinstance(found, Sequence) else [found]


def at(path: str, node: Node | None, key: str | None = None) -> Location:
    """Where `node` (or its key `key`) stands in the file at `path`."""
    if node is None:
        return Location(path)
    if key is not None and isinstance(node, Mapping) and key in node.places:
        line, column = node.places[key]
        return Location(path, line, column)
    return Location(path, node.line, node.column)
