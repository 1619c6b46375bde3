"""Text for a terminal: what is there, then what is wrong by concern, then what was not read and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import printable
from mlops_scan.reports.narrative import sentence
from mlops_scan.scanner.model import Evidence, Finding, Place, Severity, Status
from mlops_scan.scanner.result import Result

CONCERNS = ("serving", "optimization", "tooling", "observability", "reproducibility", "security", "cost")
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_PLACES = 3  # places shown for one capability
_RELATED = 4
_STEPS = 8  # of a chain of links
_NOTICES = 8


class Text(Report):
    """Plain lines; with `color`, the same lines styled by rich. In full: also the chain that led to each finding."""

    format = "text"
    linked = False

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        lines = list(_lines(result, width, self.full))
        if not color:
            return "\n".join(text for text, _ in lines) + "\n"
        return _styled(lines, width)


def _lines(result: Result, width: int, full: bool) -> Iterator[tuple[str, str]]:
    """(text, style) of every line."""
    yield sentence(result), "bold"
    if result.profile.is_ml:
        yield from _capabilities(result.capabilities)
    yield from _findings(result, width, full)
    yield from _unread(result)
    yield from _advice(result)
    yield "", ""
    yield _closing(result), "dim"


def _capabilities(found: Iterable[Evidence]) -> Iterator[tuple[str, str]]:
    rows = [row for _, group in groupby(found, key=lambda one: one.capability) for row in _rows(list(group))]
    if not rows:
        return
    yield "", ""
    yield "WHAT IS THERE", "bold"
    first = max(len(row[0]) for row in rows)
    second = min(max(len(row[1]) for row in rows), 28)
    for name, tool, state, where in rows:
        style = "" if state == Status.USED.value else "dim"
        yield f"  {name:<{first}}  {tool:<{second}}  {state:<12}  {where}".rstrip(), style


def _rows(evidence: list[Evidence]) -> Iterator[tuple[str, str, str, str]]:
    """One row a tool; a tool that is used is not told again as declared. Weaker states only where nothing is used."""
    name = evidence[0].capability.replace("-", " ")
    used = [one for one in evidence if one.status is Status.USED]
    for tool, group in groupby(used or evidence, key=lambda one: (one.tool, one.status)):
        found = list(group)
        places = list(dict.fromkeys(str(one.at) for one in found))
        more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        state = "switched off" if tool[1] is Status.DISABLED else tool[1].value
        hangs = f" (only where {only})" if (only := _condition(found)) else ""
        yield name, printable(tool[0]), state, printable(", ".join(places[:_PLACES])) + more + printable(hangs)
        name = ""


def _condition(found: list[Evidence]) -> str:
    """What a cluster must have for any of it to be there."""
    return found[0].only_where if all(one.only_where for one in found) else ""


def _findings(result: Result, width: int, full: bool) -> Iterator[tuple[str, str]]:
    shown = result.open_findings
    ignored = len(result.findings) - len(shown)
    yield "", ""
    if not shown:
        rest = f" ({ignored} ignored)" if ignored else ""
        yield f"0 findings{rest}.", "green"
        return
    yield f"FINDINGS  {counts(shown)}" + (f" ({ignored} ignored)" if ignored else ""), "bold"
    for concern in sorted({one.concern for one in shown}, key=_rank):
        yield "", ""
        yield concern, "bold underline"
        for finding in shown:
            if finding.concern == concern:
                yield from _finding(finding, width, full)


def _rank(concern: str) -> tuple[int, str]:
    return (CONCERNS.index(concern) if concern in CONCERNS else len(CONCERNS), concern)


def counts(findings: Iterable[Finding]) -> str:
    """'1 error, 4 warnings, 2 notes'."""
    number = Counter(finding.severity for finding in findings)
    parts = [
        f"{number[severity]} {severity.label}{'s' if number[severity] != 1 else ''}"
        for severity in sorted(Severity, reverse=True)
        if number[severity]
    ]
    return ", ".join(parts) or "0 findings"


def _finding(finding: Finding, width: int, full: bool) -> Iterator[tuple[str, str]]:
    place = printable(f"{finding.at.path}:{finding.at.line}:{finding.at.column}")
    head = f"  {finding.severity.label:<8} {finding.rule}"
    yield f"{head:<{max(0, width - len(place) - 1)}} {place}", _STYLES[finding.severity]
    yield f"           {printable(finding.message)}", ""
    for related in _related(finding, full):
        yield f"             {printable(str(related.at)):<28}  {printable(related.note)}".rstrip(), "dim"
    if finding.looked_for:
        yield f"           looked for: {printable(finding.looked_for)}", "dim"
    if finding.remedy:
        yield f"           fix: {printable(finding.remedy)}", "green"


def _related(finding: Finding, full: bool) -> Iterable[Place]:
    """Other places, then in full the chain of links that led here: each line once."""
    shown: dict[tuple[str, int], Place] = {}
    for place in (*finding.places[1 : _RELATED + 1], *finding.chain[: _STEPS * full]):
        shown.setdefault((place.at.path, place.at.line), place)
    return shown.values()


def _unread(result: Result) -> Iterator[tuple[str, str]]:
    notes = result.coverage.unreadable
    if not notes:
        return
    yield "", ""
    yield "NOT READ", "bold"
    for note in notes[:_NOTICES]:
        yield f"  {printable(str(note.at))}  {printable(note.reason)}", "dim"
    if len(notes) > _NOTICES:
        yield f"  ... and {len(notes) - _NOTICES} more (--format json lists them all)", "dim"


def _advice(result: Result) -> Iterator[tuple[str, str]]:
    if not result.recommendations:
        return
    yield "", ""
    yield "ADVICE", "bold"
    for one in result.recommendations:
        yield f"  {one.topic.replace('-', ' ')}: {printable(one.choice)}", ""


def _closing(result: Result) -> str:
    files = result.coverage
    left = f", {len(files.skipped)} left out" if files.skipped else ""
    unread = f", {len({note.at.path for note in files.unreadable})} with unread parts" if files.unreadable else ""
    ran = f"{len(result.rules)} rule{'s' if len(result.rules) != 1 else ''}"
    rules = f"{ran} over {files.parsed} of {files.files} files{left}{unread}"
    if not result.profile.is_ml:
        return f"{rules} in {result.seconds:.2f} s."
    more = " Details: mlops-scan explain RULE." if result.open_findings else ""
    return f"{rules} in {result.seconds:.2f} s.{more} The review paper: mlops-scan draft"


def _styled(lines: list[tuple[str, str]], width: int) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.text import Text as RichText

    console = Console(file=StringIO(), force_terminal=True, width=max(width, 200), highlight=False, soft_wrap=True)
    with console.capture() as capture:
        for text, style in lines:
            console.print(RichText(text, style=style))
    return capture.get()
