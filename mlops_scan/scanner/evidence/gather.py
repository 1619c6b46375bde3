"""Fill the graph with evidence: what the catalogue recognised, then what the derivations prove."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mlops_scan import plugins
from mlops_scan.scanner import catalog, evidence
from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.decided import decided_steps
from mlops_scan.scanner.evidence.for_show import shown
from mlops_scan.scanner.evidence.serving import what
from mlops_scan.scanner.evidence.split_checks import split_checks
from mlops_scan.scanner.evidence.trial_runs import muted
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.clusters import Conditions
from mlops_scan.scanner.graph.withheld import SAFEGUARDS, Withheld
from mlops_scan.scanner.model import Evidence, Fact, Status


def gather(graph: Graph, capabilities: tuple[str, ...]) -> None:
    """Add the evidence for each of `capabilities` to the graph."""
    derivations = [derivation() for derivation in plugins.load(evidence, Derivation)]
    alone = {derivation.capability for derivation in derivations if derivation.alone}
    called = _called_tools(graph)
    for capability in capabilities:
        tools = called if capability in _BY_ANY_CALL else {}
        found = _recognised(graph, capability, tools, capability in alone)
        graph.add_evidence(_heeded(graph, capability, found))
    for derivation in derivations:
        graph.add_evidence(_heeded(graph, derivation.capability, derivation.find(graph)))
    for capability in capabilities:
        if not graph.has(capability):
            graph.add_evidence(shown(graph, capability))


def _heeded(graph: Graph, capability: str, found: Iterable[Evidence]) -> Iterator[Evidence]:
    """The same, switched off where it takes no effect: gates for show or decided by constants, drift in a split,
    safeguards that production does without. What hangs on the cluster takes effect, and says on what it hangs.
    """
    conditions = graph.once(Conditions)
    for one in found:
        why = _why_not(graph, capability, one) if one.status is Status.USED else ""
        if not why and (only_where := conditions.of(one.at)):
            yield replace(one, what=f"{one.what}, only where {only_where}", only_where=only_where)
            continue
        yield replace(one, status=Status.DISABLED, why=why) if why else one


def _why_not(graph: Graph, capability: str, one: Evidence) -> str:
    """Why what is there takes no effect; '' where it does."""
    why = ""
    if capability == _GATE:
        why = graph.once(decided_steps).get(one.at, "")
    if capability == _TRACES and not graph.uses(*_LANGUAGE) and not _made_for(one.tool, capability):
        why = "nothing here asks a language model"
    if not why and (effect := _WITHOUT_EFFECT.get(capability)) is not None:
        why = graph.once(effect).get(one.at.path, "")
    if not why and capability in SAFEGUARDS:
        why = graph.once(Withheld).why(one.at)
    return why


def _recognised(graph: Graph, capability: str, called: Mapping[str, Fact], declared_only: bool) -> Iterator[Evidence]:
    used: set[str] = set()
    if not declared_only:
        for use in graph.uses(capability):
            if use.strength == "strong" or use.strength == "medium":
                used.add(use.tool)
                status = Status.DISABLED if use.disabled else Status.USED
                yield Evidence(capability, use.tool, status, use.at, what(use), str(use.fact.says.get("why") or ""))
    for use in graph.uses(capability, strengths=("weak",)):
        if use.tool in used:
            continue
        used.add(use.tool)
        call = called.get(use.tool)
        if call is not None and _made_for(use.tool, capability):
            yield Evidence(capability, use.tool, Status.USED, call.at, f"call {call.name}")
        elif use.fact.kind in _DECLARING:
            yield Evidence(capability, use.tool, Status.DECLARED, use.at, f"declares {use.fact.name}")
        else:
            yield Evidence(capability, use.tool, Status.DECLARED, use.at, what(use), _HINT)


def _made_for(tool: str, capability: str) -> bool:
    """Whether a tool is for this capability first of all."""
    return catalog.load().tool(tool).capabilities[:1] == (capability,)


_GATE = "evaluation-gate"
_TRACES = "llm-observability"
_LANGUAGE = ("llm-client", "llm-api-client", "llm-gateway", "loads-hub-model")
_DECLARING = frozenset(("package", "import"))
_HINT = "it hints at that, and does not prove it"  # seen at work, and too little by itself
_WITHOUT_EFFECT = {_GATE: muted, "drift-monitoring": split_checks, "model-monitoring": split_checks}
# capabilities that any call into a tool made for them proves
_BY_ANY_CALL = frozenset(
    (
        "experiment-tracking",
        "feature-store",
        "drift-monitoring",
        "data-validation",
        "llm-observability",
        "model-monitoring",
    )
)
# a call that only loads a model says nothing about what else a tool of several capabilities is used for
_ONLY_LOADS = frozenset(
    ("loads-model", "reads-model", "registry-load", "loads-hub-model", "unsafe-load", "predicts", "llm-client")
)


def _called_tools(graph: Graph) -> dict[str, Fact]:
    """Tool -> the first call into its modules that does more than load a model."""
    modules = {module: tool.id for tool in catalog.load().tools() for module in tool.imports if not tool.generic}
    found: dict[str, Fact] = {}
    tools: dict[str, str | None] = {}  # by the name of a call
    for fact in graph.facts("call"):
        if fact.name not in tools:
            parts = fact.name.split(".")
            tools[fact.name] = next(
                (modules[name] for end in (2, 1) if (name := ".".join(parts[:end])) in modules), None
            )
        tool = tools[fact.name]
        if tool is None or tool in found or not fact.says.get("known") or fact.says.get("state"):
            continue
        if not graph.has_role(fact, *_ONLY_LOADS):
            found[tool] = fact
    return found
