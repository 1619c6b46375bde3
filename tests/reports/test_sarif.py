"""SARIF against GitHub's requirements, which tests/acceptance/requirements.py states on its own."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.engine import all_rules, scan
from mlops_scan.reports import sarif
from mlops_scan.reports.sarif import Sarif
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.model import Finding, Location, Place
from mlops_scan.scanner.result import Result
from tests.acceptance.requirements import violations


def run_of(result: Result) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(Sarif().render(result))["runs"][0]
    return run


def test_requirements(result: Result) -> None:
    assert violations(Sarif().render(result).encode(), Path(result.root)) == []


def test_an_empty_run_lists_every_rule(results: dict[str, Result]) -> None:
    """It closes old alerts."""
    run = run_of(results["web-app"])
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.name() for rule in all_rules()]
    assert run["automationDetails"]["id"] == "mlops-scan/"


def test_every_open_finding_is_a_result(results: dict[str, Result]) -> None:
    told = results["fraud-api"]
    run = run_of(told)
    shown = {(one["ruleId"], one["locations"][0]["physicalLocation"]["region"]["startLine"]) for one in run["results"]}
    assert shown == {(one.rule, one.at.line) for one in told.open_findings}
    mismatch = next(one for one in run["results"] if one["ruleId"] == "training-serving-mismatch")
    assert mismatch["level"] == "error"
    place = mismatch["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "requirements/serve.txt", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["snippet"]["text"] == "scikit-learn==1.2.2"
    assert "joblib==1.4.2\nscikit-learn==1.2.2" in place["contextRegion"]["snippet"]["text"]
    assert {"src/train.py", "src/serve/app.py", "requirements.txt"} <= {
        one["physicalLocation"]["artifactLocation"]["uri"] for one in mismatch["relatedLocations"]
    }
    assert f"]({len(mismatch['relatedLocations'])})" in mismatch["message"]["text"]


def test_levels_that_equal_a_default_are_written(results: dict[str, Result]) -> None:
    for one in run_of(results["fraud-api"])["tool"]["driver"]["rules"]:
        assert one["defaultConfiguration"]["level"] in ("note", "warning", "error")


def test_a_folder_of_a_repository(tmp_path: Path, systems: dict[str, Path], commit: Callable[[Path], None]) -> None:
    """Paths from the top of git, and a category of its own."""
    inside = tmp_path / "teams" / "fraud und spaß"
    shutil.copytree(systems["fraud-api"], inside)
    commit(tmp_path)
    told = scan(inside, Config(jobs=1))
    text = Sarif().render(told)
    run = json.loads(text)["runs"][0]
    assert violations(text.encode(), tmp_path) == []
    assert run["automationDetails"]["id"] == "mlops-scan/teams/fraud%20und%20spa%C3%9F/"
    assert run["results"]
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]}
    assert all(uri.startswith("teams/fraud%20und%20spa%C3%9F/") for uri in uris)


def test_ignored_findings_stay_out(tmp_path: Path, systems: dict[str, Path]) -> None:
    shutil.copytree(systems["fraud-api"], tmp_path / "a")
    app = tmp_path / "a" / "src/serve/app.py"
    line = 'model = joblib.load("models/fraud.joblib")'
    reason = "# mlops-scan: ignore[unsafe-deserialization] our own file"
    app.write_text(app.read_text().replace(line, f"{line}  {reason}"))
    told = scan(tmp_path / "a", Config(jobs=1))
    assert [one.rule for one in told.findings if one.suppressed] == ["unsafe-deserialization"]
    run = run_of(told)
    assert "unsafe-deserialization" not in {one["ruleId"] for one in run["results"]}
    assert "unsafe-deserialization" in {one["id"] for one in run["tool"]["driver"]["rules"]}


def test_one_rule_file_and_line_hash_is_one_result(results: dict[str, Result]) -> None:
    told = results["fraud-api"]
    first = told.open_findings[0]
    twice = replace(told, findings=(first, replace(first, subject="another", message="Another thing is wrong.")))
    shown = run_of(twice)["results"]
    assert len(shown) == 1
    said = shown[0]["message"]["text"]
    assert said.startswith(f"{first.message} Another thing is wrong. Fix: ")
    alone = run_of(replace(told, findings=(first,)))["results"][0]
    assert shown[0]["partialFingerprints"] == alone["partialFingerprints"]
    elsewhere = replace(first, places=(Place(Location("src/train.py", 12)),))
    assert len(run_of(replace(told, findings=(first, elsewhere)))["results"]) == 2


def test_a_long_list_of_findings_in_one_result_is_cut(results: dict[str, Result]) -> None:
    told = results["fraud-api"]
    first = told.open_findings[0]
    many = tuple(replace(first, subject=f"s{one:02}", message=f"Wrong {one:02}.") for one in range(14))
    (only,) = run_of(replace(told, findings=many))["results"]
    assert "Wrong 00. Wrong 01." in only["message"]["text"] and "Wrong 09. And 4 more." in only["message"]["text"]


def test_places_that_no_reader_can_open_stay_out(results: dict[str, Result], tmp_path: Path) -> None:
    """A result without a file would lose the whole upload; a line beyond the end is the last one."""
    told = results["fraud-api"]
    first = told.open_findings[0]

    def at(path: str, line: int = 1) -> Finding:
        return replace(first, places=(Place(Location(path, line)),), chain=(Place(Location("gone.py"), "x"),))

    outside = replace(told, findings=(at("gone.py"), at("src"), at("../etc/passwd"), at(""), at("README.md", 999)))
    run = run_of(outside)
    [only] = run["results"]
    assert only["locations"][0]["physicalLocation"]["region"]["startLine"] <= 4
    assert "codeFlows" not in only
    assert violations(Sarif().render(outside).encode(), Path(told.root)) == []


def test_a_chain_is_a_code_flow(results: dict[str, Result]) -> None:
    told = results["fraud-api"]
    chain = (Place(Location("src/train.py", 19), "writes models/fraud.joblib"), Place(Location("k8s/api.yaml", 15)))
    [only] = run_of(replace(told, findings=(replace(told.open_findings[0], chain=chain),)))["results"]
    [thread] = only["codeFlows"][0]["threadFlows"]
    steps = [one["location"]["physicalLocation"]["region"]["startLine"] for one in thread["locations"]]
    assert steps == [19, 15, told.open_findings[0].at.line]
    assert violations(Sarif().render(told).encode(), Path(told.root)) == []


def test_only_the_most_severe_are_kept(results: dict[str, Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_RESULTS", 3)
    run = run_of(results["fraud-api"])
    assert len(run["results"]) == 3
    assert "error" in {one["level"] for one in run["results"]}
    assert "note" not in {one["level"] for one in run["results"]}
    assert "left out" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


def test_what_could_not_be_read_is_a_notification(results: dict[str, Result]) -> None:
    told = results["hostile"]
    run = run_of(told)
    assert run["invocations"][0]["executionSuccessful"] is True
    notices = run["invocations"][0]["toolExecutionNotifications"]
    assert len(notices) == len(told.coverage.unreadable) > 0
    assert {one["level"] for one in notices} == {"warning"}


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("results/0/locations", [], "exactly one location"),
        ("results/0/locations/0/physicalLocation/artifactLocation/uri", "", "no plain relative reference"),
        ("results/0/locations/0/physicalLocation/artifactLocation/uri", "a b.py", "no plain relative reference"),
        ("results/0/locations/0/physicalLocation/artifactLocation/uri", "gone.py", "no file of the repository"),
        ("results/0/locations/0/physicalLocation/region/startLine", 9999, "lines 9999"),
        ("results/0/level", None, "no explicit level"),
        ("results/0/kind", "pass", "open alert"),
        ("results/0/ruleIndex", 99, "ruleIndex"),
        ("results/0/message/text", "see [here](7).", "a link to '7'"),
        ("invocations/0/executionSuccessful", False, "executionSuccessful"),
        ("automationDetails/id", "mlops-scan", "category"),
        ("tool/driver/rules/0/properties/problem.severity", "note", "problem.severity"),
        ("tool/driver/rules/0/fullDescription/text", "x" * 1025, "fullDescription"),
    ],
)
def test_the_requirements_would_notice(results: dict[str, Result], path: str, value: object, problem: str) -> None:
    log = copy.deepcopy(json.loads(Sarif().render(results["fraud-api"])))
    place = log["runs"][0]
    *steps, last = path.split("/")
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    found = violations(json.dumps(log).encode(), Path(results["fraud-api"].root))
    assert any(problem in one for one in found), found
