"""What every chooser is, and how decision tables are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.result import Question, Recommendation


class Chooser:
    """Chooses from one decision table over the profile and the graph, and says what decided."""

    topic: ClassVar[str]

    def choose(self, graph: Graph) -> Iterator[Recommendation]:
        """Yield what to recommend, with the places that decided; nothing where the topic does not arise."""
        raise NotImplementedError

    def questions(self, graph: Graph) -> Iterator[Question]:
        """Yield what the repository cannot tell and the choice depends on."""
        raise NotImplementedError


@cache
def table(name: str) -> Mapping[str, Any]:
    """The decision table `<name>.yaml` beside this file. Ours, so read with the safe loader and no bounds."""
    import yaml

    loaded: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded
