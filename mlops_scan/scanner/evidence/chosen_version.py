"""Which version of a model what serves asks a registry for: named in the code, or left to who deploys or asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.callees import argument_of
from mlops_scan.scanner.graph.handover import constant
from mlops_scan.scanner.model import Fact

FLOATING = frozenset(("latest", "none"))
_REGISTRY = "models:/"
_LATEST = re.compile(r"latest|newest|last_|max\(|\[-1\]", re.IGNORECASE)
_VERSION = re.compile(r"(?:^|_)(?:version|alias|stage)(?:_|\d|$)", re.IGNORECASE)
_GAP = re.compile(r"\{([^{}]+)\}[\"']*\Z")
_FORMAT = re.compile(r"\.format\((?:.*,)?\s*(?:\w+\s*=\s*)?([\w.\[\]\"']+)\s*,?\s*\)\Z", re.DOTALL)
_SETTINGS = re.compile(
    r"(?:self|cls|\w*(?:settings?|config|conf|cfg|args|opts|options|params|request|req|body|payload|env\w*))\b[.\[(]"
    r"|os\.(?:environ|getenv)\b",
    re.IGNORECASE,
)


def asked_for(graph: Graph, use: Use, serving: frozenset[str]) -> Iterator[tuple[Fact, str]]:
    """(where it is said, the stages, aliases or versions) that a look-up in the registry asks for and that stay put."""
    value = use.argument("alias")
    if use.strength != "strong" and (isinstance(value, list) or not constant(value)) and not _loads(graph, use.fact):
        return  # stages, of a client that nobody knows: perhaps to draw or to count
    named = _named(value)
    if named:
        yield use.fact, named
    elif isinstance(value, dict) and value.get("expr"):
        for call, given in handed(graph, use.fact, str(value["expr"])):
            if call.at.path in serving and (named := _named(given)):
                yield call, named


def _loads(graph: Graph, call: Fact) -> bool:
    """Whether the function around a call loads a model."""
    loading = graph.uses("loads-model")
    return any(one.at.path == call.at.path and one.fact.get("function") == call.get("function") for one in loading)


def left_open(graph: Graph, call: Fact) -> str:
    """The text of the version in `models:/NAME/VERSION`, where neither is known and the version is left to others."""
    for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values()):
        parts = [part for part in value.get("parts") or () if part != ""] if isinstance(value, dict) else []
        if len(parts) == 2 and parts[0] == _REGISTRY and parts[1] in ("/", "@"):
            return _choice(graph, call, str(value.get("expr") or ""))
    return ""


def is_newest(call: Fact) -> bool:
    """Whether the version in a reference is spelled as the newest one: `f"models:/m/{latest_version}"`."""
    for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values()):
        spelled = _spelled(str(value.get("expr") or "")) if isinstance(value, dict) else ""
        if spelled and _REGISTRY in str(value) and _LATEST.search(spelled):
            return True
    return False


def _spelled(text: str) -> str:
    """What the last gap of a text is filled with, where the code puts the text together on the spot."""
    found = _GAP.search(text) or _FORMAT.search(text)
    return found[1].strip() if found is not None else ""


def _choice(graph: Graph, call: Fact, text: str) -> str:
    params = {str(one.get("name")) for fact in _around(graph, call) for one in fact.get("params") or ()}
    if told := _spelled(text):
        known = [told] if told in params or _SETTINGS.match(told) or told in _environment(graph, call) else []
    else:  # a text that was put together before: what it may be made of
        known = sorted(name for name in params | _environment(graph, call) if _VERSION.search(name))
    for name in known:
        given = [str(one.get("expr") or "") for _, one in handed(graph, call, name) if isinstance(one, dict)]
        if not any(_LATEST.search(one) for one in (name, *given)):
            return name
    return ""


def _around(graph: Graph, call: Fact) -> list[Fact]:
    """The function in which a call stands."""
    return [one for one in graph.in_file(call.at.path, "function") if one.name == call.get("function")]


def _environment(graph: Graph, call: Fact) -> set[str]:
    """Names of the file that are set by the environment."""
    return {
        fact.name.rpartition(".")[2]
        for fact in graph.in_file(call.at.path, "constant")
        if isinstance(value := fact.get("value"), dict) and value.get("env")
    }


def handed(graph: Graph, call: Fact, name: str) -> Iterator[tuple[Fact, Any]]:
    """(the call, what it gives) for a parameter of the function in which a call stands, wherever that is called."""
    for function in _around(graph, call):
        names = [str(one.get("name")) for one in function.get("params") or ()]
        if name not in names:
            continue
        tail = function.name.removesuffix(".__init__").rpartition(".")[2]
        for one in graph.facts("call"):
            if one.name.rpartition(".")[2] != tail or function.at.path not in graph.closure(one.at.path):
                continue
            yield one, argument_of(one, function.name, names, name)


def _named(value: Any) -> str:
    named = [text for one in (value if isinstance(value, list) else [value]) if (text := constant(one))]
    return " or ".join(f"'{one}'" for one in named) if named and FLOATING.isdisjoint(map(str.lower, named)) else ""
