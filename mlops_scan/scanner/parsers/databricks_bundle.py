"""Databricks asset bundles: the resources they deploy, the tasks of each job, what they run, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

# searched after a line's end: a search for one character is several times as fast as one for `^`
_RESOURCES = re.compile(rb"\n[ \t]*resources[ \t]*:")
_KINDS = re.compile(
    rb"\n[ \t]+(?:jobs|pipelines|experiments|models|registered_models|model_serving_endpoints|quality_monitors|schemas|"
    rb"volumes|clusters|apps|dashboards|secret_scopes|alerts|sql_warehouses|database_\w+|synced_\w+|catalogs)[ \t]*:"
)


class DatabricksBundle(Parser):
    """`resources` of a bundle, and of its targets, each target an environment.

    What no include of the bundle's root names is not deployed: switched off. So is a paused schedule.
    """

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or b"resources" not in source.data or b"apiVersion" in source.data:
            return False
        data = b"\n" + source.data
        return _RESOURCES.search(data) is not None and _KINDS.search(data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import bundle_resources  # few repositories need it

        yield from bundle_resources.facts(source, tree)
