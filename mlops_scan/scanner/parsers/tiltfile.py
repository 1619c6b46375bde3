"""Images that a Tiltfile builds: calls of a language that is a part of Python's."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats.python.module import ERRORS, parse
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_BUILDERS = frozenset(("docker_build", "docker_build_with_restart"))
_PLACES = ("ref", "context")  # names of the first arguments


class Tiltfile(Parser):
    """An `image-build` for each call that names its image and its folder."""

    patterns: ClassVar[tuple[str, ...]] = ("Tiltfile", "*.tiltfile", "*.Tiltfile")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        named = super().reads(source, tree) and source.size <= bounds.FILE_BYTES
        return named and b"docker_build" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        try:
            module = parse(source.data)
        except ERRORS as error:
            yield Note(Location(source.path, 1), f"not read: {type(error).__name__}")
            return
        names = {
            one.targets[0].id: one.value.value
            for one in module.body
            if isinstance(one, ast.Assign)
            and isinstance(one.targets[0], ast.Name)
            and isinstance(one.value, ast.Constant)
        }
        calls = (one for one in ast.walk(module) if isinstance(one, ast.Call))
        for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
            if isinstance(call.func, ast.Name) and call.func.id in _BUILDERS:
                yield from _image(source, call, names)


def _image(source: SourceFile, call: ast.Call, names: Mapping[str, object]) -> Iterator[Fact]:
    given = dict(zip(_PLACES, call.args, strict=False)) | {one.arg: one.value for one in call.keywords if one.arg}
    said = {key: _text(given.get(key), names) for key in (*_PLACES, "dockerfile")}
    if said["ref"] and said["context"] and (said["dockerfile"] or "dockerfile" not in given):
        says = {"context": said["context"], "dockerfile": said["dockerfile"], "folder": source.folder}
        kept = {key: value for key, value in says.items() if value}
        yield Fact("image-build", said["ref"], Location(source.path, call.lineno, call.col_offset + 1), kept)


def _text(node: ast.expr | None, names: Mapping[str, object]) -> str:
    value = names.get(node.id) if isinstance(node, ast.Name) else getattr(node, "value", None)
    return value[: bounds.FACT_TEXT] if isinstance(value, str) else ""
