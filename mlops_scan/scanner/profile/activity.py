"""Whether there is ML at all, whether a model is trained, and how models are served."""

from __future__ import annotations

from mlops_scan.scanner import catalog
from mlops_scan.scanner.evidence.batches import batch_serving
from mlops_scan.scanner.evidence.online import online_serving
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Fact

# roles and capabilities that only machine learning has
_ML_ROLES = (
    "trains",
    "defines-model",
    "loads-hub-model",
    "model-server",
    "batch-scoring",
    "drift-check",
    "hyperparameter-search",
    "predicts",
    "ml-platform",
)
_ML_CAPABILITIES = (
    "training-framework",
    "model-registry",
    "experiment-tracking",
    "drift-monitoring",
    "feature-store",
    "distributed-training",
    "hyperparameter-tuning",
    "inference-optimization",
    "llm-observability",
    "llm-gateway",
    "llm-api-client",
)


def is_ml(graph: Graph) -> bool:
    """Whether anything here trains, serves or operates a model: a role or a capability that only ML has, in effect."""
    if any(not use.disabled for use in graph.uses(*_ML_ROLES)):
        return True
    if any(not use.disabled and use.fact.kind != "file" for use in graph.uses(*_ML_CAPABILITIES)):
        return True
    if graph.has("serving"):
        return True
    return any(_is_model(fact) for fact in graph.facts("model-file"))


def _is_model(fact: Fact) -> bool:
    return bool(fact.get("parameters")) or fact.get("format") in catalog.load().names["model-formats"]["whole"]


def training(graph: Graph) -> tuple[Use, ...]:
    """What fits a model, by place. A form that says how others' models are to be trained fits none itself."""
    forms = {one.id for one in graph.workloads() if graph.bystanders.is_form(one)}
    return tuple(use for use in graph.uses("trains") if not use.disabled and use.fact.says.get("owner") not in forms)


def serves(graph: Graph) -> str:
    """none, online, batch or both."""
    online, batch = bool(online_serving(graph)), bool(batch_serving(graph))
    if online and batch:
        return "both"
    return "online" if online else "batch" if batch else "none"
