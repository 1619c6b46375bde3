"""The profile of a repository, from the graph."""

from __future__ import annotations

from mlops_scan.scanner import catalog
from mlops_scan.scanner.evidence.serving import batch_serving, online_serving
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Profile
from mlops_scan.scanner.profile.activity import is_ml, serves, training
from mlops_scan.scanner.profile.kind import kind_of
from mlops_scan.scanner.profile.maturity import maturity


def profile(graph: Graph) -> Profile:
    """Kind, activity, model kinds, clouds and maturity."""
    if not is_ml(graph):
        return Profile()
    graph.training, graph.online, graph.batch = training(graph), online_serving(graph), batch_serving(graph)
    kind = kind_of(graph)
    trained, served = bool(graph.training), serves(graph)
    if kind == "library":  # trains and serves speak of the repository's own models
        trained, served = False, "none"
    level, following = maturity(graph, served)
    return Profile(
        kind=kind,
        is_ml=True,
        trains_model=trained,
        serves_model=served,
        model_kinds=_model_kinds(graph),
        clouds=_clouds(graph),
        maturity_level=level,
        maturity_next=following,
    )


def _model_kinds(graph: Graph) -> tuple[str, ...]:
    roles = ("trains", "predicts", "loads-model", "loads-hub-model", "model-server", "batch-scoring", "serving")
    return tuple(sorted({kind for use in graph.uses(*roles) if not use.disabled for kind in use.match.kinds}))


def _clouds(graph: Graph) -> tuple[str, ...]:
    tools = {one.tool for one in graph.capabilities() if one.status.value != "declared"}
    tools |= {use.tool for use in graph.uses("uses-cloud")}
    return tuple(sorted({tool.cloud for tool in catalog.load().tools() if tool.cloud and tool.id in tools}))
