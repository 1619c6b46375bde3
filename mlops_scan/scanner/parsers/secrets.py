"""Credentials in any text file as their provider writes them, and in settings by the name of their variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import credentials, environmentkeys, keyformats
from mlops_scan.scanner.formats.keyformats import Credential
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser, matches

_SECRETS_PER_FILE = 50
# who hands variables to what it starts, in the notation of each platform; code and .env files are read for themselves
_SETTINGS = (
    "*.yaml", "*.yml", "*.json", "*.toml", "*.sh", "*.bash", "*.sbatch", "*.slurm", "*.ps1", "*.bat", "*.tf",
    "*.tfvars", "*.conf", "*.service", "*.mk", "Makefile", "makefile", "justfile", "Justfile", "Jenkinsfile",
    "Procfile",
)  # fmt: skip
# charts, manifests and compose files have readers that know for whom a value is; examples are there to be filled in
_KNOWN = re.compile(
    r"(?:^|/)(?:templates|charts)/|(?:^|/)(?:[\w.-]*compose[\w.-]*|values[\w.-]*)\.ya?ml\Z"
    r"|(?:^|[/._-])(?:example|sample|template|dist)[\w.-]*\Z"
)
_OBJECT = b"apiVersion:"


class Secrets(Parser):
    """Any text file, whatever it is called. Left out: data, and generated files, with texts as long."""

    patterns: ClassVar[tuple[str, ...]] = ("*",)
    passed_over: ClassVar[tuple[str, ...]] = (
        "*.lock", "*-lock.json", "*-lock.yaml", "*.lock.json", "*.sum", "*.min.js", "*.min.css", "*.map", "*.svg",
        "*.csv", "*.tsv", "*.jsonl", "*.ndjson", "*.parquet", "*.png", "*.jpg", "*.jpeg", "*.gif", "*.pdf", "*.zip",
        "*.gz", "*.whl",
    )  # fmt: skip

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if matches(source.path, self.passed_over) or source.size > bounds.FILE_BYTES or source.binary:
            return False
        return bool(_credentials(source))

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        first: dict[str, int] = {}  # where each value stood first: that tells the same one again, and not what it is
        for one in _credentials(source)[:_SECRETS_PER_FILE]:
            at = _location(source, one.start)
            if at is not None:
                line = first.setdefault(one.value, at.line)
                how = "name" if one.kind.isupper() else "format"
                says = {"redacted": credentials.redact(one.value), "how": how, "first": line}
                yield Fact("secret", one.kind, at, says)


def _credentials(source: SourceFile) -> list[Credential]:
    return source.memo("credentials", lambda: sorted(_found(source), key=lambda one: one.start))


def _found(source: SourceFile) -> Iterator[Credential]:
    """Those in a format, and those by name that have none."""
    told: set[int] = set()
    for one in keyformats.find(source.data):
        told.add(one.start)
        yield one
    if matches(source.path, _SETTINGS) and not _KNOWN.search(source.path) and _OBJECT not in source.data:
        yield from (one for one in environmentkeys.find(source.data) if one.start not in told)


def _location(source: SourceFile, start: int) -> Location | None:
    """The place of a byte; None in a line so long that it is data."""
    data = source.data
    begin = data.rfind(b"\n", 0, start) + 1
    end = data.find(b"\n", start)
    if (len(data) if end < 0 else end) - begin > bounds.LINE_CHARS:
        return None
    line = data.count(b"\n", 0, start) + 1
    return Location(source.path, line, len(data[begin:start].decode(errors="replace")) + 1)
