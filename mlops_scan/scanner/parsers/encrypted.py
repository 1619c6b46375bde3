"""Files whose values are encrypted in place: what they hold is kept by a secret manager, not in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

# what the encryption leaves behind: its own block (YAML, JSON), section (INI) or variables (dotenv)
_SOPS = re.compile(rb"^(?:sops[ \t]*:|\[sops\]|sops_\w+=)|\"sops\"\s*:\s*\{", re.MULTILINE)


class EncryptedFiles(Parser):
    """A file of which each value is ciphertext and the keys stay readable."""

    patterns: ClassVar[tuple[str, ...]] = (
        "*.yaml",
        "*.yml",
        "*.json",
        "*.env",
        "*.ini",
        ".env*",
        "*.enc",
        "*.tfvars.json",
    )

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return (
            super().reads(source, tree) and b"ENC[AES256_GCM" in source.data and _SOPS.search(source.data) is not None
        )

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        match = _SOPS.search(source.data)
        if match is not None:
            line = source.data.count(b"\n", 0, match.start()) + 1
            yield Fact("encrypted", source.path, Location(source.path, line), {"by": "sops"})
