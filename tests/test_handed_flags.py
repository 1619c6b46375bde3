"""A verdict that every caller hands over as a constant is no gate, and the report says which caller decides it."""

from __future__ import annotations

import pytest

from mlops_scan.rules.tooling.missing_evaluation_gate import MissingEvaluationGate
from mlops_scan.scanner.model import Evidence, Status
from mlops_scan.testing import findings
from tests.conftest import Understand

DEPLOY = """
from google.cloud import aiplatform

def deploy(name: str, evaluation_ok: bool = False):
    if %s:
        aiplatform.Model.upload(display_name=name, artifact_uri="gs://models/1")
"""
TRAIN = (
    "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
)
CALL = "from release import deploy\n\ndeploy('ranker', %s)\n"


def gates(understand: Understand, guard: str, *given: str) -> list[Evidence]:
    files = {f"run_{number}.py": CALL % one for number, one in enumerate(given)}
    graph = understand({"release.py": DEPLOY % guard, "train.py": TRAIN, **files})
    return [one for one in graph.capabilities() if one.capability == "evaluation-gate"]


@pytest.mark.parametrize(
    ("guard", "given", "why"),
    [
        ("evaluation_ok", ("evaluation_ok=True",), "every caller hands over True (run_0.py:3)"),
        ("evaluation_ok", ("True", "evaluation_ok=True"), "every caller hands over True (run_0.py:3)"),
        ("not evaluation_ok", ("evaluation_ok=False",), "every caller hands over False (run_0.py:3)"),
    ],
)
def test_a_constant_of_every_caller_decides(
    understand: Understand, guard: str, given: tuple[str, ...], why: str
) -> None:
    (found,) = gates(understand, guard, *given)
    assert (found.status, found.at.path, found.at.line, found.why) == (Status.DISABLED, "release.py", 6, why)


@pytest.mark.parametrize(
    "given",
    [
        (),  # nobody calls it: who does is not known
        ("evaluation_ok=score > 0.9",),
        ("evaluation_ok=True", "evaluation_ok=verdict"),
        ("evaluation_ok=False",),  # it never ships
        ("",),  # the default
    ],
)
def test_what_is_not_known_to_be_true_decides_nothing(understand: Understand, given: tuple[str, ...]) -> None:
    assert gates(understand, "evaluation_ok", *given) == []


def test_a_flag_that_speaks_of_no_verdict_is_none(understand: Understand) -> None:
    release = DEPLOY.replace("evaluation_ok", "verbose") % "verbose"
    graph = understand({"release.py": release, "train.py": TRAIN, "run.py": CALL % "verbose=True"})
    assert not [one for one in graph.capabilities() if one.capability == "evaluation-gate"]


def test_the_finding_says_so() -> None:
    files = {"release.py": DEPLOY % "evaluation_ok", "train.py": TRAIN, "run.py": CALL % "evaluation_ok=True"}
    (found,) = findings(MissingEvaluationGate, files)
    why = "without effect: every caller hands over True (run.py:3)."
    assert found.message.endswith(f"'evaluation_ok' is asked before 'upload' (release.py:6), {why}")
