"""Images that devspace.yaml builds, each from a Dockerfile seen from the file's folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_MOST = 200  # images of one file
_OTHERWISE = ("custom", "buildpacks")  # no Dockerfile is read


class Devspace(Parser):
    """An `image-build` for each entry of `images`."""

    patterns: ClassVar[tuple[str, ...]] = ("devspace.yaml", "devspace.yml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and b"images" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            images = yamlnodes.child(document, "images")
            for one in list(images.values())[:_MOST] if isinstance(images, Mapping) else ():
                if (
                    isinstance(one, Mapping)
                    and yamlnodes.text(one, "image")
                    and not any(key in one for key in _OTHERWISE)
                ):
                    yield _image(source, one)


def _image(source: SourceFile, image: Mapping) -> Fact:
    context = yamlnodes.text(image, "context") or "."
    says = {"context": context, "dockerfile": yamlnodes.text(image, "dockerfile"), "folder": source.folder}
    name = yamlnodes.text(image, "image")[: bounds.FACT_TEXT]
    kept = {key: value for key, value in says.items() if value}
    return Fact("image-build", name, yamlnodes.at(source.path, image, "image"), kept)
