"""SARIF 2.1.0 for GitHub code scanning: one run, every rule that ran, open findings only, no absolute path, no time.

sarif-om has no serialiser, and the usual one drops levels that equal a default; `_plain` writes them all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import mlops_scan
from mlops_scan.reports import pages
from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import json_text, printable
from mlops_scan.reports.json import fingerprint
from mlops_scan.reports.sources import Sources
from mlops_scan.scanner.model import Finding, Location, Place, RuleInfo, Severity
from mlops_scan.scanner.result import Coverage, Result

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_RELATED = 10
_TOGETHER = 10  # messages of one alert
_NOTICES = 1000
_RESULTS = 5000  # GitHub keeps the most severe 5,000, and refuses a file of over 25,000


class Sarif(Report):
    format = "sarif"
    linked = False

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        return json_text(json.dumps(_plain(_log(result)), indent=2, ensure_ascii=False)) + "\n"


def _log(result: Result) -> Any:
    import sarif_om as om

    return om.SarifLog(version="2.1.0", schema_uri=_SCHEMA, runs=[_run(result)])


def _run(result: Result) -> Any:
    import sarif_om as om

    sources = Sources(result)
    index = {info.name: number for number, info in enumerate(result.rules)}
    merged = list(_merged(result.open_findings, sources))
    shown = sorted(sorted(merged, key=lambda one: -one[1].severity)[:_RESULTS], key=lambda one: one[1].order)
    return om.Run(
        tool=om.Tool(driver=_driver(result.rules)),
        automation_details=om.RunAutomationDetails(id=f"mlops-scan/{sources.category}"),
        column_kind="unicodeCodePoints",
        original_uri_base_ids={_BASE: om.ArtifactLocation(description=om.Message(text="The root of the repository."))},
        invocations=[_invocation(result.coverage, sources, left_out=len(merged) - len(shown))],
        results=[_result(finding, key, index[finding.rule], sources) for key, finding in shown],
    )


def _driver(rules: Iterable[RuleInfo]) -> Any:
    import sarif_om as om

    return om.ToolComponent(
        name="mlops-scan",
        version=mlops_scan.__version__,
        semantic_version=mlops_scan.__version__,
        information_uri="https://github.com/mlops-scan/mlops-scan",
        rules=[_rule(info) for info in rules],
    )


def _rule(info: RuleInfo) -> Any:
    import sarif_om as om

    security = info.concern == "security"
    properties: dict[str, Any] = {
        "tags": ["mlops", info.concern] if security else ["mlops", "maintainability", info.concern],
        "precision": info.confidence.label,
        "problem.severity": _PROBLEM[info.severity],
    }
    if security:
        properties["security-severity"] = {Severity.ERROR: "8.0", Severity.WARNING: "6.0", Severity.NOTE: "3.0"}[
            info.severity
        ]
    return om.ReportingDescriptor(
        id=info.name,
        name="".join(part.capitalize() for part in info.name.split("-")),
        short_description=om.MultiformatMessageString(text=f"{info.title}."),
        full_description=om.MultiformatMessageString(text=pages.summary(info)),
        help=om.MultiformatMessageString(text=info.doc, markdown=f"# {info.doc}"),
        help_uri=pages.link(info),
        default_configuration=om.ReportingConfiguration(level=info.severity.label),
        properties=properties,
    )


def _merged(findings: Iterable[Finding], sources: Sources) -> Iterator[tuple[str, Finding]]:
    """(line hash, finding): GitHub shows results of one rule, file and line hash as one alert, which names them all."""
    alerts: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        if sources.exists(finding.at.path):
            key = sources.line_hash(finding.at)
            alerts.setdefault((finding.rule, finding.at.path, key), []).append(finding)
    for (_, _, key), (first, *others) in alerts.items():
        messages = list(dict.fromkeys(one.message for one in (first, *others)))
        more = [f"And {len(messages) - _TOGETHER} more."] if len(messages) > _TOGETHER else []
        yield key, replace(first, message=" ".join([*messages[:_TOGETHER], *more])) if others else first


def _result(finding: Finding, key: str, index: int, sources: Sources) -> Any:
    import sarif_om as om

    related = [place for place in finding.places[1:] if sources.exists(place.at.path)][:_RELATED]
    result = om.Result(
        rule_id=finding.rule,
        rule_index=index,
        level=finding.severity.label,
        message=om.Message(text=_message(finding, related)),
        locations=[om.Location(physical_location=_physical(finding.at, sources, context=True))],
        partial_fingerprints={"primaryLocationLineHash": key, "mlopsScan/v1": fingerprint(finding)},
    )
    if related:
        result.related_locations = [_related(number, place, sources) for number, place in enumerate(related, start=1)]
    chain = [place for place in finding.chain if sources.exists(place.at.path)]
    if chain:
        steps = [*chain, Place(finding.at, finding.places[0].note or finding.message)]
        result.code_flows = [
            om.CodeFlow(thread_flows=[om.ThreadFlow(locations=[_step(one, sources) for one in steps])])
        ]
    return result


def _message(finding: Finding, related: list[Place]) -> str:
    text = _escaped(finding.message)
    if finding.remedy:
        text += f" Fix: {_escaped(finding.remedy)}"
    if related:
        links = [
            f"[{_escaped(place.note or str(place.at))}]({number})" for number, place in enumerate(related, start=1)
        ]
        text += f" See also: {'; '.join(links)}."
    return text


def _escaped(text: str) -> str:
    """Text that holds no link: brackets are escaped as SARIF wants them (SARIF 2.1.0, section 3.11.6)."""
    return re.sub(r"([\[\]\\])", r"\\\1", printable(" ".join(text.split())))


def _related(number: int, place: Place, sources: Sources) -> Any:
    import sarif_om as om

    message = om.Message(text=_escaped(place.note or str(place.at)))
    return om.Location(id=number, physical_location=_physical(place.at, sources), message=message)


def _step(place: Place, sources: Sources) -> Any:
    import sarif_om as om

    location = om.Location(
        physical_location=_physical(place.at, sources), message=om.Message(text=_escaped(place.note or str(place.at)))
    )
    return om.ThreadFlowLocation(location=location)


def _physical(at: Location, sources: Sources, *, context: bool = False) -> Any:
    import sarif_om as om

    region = om.Region(start_line=sources.clamp(at.path, at.line))
    text = sources.line(at.path, region.start_line)
    if at.column > 1 and at.column <= len(text) + 1:
        region.start_column = at.column
    if text.strip():
        region.snippet = om.ArtifactContent(text=text)
    location = om.PhysicalLocation(
        artifact_location=om.ArtifactLocation(uri=sources.uri(at.path), uri_base_id=_BASE), region=region
    )
    around = sources.around(at.path, region.start_line) if context and text.strip() else None
    if around is not None:
        first, last, lines = around
        location.context_region = om.Region(start_line=first, end_line=last, snippet=om.ArtifactContent(text=lines))
    return location


def _invocation(coverage: Coverage, sources: Sources, left_out: int) -> Any:
    import sarif_om as om

    notices = [
        om.Notification(
            level="warning",
            message=om.Message(text=_escaped(note.reason)),
            locations=[om.Location(physical_location=_physical(note.at, sources))],
        )
        for note in coverage.unreadable[:_NOTICES]
        if sources.exists(note.at.path)
    ]
    if left_out:
        text = f"{left_out} results beyond the {_RESULTS} most severe are left out; the JSON report holds all."
        notices.append(om.Notification(level="warning", message=om.Message(text=text)))
    return om.Invocation(execution_successful=True, tool_execution_notifications=notices or None)


def _plain(value: Any) -> Any:
    """sarif-om objects as JSON data: None and the -1 sentinels left out, every level written."""
    fields = getattr(type(value), "__attrs_attrs__", None)
    if fields is None:
        if isinstance(value, dict):
            return {key: _plain(one) for key, one in value.items()}
        return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
    written = {}
    for field in fields:
        one = getattr(value, field.name)
        if one is None or one == -1 or field.name == "kind" or (field.name == "rank" and one == -1.0):
            continue
        if one == field.default and field.name not in ("level", "execution_successful"):
            continue
        written[field.metadata["schema_property_name"]] = _plain(one)
    return written
