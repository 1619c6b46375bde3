"""evaluation-gate: a verdict that a function asks for before it ships, and that every caller hands it as a constant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.verdicts import SHIPPING
from mlops_scan.scanner.graph import Callees, Graph
from mlops_scan.scanner.graph.callees import Function, argument_of
from mlops_scan.scanner.model import Evidence, Location, Status

_BARE = re.compile(r"(not\s+)?([A-Za-z_]\w*)\Z")
# a name for what an evaluation came to
_VERDICT = re.compile(
    r"promot|should|better|deploy|pass|accept|improve|approv|eval|valid|quality|(?:^|_)(?:ok|good|win|gate|metrics?)(?:_|\Z)",
    re.IGNORECASE,
)


class HandedFlag(Derivation):
    """`def deploy(model, evaluation_ok): if evaluation_ok: ...`, and somewhere `deploy(model, evaluation_ok=True)`."""

    capability = "evaluation-gate"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        told: set[tuple[Function, str]] = set()
        for use in graph.uses(*SHIPPING):
            for guard in use.fact.get("guards") or () if use.fact.kind == "call" else ():
                match = _BARE.match(str(guard))
                owner = (use.at.path, str(use.fact.get("function") or ""))
                if match is None or not _VERDICT.search(match[2]) or (owner, match[2]) in told:
                    continue
                told.add((owner, match[2]))
                if (at := _always(graph, owner, match[2], wanted=not match[1])) is not None:
                    what = f"'{guard}' is asked before '{use.fact.name.rpartition('.')[2]}'"
                    why = f"every caller hands over {not match[1]} ({at})"
                    yield self.evidence("python", use.at, what, Status.DISABLED, why)


def _always(graph: Graph, owner: Function, name: str, *, wanted: bool) -> Location | None:
    """The first caller of a function, where all of them hand over `wanted` for the parameter."""
    functions = [one for one in graph.in_file(owner[0], "function") if one.name == owner[1]]
    params = [str(one.get("name")) for one in functions[0].get("params") or ()] if functions else []
    if name not in params:
        return None
    callees, last = graph.once(Callees), owner[1].rpartition(".")[2]
    calls = [
        call
        for call in graph.facts("call")
        if call.name.rpartition(".")[2] == last and owner in callees.targets(call.at.path, call.name)
    ]
    given = [argument_of(call, owner[1], params, name) for call in calls]
    told = [one.get("const") if isinstance(one, Mapping) else one for one in given]
    return calls[0].at if calls and all(one is wanted for one in told) else None
