"""setup.py, read and never run: the literal arguments of setup() and the module constants behind them."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats.requirement import RequirementError, canonical, package_fact, parse
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_DEPTH = 12  # names behind names
_REQUIREMENT_FILE = re.compile(r"[\w./-]*(?:require|depend|constraint)[\w./-]*\.(?:txt|in)\Z", re.IGNORECASE)
_LISTS = {"install_requires": "main", "setup_requires": "build", "tests_require": "test"}


class SetupPy(Parser):
    """`manifest` and `package` facts of a setup.py."""

    patterns = ("setup.py",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        module = _module(source)
        if isinstance(module, Note):
            yield module
            return
        call = next((node for node in ast.walk(module) if _is_setup(node)), None)
        if isinstance(call, ast.Call):
            yield from _Setup(source, tree, module, call).facts()


def _module(source: SourceFile) -> ast.Module | Note:
    depth = deepest = 0
    for bracket in re.findall(r"[()\[\]{}]", source.text):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    if deepest > bounds.PYTHON_DEPTH:
        return Note(Location(source.path), f"brackets nested deeper than {bounds.PYTHON_DEPTH} levels")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the interpreter's remarks on the file are not ours to print
            return ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return Note(Location(source.path, line), f"not readable as Python: {str(error)[:120]}")


def _is_setup(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return (isinstance(function, ast.Name) and function.id == "setup") or (
        isinstance(function, ast.Attribute) and function.attr == "setup" and isinstance(function.value, ast.Name)
    )


class _Setup:
    """One call of setup() with the module's assignments at hand."""

    def __init__(self, source: SourceFile, tree: Tree, module: ast.Module, call: ast.Call) -> None:
        self.source, self.tree, self.module, self.call = source, tree, module, call
        self.names = _assignments(module)
        self.arguments = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        for keyword in call.keywords:
            if keyword.arg is None:
                self.arguments = {**dict(self._entries(keyword.value)), **self.arguments}
        self.unread = False

    def facts(self) -> Iterator[Fact | Note]:
        packages: list[Fact | Note] = []
        for keyword, group in _LISTS.items():
            packages += self._packages(self.arguments.get(keyword), group)
        for extra, node in self._entries(self.arguments.get("extras_require")):
            packages += self._packages(node, extra.partition(":")[0] or "main")
        yield self._manifest()
        yield from packages

    def _manifest(self) -> Fact:
        says: dict[str, Any] = {"format": "setup", "lock": False, "package": True}
        name = self._text(self.arguments.get("name"))
        optional = {
            "project": canonical(name) if name else "",
            "python": self._text(self.arguments.get("python_requires")),
            "scripts": self._scripts(),
            "includes": self._includes() if self.unread else [],
            "classifiers": [
                text for one in self._elements(self.arguments.get("classifiers"), 0) if (text := self._text(one))
            ],
        }
        says.update((key, value) for key, value in optional.items() if value)
        at = Location(self.source.path, self.call.lineno, self.call.col_offset + 1)
        return Fact("manifest", self.source.path, at, says)

    def _packages(self, node: ast.expr | None, group: str) -> Iterator[Fact | Note]:
        for element in self._elements(node, 0):
            text = self._text(element)
            if not text.strip():
                continue
            at = Location(self.source.path, element.lineno, element.col_offset + 1, element.end_lineno or 0)
            try:
                for line in filter(None, map(str.strip, text.split("\n"))):
                    yield package_fact(parse(line), at, group)
            except RequirementError as error:
                yield Note(at, f"not a requirement: {str(error)[:120]}")

    def _elements(self, node: ast.expr | None, depth: int) -> Iterator[ast.expr]:
        """The strings of a list that is written down, through names and `+`."""
        if node is None or depth > _DEPTH:
            return
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for element in node.elts:
                yield from self._element(element, depth + 1)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from self._elements(node.left, depth + 1)
            yield from self._elements(node.right, depth + 1)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
        elif isinstance(node, ast.Name) and node.id in self.names:
            for value in self.names[node.id]:
                yield from self._elements(value, depth + 1)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            for key, value in self._entries(node.value):
                if key == node.slice.value:
                    yield from self._elements(value, depth + 1)
        elif not (isinstance(node, ast.Constant) and node.value is None):
            self.unread = True

    def _element(self, element: ast.expr, depth: int) -> Iterator[ast.expr]:
        inner = element.value if isinstance(element, ast.Starred) else element
        if isinstance(inner, ast.Name) or inner is not element:
            yield from self._elements(inner, depth)
        else:
            yield inner

    def _entries(self, node: ast.expr | None, depth: int = 0) -> list[tuple[str, ast.expr]]:
        """The items of a dict that is written down, through a name, `dict(...)` and later `name[key] = ...`."""
        if isinstance(node, ast.Name) and depth < _DEPTH:
            return [entry for value in self.names.get(node.id, ()) for entry in self._entries(value, depth + 1)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
            return [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        if isinstance(node, ast.Dict):
            return [
                (key.value, value)
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
        self.unread = self.unread or isinstance(node, ast.Call)
        return []

    def _text(self, node: ast.expr | None, depth: int = 0) -> str:
        """A string that is written down; a part of an f-string that is not becomes a placeholder."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, ast.JoinedStr):
            return "".join(self._text(part) or "{{ }}" for part in node.values)
        if isinstance(node, ast.Name) and depth < _DEPTH and len(self.names.get(node.id, ())) == 1:
            return self._text(self.names[node.id][0], depth + 1)
        return ""

    def _scripts(self) -> dict[str, str]:
        scripts: dict[str, str] = {}
        for key, node in self._entries(self.arguments.get("entry_points")):
            if key in ("console_scripts", "gui_scripts"):
                for element in self._elements(node, 0):
                    name, equals, target = self._text(element).partition("=")
                    if equals:
                        scripts[name.strip()] = target.strip()
        return dict(sorted(scripts.items()))

    def _includes(self) -> list[str]:
        """Requirement files that the module names, when a list of requirements is not written down in it."""
        names = {
            node.value
            for node in ast.walk(self.module)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _REQUIREMENT_FILE.match(node.value)
        }
        paths = {resolve(self.source.folder, name.lstrip("/")) for name in names}
        return sorted(path for path in paths if path and self.tree.get(path) is not None)


def _assignments(module: ast.Module) -> dict[str, list[ast.expr]]:
    """The values given to each name at module level: the last plain assignment and what was added after it."""
    names: dict[str, list[ast.expr]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = [node.value]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            names[node.target.id] = [node.value]
    for node in module.body:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and isinstance(node.op, ast.Add):
            names.setdefault(node.target.id, []).append(node.value)
    return names
