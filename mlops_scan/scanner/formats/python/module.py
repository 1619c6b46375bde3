"""A whole Python file as facts: the module itself, then what the walk finds, or the imports where nothing parses."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python import fallback, imports
from mlops_scan.scanner.formats.python.names import absolute
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.walk import Walker
from mlops_scan.scanner.model import Fact, Location, Note

_FSTRING = re.compile(r"\b[rR]?[fF][rR]?(\"\"\"|'''|[\"'])")
ERRORS = (SyntaxError, ValueError, MemoryError, RecursionError)


def read(source: Source) -> Iterator[Fact | Note]:
    """The facts of a Python file. Never raises: what no reader accepts gives its imports and a note."""
    try:
        tree = parse(source.data)
    except ERRORS as error:
        yield from _repaired(source, error)
        return
    yield from walk(source, tree)


def walk(source: Source, tree: ast.Module) -> Iterator[Fact | Note]:
    """The facts of a parsed file, that of the module first."""
    walker = Walker(source)
    found = list(walker.walk(tree))
    documented = (ast.get_docstring(tree, clean=False) or "").strip().split("\n", 1)[0][:200]
    yield module(source, walker.functions, documented)
    yield from found


def module(source: Source, functions: int = 0, docstring: str = "", language: str = "") -> Fact:
    """The `module` fact of a file."""
    lines = source.data.count(b"\n") + 1
    says: dict[str, object] = {"bytes": len(source.data), "lines": lines, "functions": functions}
    if docstring:
        says["docstring"] = docstring
    if language:
        says["language"] = language
    return Fact("module", source.module, Location(source.path), says)


def parse(data: bytes | str) -> ast.Module:
    """`ast.parse` without its warnings. Raises one of ERRORS.

    No depth check stands before it: CPython's tokenizer itself refuses more than 200 open brackets and 100 indents.
    """
    braces = data.count(b"{") if isinstance(data, bytes) else data.count("{")
    if braces > bounds.PYTHON_FSTRING:
        _refuse_endless(data if isinstance(data, str) else data.decode("utf-8", "replace"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)


def _refuse_endless(text: str) -> None:
    """Before 3.12 each value of an f-string costs as much as the string is long: raises ValueError for too many."""
    end = 0
    for match in _FSTRING.finditer(text):
        if match.start() >= end:
            quote = match[1]
            end = text.find(quote if len(quote) == 3 else "\n", match.end())
            end = end if end >= 0 else len(text)
            if text.count("{", match.end(), end) > bounds.PYTHON_FSTRING:
                raise ValueError(f"an f-string of more than {bounds.PYTHON_FSTRING} values")


def tier_zero(source: Source) -> Iterator[Fact]:
    """The imports of a file that nothing could parse."""
    for one in imports.scan(source.data):
        says: dict[str, object] = {"names": list(one.names)} if one.names else {}
        if one.alias:
            says["alias"] = one.alias
        if one.level:
            says["relative"] = True
        at = Location(source.path, source.line_of(one.line))
        if source.origins:
            says["cell"] = source.origin(one.line).cell
        yield Fact("import", absolute(source.path, one.level, one.module), at, says)


def _repaired(source: Source, error: BaseException) -> Iterator[Fact | Note]:
    """Another reading of a file that `ast` refused, else its imports."""
    reason = explain(error)
    at = Location(source.path, source.line_of(getattr(error, "lineno", None) or 1))
    for repair in fallback.repairs(source.data, reason):
        try:
            tree = parse(repair.data)
        except ERRORS:
            continue
        if repair.reason:
            yield Note(at, repair.reason)
        yield from walk(Source(source.path, repair.data, source.module, source.origins), tree)
        return
    yield Note(at, f"not readable as Python: {reason}; only its imports were read")
    yield module(source)
    yield from tier_zero(source)


def explain(error: BaseException) -> str:
    """Why `ast` refused, in one line."""
    if isinstance(error, MemoryError | RecursionError):
        return "nested too deeply"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return str(text or "syntax error").split("\n", 1)[0][:200]
