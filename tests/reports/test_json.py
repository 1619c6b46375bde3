"""JSON against its published schema, and what a reader of it relies on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mlops_scan.reports.json import Json, fingerprint
from mlops_scan.scanner.model import Confidence, Finding, Location, Place, Severity
from mlops_scan.scanner.result import Result

SCHEMA = json.loads((Path(__file__).parent.parent.parent / "docs" / "report.schema.json").read_text("utf-8"))


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every object schema inside."""
    found = []
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        found += objects(value)
    return [schema, *found] if isinstance(schema, dict) and "properties" in schema else found


def test_the_schema_is_a_schema_and_closed() -> None:
    """Every key of every object is named, so that a new key changes the schema first."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for one in objects(SCHEMA):
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])


def test_reports_follow_the_schema(result: Result) -> None:
    text = Json().render(result)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))
    assert text.endswith("}\n")
    text.encode("utf-8")  # no broken surrogates


def test_it_holds_all_that_was_found(results: dict[str, Result]) -> None:
    told = results["fraud-api"]
    data = json.loads(Json().render(told))
    assert len(data["findings"]) == len(told.findings) > 5
    assert data["project"]["trains_model"] is True
    assert data["project"]["serves_model"] == "online"
    assert {one["capability"] for one in data["capabilities"]} == {one.capability for one in told.capabilities}
    assert sum(len(one["evidence"]) for one in data["capabilities"]) == len(told.capabilities)
    assert data["coverage"]["files"] >= data["coverage"]["parsed"] > 0
    assert json.loads(Json().render(results["web-app"]))["project"] == {
        "kind": "not-ml",
        "is_ml": False,
        "trains_model": False,
        "serves_model": "none",
        "model_kinds": [],
        "clouds": [],
        "maturity": {"level": 0, "of": 4, "next": []},
    }


def finding(line: int = 1, subject: str = "repository", path: str = "a.py") -> Finding:
    place = Place(Location(path, line))
    return Finding("missing-ci", "m", (place,), Severity.NOTE, Confidence.HIGH, "tooling", subject)


@pytest.mark.parametrize(
    ("other", "same"), [(finding(9), True), (finding(subject="other"), False), (finding(path="b.py"), False)]
)
def test_a_fingerprint_survives_moved_lines(other: Finding, same: bool) -> None:
    assert (fingerprint(finding()) == fingerprint(other)) is same


def test_a_fingerprint_of_broken_text() -> None:
    assert fingerprint(finding(subject="\ud800 \udce9")) != fingerprint(finding())
