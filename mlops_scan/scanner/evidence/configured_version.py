"""Versions of a registered model that a configuration file or the environment names for what serves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mlops_scan.scanner.evidence.chosen_version import FLOATING
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Fact

_REGISTRY = "models:/"
_WORD = re.compile(r"\w+")
_LOADS = ("loads-model", "registry-load")


def configured(graph: Graph, serving: Collection[str]) -> Iterator[tuple[Use, Fact, str]]:
    """(what loads it, where it is named, the reference) of loads by a name that only a configuration gives a value."""
    loads = [use for use in graph.uses(*_LOADS) if use.at.path in serving and not use.disabled]
    asked = {word: use for use in reversed(loads) for word in _open(use)}
    if not asked:
        return
    for fact in graph.facts("parameter", "env"):
        value = fact.get("value")
        if not isinstance(value, str) or not value.startswith(_REGISTRY):
            continue
        reference = value.removeprefix(_REGISTRY).replace("@", "/")
        use = asked.get(fact.name.rpartition(".")[2].lower())
        if use is not None and "/" in reference and reference.rpartition("/")[2].lower() not in FLOATING:
            yield use, fact, reference


def _open(use: Use) -> set[str]:
    """The words of the names by which a call is given what to load, where nothing is known of their value."""
    values = [*(use.fact.get("args") or ()), *(use.fact.get("kwargs") or {}).values()]
    unknown = [one for one in values if isinstance(one, dict) and not {"const", "parts", "each"} & one.keys()]
    return {word.lower() for one in unknown for word in _WORD.findall(str(one.get("expr") or ""))}
