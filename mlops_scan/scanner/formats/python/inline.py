"""Python in a command line, `python -c "..."`: the calls that it makes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from mlops_scan.scanner.formats.python import module
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.walk import Walker
from mlops_scan.scanner.model import Fact, Location

_PYTHON = re.compile(r"(?:.*/)?python[\d.]*\Z")
_MOST = 20_000  # characters of such a program
_VARIABLE = re.compile(r"\$\(\w[\w.]*\)|\$\{\{[^}]*\}\}")


def calls(argv: Sequence[str], path: str, place: tuple[int, int], says: dict[str, Any]) -> Iterator[Fact]:
    """The calls of the program after `-c`, each at its own line where the program is written over several.

    Nothing where it does not parse. `says` is added to what each call says.
    """
    if len(argv) < 3 or "-c" not in argv[1:-1] or not _PYTHON.match(argv[0]):
        return
    code = argv[argv.index("-c", 1) + 1]
    if "(" not in code or len(code) > _MOST:
        return
    source = Source(path, textwrap.dedent(_VARIABLE.sub("_", code)).encode("utf-8", "replace"), "")
    try:
        tree = module.parse(source.data)
    except module.ERRORS:
        return
    for fact in Walker(source).walk(tree):
        if isinstance(fact, Fact) and fact.kind == "call":
            kept = {key: value for key, value in fact.says.items() if key != "module"}
            line = place[0] + fact.at.line - 1
            column = place[1] if line == place[0] else fact.at.column
            yield Fact("call", fact.name, Location(path, line, column), {**kept, **says})
