"""setup.cfg: requirements, extras and scripts of setuptools, with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats.requirement import RequirementError, at_text, canonical, package_fact, parse
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_SECTION = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([^\s=:#;\[][^=:]*)[=:]\s*")
_MARKER = re.compile(rb"^\[(?:metadata|options)", re.MULTILINE)
_LISTS = {"install_requires": "main", "setup_requires": "build", "tests_require": "test"}


@dataclass(slots=True)
class _Option:
    """A value as (line, column, text) pieces, one a line."""

    section: str
    key: str
    line: int
    pieces: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(text for _, _, text in self.pieces).strip()


class SetupCfg(Parser):
    """`manifest` and `package` facts of a setup.cfg that describes a distribution."""

    patterns = ("setup.cfg",)

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return source.name == "setup.cfg" and bool(_MARKER.search(source.data))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        found = list(_options(source.text))
        values = {(option.section, option.key): option.text for option in found}
        name = values.get(("metadata", "name"), "")
        scripts: dict[str, str] = {}
        includes: list[str] = []
        packages: list[Fact | Note] = []
        for option in found:
            group = _group(option)
            if group:
                includes += _files(option.text, source, tree)
                packages += _packages(option, group, source.path)
            elif option.section == "options.entry_points" and option.key in ("console_scripts", "gui_scripts"):
                entries = (text.partition("=") for _, _, text in option.pieces)
                scripts |= {name.strip(): target.strip() for name, equals, target in entries if equals}
        says: dict[str, Any] = {"format": "setup", "lock": False}
        optional = {
            "package": bool(name),
            "project": canonical(name),
            "python": values.get(("options", "python_requires"), ""),
            "scripts": dict(sorted(scripts.items())),
            "includes": sorted(set(includes)),
        }
        says.update((key, value) for key, value in optional.items() if value)
        yield Fact("manifest", source.path, Location(source.path), says)
        yield from packages


def _group(option: _Option) -> str:
    if option.section == "options":
        return _LISTS.get(option.key, "")
    return option.key if option.section == "options.extras_require" else ""


def _files(text: str, source: SourceFile, tree: Tree) -> list[str]:
    if not text.startswith("file:"):
        return []
    paths = (resolve(source.folder, name.strip()) for name in text[5:].split(","))
    return [path for path in paths if path and tree.get(path) is not None]


def _packages(option: _Option, group: str, path: str) -> Iterator[Fact | Note]:
    if option.text.startswith("file:"):
        return
    single = len(option.pieces) == 1
    for line, column, text in option.pieces:
        for part in text.split(";") if single and option.pieces[0][0] == option.line else [text]:
            if not part.strip():
                continue
            at = at_text(path, line, column + text.find(part.strip()), len(part.strip()))
            try:
                yield package_fact(parse(part), at, group)
            except RequirementError as error:
                yield Note(at, f"not a requirement: {str(error)[:120]}")


def _options(text: str) -> Iterator[_Option]:
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
            current = _Option(section, option[1].strip().lower(), number, pieces)
    if current is not None:
        yield current
