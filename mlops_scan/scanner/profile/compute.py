"""The profile of a repository, from the graph."""

from __future__ import annotations

from mlops_scan.scanner import catalog, paths
from mlops_scan.scanner.evidence.batches import batch_serving
from mlops_scan.scanner.evidence.online import online_serving
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Profile
from mlops_scan.scanner.profile.activity import is_ml, serves, training
from mlops_scan.scanner.profile.kind import is_operator, kind_of
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
    elif is_operator(graph):  # the code of an operator is there for the models of others
        graph.online, graph.batch = tuple(use for use in graph.online if _is_deployed(use)), ()
        trained, served = False, "online" if graph.online else "none"
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


def _is_deployed(use: Use) -> bool:
    """Whether a manifest or a chart runs it, and not as a sample."""
    written = (
        use.fact.kind in ("resource", "container", "image", "command", "workload") and use.fact.get("role") != "base"
    )
    return written and use.fact.get("where") in (None, "container") and not paths.is_example(use.at.path)


def _model_kinds(graph: Graph) -> tuple[str, ...]:
    roles = ("trains", "predicts", "loads-model", "loads-hub-model", "model-server", "batch-scoring", "serving")
    return tuple(sorted({kind for use in graph.uses(*roles) if not use.disabled for kind in use.match.kinds}))


def _clouds(graph: Graph) -> tuple[str, ...]:
    tools = {one.tool for one in graph.capabilities() if one.status.value != "declared"}
    tools |= {use.tool for use in graph.uses("uses-cloud")}
    return tuple(sorted({tool.cloud for tool in catalog.load().tools() if tool.cloud and tool.id in tools}))
