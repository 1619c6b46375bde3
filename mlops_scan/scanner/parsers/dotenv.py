"""Files of environment variables: .env, .env.production, settings.env."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*"""
    r"""(?:"(?P<double>(?:[^"\\]|\\.){0,8000})"|'(?P<single>[^']{0,8000})'|(?P<bare>[^\n]*)$)""",
    re.MULTILINE,
)
_BUILDER = ".s2i/environment"  # what a build from source sets in the image
_COMMENT = re.compile(r"[ \t]#")


class DotEnv(Parser):
    """Templates of such a file (.env.example) are read like the others: the path tells what they are."""

    patterns: ClassVar[tuple[str, ...]] = (".env", ".env.*", "*.env", ".envrc", "environment")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        named = source.path.rpartition("/")[2] != "environment" or source.path.endswith(_BUILDER)
        return named and super().reads(source, tree) and not source.binary

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        line, start = 1, 0
        for number, match in enumerate(_LINE.finditer(source.text)):
            if number >= bounds.FACTS_PER_FILE:
                return
            place = match.start("name")
            line += source.text.count("\n", start, place)
            start = place
            column = place - source.text.rfind("\n", 0, place)
            bare = _COMMENT.split(match["bare"], maxsplit=1)[0] if match["bare"] else ""
            value = next(text for text in (match["double"], match["single"], bare) if text is not None)
            encrypted = value.startswith("ENC[")
            says = {"value": None if encrypted else value.strip()[: bounds.FACT_TEXT], "where": "dotenv"}
            yield Fact("env", match["name"], Location(source.path, line, column), says)
