"""Models inside a run of a tracker: their path there is no name, for nearly every run has the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.model import Fact

_RUN = "runs:/"
_KNOWN_RUN = re.compile(r"runs:/+([\w-]+)/[^{}<>$]+\Z")
_REGISTERED = ("registered_model_name", "model_name")


def named_by_run(use: Use, call: Fact) -> str | None:
    """The reference to a model by a run that is known; '' where the run is not, None where no run is meant."""
    if use.match.data.get("run_path") and use.key == "persists-model":
        kwargs = call.get("kwargs") or {}
        return None if any(_text(kwargs.get(key)) for key in _REGISTERED) else ""
    for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values()):
        text = _text(value)
        if text.startswith(_RUN):
            return text if _KNOWN_RUN.match(text) else ""
        for parts in _parts(value):
            if str(parts[0]).startswith(_RUN) or use.match.data.get("run_path"):
                return None if str(parts[0]).startswith("models:/") else ""
    return None


def _text(value: Any) -> str:
    told = value.get("const") if isinstance(value, dict) else value
    return told if isinstance(told, str) else ""


def _parts(value: Any) -> Iterator[list[Any]]:
    """The known parts of a text of which not all is known, also of one inside a call."""
    if isinstance(value, dict) and not _text(value):
        if isinstance(value.get("parts"), list) and value["parts"]:
            yield value["parts"]
        for inner in value.get("args") or ():
            yield from _parts(inner)
