"""What serves a model by its name or place: declared endpoints, deployments and servers, and registered models.

The name is the one under which code registers the model; a place is one below which code saves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.catalog import attribute_values
from mlops_scan.scanner.graph import Graph, Use, handover
from mlops_scan.scanner.graph.assetnames import model_id, model_name
from mlops_scan.scanner.graph.handover import registered_name
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.declared import told_name
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge

# a reference to a registry -> the name in it, without version, stage and alias
_REFERENCES = (
    re.compile(r"\w+://(?:registries|subscriptions|locations)/.*?/models/(?P<name>[\w.-]+)"),
    re.compile(r"models:/+(?P<name>[^/@]+)"),
    re.compile(r"arn:[^ ]*:model-package(?:-group)?/(?P<name>[\w-]+)"),
    re.compile(r"projects/[^/]+/locations/[^/]+/models/(?P<name>[\w-]+)"),
    re.compile(r"\w+:(?P<name>[\w.-]+)(?::[\w.-]+|@\w+)\Z"),  # `workspace:name:version`
)
_SCHEME = re.compile(r"(?<![\w+.-])[a-z][\w+.-]*://")
_WRITES = ("persists-model", "registers-model", "promotes", "writes-data")


class Served(Link):
    """`resource:.../model_serving/ep` serves `model:churn`, which `file:train.py` or a declared model registers."""

    turn = 1

    def edges(self, graph: Graph) -> Iterator[Edge]:
        uses = [use for use in graph.uses("serves-registered") if use.fact.kind == "resource"]
        written = dict(_written(graph)) if uses else {}
        for use in uses:
            for text in dict.fromkeys(_told(use)):
                for node in map(model_id, _meant(text, written)):
                    if node:
                        yield Edge(object_id(use.fact), "serves", node, use.at)
        for use in graph.uses("declares-model"):
            if use.fact.kind == "resource" and (node := model_id(_full_name(use))):
                yield Edge(object_id(use.fact), "registers", node, use.at)
        for use in graph.uses("registers-model"):
            if use.fact.kind == "command" and " " not in (name := told_name(use)) and (node := model_id(name)):
                yield Edge(owner_id(use.fact), "registers", node, use.at)
            elif use.fact.kind == "call" and (node := model_id(registered_name(use, use.fact))):
                yield Edge(f"file:{use.at.path}", "registers", node, use.at)


def _told(use: Use) -> Iterator[str]:
    """The texts of the attributes that name what is served."""
    for path in use.match.data.get("model", ()):
        for value in attribute_values(use.fact.get("data"), str(path)):
            text = value.get("const") if isinstance(value, Mapping) else value
            if isinstance(text, str) and text:
                yield text


def _full_name(use: Use) -> str:
    """The name of a declared model, below the catalog and schema that it stands in."""
    parts: list[str] = []
    for path in use.match.data.get("name", ()):
        value: Any = next(iter(attribute_values(use.fact.get("data"), str(path))), None)
        text = value.get("const") if isinstance(value, Mapping) else value
        parts += [text] if isinstance(text, str) and text else []
    return ".".join(parts) or use.fact.name


def _meant(text: str, written: Mapping[str, str]) -> Iterator[str]:
    """The names of the models that a reference or a place means."""
    for form in _REFERENCES:
        if found := form.match(text):
            yield found["name"]
            return
    if not _SCHEME.match(text) and "/" not in text:
        yield text
        return
    place = _plain(text)
    below = [name for path, name in written.items() if path == place or path.startswith(f"{place}/")]
    if below:
        yield from dict.fromkeys(below)
        return
    name = model_name(place)
    if name.lower() != "model":
        yield name


def _plain(text: str) -> str:
    """A place without its scheme and bucket."""
    if _SCHEME.match(text):
        return _SCHEME.sub("", text, count=1).partition("/")[2].strip("/")
    return text.strip("/")


def _written(graph: Graph) -> Iterator[tuple[str, str]]:
    """(path in a store, name of the model) of what code saves: of an upload the key, of a save its path."""
    linked = {(edge.source, edge.at): edge.target for edge in graph.edges("writes", "registers")}
    for use in graph.uses(*_WRITES):
        if use.fact.kind != "call" or not (name := handover.model_name(use.fact)):
            continue
        node = linked.get((f"file:{use.at.path}", use.at), "")
        name = node.removeprefix("model:") if node.startswith("model:") else name
        given = [*(use.fact.get("args") or ()), *(use.fact.get("kwargs") or {}).values(), handover.model_path(use.fact)]
        for value in given:
            text = value.get("const") if isinstance(value, Mapping) else value
            if isinstance(text, str) and "/" in text and " " not in text:
                yield _plain(text), name
