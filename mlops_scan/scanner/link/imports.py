"""Python files to what they import: local files and distributions."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mlops_scan.scanner import catalog
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.handover import constant
from mlops_scan.scanner.graph.modules import LocalModules
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import notebook_file
from mlops_scan.scanner.model import Edge

_DYNAMIC = frozenset(("importlib.import_module", "import_module", "__import__"))


class Imports(Link):
    """`file:a.py` imports `file:b.py` or `package:numpy`; also by a name that is a text, or the default of one."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        known = catalog.load()
        local = LocalModules(graph.all_facts("module"))
        for fact in graph.all_facts("import"):
            source = f"file:{fact.at.path}"
            found = local.resolve(fact)
            for path in found:
                if path != fact.at.path:
                    yield Edge(source, "imports", f"file:{path}", fact.at)
            if (
                not found
                and not fact.says.get("relative")
                and fact.name.partition(".")[0] not in sys.stdlib_module_names
            ):
                yield Edge(source, "imports", f"package:{known.distribution_for(fact.name)}", fact.at)
        for call in graph.all_facts("call"):
            if call.name in _DYNAMIC and (name := constant(next(iter(call.says.get("args") or ()), None))):
                imported = local.find(name.lstrip("."), call.at.path)
                if imported is not None and imported != call.at.path:
                    yield Edge(f"file:{call.at.path}", "imports", f"file:{imported}", call.at)
        files = frozenset(graph.files)
        for command in graph.all_facts("command"):
            words = list(command.says.get("argv") or [])
            if command.name == "%run" and len(words) > 1:  # its names become names of the notebook
                path = notebook_file(str(words[1]), command.at.path.rpartition("/")[0], files)
                if path and path != command.at.path:
                    yield Edge(f"file:{command.at.path}", "imports", f"file:{path}", command.at)
