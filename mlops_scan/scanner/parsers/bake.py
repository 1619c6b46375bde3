"""Files of image builds in HCL: docker-bake.hcl and its override, each target with its folder, Dockerfile and names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class Bake(Parser):
    """An `image-build` for each name that a target gives its image; variables have their defaults."""

    patterns: ClassVar[tuple[str, ...]] = ("docker-bake.hcl", "docker-bake.override.hcl", "*.docker-bake.hcl")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats.hcl import bakes  # few repositories need it

        yield from bakes.facts(source)
