"""JSON, the contract for machines: schema_version 1, described by docs/report.schema.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import mlops_scan
from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import json_text
from mlops_scan.scanner.model import Evidence, Finding, Place, Profile
from mlops_scan.scanner.result import Coverage, Recommendation, Result

SCHEMA_VERSION = 1


class Json(Report):
    format = "json"
    linked = False

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        return json_text(json.dumps(document(result), indent=2, ensure_ascii=False)) + "\n"


def document(result: Result) -> dict[str, Any]:
    """The report as JSON data. Capabilities are grouped by (capability, tool, status)."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "mlops-scan", "version": mlops_scan.__version__},
        "project": _project(result.profile),
        "capabilities": _capabilities(result.capabilities),
        "systems": [
            {"id": one.id, "name": one.name, "kind": one.kind, "members": list(one.members)} for one in result.systems
        ],
        "findings": [_finding(one) for one in result.findings],
        "recommendations": [_recommendation(one) for one in result.recommendations],
        "questions": [{"about": one.about, "ask": one.ask, "changes": list(one.changes)} for one in result.questions],
        "coverage": _coverage(result.coverage),
    }


def _project(profile: Profile) -> dict[str, Any]:
    return {
        "kind": profile.kind,
        "is_ml": profile.is_ml,
        "trains_model": profile.trains_model,
        "serves_model": profile.serves_model,
        "model_kinds": list(profile.model_kinds),
        "clouds": list(profile.clouds),
        "maturity": {
            "level": profile.maturity_level,
            "of": profile.maturity_of,
            "next": list(profile.maturity_next),
        },
    }


def _capabilities(found: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    grouped: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for one in found:
        key = (one.capability, one.tool, one.status.value)
        grouped.setdefault(key, []).append({"path": one.at.path, "line": one.at.line, "what": one.what})
    return [
        {"capability": capability, "tool": tool, "status": status, "evidence": evidence}
        for (capability, tool, status), evidence in grouped.items()
    ]


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "concern": finding.concern,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "message": finding.message,
        "path": finding.at.path,
        "line": finding.at.line,
        "column": finding.at.column,
        "end_line": finding.at.end_line or finding.at.line,
        "related": [_place(place) for place in finding.places[1:]],
        "chain": [_place(place) for place in finding.chain],
        "looked_for": finding.looked_for,
        "remedy": finding.remedy,
        "fingerprint": fingerprint(finding),
        "suppressed": finding.suppressed,
    }


def fingerprint(finding: Finding) -> str:
    """Identity of a finding that survives moved lines: rule, path and graph identity of the subject."""
    text = "\0".join((finding.rule, finding.at.path, finding.subject))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _place(place: Place) -> dict[str, Any]:
    return {"path": place.at.path, "line": place.at.line, "note": place.note}


def _recommendation(one: Recommendation) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "choice": one.choice,
        "because": [{"path": p.at.path, "line": p.at.line, "what": p.note} for p in one.because],
        "why": list(one.why),
        "alternatives": [dict(_strings(alternative)) for alternative in one.alternatives],
        "trade_offs": list(one.trade_offs),
        "assumptions": list(one.assumptions),
        "configuration": one.configuration,
        "details": [dict(row) for row in one.details],
    }


def _strings(one: Mapping[str, str]) -> Mapping[str, str]:
    return {key: one[key] for key in sorted(one)}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "files": coverage.files,
        "parsed": coverage.parsed,
        "skipped": [{"path": one.path, "reason": one.reason} for one in coverage.skipped],
        "unreadable": [
            {"path": note.at.path, "line": note.at.line, "reason": note.reason} for note in coverage.unreadable
        ],
    }
