"""What code, images, servers and the repository itself say of models, and which of them mean one model."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.handover import model_name, model_path, spread
from mlops_scan.scanner.graph.modelplaces import Place, nodes, place
from mlops_scan.scanner.graph.modelprojects import apart
from mlops_scan.scanner.graph.runpaths import named_by_run
from mlops_scan.scanner.link.stores import Told, carried
from mlops_scan.scanner.model import Edge, Fact

BY_PATH = (("persists-model", "writes"), ("loads-model", "reads"))


class ModelNames:
    """Everything that says where a model is, read once: `told` by a variable, and the rest."""

    def __init__(self, graph: Graph) -> None:
        said = [*carried(graph, list(_saved(graph))), *_configured(graph), *_held(graph)]
        told = list(_told(graph))
        every = [*said, *told]
        own = apart(((relation, one) for _, relation, one, _ in every), graph.facts("manifest"), graph.facts("stage"))
        ids = nodes((own.get(one, one) for _, _, one, _ in every), graph.facts("stage"))
        self.said = tuple(Edge(node, relation, ids[own.get(one, one)], at) for node, relation, one, at in said)
        self.told = tuple(Edge(node, relation, ids[own.get(one, one)], at) for node, relation, one, at in told)


def calls(graph: Graph, role: str) -> Iterator[tuple[Use, Fact]]:
    for use in graph.uses(role):
        for call in spread(use.fact) if use.fact.kind == "call" else ():
            yield use, call


def _saved(graph: Graph) -> Iterator[tuple[str, Place | None, Fact]]:
    """(relation, the model where the path tells, the call) of what code saves and loads by a path."""
    for role, relation in BY_PATH:
        for use, call in calls(graph, role):
            if named_by_run(use, call) is None:
                path = model_path(call, use)
                name = model_name(call, use)
                partial = bool(path) and not _stands(path, call)
                yield relation, place(call.at.path, path, name, partial=partial) if name else None, call


def _stands(path: str, call: Fact) -> bool:
    """Whether a call says the whole path, and not only its end."""
    return any(_says(path, value) for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values()))


def _says(path: str, value: Any) -> bool:
    if isinstance(value, dict):
        return _says(path, value.get("const")) or any(_says(path, inner) for inner in value.get("args") or ())
    return isinstance(value, str) and value.rstrip("/") == path


def _configured(graph: Graph) -> Iterator[Told]:
    """What the configuration of a server reads: the file or folder it names, or all below the folder it lies in."""
    files = graph.facts("model-file")
    for use in graph.uses("serves-file"):
        folder = posixpath.dirname(use.at.path)
        named = use.fact.get("value") if use.fact.kind == "setting" else ""
        inside = posixpath.normpath(posixpath.join(folder, named)) if isinstance(named, str) else folder
        for file in files:
            if file.at.path == inside or file.at.path.startswith(f"{inside}/"):
                yield f"file:{use.at.path}", "reads", _lying(file), use.at


def _held(graph: Graph) -> Iterator[Told]:
    """Model files of the repository."""
    for file in graph.facts("model-file"):
        yield f"file:{file.at.path}", "holds", _lying(file), file.at


def _lying(file: Fact) -> Place:
    return place(file.at.path, file.at.path, posixpath.basename(file.at.path))


def _told(graph: Graph) -> Iterator[Told]:
    """What code loads from where a variable says that an image or a manifest sets."""
    set_to: dict[str, set[str]] = {}
    for env in graph.facts("env"):
        value = env.get("value")
        if env.get("where") != "python" and isinstance(value, str) and "." in posixpath.basename(value):
            set_to.setdefault(env.name, set()).add(value)
    for use in graph.uses("loads-model"):
        if use.fact.kind == "call":
            values = [*(use.fact.get("args") or ()), *(use.fact.get("kwargs") or {}).values()]
            for variable in dict.fromkeys(one for value in values for one in _variables(value)):
                for path in sorted(set_to.get(variable, ())):
                    yield f"file:{use.at.path}", "reads", place(use.at.path, path, posixpath.basename(path)), use.at


def _variables(value: Any) -> Iterator[str]:
    """Environment variables that an argument reads, directly or inside a call."""
    if isinstance(value, dict):
        if isinstance(value.get("env"), str):
            yield value["env"]
        for inner in value.get("args") or ():
            yield from _variables(inner)
