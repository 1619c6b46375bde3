"""conda environment files: channels' packages, the pip list inside, and the Python version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.requirement import (
    Requirement,
    RequirementError,
    group_of,
    package_fact,
    parse,
    parse_conda,
)
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser, matches

_DEPENDENCIES = re.compile(
    rb"^dependencies:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*-[ \t]+(?!\{|\w+:[ \t])", re.MULTILINE
)
_KIN = re.compile(rb"^(?:channels|name):", re.MULTILINE)
_NAMES = ("*environment*.y*ml", "*conda*.y*ml")
_PIP_LINE = re.compile(r"(-r|-c|-e|--requirement|--constraint|--editable)[\s=]*(.+)\Z")


class CondaEnvironment(Parser):
    """`manifest` and `package` facts of an environment file; `python` and `pip` are packages like others."""

    patterns = (*_NAMES, "*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not matches(source.path, ("*.yml", "*.yaml")) or b"dependencies:" not in source.data:
            return False
        kin = matches(source.path, _NAMES) or _KIN.search(source.data)
        return bool(kin and _DEPENDENCIES.search(source.data))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        read = yamlnodes.documents(source)
        yield from read.notes
        for document in read.documents[:1]:
            entries = yamlnodes.child(document, "dependencies")
            if isinstance(entries, yamlnodes.Sequence):
                yield from _Environment(source, tree).facts(document, entries)


class _Environment:
    """One environment: what its pip list includes is gathered for the manifest fact."""

    def __init__(self, source: SourceFile, tree: Tree) -> None:
        self.source, self.tree = source, tree
        self.linked: dict[str, list[str]] = {"includes": [], "constraints": []}
        self.python = ""
        self.group = group_of(source.path)

    def facts(self, document: yamlnodes.Node, entries: yamlnodes.Sequence) -> Iterator[Fact | Note]:
        packages = [item for entry in entries for item in self._entry(entry)]
        says: dict[str, Any] = {"format": "conda", "lock": False}
        optional = {"project": yamlnodes.text(document, "name"), "python": self.python, **self.linked}
        says.update((key, value) for key, value in optional.items() if value)
        yield Fact("manifest", self.source.path, yamlnodes.at(self.source.path, document, "dependencies"), says)
        yield from packages

    def _entry(self, entry: yamlnodes.Node) -> Iterator[Fact | Note]:
        if isinstance(entry, yamlnodes.Scalar):
            yield from self._conda(entry)
        elif isinstance(entry, yamlnodes.Mapping):
            for line in yamlnodes.items(entry, "pip"):
                if isinstance(line, yamlnodes.Scalar):
                    yield from self._pip(line)

    def _conda(self, entry: yamlnodes.Scalar) -> Iterator[Fact | Note]:
        at = yamlnodes.at(self.source.path, entry)
        try:
            read = parse_conda(entry)
        except RequirementError as error:
            yield Note(at, f"not a conda dependency: {error}")
            return
        if read.name == "python":
            self.python = read.specifier
        yield package_fact(read, at, self.group, manager="conda")

    def _pip(self, line: yamlnodes.Scalar) -> Iterator[Fact | Note]:
        at = yamlnodes.at(self.source.path, line)
        text, editable = line.split(" #", 1)[0].strip(), False
        if option := _PIP_LINE.match(text):
            if option[1] not in ("-e", "--editable"):
                self._include(option[1], option[2])
                return
            text, editable = option[2], True
        if text.startswith(("-", ".", "/")):
            return
        try:
            read: Requirement = parse(text)
        except RequirementError as error:
            yield Note(at, f"not a requirement: {str(error)[:120]}")
            return
        yield package_fact(read, at, self.group, editable=editable)

    def _include(self, option: str, value: str) -> None:
        path = resolve(self.source.folder, value.strip())
        if path is not None and self.tree.get(path) is not None:
            self.linked["constraints" if option in ("-c", "--constraint") else "includes"].append(path)
