"""Saved-model directories that describe themselves: flavors, run and environment of an `MLmodel` file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser


class ModelDirectory(Parser):
    """The `MLmodel` file that describes a saved model: its flavors, run and environment."""

    patterns = ("MLmodel",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        read = yamlnodes.documents(source)
        yield from read.notes
        document = read.documents[0] if read.documents else None
        flavors = yamlnodes.child(document, "flavors")
        if not isinstance(flavors, yamlnodes.Mapping):
            return
        names = sorted(flavors)
        metadata: dict[str, Any] = {"flavors": names}
        for key in ("run_id", "mlflow_version", "model_uuid", "utc_time_created", "artifact_path"):
            if text := yamlnodes.text(document, key):
                metadata[key] = text[:200]
        for flavor in names:
            entries = flavors[flavor]
            for key, node in entries.items() if isinstance(entries, yamlnodes.Mapping) else ():
                if key.endswith("_version") and isinstance(node, yamlnodes.Scalar):
                    metadata[key] = str(node)[:200]
        framework = next((name for name in names if name != "python_function"), "python_function")
        says = {"format": "mlflow", "framework": framework, "metadata": metadata, "bytes": _folder_bytes(source, tree)}
        yield Fact("model-file", source.path, Location(source.path), says)


def _folder_bytes(source: SourceFile, tree: Tree) -> int:
    paths = tree.under(source.folder) if source.folder else (source.path,)
    return sum(found.size for path in paths if (found := tree.get(path)) is not None)
