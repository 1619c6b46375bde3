"""`graph`: export the linked subjects, or print the chain between two of them."""

from __future__ import annotations

from pathlib import Path

import click

from mlops_scan.cli import scanning, terminal
from mlops_scan.cli.settings import Options, RejectedError, settle, write_output
from mlops_scan.reports import subjects
from mlops_scan.scanner.config import Complaint, choice
from mlops_scan.scanner.model import Node, Result

_FORMATS = {"mermaid": "mermaid", "dot": "dot", "graphml": "graphml", "json": "graph"}


def graph(options: Options, kind: str, why: tuple[str, str] | None, file: Path | None) -> int:
    """Scan, and write the graph or the chain. Exit 1: there is no chain between the two subjects."""
    known = scanning.reports()
    config = settle(options, known)
    try:
        name = _FORMATS[choice(kind, _FORMATS, "format")]
    except ValueError as error:
        raise RejectedError([Complaint("--format", str(error))]) from None
    result = scanning.scan(options, config)
    text = _chain(result, *why) if why else known[name]().render(result)
    if file is None:
        terminal.write(text)
    else:
        write_output(str(file), terminal.encoded(text))
    return int(not text)


def _chain(result: Result, first: str, second: str) -> str:
    ends = {word: subjects.named(result, word) for word in (first, second)}
    complaints = [Complaint("--why", _missing(word, found)) for word, found in ends.items() if len(found) != 1]
    if complaints:
        raise RejectedError(complaints)
    edges = subjects.chain(result, ends[first][0].id, ends[second][0].id)
    if not edges:
        click.echo(f"nothing links '{first}' with '{second}'", err=True)
    return subjects.why(edges)


def _missing(word: str, found: list[Node]) -> str:
    if not found:
        return f"no subject is called '{word}'"
    several = ", ".join(f"'{node.id}'" for node in found[:5])
    return f"'{word}' means several subjects: {several}"
