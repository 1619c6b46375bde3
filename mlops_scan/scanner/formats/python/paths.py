"""What attributes and methods of paths and texts make of a known one, as text."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from mlops_scan.scanner.formats.python.scopes import MISSING

_ATTRIBUTES = frozenset(("parent", "name", "stem", "suffix"))
_SAME = frozenset(("resolve", "absolute", "expanduser", "as_posix"))  # still the path
_MADE = frozenset(("with_suffix", "with_name", "with_stem", "joinpath"))
PATHS = ("pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PosixPath")
SPELLING = frozenset(("lower", "upper", "strip", "lstrip", "rstrip"))  # texts that stay what they name
ON_PATHS = _ATTRIBUTES | _SAME | _MADE


def of_path(name: str, path: Any, args: list[Any]) -> Any:
    """The text that `path.name(*args)` is, or MISSING."""
    if not isinstance(path, str) or not all(isinstance(one, str) for one in args):
        return MISSING
    if name in SPELLING:
        return MISSING if args else getattr(path, name)()
    if name in _SAME:
        return path
    if name == "with_stem" and len(args) == 1:
        name, args = "with_name", [f"{args[0]}{PurePosixPath(path).suffix}"]
    try:
        held = getattr(PurePosixPath(path), name)
        return str(held if name in _ATTRIBUTES else held(*args))
    except (ValueError, TypeError):
        return MISSING
