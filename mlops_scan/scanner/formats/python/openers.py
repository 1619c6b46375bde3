"""What a call opens: the argument that is the path, or the path whose method it is."""

from __future__ import annotations

import ast
import re
from typing import Any

from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, Scope

_MODULES = ("io", "_io", "gzip", "bz2", "lzma", "codecs")
OPENS = ("open", "File")  # ends of the names of all that opens: asked first, for nearly no call does
_FILES = frozenset(("open", *(f"{one}.open" for one in _MODULES), "gzip.GzipFile", "bz2.BZ2File", "lzma.LZMAFile"))
_NAMES = frozenset(("file", "filename", "path", "urlpath", "uri"))  # by which openers are told the path
_MODE = re.compile(r"[rwax][bt+U]{0,3}\Z")
_TOLD = ("const", "parts", "each")


def opened(call: ast.Call, name: str) -> ast.expr | None:
    """The expression of the path that `x.open(...)` or `gzip.GzipFile(...)` opens; None where it may open anything.

    `p.open("rb")` opens p, for it is told a mode alone; `fs.open("m.pkl", "rb")` is told both.
    """
    func = call.func
    method = isinstance(func, ast.Attribute) and func.attr == "open"
    if not (method or name in _FILES):
        return None
    told = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg in _NAMES), None)
    if name in _FILES:
        return told
    modes = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "mode")]
    if told is not None and not _is_mode(told):
        return told if any(_is_mode(one) for one in modes) else None
    # a method that is told nothing opens what it is a method of, where that is a path
    return func.value if isinstance(func, ast.Attribute) and (told or modes or name.startswith("pathlib.")) else None


def _is_mode(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_MODE.match(node.value))


def as_path(value: Any) -> dict[str, Any]:
    """What the value of an opened file says, by that of its path."""
    if isinstance(value, dict):
        return {"args": [value], **{key: value[key] for key in _TOLD if key in value}}
    return {"args": [value], "const": value} if isinstance(value, str) else {"args": [value]}


def of_file(found: Binding, value: Any, given: Binding, scope: Scope) -> Binding:
    """What a name is bound to that an opened file gets, of whose path `value` tells what is known."""
    told = value if isinstance(value, dict) else {}
    name = found.name if found.known or found.name == "open" else ""
    call = found.call if name != "open" else None  # what a store opens is still the store's
    made = Binding(name, found.known, call=call, const=told.get("const", MISSING), parts=told.get("parts"), scope=scope)
    made.each = told.get("each")
    made.param = given.param
    return made
