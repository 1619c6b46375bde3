"""Variables that a GitOps controller puts into the manifests it applies: `${name}`, `${name:=default}`.

They hold in the folder that an object with `postBuild` names (https://fluxcd.io/flux/components/kustomize/kustomizations/,
read 2026-08: post build variable substitution). Where several such objects differ, the text stays as it is written.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Readable, Repository, Scalar, rewritten, scalar

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::?[=-](?P<default>[^{}]*))?\}")
_SUFFIXES = (".yaml", ".yml")
_DEPTH = 60
_MOST = 5_000  # objects that substitute


class File(Readable, Protocol):
    """A file whose bytes can be looked at before they are made text: most of a repository is none of our business."""

    @property
    def data(self) -> bytes: ...


class Files(Repository, Protocol):
    """The repository as this module needs it."""

    def get(self, path: str) -> File | None: ...


@dataclass(frozen=True, slots=True)
class Substitution:
    """What one object puts in below a folder."""

    folder: str
    values: dict[str, str]


def substituted(files: Files, path: str, document: Mapping) -> Mapping:
    """The document of the file (or kustomization) at `path` as the controller applies it."""
    found = _holding(files.memo("substitutions", lambda: list(_all(files))), path)
    made = rewritten(document, lambda text: _replaced(text, found), _DEPTH) if found else document
    return made if isinstance(made, Mapping) else document


def _holding(known: list[Substitution], path: str) -> list[Substitution]:
    """Those of the innermost folder above the file."""
    above = [one for one in known if path.startswith(f"{one.folder}/")]
    longest = max((len(one.folder) for one in above), default=0)
    return [one for one in above if len(one.folder) == longest]


def _replaced(text: Scalar, found: list[Substitution]) -> Scalar:
    if "${" not in text:
        return text
    whole = scalar(_VARIABLE.sub(lambda match: _value(match, found), str(text)), text.line, text.column, bare=text.bare)
    whole.block, whole.tag = text.block, text.tag
    return whole


def _value(match: re.Match[str], found: list[Substitution]) -> str:
    values = {one.values.get(match["name"], match["default"]) for one in found}
    value = values.pop() if len(values) == 1 else match["default"]
    return match[0] if value is None else value


def _all(files: Files) -> Iterator[Substitution]:
    count = 0
    for path in files.paths:
        source = files.get(path) if path.endswith(_SUFFIXES) else None
        if source is None or b"postBuild" not in source.data or b"kustomize.toolkit" not in source.data:
            continue
        for document in yamlnodes.documents(source).documents:
            spec = yamlnodes.child(document, "spec")
            build = yamlnodes.child(spec, "postBuild")
            folder = posixpath.normpath(yamlnodes.text(spec, "path").lstrip("/") or ".")
            if isinstance(build, Mapping) and folder != "." and not folder.startswith("..") and count < _MOST:
                count += 1
                yield Substitution(folder, dict(_values(files, build)))


def _values(files: Files, build: Mapping) -> Iterator[tuple[str, str]]:
    """Those of the ConfigMaps that it names, as far as the repository holds them, then its own."""
    for one in yamlnodes.items(build, "substituteFrom"):
        if yamlnodes.text(one, "kind") == "ConfigMap":
            yield from (
                files.memo("substitution maps", lambda: _maps(files)).get(yamlnodes.text(one, "name"), {}).items()
            )
    yield from _texts(build.get("substitute"))


def _maps(files: Files) -> dict[str, dict[str, str]]:
    """ConfigMaps by name; one that is written several times tells only what all agree on."""
    found: dict[str, dict[str, str]] = {}
    for path in files.paths:
        source = files.get(path) if path.endswith(_SUFFIXES) else None
        if source is None or b"ConfigMap" not in source.data:
            continue
        for document in yamlnodes.documents(source).documents:
            if yamlnodes.text(document, "kind") == "ConfigMap":
                name = yamlnodes.text(document, "metadata", "name")
                data = dict(_texts(yamlnodes.child(document, "data")))
                before = found.setdefault(name, data)
                found[name] = {key: value for key, value in before.items() if data.get(key) == value}
    return found


def _texts(node: Node | None) -> Iterator[tuple[str, str]]:
    for key, value in node.items() if isinstance(node, Mapping) else ():
        if isinstance(value, Scalar) and not value.startswith("ENC["):
            yield key, str(value)
