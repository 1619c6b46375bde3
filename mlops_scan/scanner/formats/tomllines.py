"""TOML with places: the data as tomli reads it, and the line and column of every key, table and array element."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.model import Location

Path = tuple[str | int, ...]
_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+|\#[^\n]*)|(?P<newline>\n)"
    r'|(?P<text>"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\')'
    r"|(?P<mark>[\[\]{},=.])|(?P<bare>[^\s\[\]{},=.\#\"']+)|(?P<other>.)",
    re.DOTALL,
)
_ERROR_LINE = re.compile(r"\(at line (\d+)")


class TomlError(ValueError):
    """Not TOML, or over a bound; `line` counts from one."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Toml:
    """The data, and (line, column) by path: `("project", "dependencies", 0)` is the first dependency."""

    data: dict[str, Any]
    places: dict[Path, tuple[int, int]]

    def at(self, path: str, *keys: str | int) -> Location:
        """The place of the value at `keys` in the file at `path`, or of the nearest table around it."""
        for end in range(len(keys), 0, -1):
            if place := self.places.get(keys[:end]):
                return Location(path, *place)
        return Location(path)


def read(text: str) -> Toml:
    """Read a TOML document. Raises TomlError."""
    import tomli

    depth = _depth(text)
    if depth > bounds.JSON_DEPTH:
        raise TomlError(1, f"nested deeper than {bounds.JSON_DEPTH} levels")
    try:
        data = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError, ValueError) as error:
        found = _ERROR_LINE.search(str(error))
        raise TomlError(int(found[1]) if found else 1, str(error).split("\n", 1)[0][:200]) from None
    scanner = _Scanner()
    scanner.run(text)
    return Toml(data, scanner.places)


def table(node: Any, *keys: str) -> dict[str, Any]:
    """The table below `node` at `keys`, or an empty one."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def array(node: Any) -> list[Any]:
    """`node` when it is an array, else an empty one."""
    return node if isinstance(node, list) else []


def _depth(text: str) -> int:
    """An upper bound of the nesting, brackets in strings included."""
    depth = deepest = 0
    for char in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if char in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


@dataclass(slots=True)
class _Frame:
    """An open array or inline table: its path, and the index of the element that comes next."""

    path: Path
    is_array: bool
    index: int = 0


@dataclass(slots=True)
class _Scanner:
    """Walks the tokens of a document that tomli has accepted, so it need not complain itself."""

    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)
    prefix: Path = ()
    frames: list[_Frame] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    header: int = 0  # brackets of the header being read
    value: Path | None = None  # path of the value that is due
    line: int = 1
    start: int = 0  # offset of the line's begin
    place: tuple[int, int] = (1, 1)
    key_place: tuple[int, int] = (1, 1)

    def run(self, text: str) -> None:
        previous = ""
        for match in _TOKEN.finditer(text):
            kind, word = str(match.lastgroup), match[0]
            self.place = (self.line, match.start() - self.start + 1)
            if kind == "newline":
                self._newline()
            elif kind in ("text", "bare"):
                self._word(kind, word)
            elif kind == "mark":
                self._mark(word, doubled=previous == "[" and word == "[")
            if newlines := word.count("\n"):
                self.line += newlines
                self.start = match.start() + word.rindex("\n") + 1
            previous = word

    def _newline(self) -> None:
        if self.header:
            self._end_header()
        if not self.frames:
            self.value, self.keys = None, []

    def _word(self, kind: str, word: str) -> None:
        if self.header or (self.value is None and not self._in_array()):
            if not self.keys:
                self.key_place = self.place
            self.keys.append(_unquote(word) if kind == "text" else word)
        else:
            self._begin_value()

    def _begin_value(self) -> None:
        """Note where an array element begins; a key's value is found at its key."""
        if self._in_array() and self.value is None:
            frame = self.frames[-1]
            self.value = (*frame.path, frame.index)
            self.places[self.value] = self.place

    def _mark(self, mark: str, *, doubled: bool) -> None:
        if self.header:
            self.header += mark == "[" and doubled and self.header == 1 and not self.keys
        elif mark == "[" and self.value is None and not self.frames:
            self.header = 1
        elif mark == "=" and self.value is None and self.keys:
            base = self.frames[-1].path if self.frames else self.prefix
            self.value = self._note_keys(base)
        elif mark in "[{":
            self._begin_value()
            self.frames.append(_Frame(self.value or self.prefix, mark == "["))
            self.value, self.keys = None, []
        elif mark == "," and self.frames:
            self.frames[-1].index += 1
            self.value, self.keys = None, []
        elif mark in "]}" and self.frames:
            self.value = self.frames.pop().path
            self.keys = []

    def _note_keys(self, base: Path) -> Path:
        path = base
        for key in self.keys:
            path = (*path, key)
            self.places.setdefault(path, self.key_place)
        self.keys = []
        return path

    def _end_header(self) -> None:
        path: Path = ()
        for depth, key in enumerate(self.keys, start=1):
            path = (*path, key)
            self.places.setdefault(path, self.key_place)
            if self.header == 2 and depth == len(self.keys):
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
                self.places.setdefault(path, self.key_place)
        self.prefix, self.keys, self.header = path, [], 0

    def _in_array(self) -> bool:
        return bool(self.frames) and self.frames[-1].is_array


def _unquote(text: str) -> str:
    """A quoted key; what JSON's escapes do not cover stays as written."""
    if text[:1] == '"' and "\\" in text:
        try:
            return str(json.loads(text))
        except ValueError:
            pass
    return text[1:-1]
