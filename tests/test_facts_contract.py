"""Every fact that a parser emits over the fixtures is described in docs/facts.md."""

from __future__ import annotations

import re
from pathlib import Path

from mlops_scan import plugins
from mlops_scan.scanner import files, parsers
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.parsers.base import Parser

ROOT = Path(__file__).parent.parent
ALWAYS = {"state", "environment", "only_where", "why", "cell", "packed"}


def contract() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `([\w-]+)` \| [^|]+ \| (.*) \|$", (ROOT / "docs" / "facts.md").read_text(), re.MULTILINE)
    return {kind: set(re.findall(r"`(\w+)`", says)) | ALWAYS for kind, says in rows}


def test_parsers_keep_the_contract() -> None:
    known = contract()
    wrong: set[str] = set()
    sources = files.walk(ROOT / "fixtures")
    tree = files.Tree(ROOT / "fixtures", sources)
    readers = [parser() for parser in plugins.load(parsers, Parser)]
    for source in sources:
        for reader in readers:
            if reader.reads(source, tree):
                for item in reader.parse(source, tree):
                    if isinstance(item, Fact):
                        unknown = set(item.says) - known.get(item.kind, set())
                        wrong |= {f"{type(reader).__name__}: {item.kind}.{key}" for key in unknown}
                        wrong |= {f"{type(reader).__name__}: kind {item.kind}"} - {
                            f"{type(reader).__name__}: kind {kind}" for kind in known
                        }
    assert not wrong
