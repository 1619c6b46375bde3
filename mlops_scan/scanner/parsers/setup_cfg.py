"""setup.cfg: requirements, extras and scripts of setuptools, with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats.inifile import Option, options
from mlops_scan.scanner.formats.requirement import RequirementError, at_text, canonical, package_fact, parse
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_MARKER = re.compile(rb"^\[(?:metadata|options)", re.MULTILINE)
_LISTS = {"install_requires": "main", "setup_requires": "build", "tests_require": "test"}


class SetupCfg(Parser):
    """`manifest` and `package` facts of a setup.cfg that describes a distribution."""

    patterns = ("setup.cfg",)

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return source.name == "setup.cfg" and bool(_MARKER.search(source.data))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        found = list(options(source.text))
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
            "classifiers": [
                line.strip() for line in values.get(("metadata", "classifiers"), "").splitlines() if line.strip()
            ],
        }
        says.update((key, value) for key, value in optional.items() if value)
        yield Fact("manifest", source.path, Location(source.path), says)
        yield from packages


def _group(option: Option) -> str:
    if option.section == "options":
        return _LISTS.get(option.key, "")
    return option.key if option.section == "options.extras_require" else ""


def _files(text: str, source: SourceFile, tree: Tree) -> list[str]:
    if not text.startswith("file:"):
        return []
    paths = (resolve(source.folder, name.strip()) for name in text[5:].split(","))
    return [path for path in paths if path and tree.get(path) is not None]


def _packages(option: Option, group: str, path: str) -> Iterator[Fact | Note]:
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
