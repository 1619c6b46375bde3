"""Python files to what they import: local files and distributions."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

from mlops_scan.scanner import catalog
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.model import Edge, Fact


class Imports(Link):
    """`file:a.py` imports `file:b.py` or `package:numpy`."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        known = catalog.load()
        local = LocalModules(graph.all_facts("module"))
        for fact in graph.all_facts("import"):
            source = f"file:{fact.at.path}"
            found = local.resolve(fact)
            for path in found:
                if path != fact.at.path:
                    yield Edge(source, "imports", f"file:{path}", fact.at)
            if not found and not fact.get("relative") and fact.name.partition(".")[0] not in sys.stdlib_module_names:
                yield Edge(source, "imports", f"package:{known.distribution_for(fact.name)}", fact.at)


class LocalModules:
    """Dotted names to the repository's own files, by the longest matching tail, the nearest file first."""

    def __init__(self, modules: tuple[Fact, ...]) -> None:
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        for module in modules:
            parts = module.name.split(".")
            for start in range(len(parts)):
                self._by_tail[".".join(parts[start:])].append(module.at.path)

    def resolve(self, fact: Fact) -> tuple[str, ...]:
        """The files that an import fact names: the module, and the modules among the imported names."""
        wanted = [fact.name, *(f"{fact.name}.{name}" for name in fact.get("names") or ())]
        found = [path for name in wanted if (path := self.find(name, fact.at.path)) is not None]
        return tuple(dict.fromkeys(found))

    def find(self, name: str, origin: str) -> str | None:
        """The file of a dotted module as seen from `origin`; None when no local file fits."""
        candidates = self._by_tail.get(name)
        if not candidates:
            return None
        folder = origin.rpartition("/")[0]
        return min(candidates, key=lambda path: (-_common(path, folder), path.count("/"), path))


def _common(path: str, folder: str) -> int:
    """How many leading folders two paths share."""
    shared = 0
    for one, other in zip(path.split("/"), folder.split("/"), strict=False):
        if one != other:
            break
        shared += 1
    return shared
