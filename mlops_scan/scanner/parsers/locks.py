"""Lock files: every package with its exact version, by line patterns (a TOML reader is twenty times slower)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.requirement import canonical
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_TOML_PACKAGE = re.compile(
    r"^\[\[packages?\]\][ \t]*\n(?:(?!\[)[^\n]*\n){0,8}?name[ \t]*=[ \t]*[\"'](?P<name>[^\"'\n]+)[\"'][^\n]*"
    r"\n(?:(?!\[)[^\n]*\n){0,8}?version[ \t]*=[ \t]*[\"'](?P<version>[^\"'\n]+)[\"'][^\n]*\n"
    r"(?P<rest>(?:source|directory)?[^\n]*)",
    re.MULTILINE,
)
_OWN = re.compile(r"(?:source|directory)\s*=\s*\{\s*(?:editable|virtual|directory|path)\s*=")
_CONDA_LOCK = re.compile(
    r"^ *- name: (?P<name>[^\s]+)\n +version: ['\"]?(?P<version>[^\s'\"]+)['\"]?\n +manager: (?P<manager>\w+)",
    re.MULTILINE,
)
_CONDA_URL = re.compile(
    r"^(?:- conda: )?https?://[^\s#]*/(?P<name>[^/\s]+)-(?P<version>[^-/\s]+)-[^-/\s]+\.(?:conda|tar\.bz2)",
    re.MULTILINE,
)
_PIXI_PYPI = re.compile(
    r"^- (?:pypi: [^\n]*|kind: (?:conda|pypi))\n(?:  [^\n]*\n)*?"
    r"  name: (?P<name>\S+)\n  version: ['\"]?(?P<version>[^\s'\"]+)",
    re.MULTILINE,
)
_PYTHON = re.compile(r"^(?:requires-python|python-versions)\s*=\s*[\"']([^\"'\n]+)", re.MULTILINE)
_TOML_LOCKS = {"uv.lock": "uv-lock", "poetry.lock": "poetry-lock", "pdm.lock": "pdm-lock"}
_PYLOCK = re.compile(r"pylock(?:\.[^./]+)?\.toml\Z")
_CONDA_NAMES = re.compile(r"(?:.*\.)?conda-lock\.ya?ml\Z|conda-[\w-]+\.lock\Z")


class LockFile(Parser):
    """`manifest` and `locked` facts of uv, poetry, pdm, pylock, Pipenv, conda-lock and pixi locks."""

    patterns = (*_TOML_LOCKS, "pylock*.toml", "Pipfile.lock", "*conda-lock.y*ml", "conda-*.lock", "pixi.lock")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return bool(_format(source.name))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        format_ = _format(source.name)
        says: dict[str, Any] = {"format": format_, "lock": True}
        head = source.text[:4000]
        if python := _PYTHON.search(head) or (_PYTHON.search(source.text) if format_ == "poetry-lock" else None):
            says["python"] = python[1]
        yield Fact("manifest", source.path, Location(source.path), says)
        if source.size > len(source.data):
            yield Note(Location(source.path), f"only the first {len(source.data)} bytes were read")
        if format_ == "pipfile-lock":
            yield from _pipfile_lock(source)
        else:
            yield from _by_lines(source, format_)


class NpmLock(Parser):
    """A JavaScript lock: that it exists; its packages are no concern of an ML system."""

    patterns = ("package-lock.json", "npm-shrinkwrap.json")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        yield Fact("manifest", source.path, Location(source.path), {"format": "npm-lock", "lock": True})


def _format(name: str) -> str:
    if name in _TOML_LOCKS:
        return _TOML_LOCKS[name]
    if name == "Pipfile.lock":
        return "pipfile-lock"
    if name == "pixi.lock":
        return "pixi-lock"
    if _PYLOCK.match(name):
        return "pylock"
    return "conda-lock" if _CONDA_NAMES.match(name) else ""


def _by_lines(source: SourceFile, format_: str) -> Iterator[Fact]:
    """Each (name, version) once, at the line that names it: locks repeat a package for every platform."""
    text = source.text
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    seen: set[tuple[str, str]] = set()
    for match in sorted(_matches(text, format_), key=lambda found: found.start()):
        name, version = canonical(match["name"]), match["version"]
        if (name, version) in seen or _OWN.match(match.groupdict().get("rest") or ""):
            continue
        seen.add((name, version))
        line = bisect_right(starts, match.start("name"))
        at = Location(source.path, line, match.start("name") - starts[line - 1] + 1)
        yield Fact("locked", name, at, {"version": version, "lock": format_, "manifest": source.path})


def _matches(text: str, format_: str) -> Iterator[re.Match[str]]:
    if format_ == "pixi-lock":
        yield from _CONDA_URL.finditer(text)
        yield from _PIXI_PYPI.finditer(text)
    elif format_ == "conda-lock":
        yield from _CONDA_LOCK.finditer(text)
        yield from _CONDA_URL.finditer(text)
    else:
        yield from _TOML_PACKAGE.finditer(text)


def _pipfile_lock(source: SourceFile) -> Iterator[Fact | Note]:
    read = yamlnodes.documents(source)
    yield from read.notes
    seen: set[tuple[str, str]] = set()
    for document in read.documents[:1]:
        for section, entries in document.items() if isinstance(document, yamlnodes.Mapping) else ():
            if section == "_meta" or not isinstance(entries, yamlnodes.Mapping):
                continue
            for name in entries:
                version = yamlnodes.text(entries, name, "version").lstrip("=") or yamlnodes.text(entries, name, "ref")
                if version and (name, version) not in seen:
                    seen.add((name, version))
                    at = yamlnodes.at(source.path, entries, name)
                    says = {"version": version, "lock": "pipfile-lock", "manifest": source.path}
                    yield Fact("locked", canonical(name), at, says)
