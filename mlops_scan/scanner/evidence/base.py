"""What every derivation is."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Fact, Location, Status


class Derivation:
    """Proves a capability from several facts, where one signature of one tool would prove too little or too much.

    `capability` is what it proves. `alone`: what the catalogue says of that capability does not count by itself.
    """

    capability: str = ""
    alone: bool = False

    def find(self, graph: Graph) -> Iterator[Evidence]:
        """Yield what proves the capability, each with its state."""
        raise NotImplementedError

    def evidence(self, tool: str, at: Location, what: str, status: Status = Status.USED, why: str = "") -> Evidence:
        """What proves the capability; `why` says why it takes no effect."""
        return Evidence(self.capability, tool, status, at, what, why)


def state(fact: Fact) -> Status:
    """USED, or DISABLED for what a default switches off."""
    return Status.DISABLED if fact.get("state") == "disabled" else Status.USED
