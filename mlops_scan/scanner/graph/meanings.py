"""What single commands, calls and resources are for: by the roles that the catalogue gives them, and by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.graph.placed import Placed
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.model import Fact, Location

_BY_ROLE = {
    "trains": "train",
    "batch-scoring": "score",
    "predicts": "score",
    "evaluates": "evaluate",
    "drift-check": "monitor",
    "drift-monitoring": "monitor",
    "deploys": "deploy",
    "runs-tests": "test",
    "checks-code": "test",
    "persists-model": "keep",
    "registers-model": "keep",
}
_STARTERS = ("starts-pipeline", "pipeline-orchestration", "schedules")
_SPOKEN = (  # of a pipeline that is started by its name
    ("train", re.compile(r"(?:^|[^a-z])(?:re-?)?train", re.IGNORECASE)),
    ("score", re.compile(r"(?:^|[^a-z])(?:scor|predict|infer|batch)", re.IGNORECASE)),
    ("monitor", re.compile(r"drift|monitor", re.IGNORECASE)),
)
_TEXT = 400  # characters of a command or call that are asked for a name


class Meanings:
    """What commands and calls are for, by the node that owns them and by the function that they stand in."""

    def __init__(self, graph: Graph) -> None:
        self.of_owners: dict[str, set[str]] = {}
        self.of_functions: dict[tuple[str, str], set[str]] = {}
        self._graph = graph
        self._placed: Placed[Use] | None = None  # calls and commands of code
        self.active = {f"job:{one.get('owner')}" for one in graph.all_facts("action", "command")}
        monitors = (use.fact for use in graph.uses("monitor") if use.fact.kind == "resource")
        self.watching = {f"resource:{one.get('id')}" for one in monitors}
        self.of_owners.update((node, {"monitor"}) for node in self.watching)
        self.conditional = [one for one in graph.facts("job") if one.get("state") or one.get("when")]
        for use in graph.uses(*_BY_ROLE, *_STARTERS):
            if use.disabled:
                continue
            if use.fact.kind == "call":
                function = (use.at.path, str(use.fact.says.get("function") or ""))
                self.of_functions.setdefault(function, set()).update(_meant(use))
            elif use.fact.kind == "command" and not str(use.fact.says.get("where") or "").startswith("dockerfile"):
                self.of_owners.setdefault(owner_id(use.fact), set()).update(_meant(use))
            elif use.fact.kind == "resource" and use.fact.says.get("id"):
                self.of_owners.setdefault(f"resource:{use.fact.says.get('id')}", set()).update(_meant(use))
            elif use.fact.kind == "action":
                self.of_owners.setdefault(f"job:{use.fact.says.get('owner')}", set()).update(_meant(use))

    def within(self, place: Location) -> set[str]:
        """What the calls and commands of code within a place are for."""
        if self._placed is None:
            told = (use for use in self._graph.uses(*_BY_ROLE, *_STARTERS) if not use.disabled)
            self._placed = Placed((use.at, use) for use in told if _is_of_code(use.fact))
        return {word for use in self._placed.within(place) for word in _meant(use)}


def _is_of_code(fact: Fact) -> bool:
    return fact.kind == "call" or fact.says.get("where") == "python"


def _meant(use: Use) -> Iterator[str]:
    if use.key in _BY_ROLE:
        yield _BY_ROLE[use.key]
        return
    argv = use.fact.get("argv") or [str(one) for one in (use.fact.get("args") or ())]
    text = " ".join([*map(str, argv), *map(str, (use.fact.get("kwargs") or {}).values())])[:_TEXT]
    yield from (word for word, spoken in _SPOKEN if spoken.search(text))
