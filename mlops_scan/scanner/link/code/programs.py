"""The program that a step starts outside of Python: a line for a shell, or the command of a container that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PROGRAMS = (".py", ".sh", ".ipynb", ".R")
_DEEP = 6  # lists and mappings in each other: overrides of a container of a task
_QUOTES = "\"'`;,()[]"


def program(value: Any) -> str:
    """The script that the value of an argument names, or ''. `python -m pkg.train` names `pkg/train.py`."""
    before = ""
    for word in _words(value, _DEEP):
        if before == "-m":
            return word.replace(".", "/") + ".py"
        if word.endswith(_PROGRAMS):
            return word
        before = word
    return ""


def _words(value: Any, deep: int) -> Iterator[str]:
    if isinstance(value, str):
        yield from (word.strip(_QUOTES) for word in value.split())
    elif deep and isinstance(value, list):
        for one in value:
            yield from _words(one, deep - 1)
    elif deep and isinstance(value, dict):
        if "expr" not in value:
            for key, one in sorted(value.items(), key=lambda item: str(item[0])):
                yield from ("-m" for _ in [0] if str(key).endswith("module"))
                yield from _words(one, deep - 1)
        elif isinstance(value.get("const", value.get("holds")), (str, list, dict)):
            yield from _words(value.get("const", value.get("holds")), deep - 1)
