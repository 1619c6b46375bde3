"""The architecture draft: a design document of the system as found and as it could be, for the review.

Every claim cites a file and a line; what the repository cannot tell is an open question with a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from mlops_scan.reports import escape
from mlops_scan.reports.base import Report
from mlops_scan.reports.diagram import diagram
from mlops_scan.reports.inventory import inventory
from mlops_scan.reports.narrative import sentence
from mlops_scan.scanner.model import Evidence, Finding, Severity, Status
from mlops_scan.scanner.result import Result

_SHOWN = 3
_LIKELIHOOD = {1: "low", 2: "medium", 3: "high"}
_IMPACT = {Severity.NOTE: "low", Severity.WARNING: "medium", Severity.ERROR: "high"}
_COSTS = ("serving compute", "storage", "monitoring", "total")
# implementation phases of the template -> which absences and concerns they close
_PHASES = (
    ("Phase 1, weeks 1 and 2: serving and basic monitoring", ("serving", "security", "reproducibility")),
    ("Phase 2, weeks 3 and 4: drift and retraining", ("observability", "tooling")),
    ("Phase 3, month 2: A/B tests and cost", ("optimization", "cost")),
)


class Architecture(Report):
    format = "architecture"

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("mlops_scan.reports", "templates"),
            autoescape=False,  # noqa: S701  (Markdown, not HTML: every text of the repository passes `md`, `code` or `link`)
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
        )
        environment.filters.update(md=escape.markdown, code=escape.code, cell=_cell)
        environment.globals["link"] = _link
        return environment.get_template("architecture.md").render(_context(result))


def _context(result: Result) -> dict[str, Any]:
    advice = {one.topic: one for one in result.recommendations}
    questions = {one.about: number for number, one in enumerate(result.questions, start=1)}
    findings = list(result.open_findings)
    rows, more = inventory(result)
    return {
        "name": result.name,
        "summary": sentence(result),
        "profile": result.profile,
        "diagram": diagram(result) if result.profile.is_ml else "",
        "capabilities": _capabilities(result.capabilities),
        "systems": result.systems,
        "inventory": rows,
        "inventory_more": more,
        "stack": advice.get("serving-stack"),
        "monitoring": advice.get("monitoring-plan"),
        "retraining": advice.get("retraining-trigger"),
        "rollout": advice.get("rollout-plan"),
        "serving_places": _places(result.capabilities, "serving"),
        "model_places": _places(result.capabilities, "training-framework") or _places(result.capabilities, "serving"),
        "asks": _asker(questions),
        "questions": result.questions,
        "findings": findings,
        "risks": [_risk(finding) for finding in findings if finding.severity > Severity.NOTE],
        "phases": [(title, _todo(findings, concerns)) for title, concerns in _PHASES],
        "costs": _COSTS,
        "coverage": result.coverage,
        "advice": result.recommendations,
    }


def _asker(questions: Mapping[str, int]) -> Any:
    def asks(*about: str) -> str:
        """'not in the repository (question 2)': what is not known here, with the question that would tell."""
        numbers = [str(questions[one]) for one in about if one in questions]
        return f"not in the repository (question {', '.join(numbers)})" if numbers else "not in the repository"

    return asks


def _capabilities(found: tuple[Evidence, ...]) -> list[tuple[str, str, str, list[Evidence]]]:
    rows = []
    for (capability, tool, status), group in groupby(found, key=lambda one: (one.capability, one.tool, one.status)):
        rows.append((capability, tool, status.value, list(group)[:_SHOWN]))
    used = {capability for capability, _, status, _ in rows if status == Status.USED.value}
    return [row for row in rows if row[2] == Status.USED.value or row[0] not in used]


def _places(found: tuple[Evidence, ...], capability: str) -> list[Evidence]:
    return [one for one in found if one.capability == capability and one.status is Status.USED][:_SHOWN]


def _todo(findings: list[Finding], concerns: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """What to do: one entry a rule, with the first places and the number of the rest."""
    todo: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.concern in concerns:
            todo.setdefault(finding.rule, []).append(finding)
    return [
        {
            "rule": rule,
            "places": found[:_SHOWN],
            "more": len(found[_SHOWN:]),
            "what": found[0].remedy or found[0].message,
        }
        for rule, found in todo.items()
    ]


def _risk(finding: Finding) -> Mapping[str, Any]:
    return {
        "risk": finding.message,
        "at": finding.at,
        "likelihood": _LIKELIHOOD[int(finding.confidence)],
        "impact": _IMPACT[finding.severity],
        "mitigation": finding.remedy or f"see mlops-scan explain {finding.rule}",
    }


def _link(place: Any) -> str:
    """A Markdown link to the line of a Location, a Place, an Evidence or a Finding."""
    at = place if hasattr(place, "path") else place.at
    return escape.link(at.path, at.line)


def _cell(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return escape.markdown(text).replace("\n", " ")
