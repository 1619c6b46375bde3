"""What a chart depends on, as Chart.yaml (or the older requirements.yaml) lists it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.gotemplate.functions.semver import satisfies
from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError
from mlops_scan.scanner.formats.yamlnodes import Mapping, Repository

ANCHOR = "Chart.yaml"


@dataclass(frozen=True, slots=True)
class Dependency:
    """An entry of `dependencies`; `line` is where it stands in `path`."""

    name: str
    version: str
    repository: str
    condition: str
    alias: str
    tags: tuple[str, ...]
    imports: tuple[str | tuple[str, str], ...]  # 'exports' key, or (child path, parent path)
    path: str
    line: int

    @property
    def local(self) -> str:
        """The path of a `file://` dependency, else ''."""
        return self.repository.removeprefix("file://") if self.repository.startswith("file://") else ""


def fits(constraint: str, version: str) -> bool:
    """Whether a version fits; no constraint, or the very same text, always does."""
    try:
        return not constraint or constraint == version or satisfies(constraint, version)
    except TemplateError:
        return False


def declared(tree: Repository, folder: str, node: Mapping) -> Iterator[Dependency]:
    """Those of Chart.yaml, or of the requirements.yaml that charts of the first API version have."""
    path: str = posixpath.join(folder, ANCHOR)
    holder: yamlnodes.Node | None = node
    if "dependencies" not in node:
        path = posixpath.join(folder, "requirements.yaml")
        source = tree.get(path)
        found = yamlnodes.documents(source).documents if source is not None else ()
        holder = found[0] if found else None
    for entry in yamlnodes.items(holder, "dependencies"):
        if isinstance(entry, Mapping) and yamlnodes.text(entry, "name"):
            yield _dependency(entry, path)


def _dependency(entry: Mapping, path: str) -> Dependency:
    texts = {key: yamlnodes.text(entry, key) for key in ("name", "version", "repository", "condition", "alias")}
    tags = tuple(str(tag) for tag in yamlnodes.items(entry, "tags") if isinstance(tag, str))
    imports = tuple(_import(one) for one in yamlnodes.items(entry, "import-values"))
    line = entry.places.get("name", (entry.line, 1))[0]
    return Dependency(**texts, tags=tags, imports=imports, path=path, line=line)


def _import(node: yamlnodes.Node) -> str | tuple[str, str]:
    if isinstance(node, Mapping):
        return yamlnodes.text(node, "child"), yamlnodes.text(node, "parent")
    return str(node)
