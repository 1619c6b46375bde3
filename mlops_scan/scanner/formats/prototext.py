"""Protocol buffers in text form (config.pbtxt) as nodes with lines: fields become keys, repeated ones lists."""

from __future__ import annotations

import re

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar

_TOKEN = re.compile(
    r"""(?P<space>[\s,;]+|\#[^\n]*)
    |(?P<name>[A-Za-z_][\w.]*|\[[\w./]+\](?=\s*[:{<]))
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>[-+]?[\w.][\w.+-]*)
    |(?P<mark>[:{}<>\[\]-])""",
    re.VERBOSE,
)


class ProtoTextError(ValueError):
    """Not protocol-buffer text, or over a bound; `line` counts from one."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def read(text: str) -> Mapping:
    """The message that `text` holds. Raises ProtoTextError."""
    return _Reader(text).message()


class _Reader:
    """One pass over the tokens; the stack holds the messages and lists that are open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = Mapping(1, 1)
        self.stack: list[Mapping | Sequence] = [self.root]
        self.key: Scalar | None = None
        self.line, self.line_start, self.nodes = 1, 0, 0

    def message(self) -> Mapping:
        index = 0
        while index < len(self.text):
            found = _TOKEN.match(self.text, index)
            if found is None:
                raise ProtoTextError(self.line, f"unexpected character {self.text[index]!r}")
            self._take(found)
            newlines = found[0].count("\n")
            if newlines:
                self.line += newlines
                self.line_start = found.start() + found[0].rfind("\n") + 1
            index = found.end()
        if len(self.stack) > 1 or self.key is not None:
            raise ProtoTextError(self.line, "ends inside a message")
        return self.root

    def _take(self, found: re.Match[str]) -> None:
        kind, word = found.lastgroup, found[0]
        if kind == "space" or word in (":", "-"):
            return
        place = (self.line, found.start() - self.line_start + 1)
        if word in ("{", "<"):
            self._open(Mapping(*place))
        elif word == "[" and kind == "mark":
            self._open(Sequence(*place))
        elif word in ("}", ">", "]"):
            self._close()
        elif kind == "name" and self.key is None and isinstance(self.stack[-1], Mapping):
            self.key = scalar(word.strip("[]"), *place)
        else:
            text = word[1:-1] if kind == "text" else word
            self._value(scalar(text, *place, bare=kind != "text"))

    def _open(self, node: Mapping | Sequence) -> None:
        if len(self.stack) >= bounds.YAML_DEPTH:
            raise ProtoTextError(self.line, f"nested deeper than {bounds.YAML_DEPTH} levels")
        self._value(node)
        self.stack.append(node)

    def _close(self) -> None:
        if len(self.stack) == 1 or self.key is not None:
            raise ProtoTextError(self.line, "closes what is not open")
        self.stack.pop()

    def _value(self, node: Node) -> None:
        holder = self.stack[-1]
        if isinstance(holder, Sequence):
            holder.append(node)
            return
        if self.key is None:
            raise ProtoTextError(self.line, "a value without a field")
        name, place = str(self.key), (self.key.line, self.key.column)
        self.key = None
        if name not in holder:
            holder[name] = node
            holder.places[name] = place
            return
        repeated = holder[name]
        if name not in holder.repeated:
            holder.repeated.append(name)
            both = Sequence(*place)
            both.append(repeated)
            holder[name] = repeated = both
        if isinstance(repeated, Sequence):
            repeated.append(node)
