"""A Mermaid diagram of the system as found: what trains, stores, builds, deploys, serves and watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlops_scan.reports.escape import mermaid
from mlops_scan.scanner.model import Evidence, Status
from mlops_scan.scanner.result import Result

_LARGEST = 40  # nodes; GitHub draws larger diagrams too small to read
_TOOLS = 3
# lane -> capabilities drawn in it, in the order of the life of a model
_LANES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Data", ("data-versioning", "data-validation", "feature-store")),
    (
        "Training",
        (
            "pipeline-orchestration",
            "training-framework",
            "hyperparameter-tuning",
            "distributed-training",
            "experiment-tracking",
        ),
    ),
    ("Release", ("evaluation-gate", "model-registry", "ci-cd", "deployment-automation", "infrastructure-as-code")),
    ("Serving", ("gradual-rollout", "llm-gateway", "serving", "autoscaling", "health-checks")),
    ("Watching", ("infra-monitoring", "model-monitoring", "drift-monitoring", "llm-observability", "alerting")),
)
# capability -> capability, with what passes between them
_FLOWS = (
    ("data-versioning", "training-framework", "data"),
    ("data-validation", "training-framework", "checked data"),
    ("feature-store", "training-framework", "features"),
    ("pipeline-orchestration", "training-framework", "runs"),
    ("training-framework", "experiment-tracking", "metrics"),
    ("training-framework", "evaluation-gate", "model"),
    ("training-framework", "model-registry", "model"),
    ("evaluation-gate", "model-registry", "accepted model"),
    ("model-registry", "serving", "model version"),
    ("training-framework", "serving", "model file"),
    ("ci-cd", "deployment-automation", "build"),
    ("deployment-automation", "serving", "deploys"),
    ("infrastructure-as-code", "serving", "declares"),
    ("gradual-rollout", "serving", "traffic"),
    ("llm-gateway", "serving", "requests"),
    ("autoscaling", "serving", "scales"),
    ("health-checks", "serving", "probes"),
    ("serving", "infra-monitoring", "metrics"),
    ("serving", "model-monitoring", "predictions"),
    ("serving", "drift-monitoring", "inputs"),
    ("serving", "llm-observability", "traces"),
    ("infra-monitoring", "alerting", "alerts"),
    ("drift-monitoring", "training-framework", "retrain"),
)


def diagram(result: Result) -> str:
    """Mermaid flowchart; a capability is a node, dashed when it is there but switched off or only declared."""
    nodes = dict(_nodes(result.capabilities))
    lines = ["flowchart LR"]
    names = {capability: f"n{number}" for number, capability in enumerate(nodes, start=1)}
    for lane, capabilities in _LANES:
        inside = [capability for capability in capabilities if capability in nodes]
        if inside:
            lines.append(f'  subgraph {lane.lower()}_lane["{lane}"]')
            lines += [f'    {names[capability]}["{nodes[capability][0]}"]' for capability in inside]
            lines.append("  end")
    for source, target, label in _flows(nodes, result):
        lines.append(f'  {names[source]} -- "{label}" --> {names[target]}')
    faint = [names[capability] for capability, (_, used) in nodes.items() if not used]
    if faint:
        lines += ["  classDef faint stroke-dasharray: 5 5", f"  class {','.join(faint)} faint"]
    return "\n".join(lines) + "\n"


def _nodes(found: Iterable[Evidence]) -> Iterator[tuple[str, tuple[str, bool]]]:
    by_capability: dict[str, list[Evidence]] = {}
    for one in found:
        by_capability.setdefault(one.capability, []).append(one)
    drawn = [capability for _, lane in _LANES for capability in lane if capability in by_capability]
    for capability in drawn[:_LARGEST]:
        evidence = by_capability[capability]
        used = [one for one in evidence if one.status is Status.USED]
        tools = list(dict.fromkeys(one.tool for one in used or evidence))
        more = f" +{len(tools) - _TOOLS}" if len(tools) > _TOOLS else ""
        state = "" if used else f" ({evidence[0].status.value})"
        label = f"{capability.replace('-', ' ')}: {', '.join(tools[:_TOOLS])}{more}{state}"
        yield capability, (mermaid(label), bool(used))


def _flows(nodes: dict[str, tuple[str, bool]], result: Result) -> Iterator[tuple[str, str, str]]:
    for source, target, label in _FLOWS:
        if source not in nodes or target not in nodes:
            continue
        passes_registry = "model-registry" in nodes and nodes["model-registry"][1]
        if (source, target) == ("training-framework", "serving") and (
            passes_registry or not result.profile.trains_model
        ):
            continue
        if (source, target) == ("training-framework", "model-registry") and "evaluation-gate" in nodes:
            continue
        if label == "retrain" and not any(one.capability == "retraining-trigger" for one in result.capabilities):
            continue
        yield source, target, label
