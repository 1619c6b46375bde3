"""rollback: the previous model or release can be put back by version, alias, release history or git."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.batches import batch_serving
from mlops_scan.scanner.evidence.chosen_version import FLOATING, asked_for, is_newest, left_open
from mlops_scan.scanner.evidence.configured_version import configured
from mlops_scan.scanner.evidence.earlier_version import brought_back
from mlops_scan.scanner.evidence.online import online_serving
from mlops_scan.scanner.evidence.put_back import put_back
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.handover import constant
from mlops_scan.scanner.model import Evidence, Fact

# a program that is called for it, or a function that says what it puts back
_PUTS_BACK = re.compile(
    r"^(?:model_|deploy(?:ment)?_|release_)?roll_?back(?:_\w+)?\.py$"
    r"|roll_?back_(?:\w+_)?(?:model|deployment|release|endpoint|version|serving|champion|production)"
    r"|(?:model|deployment|release|endpoint|serving)_roll_?back",
    re.IGNORECASE,
)
_NAMED = re.compile(r"roll[-_ ]?back", re.IGNORECASE)


class Rollback(Derivation):
    capability = "rollback"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        serving = graph.closure(*(use.at.path for use in (*online_serving(graph), *batch_serving(graph))))
        yield from self._asked(graph, serving)
        for use, chosen in brought_back(graph):
            yield self.evidence(
                use.tool, use.at, f"{use.fact.name.rpartition('.')[2]} can bring a version back: {chosen}"
            )
        for chart in graph.facts("chart"):
            if not chart.get("library") and _may_serve(graph, chart):
                yield self.evidence("helm", chart.at, f"releases of chart '{chart.name}' keep their history")
        for fact in graph.facts("entry-point", "function"):
            if _PUTS_BACK.search(_called(fact)) and not (fact.get("stub") or fact.at.path.endswith(".ipynb")):
                yield self.evidence("python", fact.at, f"program or function '{_called(fact)}'")
        for command, title in put_back(graph):
            yield self.evidence("script", command.at, title)
        for job in graph.facts("job"):
            if _NAMED.search(f"{job.name} {job.get('title') or ''}") and not job.get("state"):
                yield self.evidence("ci", job.at, f"job '{job.get('title') or job.name}'")

    def _asked(self, graph: Graph, serving: frozenset[str]) -> Iterator[Evidence]:
        """Versions that what serves asks a registry for."""
        for use in graph.uses("registry-load"):
            reference = registry_reference(use.fact)
            floats = reference.rpartition("/")[2].lower() in FLOATING or is_newest(use.fact)
            if use.at.path in serving and reference.strip("/") and not floats:
                yield self.evidence(use.tool, use.at, f"loads '{reference}' by version, alias or stage")
            for fact, named in asked_for(graph, use, serving) if not reference else ():
                if fact.at.path in serving:
                    yield self.evidence(use.tool, fact.at, f"asks the registry for {named}")
        for use, fact, reference in configured(graph, serving):
            yield self.evidence(use.tool, fact.at, f"'{fact.name}' names '{reference}' for what serves")
        for path in sorted(serving):
            for call in graph.in_file(path, "call"):
                if chosen := left_open(graph, call):
                    yield self.evidence("python", call.at, f"loads the version that '{chosen}' names")


def _called(fact: Fact) -> str:
    """The name of a function, and that of a program: its file's."""
    if fact.kind == "function":
        return f"{fact.name.rpartition('.')[2]}()"
    return fact.at.path.rpartition("/")[2]


def _may_serve(graph: Graph, chart: Fact) -> bool:
    """Whether releases of the chart are releases of what serves: it holds that, or nothing else in a cluster does.

    The chart of a monitoring stack beside manifests that are applied by hand puts no model back.
    """
    folder = chart.at.path.rpartition("/")[0]
    within = f"{folder}/" if folder else ""
    if any(use.at.path.startswith(within) for use in graph.uses("model-server", "serving-platform")):
        return True
    serving = graph.once(_serving)
    return not serving or any(path.startswith(within) for path in serving)


def _serving(graph: Graph) -> frozenset[str]:
    """The files of workloads in a cluster that may serve."""
    return frozenset(
        one.at.path for one in graph.workloads() if one.origin != "compose" and graph.bystanders.serves(one)
    )


def registry_reference(call: Fact) -> str:
    """The `name/version-or-alias` that a registry load names, or ''."""
    values = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    for value in values:
        text = constant(value)
        if text.startswith("models:/"):
            return text.removeprefix("models:/").replace("@", "/")
        parts = value.get("parts") if isinstance(value, dict) else None
        if parts and any(isinstance(part, str) and part.startswith("models:/") for part in parts):
            return "".join(str(part) for part in parts).removeprefix("models:/").replace("@", "/") or "?"
    return ""
