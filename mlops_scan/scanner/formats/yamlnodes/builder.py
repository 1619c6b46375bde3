"""From libyaml's events to nodes, bounded in depth, number and aliases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from sys import intern
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
from mlops_scan.scanner.formats.yamlnodes.nodes import Mapping, Node, Scalar, Sequence, scalar

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(ValueError):
    """Not YAML, or over a bound; `line` counts from one."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


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


class Builder:
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
        self.most = bounds.YAML_NODES

    def build(self, text: str) -> list[Node]:
        reader = _LOADER(text)
        next_event, scalar = reader.get_event, self._scalar
        steps: dict[type, Callable[[Any], None]] = {
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
                if kind is ScalarEvent:
                    scalar(event)
                elif kind in steps:
                    steps[kind](event)
                elif kind is StreamEndEvent:
                    return self.roots
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
        # three of four nodes are texts in mappings: these take the shortest way, the others that of all nodes
        top = self.stack[-1] if self.stack else None
        if top is None or top.node.__class__ is Sequence or self.nodes >= self.most:
            self._value(one)
            return
        self.nodes += 1
        key, holder = top.key, top.node
        if key is None:
            top.key = one
        elif (name := str(key)) in holder:
            _put(holder, key, one)  # type: ignore[arg-type]
            top.key = None
        else:
            holder[name] = one  # type: ignore[call-overload]
            holder.places[name] = (key.line, key.column)  # type: ignore[union-attr]
            top.key = None

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        mark = event.start_mark
        line, column = self.first_line + mark.line, mark.column + 1  # type: ignore[union-attr]
        if len(self.stack) >= bounds.YAML_DEPTH:
            raise YamlError(line, f"nested deeper than {bounds.YAML_DEPTH} levels")
        kind = Mapping if event.__class__ is MappingStartEvent else Sequence
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
        if self.nodes > self.most:
            raise YamlError(node.line, f"more than {self.most} nodes")
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
    name = intern(str(key))  # one text in memory for the keys that every manifest has
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
