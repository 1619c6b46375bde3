"""Pipfile: packages, dev-packages and named categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import poetry
from mlops_scan.scanner.formats.requirement import package_fact
from mlops_scan.scanner.formats.tomllines import TomlError, read, table
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_GROUPS = {"packages": "main", "dev-packages": "dev"}
_OTHER = frozenset(("source", "requires", "scripts", "pipenv"))


class Pipfile(Parser):
    """`manifest` and `package` facts of a Pipfile."""

    patterns = ("Pipfile",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        try:
            toml = read(source.text)
        except TomlError as error:
            yield Note(Location(source.path, error.line), f"not readable as TOML: {error.reason}")
            return
        requires = table(toml.data, "requires")
        python = requires.get("python_full_version") or requires.get("python_version")
        says: dict[str, Any] = {"format": "pipfile", "lock": False}
        if isinstance(python, str):
            says["python"] = python
        if scripts := {name: text for name, text in table(toml.data, "scripts").items() if isinstance(text, str)}:
            says["scripts"] = scripts
        yield Fact("manifest", source.path, Location(source.path), says)
        for section, entries in toml.data.items():
            if section in _OTHER or not isinstance(entries, dict):
                continue
            for name, entry in entries.items():
                at = toml.at(source.path, section, name)
                for requirement, more in poetry.requirements(name, entry, bare_is_exact=False):
                    more.pop("optional", None)
                    yield package_fact(requirement, at, _GROUPS.get(section, section), **more)
