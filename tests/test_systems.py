"""Whole systems under fixtures/systems: what each is, what holds it together, what is wrong, what the draft says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_scan.engine import scan
from mlops_scan.reports import subjects
from mlops_scan.reports.architecture import Architecture
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.model import Status
from mlops_scan.scanner.result import Result

# what of an expectation the tool does not reach yet stands under `gaps`: a gap that is closed must not stay listed
SYSTEMS = Path(__file__).parent.parent / "fixtures" / "systems"
NAMES = sorted(path.name for path in SYSTEMS.iterdir() if path.is_dir())
SUBJECTS = ("endpoint ", "pipeline ", "schedule ", "monitor ")
System = tuple[Result, dict[str, Any]]


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], System]:
    """The result of a scan of one system, as a repository of its own, and what is expected of it."""

    @cache
    def read(name: str) -> System:
        root = tmp_path_factory.mktemp("systems") / name
        shutil.copytree(SYSTEMS / name, root)
        expected = yaml.safe_load((SYSTEMS / f"{name}.expected.yaml").read_text(encoding="utf-8"))
        return scan(root, Config(jobs=1)), expected

    return read


def test_every_system_says_what_is_expected() -> None:
    assert sorted(path.name.removesuffix(".expected.yaml") for path in SYSTEMS.glob("*.expected.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_profile_and_systems(name: str, system: Callable[[str], System]) -> None:
    result, expected = system(name)
    profile = result.profile
    found = {"kind": profile.kind, "trains": profile.trains_model, "serves": profile.serves_model}
    assert found == expected["project"]
    names = [one.name for one in result.systems]
    assert len(names) == len(set(names))
    assert set(names) ^ set(expected["systems"]) == gaps(expected, "systems")


@pytest.mark.parametrize("name", NAMES)
def test_capabilities(name: str, system: Callable[[str], System]) -> None:
    result, expected = system(name)
    undecided = set(expected.get("undecided", ()))
    states = {status: {one.capability for one in result.capabilities if one.status is status} for status in Status}
    assert (states[Status.USED] - undecided) ^ set(expected["used"]) == gaps(expected, "used")
    assert states[Status.DISABLED] >= set(expected["disabled"])
    assert states[Status.DECLARED] >= set(expected["declared"])


@pytest.mark.parametrize("name", NAMES)
def test_links(name: str, system: Callable[[str], System]) -> None:
    result, expected = system(name)
    known = {(edge.source, edge.relation, edge.target) for edge in result.edges}
    assert {tuple(edge) for edge in expected["edges"]} - known == gaps(expected, "edges")
    for asked in expected["why"]:
        assert chain(result, asked["from"], asked["to"]) == asked["places"]


@pytest.mark.parametrize("name", NAMES)
def test_subjects(name: str, system: Callable[[str], System]) -> None:
    """What answers, flows, is scheduled and watches, each once, with its mark, purpose and state."""
    result, expected = system(name)
    told = [" ".join(filter(None, (one.kind, one.id, one.reach, one.purpose, one.state))) for one in result.nodes]
    assert sorted(one for one in told if one.startswith(SUBJECTS)) == sorted(expected["subjects"])


@pytest.mark.parametrize("name", NAMES)
def test_reach(name: str, system: Callable[[str], System]) -> None:
    """Files, jobs, images and workloads that are not of production, by their mark."""
    result, expected = system(name)
    beside: dict[str, list[str]] = {}
    for node in result.nodes:
        if node.reach != "production" and node.id.startswith(("file:", "job:", "stage:", "workload:")):
            beside.setdefault(node.reach, []).append(node.id)
    assert beside == expected["beside"]


@pytest.mark.parametrize("name", NAMES)
def test_findings(name: str, system: Callable[[str], System]) -> None:
    result, expected = system(name)
    undecided = set(expected.get("undecided", ()))
    found = {f"{one.at.path}:{one.at.line} {one.rule}" for one in result.findings if one.rule not in undecided}
    assert sorted(found ^ gaps(expected, "findings")) == sorted(expected["findings"])


@pytest.mark.parametrize("name", NAMES)
def test_draft(name: str, system: Callable[[str], System]) -> None:
    result, expected = system(name)
    draft = Architecture().render(result)
    assert [text for text in expected["draft"] if text not in draft] == []


def gaps(expected: dict[str, Any], of: str) -> set[Any]:
    """What the tool is known to get wrong here."""
    listed = expected.get("gaps", {}).get(of, ())
    return {tuple(one) if isinstance(one, list) else one for one in listed}


def chain(result: Result, source: str, target: str) -> list[str]:
    """The places of the chain between two subjects, as `graph --why` prints them."""
    ends = [subjects.named(result, word) for word in (source, target)]
    assert [len(found) for found in ends] == [1, 1]
    return [str(edge.at) for edge in subjects.chain(result, ends[0][0].id, ends[1][0].id)]
