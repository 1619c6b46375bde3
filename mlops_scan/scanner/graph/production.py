"""Whether a path belongs to the system: by what lies beside it, and by what comes to run it."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph.reach import PRODUCTION
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.graph.workloads import Workload


class Known(Protocol):
    """What of the graph is asked here."""

    files: tuple[str, ...]
    training: tuple[Use, ...]
    online: tuple[Use, ...]
    batch: tuple[Use, ...]

    def workloads(self) -> tuple[Workload, ...]: ...
    def mark(self, node: str) -> str: ...


class Production:
    """The paths of a repository that are no example, sample or earlier release beside the system; each asked once."""

    def __init__(self, graph: Known) -> None:
        self._graph = graph
        self._archive = paths.superseded(graph.files)
        self._found: dict[str, bool] = {}

    def includes(self, path: str) -> bool:
        if path not in self._found:
            self._found[path] = self._includes(path)
        return self._found[path]

    def _includes(self, path: str) -> bool:
        if self._archive and any(path.startswith(f"{one}/") for one in self._archive):
            return False
        beside = paths.is_example(path) and self._stands_beside
        return not beside or self._graph.mark(f"file:{path}") == PRODUCTION

    @cached_property
    def _stands_beside(self) -> bool:
        """Whether something that is no example does the work."""
        graph = self._graph
        acts = (use.at for use in (*graph.training, *graph.online, *graph.batch))
        return not all(paths.is_example(at.path) for at in (*acts, *(one.at for one in graph.workloads())))
