"""Which files count as read: not only those that a reader takes by themselves, but what a whole is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.model import Fact

_CHART = "Chart.yaml"
_OF_CHART = re.compile(r"(?:templates|crds|charts)/.|[^/]*values[^/]*\.(?:ya?ml|json)\Z|\.helmignore\Z|Chart\.lock\Z")
_MODULE = (".tf", ".tofu", ".tf.json", ".tofu.json")  # read at the first file of the folder


def read(tree: Tree, taken: Iterable[str], facts: Iterable[Fact]) -> int:
    """How many files were read. `taken`: those that readers took."""
    found = set(taken)
    charts = {path.rpartition("/")[0] for path in found if path.rpartition("/")[2] == _CHART}
    modules = {path.rpartition("/")[0] for path in found if path.endswith(_MODULE)}
    found.update(fact.at.path for fact in facts)
    for path in tree.paths if charts or modules else ():
        if path not in found and (_is_of_module(path, modules) or _is_of_chart(path, charts)):
            found.add(path)
    return len(found.intersection(tree.paths))


def _is_of_module(path: str, modules: set[str]) -> bool:
    return path.endswith(_MODULE) and path.rpartition("/")[0] in modules


def _is_of_chart(path: str, charts: set[str]) -> bool:
    """Whether a chart renders the file, or takes values from it."""
    folder = path.rpartition("/")[0]
    while folder not in charts:
        if not folder:
            return False
        folder = folder.rpartition("/")[0]
    return bool(_OF_CHART.match(path[len(folder) + 1 if folder else 0 :]))
