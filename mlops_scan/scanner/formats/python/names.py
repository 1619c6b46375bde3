"""Dotted module names from paths, and the language's own names that are no evidence of anything."""

from __future__ import annotations

import builtins

SUFFIXES = (".py", ".ipynb")
_TELLING = frozenset(("open", "exec", "eval", "compile", "__import__", "exit", "quit", "input"))
BUILTINS = frozenset(dir(builtins))
# calls of these only compute: left out of the facts
PLAIN_BUILTINS = BUILTINS - _TELLING
EXITS = frozenset(("sys.exit", "exit", "quit", "os._exit"))  # calls that end the program
# methods of str, list, dict and set: left out where the receiver is unknown
PLAIN_METHODS = frozenset(
    (
        *("append", "capitalize", "clear", "copy", "count", "encode", "decode", "endswith", "extend", "find"),
        *("index", "insert", "isdigit", "items", "join", "keys", "ljust", "lower", "lstrip", "partition", "pop"),
        *("replace", "reverse", "rfind", "rjust", "rpartition", "rsplit", "rstrip", "setdefault", "sort", "split"),
        *("splitlines", "startswith", "strip", "title", "upper", "values", "zfill"),
    )
)


def module_of(path: str) -> str:
    """The dotted module of a file as seen from the scanned root: `src/app/__init__.py` is `src.app`."""
    for suffix in SUFFIXES:
        path = path.removesuffix(suffix)
    parts = path.split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def absolute(path: str, level: int, module: str) -> str:
    """What `from ..module import x` (level 2) of the file at `path` names. Dots past the root stay at the root."""
    if not level:
        return module
    package = path.split("/")[:-1]
    base = package[: max(len(package) - (level - 1), 0)]
    return ".".join([*base, module] if module else base)
