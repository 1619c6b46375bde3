"""What serves a model by its name or place: declared endpoints, deployments and servers, and registered models.

The name is the one under which code registers the model; a place is one below which code saves it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.catalog import attribute_values
from mlops_scan.scanner.graph import Graph, Use, handover
from mlops_scan.scanner.graph.assetnames import model_id, model_name, registered
from mlops_scan.scanner.graph.handover import registered_name
from mlops_scan.scanner.graph.owners import owner_id, started_by
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import locate
from mlops_scan.scanner.link.declared import told_name
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge

_SCHEME = re.compile(r"(?<![\w+.-])[a-z][\w+.-]*://")
_ANY = ("all", "none")  # of the models in a folder
_PACKED = ("model.tar.gz", "model.tgz")  # what every training job leaves: the folder tells whose it is
_WRITES = ("persists-model", "registers-model", "promotes", "writes-data")


class Served(Link):
    """`resource:.../model_serving/ep` serves `model:churn`, which `file:train.py` or a declared model registers."""

    turn = 1

    def edges(self, graph: Graph) -> Iterator[Edge]:
        yield from _serving(graph)
        for use in graph.uses("declares-model"):
            if use.fact.kind == "resource" and (node := model_id(_full_name(use))):
                yield Edge(object_id(use.fact), "registers", node, use.at)
        for use in graph.uses("registers-model"):
            if use.fact.kind == "command" and " " not in (name := told_name(use)) and (node := model_id(name)):
                yield Edge(owner_id(use.fact), "registers", node, use.at)
            elif use.fact.kind == "call" and (node := model_id(registered_name(use, use.fact))):
                yield Edge(f"file:{use.at.path}", "registers", node, use.at)


def _serving(graph: Graph) -> Iterator[Edge]:
    """What declares that it serves to the model, and to the program that answers with it."""
    uses = [use for use in graph.uses("serves-registered") if use.fact.kind in ("resource", "command")]
    written = dict(_written(graph)) if uses else {}
    files = frozenset(graph.files if uses else ())
    for use in uses:
        declared = use.fact.kind == "resource"
        for text in dict.fromkeys(_told(use, "model") if declared else _of_command(use)):
            for node in map(model_id, _meant(text, written)):
                if node:
                    yield Edge(object_id(use.fact) if declared else started_by(use.fact), "serves", node, use.at)
        if declared and (path := _program(use, files)):
            yield Edge(object_id(use.fact), "starts", f"file:{path}", use.at)


def _program(use: Use, files: frozenset[str]) -> str:
    """The file of the program that a declared server starts; '' where it lies in a store or in the image alone."""
    script, folder = (next(_told(use, part), "") for part in ("runs", "local"))
    if not script or _SCHEME.match(folder) or folder.startswith("/"):
        return ""
    name = posixpath.normpath(posixpath.join(folder, script))
    return locate(name, posixpath.dirname(use.at.path), files, name.count("/") + 1)


def _told(use: Use, part: str) -> Iterator[str]:
    """The texts of the attributes that name what is served, or by what; a model that code declares by its name."""
    for path in use.match.data.get(part, ()):
        for value in attribute_values(use.fact.get("data"), str(path)):
            text = _named(value) if isinstance(value, Mapping) else value
            if isinstance(text, str) and text:
                yield text


def _named(value: Mapping[str, Any]) -> Any:
    """The name that a value leads to: a constant, what code declares elsewhere, a model that is declared in place."""
    if "expr" in value:
        return value.get("const", value.get("ref") if "to" in value else "")
    return _named(value["name"]) if isinstance(value.get("name"), Mapping) else value.get("name")


def _of_command(use: Use) -> Iterator[str]:
    """What a command says that it serves: the values of an option up to the next, each perhaps behind a name."""
    options = use.match.data.get("model", ())
    open_ = False
    for word in map(str, use.fact.get("argv") or ()):
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            open_ = name in options and not equals
            if name in options and value:
                yield value
        elif open_ and word not in _ANY:
            yield value if equals else word


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
    if name := registered(text):
        yield name
        return
    if not _SCHEME.match(text) and "/" not in text:
        yield text
        return
    place = _plain(text)
    below = [name for path, name in written.items() if path == place or path.startswith(f"{place}/")]
    if below:
        yield from dict.fromkeys(below)
        return
    folder, _, last = place.rpartition("/")
    name = model_name(folder if last in _PACKED else place)
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
        if use.fact.kind != "call" or not (name := handover.model_name(use.fact, use)):
            continue
        node = linked.get((f"file:{use.at.path}", use.at), "")
        name = node.removeprefix("model:") if node.startswith("model:") else name
        given = [
            *(use.fact.get("args") or ()),
            *(use.fact.get("kwargs") or {}).values(),
            handover.model_path(use.fact, use),
        ]
        for value in given:
            text = value.get("const") if isinstance(value, Mapping) else value
            if isinstance(text, str) and "/" in text and " " not in text:
                yield _plain(text), name
