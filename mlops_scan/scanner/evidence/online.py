"""What answers requests with a model: servers, endpoints, handlers and listeners that come to one."""

from __future__ import annotations

import re

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph import Graph, Use, loads_model
from mlops_scan.scanner.graph.memo import once

_OWN = re.compile(
    r"/_{0,2}(?:health\w*|health[-_]check|heart_?beat|ready|readyz|readiness|live|livez|liveness|ping|metrics|version|status)/?\Z"
)
MODEL_ROLES = ("loads-model", "loads-hub-model", "registry-load", "predicts", "llm-client")


@once
def web_serving(graph: Graph) -> tuple[Use, ...]:
    """Web applications and demo UIs whose files come, by importing, to a model that is loaded or asked.

    A page that a notebook shows, or an example beside code about models, serves nobody.
    """
    modelled = model_files(graph)
    about = modelled | {use.at.path for use in graph.uses("trains")}
    beside = any(not paths.is_example(path) and not path.endswith(".ipynb") for path in about)
    knowing = graph.importing(modelled)
    found = [
        use
        for use in graph.uses("web-app", "web-route", "demo-ui")
        if not use.disabled
        and not use.at.path.endswith(".ipynb")
        and not (beside and paths.is_example(use.at.path))
        and use.at.path in knowing
    ]
    return tuple(use for use in found if not _tells_of_itself(use)) or tuple(found)


def _tells_of_itself(use: Use) -> bool:
    """A route that says how the service does, and asks no model."""
    url = next((one for one in use.fact.get("args") or () if isinstance(one, str)), "")
    return use.key == "web-route" and bool(_OWN.search(url))


@once
def taken_down(graph: Graph) -> frozenset[str]:
    """Notebooks that remove what they set up: nothing of it stays in service."""
    return frozenset(use.at.path for use in graph.uses("takes-down") if use.at.path.endswith(".ipynb"))


@once
def listening(graph: Graph) -> tuple[Use, ...]:
    """Where a program that an image starts on an exposed port asks a model, through a framework nobody knows."""
    if any(not use.disabled for use in graph.uses("model-server", "batch-scoring")) or web_serving(graph):
        return ()
    asks = {use.at.path: use for use in graph.uses("predicts") if use.fact.kind == "call" and not use.disabled}
    trains = {use.at.path for use in graph.uses("trains")}
    found: dict[str, Use] = {}
    for stage in graph.facts("stage") if asks else ():
        if stage.get("final") and stage.get("expose"):
            program = graph.files_run_by(f"stage:{stage.at.path}#{stage.name}")
            if program.isdisjoint(trains):
                found |= {path: asks[path] for path in program if path in asks}
    return tuple(found[path] for path in sorted(found))


@once
def online_serving(graph: Graph) -> tuple[Use, ...]:
    """What answers requests with a model: model servers, endpoints, web handlers that come to a model.

    Not: a server that CI starts to test something, one in a form that says how others are to be run, one that the
    notebook that made it removes, and the image of one in which something is prepared before the pod starts.
    """
    passing, before = taken_down(graph), _prepares(graph)
    forms = frozenset(one.id for one in graph.workloads() if graph.bystanders.is_form(one))
    servers = tuple(
        use
        for use in graph.uses("model-server")
        if not use.disabled and not _is_test_run(graph, use) and _owner(use) not in forms
        if use.at.path not in passing and (use.at.path, use.at.line) not in before
    )
    return servers + web_serving(graph) + listening(graph) + streaming(graph)


@once
def streaming(graph: Graph) -> tuple[Use, ...]:
    """Where a program takes message after message from a broker and comes to a model: it answers each one."""
    modelled = model_files(graph)
    trains = {use.at.path for use in graph.uses("trains")}
    started = {fact.at.path for fact in graph.facts("entry-point")}
    found: dict[str, Use] = {}
    for use in graph.uses("takes-messages") if modelled else ():
        path = use.at.path
        if use.disabled or paths.is_example(path) or path.endswith(".ipynb"):
            continue
        closure = graph.closure(path)
        if not modelled.isdisjoint(closure) and (path in modelled or path in started) and trains.isdisjoint(closure):
            found.setdefault(path, use)
    return tuple(found[path] for path in sorted(found))


def _prepares(graph: Graph) -> frozenset[tuple[str, int]]:
    """Where the images of containers stand that come to an end before the others of their pod start."""
    return frozenset(
        (one.at.path, int(line))
        for workload in graph.workloads()
        for container in workload.containers
        if container.init
        for one in container.variants
        if (line := (one.get("lines") or {}).get("image"))
    )


def _owner(use: Use) -> object:
    return use.fact.get("workload" if use.fact.kind == "container" else "owner")


def _is_test_run(graph: Graph, use: Use) -> bool:
    """Whether a CI job starts the server where it runs itself, for as long as it runs."""
    return use.fact.get("where") == "ci" and use.fact.kind == "command" and not graph.has_role(use.fact, "deploys")


@once
def model_files(graph: Graph) -> frozenset[str]:
    """Files in which a model is loaded or asked."""
    loads = (use for use in graph.uses(*MODEL_ROLES) if not use.disabled and loads_model(graph, use))
    return frozenset(use.at.path for use in loads)
