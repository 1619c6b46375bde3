"""Moves of a stage or an alias in a registry that bring an earlier version back: chosen as one, or by who asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.handover import constant
from mlops_scan.scanner.model import Fact

_EARLIER = re.compile(
    r"(?<![a-z])(?:prev|previous|prior|older|earlier|former|fallback|roll[-_ ]?back|revert\w*|restor\w*|undo|"
    r"last[-_ ]?(?:good|known|stable)|known[-_ ]?good|backup)(?![a-z])",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?<![a-z])(?:roll[-_ ]?back|revert|restore|undo|previous)(?![a-z])", re.IGNORECASE)
_ONE_LESS = re.compile(r"version\w*\)?\s*-\s*1\b|\[-2\]")
_OPTION = re.compile(r"(?:args?|opts?|options|arguments|parsed|FLAGS|flags)\.\w+|sys\.argv\[")
_COMMAND = re.compile(r"(?:^|\.)(?:command|callback|argument|option)$")
_AWAY = frozenset(("archived", "none", "staging"))  # stages that nobody serves from
_ATTRIBUTE = re.compile(r"[A-Za-z_][\w\[\]]*\.version\b")
_ASKS = re.compile(r"(?:get|search)_")


def brought_back(graph: Graph) -> Iterator[tuple[Use, str]]:
    """(the move, how the earlier version is chosen) of each move that can bring one back."""
    for use in graph.uses("moves-version"):
        target = use.argument("alias")
        if use.fact.kind != "call" or use.disabled or constant(target).lower() in _AWAY:
            continue
        chosen = _chosen(graph, use)
        if chosen:
            yield use, chosen


def _chosen(graph: Graph, use: Use) -> str:
    function, path = str(use.fact.get("function") or ""), use.at.path
    named = _NAMED.search(function) or _NAMED.search(path.rpartition("/")[2])
    if named:
        return f"in what is called '{function or path}'"
    version = use.argument("version")
    text = str(version.get("expr") or "") if isinstance(version, Mapping) else ""
    if _EARLIER.search(text) or _ONE_LESS.search(text) or _is_looked_up(graph, use, text):
        return f"the version before, '{text}'"
    if _OPTION.match(text) or (isinstance(version, Mapping) and version.get("env")) or _is_option(graph, use, text):
        return f"any version that '{text}' names"
    return ""


def _is_looked_up(graph: Graph, use: Use, text: str) -> bool:
    """Whether the registry was asked before for an earlier alias or the archive, and the version is what it said."""
    for call in graph.in_file(use.at.path, "call") if _ATTRIBUTE.match(text) else ():
        same = call.get("function") == use.fact.get("function") and call.at.line < use.at.line
        if same and _ASKS.match(call.name.rpartition(".")[2]):
            told = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
            if any(_EARLIER.search(word) or word.lower() == "archived" for one in told for word in _texts(one)):
                return True
    return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif text := constant(value):
        yield text


def _is_option(graph: Graph, use: Use, text: str) -> bool:
    """Whether the version is a parameter of a command of the program, or of a function that is given an option."""
    for function in graph.in_file(use.at.path, "function"):
        names = [str(one.get("name")) for one in function.get("params") or ()]
        if function.name == use.fact.get("function") and text in names:
            commands = any(_COMMAND.search(str(one.get("name") or "")) for one in function.get("decorators") or ())
            return commands or any(_OPTION.match(one) for one in _handed(graph, function, text, names.index(text)))
    return False


def _handed(graph: Graph, function: Fact, name: str, index: int) -> Iterator[str]:
    """What calls in the same file give a function for a parameter, in their own words."""
    for call in graph.in_file(function.at.path, "call"):
        if call.name == function.name and not call.get("known"):
            args = call.get("args") or ()
            value = (call.get("kwargs") or {}).get(name, args[index] if index < len(args) else None)
            if isinstance(value, Mapping):
                yield str(value.get("expr") or "")
