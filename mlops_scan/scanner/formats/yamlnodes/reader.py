"""From text to nodes: libyaml's events, our own bounded builder.

PyYAML's composer ends the process on deep nesting and its loader hangs on merge-key bombs (60 KB of '[' and a file of
600 bytes did), so neither is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

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
from mlops_scan.scanner.formats.yamlnodes.nodes import Mapping, Node, Scalar, Sequence, scalar
from mlops_scan.scanner.model import Location, Note

T = TypeVar("T")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# a value that begins with a placeholder, which YAML takes for a mapping
_BLANK = re.compile(
    r"^([ \t]*(?:- +)?(?:[\w.$/-]+:[ \t]+)?)(\{\{[^{}'\n]*\}\}[^'#\n]*?)(?=[ \t]*(?:#[^\n]*)?$)", re.MULTILINE
)
_SEPARATOR = re.compile(r"^---(?=[ \t\n]|\Z)", re.MULTILINE)
_DEFINITION = re.compile(r"""^["']?kind["']?[ \t]*:[ \t]*["']?CustomResourceDefinition\b""", re.MULTILINE)
_DIRECTIVES = re.compile(r"(?:[ \t]*(?:#.*)?\n)*%")  # '%YAML 1.2' belongs to the document that follows its '---'
_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


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


class Readable(Protocol):
    """A file as this reader needs it: its path, its text, and a place to keep what was made of it."""

    @property
    def path(self) -> str: ...

    @property
    def text(self) -> str: ...

    def memo(self, key: str, make: Callable[[], T]) -> T: ...


def documents(source: Readable) -> Parsed:
    """The documents of a YAML or JSON file, definitions of types left out; a broken one costs only itself."""
    return source.memo("yaml", lambda: _documents(source))


def _documents(source: Readable) -> Parsed:
    found: list[Node] = []
    notes: list[Note] = []
    for first_line, text in split(source.text):
        if is_definition(text):
            continue
        try:
            found += document(source, text, first_line)
        except YamlError as error:
            notes.append(Note(Location(source.path, error.line), f"not readable as YAML: {error.reason}"))
    return Parsed(tuple(found), tuple(notes))


def document(source: Readable, text: str, first_line: int) -> list[Node]:
    """The document of `source` that begins on `first_line`, read once a file. Raises YamlError.

    A value that is left to be filled in (`image: {{IMAGE}}:1`) is the text that stands there.
    """
    return source.memo(f"yaml:{first_line}", lambda: _with_blanks(text, first_line))


def _with_blanks(text: str, first_line: int) -> list[Node]:
    try:
        return parse(text, first_line=first_line)
    except YamlError:
        filled = _BLANK.sub(_quoted, text) if "{{" in text else text
        if filled == text:
            raise
        return parse(filled, first_line=first_line)


def _quoted(match: re.Match[str]) -> str:
    return f"{match[1]}'{match[2]}'"


def is_definition(text: str) -> bool:
    """Whether a document defines a type of Kubernetes: nine tenths of all YAML in some trees, and no evidence."""
    return "CustomResourceDefinition" in text and _DEFINITION.search(text) is not None


def split(text: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of each document: '---' at column 0 ends a document even inside a block scalar."""
    start, line, pending = 0, 1, False
    for match in _SEPARATOR.finditer(text):
        chunk = text[start : match.start()]
        pending = not pending and _DIRECTIVES.match(chunk) is not None
        if chunk and not pending:
            yield line, chunk
            line += chunk.count("\n")
            start = match.start()
    yield line, text[start:]


def parse(text: str, *, first_line: int = 1) -> list[Node]:
    """The documents of `text`. Raises YamlError (with the line in the file) for bad or bounded-out input."""
    if "\\ud" in text or "\\uD" in text:  # JSON writes one character as two escapes, libyaml wants one
        text = _SURROGATES.sub(
            lambda pair: chr(0x10000 + (int(pair[1], 16) - 0xD800) * 1024 + int(pair[2], 16) - 0xDC00), text
        )
    try:
        return _Builder(first_line).build(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = first_line + (mark.line if mark is not None else 0)
        reason = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        raise YamlError(line, str(reason)) from None
    except UnicodeError:
        raise YamlError(first_line, "holds half a surrogate pair") from None


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet; `key` is the mapping's key that waits for its value."""

    node: Mapping | Sequence
    anchor: str
    nodes_before: int
    key: Scalar | None = None
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, and what walking it costs."""

    node: Node
    nodes: int = 1
    height: int = 0


class _Builder:
    """Builds nodes from events without recursion.

    Nodes are counted as a walk would meet them, aliases expanded, and no alias may stand inside its own anchor: whoever
    walks the result meets a bounded number of nodes at a bounded depth and no circle.
    """

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.roots: list[Node] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchored] = {}
        self.nodes = self.aliases = self.aliased = 0

    def build(self, text: str) -> list[Node]:
        reader = _LOADER(text)
        next_event = reader.get_event
        steps: dict[type, Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._open,
            SequenceStartEvent: self._open,
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentEndEvent: lambda event: self.anchors.clear(),
        }
        try:
            while True:
                event = next_event()
                kind = event.__class__
                if kind is StreamEndEvent:
                    return self.roots
                if kind in steps:
                    steps[kind](event)
        finally:
            reader.dispose()

    def _scalar(self, event: ScalarEvent) -> None:
        one = Scalar(event.value)
        mark = event.start_mark
        one.line, one.column = self.first_line + mark.line, mark.column + 1  # type: ignore[union-attr]
        style = event.style
        one.bare = not style
        one.block = style == "|" or style == ">"
        one.tag = event.tag or ""
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(one)
        self._value(one)

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        mark = event.start_mark
        line, column = self.first_line + mark.line, mark.column + 1  # type: ignore[union-attr]
        if len(self.stack) >= bounds.YAML_DEPTH:
            raise YamlError(line, f"nested deeper than {bounds.YAML_DEPTH} levels")
        kind = Mapping if isinstance(event, MappingStartEvent) else Sequence
        node: Mapping | Sequence = kind(line, column, event.tag or "")
        if event.anchor:
            self.anchors.pop(event.anchor, None)
        before = self.nodes
        self._value(node)
        self.stack.append(_Open(node, event.anchor or "", before))

    def _close(self, event: Event) -> None:
        done = self.stack.pop()
        if isinstance(done.node, Mapping) and "<<" in done.node:
            _merge(done.node)
        if done.anchor:
            self.anchors[done.anchor] = _Anchored(done.node, self.nodes - done.nodes_before, done.height)
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, done.height + 1)

    def _alias(self, event: AliasEvent) -> None:
        line = self.first_line + event.start_mark.line  # type: ignore[union-attr]
        self.aliases += 1
        found = self.anchors.get(event.anchor or "")
        if found is None:
            raise YamlError(line, f"alias '{event.anchor}' has no anchor before it")
        self.aliased += found.nodes
        if self.aliases > bounds.YAML_ALIASES or self.aliased > bounds.YAML_ALIASED_NODES:
            raise YamlError(
                line, f"more than {bounds.YAML_ALIASES} aliases or {bounds.YAML_ALIASED_NODES} nodes by alias"
            )
        if len(self.stack) + found.height > bounds.YAML_DEPTH:
            raise YamlError(line, f"nested deeper than {bounds.YAML_DEPTH} levels by alias")
        self.nodes += found.nodes - 1
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, found.height + 1)
        self._value(found.node)

    def _value(self, node: Node) -> None:
        self.nodes += 1
        if self.nodes > bounds.YAML_NODES:
            raise YamlError(node.line, f"more than {bounds.YAML_NODES} nodes")
        if not self.stack:
            self.roots.append(node)
            return
        top = self.stack[-1]
        holder = top.node
        if isinstance(holder, Sequence):
            holder.append(node)
        elif top.key is None:
            top.key = node if isinstance(node, Scalar) else _complex_key(node)
        else:
            _put(holder, top.key, node)
            top.key = None


def _put(holder: Mapping, key: Scalar, node: Node) -> None:
    name = str(key)
    if name in holder:
        holder.repeated.append(name)
        if name == "<<":  # both merges count
            both = Sequence(key.line, key.column)
            both.extend((holder[name], node))
            node = both
    holder[name] = node
    holder.places[name] = (key.line, key.column)


def _complex_key(node: Mapping | Sequence) -> Scalar:
    return scalar(f"?{node.line}", node.line, node.column, bare=False)


def _merge(mapping: Mapping) -> None:
    """Resolve `<<` once: own keys win, then the earlier of several merged mappings."""
    merged = mapping.pop("<<")
    mapping.places.pop("<<", None)
    for one in merged if isinstance(merged, Sequence) else [merged]:
        if isinstance(one, Mapping):
            for key, value in one.items():
                if key not in mapping:
                    mapping[key] = value
                    mapping.places[key] = one.places.get(key, (one.line, one.column))
