"""Content that code hands on without a name of a file: what a call gives, and what is opened in a store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact

_MODE = re.compile(r"[rwax][bt+U]{0,3}\Z")


def results(graph: Graph, fetch: Fact) -> set[str]:
    """What the content that a call gives goes by: `@` and the call, `=` and the names it is bound to, a file's path."""
    found = {f"@{fetch.name}"}
    for call in graph.in_file(fetch.at.path, "call"):
        if call.get("function") != fetch.get("function"):
            continue
        whole = call.at == fetch.at or (call.at.line == fetch.at.line and call.name.startswith(f"{fetch.name}."))
        if whole and call.get("assigned"):
            found.add(f"={call.get('assigned')}")
        elif _holds(call, fetch):
            found.update(_path(call))
    return found


def opened(graph: Graph, call: Fact) -> str:
    """The path that the one file has which is opened by a library and handed to a call; '' where there is none."""
    for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values()):
        name = str(value.get("name") or "") if isinstance(value, Mapping) else ""
        if not name.endswith(".open"):
            continue
        made = [
            one
            for one in graph.in_file(call.at.path, "call")
            if one.name == name
            and one.get("assigned") == value.get("expr")
            and one.get("function") == call.get("function")
            and one.at.line <= call.at.line
        ]
        for path in _path(made[-1]) if made else ():
            return path
    return ""


def _holds(call: Fact, other: Fact) -> bool:
    """Whether a call opens a file to write it in a block in which another call stands."""
    modes = [one for one in (call.get("args") or ())[1:2] if isinstance(one, str) and one.startswith("w")]
    return bool(modes and call.get("with") and call.at.line <= other.at.line <= int(call.get("until") or 0))


def _path(call: Fact) -> Iterator[str]:
    first: Any = next(iter(call.get("args") or ()), None)
    text = first.get("const") if isinstance(first, Mapping) else first
    if isinstance(text, str) and text and not _MODE.match(text):  # a path that opens itself is told the mode alone
        yield text
