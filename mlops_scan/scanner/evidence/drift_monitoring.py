"""drift-monitoring: distributions compared, or a drift held against a limit, in code that says it watches for drift."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner import paths
from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.evidence.metrics import is_ordered
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Fact

# what code calls a drift that it works out itself; a skew may be any column's
_DRIFT = re.compile(r"drift|(?:^|[^a-z])(?:psi|csi)(?:[^a-z]|$)|stability_index", re.IGNORECASE)
_ABOUT = ("predicts", "evaluates", "reads-data", "loads-model", "registry-load", "trains")
# methods by which an object that is named for drift is asked, and what functions call a distance of distributions
_CHECKS = re.compile(
    r"_*(?:detect|check|calculate|calc|compute|compare|score|measure|monitor|test|evaluate|analy[sz]e|run)(?:_|\Z)"
)
_DISTANCE = re.compile(r"wasserstein|earth_?mover|jensen_?shannon|(?:^|_)(?:js|kl)_?div|kullback|hellinger|kolmogorov")
_WATCHES = re.compile(r"drift|skew|(?:^|[^a-z])psi(?:[^a-z]|$)|monitor|stability", re.IGNORECASE)


class DriftMonitoring(Derivation):
    """A two-sample test alone may be any statistics; in a file or function named for drift it is a check.

    So is a limit that a drift of one's own making is held against, where there is a model or its data.
    """

    capability = "drift-monitoring"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        for use in graph.uses("drift-check", strengths=("strong",)):
            named = f"{use.at.path} {use.fact.get('function') or ''}"
            if use.fact.kind == "call" and _WATCHES.search(named) and not _is_study(use.at.path):
                told = f"{use.fact.name} compares distributions"
                yield self.evidence(use.tool, use.at, told, state(use.fact), str(use.fact.get("why") or ""))
        yield from self._of_functions(graph)
        yield from self._of_limits(graph)

    def _of_functions(self, graph: Graph) -> Iterator[Evidence]:
        """`DriftDetector.check`, and a distance of two distributions that a file named for drift works out."""
        for fact in graph.facts("function"):
            owner, _, name = fact.name.lower().rpartition(".")
            asked = "drift" in owner and _CHECKS.match(name)
            if not (asked or (_DISTANCE.search(name) and _WATCHES.search(fact.at.path))):
                continue
            if not fact.get("stub") and not _is_study(fact.at.path):
                told = "asks for drift" if asked else "compares distributions"
                yield self.evidence("python", fact.at, f"'{fact.name}' {told}")

    def _of_limits(self, graph: Graph) -> Iterator[Evidence]:
        """A limit that a drift is held against, where there is a model or its data."""
        about: frozenset[str] | None = None
        for fact in graph.facts("comparison"):
            named = f"{fact.at.path} {fact.get('function') or ''}"
            if not (_is_limit(fact) and _WATCHES.search(named)) or _is_study(fact.at.path):
                continue
            if about is None:
                known = sorted({use.at.path for use in graph.uses(*_ABOUT) if use.fact.kind == "call"})
                about = graph.closure(*known) | graph.importing(known) if known else frozenset()
            if fact.at.path in about:
                yield self.evidence("python", fact.at, f"'{fact.name}' holds a drift against a limit", state(fact))


def _is_limit(fact: Fact) -> bool:
    """Whether a test asks if a drift is greater than something."""
    return is_ordered(fact) and any(_DRIFT.search(str(name)) for name in fact.get("names") or ())


def _is_study(path: str) -> bool:
    return path.endswith(".ipynb") or paths.is_example(path)
