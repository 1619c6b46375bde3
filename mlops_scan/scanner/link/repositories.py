"""Images by the repository that is declared for them: `${aws_ecr_repository.api.repository_url}:1` is its name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.catalog import attribute_values
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact

_ADDRESS = re.compile(
    r"""\$\{\s*(?:data\.)?(?P<type>[a-z]\w*)\.(?P<name>[A-Za-z_][\w-]*)"""
    r"""(?:\[\s*(?P<quote>["']?)(?P<key>[^\]"'${}]*)(?P=quote)\s*\])?\.(?P<attribute>\w+)\s*\}"""
)


class Repositories:
    """The names of declared repositories, by the address under which a configuration speaks of them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._declared: dict[tuple[str, str], list[tuple[str, str, str]]] | None = None  # -> (folder, instance, name)
        self._attributes: Mapping[str, str] = {}

    def spelled(self, reference: str, path: str) -> str:
        """The reference of a file with the addresses of repositories put in, as far as the graph knows them."""
        if "${" not in reference or "." not in reference:
            return reference
        return _ADDRESS.sub(lambda match: self._put_in(match, path), reference)

    def _put_in(self, match: re.Match[str], path: str) -> str:
        declared = self._read()
        found = declared.get((match["type"], match["name"]), ())
        if not found or self._attributes[match["type"]] != match["attribute"]:
            return match[0]
        home = path.rpartition("/")[0]
        near = [one for one in found if one[0] == home] or list(found)
        keyed = [one for one in near if match["key"] and match["key"] in one[1]] or near
        names = {one[2] for one in keyed}
        return names.pop() if len(names) == 1 else match[0]

    def _read(self) -> Mapping[tuple[str, str], list[tuple[str, str, str]]]:
        if self._declared is None:
            self._declared = defaultdict(list)
            table = catalog.load().image_builds["repositories"]
            self._attributes = {kind: form["address"] for kind, form in table.items()}
            for fact in self._graph.all_facts("resource"):
                if form := table.get(str(fact.get("type"))):
                    where = fact.at.path.rpartition("/")[0], str(fact.get("instance") or "")
                    self._declared[str(fact.get("type")), fact.name].append((*where, _name(fact, form)))
        return self._declared


def _name(fact: Fact, form: Mapping[str, Any]) -> str:
    """What the repository is called; the place that declares it where that is not known."""
    for path in form["name"]:
        for value in attribute_values(fact.get("data"), path):
            text = value.get("const") if isinstance(value, Mapping) else value
            if isinstance(text, str) and text:
                return text
    return f"{fact.get('type')}/{fact.name}".lower()
