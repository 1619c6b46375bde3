"""CircleCI: jobs with their steps, `commands` followed, and images; workflows with their order and schedules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class CircleCi(Parser):
    """`.circleci/config.yml`; elsewhere than at the root it is an offer."""

    patterns: ClassVar[tuple[str, ...]] = (".circleci/*.yml", "*/.circleci/*.yml", ".circleci/*.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import circleci_pipelines  # few repositories need it

        yield from circleci_pipelines.facts(source, tree)
