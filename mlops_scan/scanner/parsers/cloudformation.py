"""CloudFormation and SAM templates, YAML or JSON: each resource with its properties, intrinsics evaluated where the
template's own defaults tell; the containers, schedules and workflows that resources hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_TEMPLATE = re.compile(
    rb"AWSTemplateFormatVersion|Transform[\"']?[ \t]*:[ \t]*[\"']?AWS::|Type[\"']?[ \t]*:[ \t]*[\"']?AWS::"
)


class CloudFormationTemplates(Parser):
    """Resources by logical id; one whose condition does not hold by default is switched off."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml", "*.json", "*.template")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and b"Resources" in source.data and _TEMPLATE.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.parsers.parts import cloudformation_resources  # few repositories need it

        yield from cloudformation_resources.facts(source, tree)
