"""Models by the path or name under which code writes, registers, loads and serves them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge, Fact

_NAME_KEYS = ("registered_model_name", "model_name", "name", "model_uri", "model_id", "parent_model", "artifact_path")


class Models(Link):
    """`file:train.py` writes `model:iris.joblib`, `file:app.py` reads it: paths agree by their last part."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        for role, relation in (
            ("persists-model", "writes"),
            ("loads-model", "reads"),
            ("registry-load", "reads"),
            ("promotes", "registers"),
        ):
            for use in graph.uses(role):
                name = model_name(use.fact)
                if use.fact.kind == "call" and name:
                    yield Edge(f"file:{use.at.path}", relation, f"model:{name}", use.at)
        for file in graph.facts("model-file"):
            yield Edge(f"file:{file.at.path}", "holds", f"model:{posixpath.basename(file.at.path)}", file.at)


def model_name(call: Fact) -> str:
    """The model a call names: the last part of a path, or a registry name; '' when it names none."""
    kwargs = call.get("kwargs") or {}
    candidates = [kwargs[key] for key in _NAME_KEYS if key in kwargs]
    candidates += [*(call.get("args") or ()), *(value for key, value in kwargs.items() if key not in _NAME_KEYS)]
    for candidate in candidates:
        text = constant(candidate)
        if text and not text.isspace() and len(text) < 300:
            return posixpath.basename(text.removeprefix("models:/").rstrip("/")) if "/" in text else text
    return ""


def constant(value: Any) -> str:
    """The text of a value where it is known: a constant, a resolved one, or the path inside `open(path)`."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        if isinstance(value.get("const"), str):
            return str(value["const"])
        inner = value.get("args")
        if isinstance(inner, list) and inner:
            return constant(inner[0])
        parts = value.get("parts")
        if isinstance(parts, list) and parts and isinstance(parts[-1], str):
            return str(parts[-1])
    return ""
