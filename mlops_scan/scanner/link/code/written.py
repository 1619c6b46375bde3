"""Texts that an expression puts together of names: f-strings, sums, `format`, `%`, joined paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mlops_scan.scanner.formats.python import placeholders
from mlops_scan.scanner.formats.python.openers import opened

_Lookup = Callable[[str], Any]
_LONGEST = 120  # longer expressions are cut off where facts keep them
_PATHS = ("Path", "PurePath", "PosixPath", "PurePosixPath")
_SIGNS = re.compile(r"[+/{%]|join|Path|str\(|open\(")

_FIELD = re.compile(r"(?:^|\.)(?:[A-Z]\w*|field|Field)$")
_BEGUN = re.compile(r"(?<![\w.\"'])[A-Za-z_]\w*")

_Pieces = list[str | None]  # texts in order, None for what is unknown


def written(text: str, lookup: _Lookup) -> str | None:
    """The text that an expression makes when `lookup` tells the constants of its names; None where one is unknown."""
    found = pieces(text, lookup)
    return "".join(piece for piece in found if piece is not None) if found and None not in found else None


def begun(text: str) -> dict[str, None]:
    """The names with which chains of an expression begin, none of its texts, in order: `f(a.b, "c")` has f and a."""
    return dict.fromkeys(_BEGUN.findall(text))


def constant(value: Any) -> str | int | float | None:
    """The plain constant that a value is, or is known to be."""
    known = value.get("const") if isinstance(value, Mapping) else value
    return known if isinstance(known, (str, int, float)) else None


def is_plain(value: Any) -> bool:
    """Whether a value is a plain constant, or a list of such."""
    return isinstance(value, (str, int, float)) or (
        isinstance(value, list) and all(isinstance(one, (str, int, float)) for one in value)
    )


def of_field(value: Any) -> Any:
    """The default of a field: a constant, what `Field("x")` gives."""
    if isinstance(value, Mapping):
        args = value.get("args") or ()
        inside = args[0] if args and _FIELD.search(str(value.get("call") or "")) else None
        value = value.get("const", inside)
    return value if is_plain(value) else None


def is_made(text: str) -> bool:
    """Whether an expression may put a text together."""
    return len(text) < _LONGEST and _SIGNS.search(text) is not None


def pieces(text: str, lookup: _Lookup) -> _Pieces:
    """The pieces of the text that an expression makes, None for each that is unknown; empty where it makes none."""
    if not is_made(text):
        return []
    try:
        node = ast.parse(text, mode="eval").body
        return [] if isinstance(node, (ast.Name, ast.Attribute, ast.Constant)) else _text(node, lookup)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []


def _text(node: ast.expr, lookup: _Lookup) -> _Pieces:
    if isinstance(node, ast.Constant):
        return [str(node.value) if isinstance(node.value, (str, int, float)) else None]
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return _found(node, lookup)
    if isinstance(node, ast.JoinedStr):
        return [piece for one in node.values for piece in _text(one, lookup)]
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, lookup) if node.format_spec is None and node.conversion in (-1, 115) else [None]
    if isinstance(node, ast.BinOp):
        return _operation(node, lookup)
    return _call(node, lookup) if isinstance(node, ast.Call) else [None]


def _found(node: ast.expr, lookup: _Lookup) -> _Pieces:
    value = lookup(ast.unparse(node))
    return [str(value) if isinstance(value, (str, int, float)) else None]


def _joined(parts: Iterable[_Pieces]) -> _Pieces:
    """A path of parts, each without the slash that it may end with."""
    made: _Pieces = []
    for part in parts:
        if made and made[-1] is not None:
            made[-1] = made[-1].rstrip("/")
        made += [*(["/"] if made and made != [""] else []), *part]
    return made


def _operation(node: ast.BinOp, lookup: _Lookup) -> _Pieces:
    left = _text(node.left, lookup)
    if isinstance(node.op, ast.Mod):
        return _filled(placeholders.of_percent(form, node.right), lookup) if (form := _whole(left)) else [None]
    if isinstance(node.op, ast.Div):
        return _joined([left, _text(node.right, lookup)])
    return [*left, *_text(node.right, lookup)] if isinstance(node.op, ast.Add) else [None]


def _whole(found: _Pieces) -> str:
    return "".join(piece for piece in found if piece is not None) if None not in found else ""


def _filled(form: Iterable[placeholders.Piece], lookup: _Lookup) -> _Pieces:
    return [piece for one in form for piece in (_text(one, lookup) if isinstance(one, ast.expr) else [one])]


def _call(node: ast.Call, lookup: _Lookup) -> _Pieces:
    name = ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
    last = name.rpartition(".")[2] or getattr(node.func, "attr", "")
    if isinstance(node.func, ast.Attribute) and last == "format":
        form = _whole(_text(node.func.value, lookup))
        return _filled(placeholders.of_format(form, node), lookup) if form else [None]
    if last == "open" and (path := opened(node, name)) is not None:
        return _text(path, lookup)
    args = [_text(one, lookup) for one in node.args] if not node.keywords else []
    if args and (last in _PATHS or name.endswith("path.join")):
        return _joined(args)
    if name == "str" and len(args) == 1:
        return args[0]
    if args and isinstance(node.func, ast.Attribute) and last == "joinpath":
        return _joined([_text(node.func.value, lookup), *args])
    return _found(node, lookup)
