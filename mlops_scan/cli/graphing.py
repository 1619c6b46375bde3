"""`graph`: export the linked subjects, or print the chain between two of them."""

from __future__ import annotations

from pathlib import Path

import click

from mlops_scan.cli import scanning, terminal
from mlops_scan.cli.settings import Options, RejectedError, settle, write_output
from mlops_scan.reports import subjects
from mlops_scan.reports.escape import printable
from mlops_scan.scanner.config import Complaint, choice
from mlops_scan.scanner.model import Node
from mlops_scan.scanner.result import Result

_SHOWN = 5
_FORMATS = {"mermaid": "mermaid", "dot": "dot", "graphml": "graphml", "json": "graph"}


def graph(options: Options, kind: str, why: tuple[str, str] | None, file: Path | None, *, full: bool = False) -> int:
    """Scan, and write the graph (`full`: nothing folded away) or the chain. Exit 1: nothing links the two subjects."""
    known = scanning.reports()
    config = settle(options, known)
    try:
        name = _FORMATS[choice(kind, _FORMATS, "format")]
    except ValueError as error:
        raise RejectedError([Complaint("--format", str(error))]) from None
    result = scanning.scan(options, config)
    report = known[name]()
    report.full = full
    text = _chain(result, *why) if why else report.render(result)
    if file is None:
        terminal.write(text)
    else:
        write_output(str(file), terminal.encoded(text))
    return int(not text)


def _chain(result: Result, first: str, second: str) -> str:
    ends = {word: subjects.meant(result, word) for word in (first, second)}
    complaints = [Complaint("--why", _missing(result, word, found)) for word, found in ends.items() if len(found) != 1]
    if complaints:
        raise RejectedError(complaints)
    source, target = ends[first][0], ends[second][0]
    for word, node in ((first, source), (second, target)):
        if others := subjects.others(result, word, node):
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            told = ", ".join(f"'{one.id}'" for one in others[:_SHOWN]) + more
            click.echo(
                f"'{printable(word)}' is taken for '{printable(node.id)}'; it may also mean {printable(told)}", err=True
            )
    edges = subjects.chain(result, source.id, target.id)
    if not edges:
        click.echo(_unlinked(result, source, target), err=True)
    return subjects.why(edges)


def _missing(result: Result, word: str, found: list[Node]) -> str:
    if found:
        several = ", ".join(f"'{node.id}' ({node.at})" for node in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return f"'{word}' means several subjects: {several}{more}"
    near = subjects.similar(result, word)
    return f"no subject is called '{word}'" + (
        f"; did you mean {' or '.join(repr(one) for one in near)}?" if near else ""
    )


def _unlinked(result: Result, source: Node, target: Node) -> str:
    """That there is no chain, and what each end is linked with."""
    if source.id == target.id:
        return f"both names mean '{printable(source.id)}'"
    lines = [f"nothing links '{printable(source.label)}' with '{printable(target.label)}'"]
    for node in (source, target):
        beside = subjects.beside(result, node.id)
        told = ", ".join(printable(one) for one in beside[:_SHOWN]) or "nothing"
        lines.append(f"  '{printable(node.id)}' is linked with {told}" + (" ..." if len(beside) > _SHOWN else ""))
    return "\n".join(lines)
