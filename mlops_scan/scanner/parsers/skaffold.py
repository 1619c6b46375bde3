"""Images that skaffold.yaml builds: its artifacts, and those of its profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_BUILDERS = ("docker", "kaniko")
_OTHERS = frozenset(("bazel", "buildpacks", "custom", "jib", "ko"))  # builders that read no Dockerfile


class Skaffold(Parser):
    """An `image-build` for each artifact that a Dockerfile makes."""

    patterns: ClassVar[tuple[str, ...]] = ("skaffold.yaml", "skaffold.yml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and b"artifacts" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents:
            profiles = [one for one in yamlnodes.items(document, "profiles") if isinstance(one, Mapping)]
            for holder in (document, *profiles):
                for one in yamlnodes.items(yamlnodes.child(holder, "build"), "artifacts"):
                    if isinstance(one, Mapping) and yamlnodes.text(one, "image") and _OTHERS.isdisjoint(one):
                        yield from _artifact(source, one)


def _artifact(source: SourceFile, artifact: Mapping) -> Iterator[Fact]:
    file = next((found for one in _BUILDERS if (found := yamlnodes.text(artifact, one, "dockerfile"))), "")
    says = {
        "context": yamlnodes.text(artifact, "context") or ".",
        "dockerfile": file,
        "folder": source.folder,
        "inside": True,
    }
    name = yamlnodes.text(artifact, "image")[: bounds.FACT_TEXT]
    kept = {key: value for key, value in says.items() if value}
    yield Fact("image-build", name, yamlnodes.at(source.path, artifact, "image"), kept)
