"""Kubernetes manifests: YAML or JSON with `apiVersion` and `kind`, whatever the file is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import kube
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_JSON_BYTES = 2 * 2**20  # larger JSON is data, not a manifest


class KubernetesManifests(Parser):
    """Objects that stand in a file as they are applied. Charts and kustomizations are rendered by their own parsers."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml", "*.json")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or (source.name.endswith(".json") and len(source.data) > _JSON_BYTES):
            return False
        if b"kind" not in source.data or b"apiVersion" not in source.data:
            return False
        if _is_chart_template(source.path, tree):
            return False
        from mlops_scan.scanner.formats import kustomize  # few repositories need it

        return source.path not in kustomize.claimed(tree)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        def locate(line: int, column: int) -> tuple[Location, tuple[()]]:
            return Location(source.path, line, column), ()

        from mlops_scan.scanner.formats import substitution

        parsed = kube.manifests(source)
        seen: Counter[str] = Counter()
        variables, holds = b"${" in source.data, b"ConfigMap" in source.data
        for document in parsed.documents:
            if isinstance(document, Mapping):
                document = substitution.substituted(tree, source.path, document) if variables else document
                identity = kube.distinct(kube.workload_id(source.path, document), seen)
                yield from kube.facts(document, locate, origin="raw", identity=identity)
                for held in kube.held(document) if holds else ():
                    identity = kube.distinct(kube.workload_id(source.path, held), seen)
                    yield from kube.facts(held, locate, origin="raw", identity=identity)
        yield from parsed.notes


def _is_chart_template(path: str, tree: Tree) -> bool:
    """Whether the file lies in the `templates` folder of a chart; the Helm parser renders it."""
    parts = path.split("/")
    return any(part == "templates" and _is_chart(parts[:index], tree) for index, part in enumerate(parts[:-1]))


def _is_chart(folder: list[str], tree: Tree) -> bool:
    """Whether `folder` is a chart, or lies among the sub-charts of one."""
    if tree.get("/".join([*folder, "Chart.yaml"])) is not None:
        return True
    return len(folder) > 1 and folder[-2] == "charts" and _is_chart(folder[:-2], tree)
