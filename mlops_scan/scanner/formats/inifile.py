"""INI text as setuptools and tox write it: every option with its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_SECTION = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([^\s=:#;\[][^=:]*)[=:]\s*")


@dataclass(slots=True)
class Option:
    """A value as (line, column, text) pieces, one a line."""

    section: str
    key: str
    line: int
    pieces: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(text for _, _, text in self.pieces).strip()


def options(text: str) -> Iterator[Option]:
    """Every option with its lines; an indented line continues the one above, as configparser reads it."""
    section, current = "", None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip()
        if not line or line.lstrip().startswith(("#", ";")):
            continue
        if line[0] in " \t" and current is not None:
            column = len(line) - len(line.lstrip()) + 1
            current.pieces.append((number, column, line.strip()))
            continue
        if current is not None:
            yield current
            current = None
        if header := _SECTION.match(line):
            section = header[1].strip()
        elif option := _OPTION.match(line):
            value = line[option.end() :]
            pieces = [(number, option.end() + 1, value)] if value else []
            current = Option(section, option[1].strip().lower(), number, pieces)
    if current is not None:
        yield current
