"""The interpreter that pickles a model and the one that opens it: a clear contradiction, and nothing less."""

from __future__ import annotations

import pytest

from mlops_scan.rules.reproducibility.training_serving_mismatch import TrainingServingMismatch
from tests.conftest import Understand

FIT = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.pkl')\n"
APP = (
    "import joblib\nfrom fastapi import FastAPI\napp = FastAPI()\nmodel = joblib.load('m.pkl')\n"
    "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
)
HANDLER = "import joblib\nmodel = joblib.load('m.pkl')\ndef handler(event, context):\n    return model.predict([[1]])\n"
IMAGE = "FROM %s\nCOPY app.py .\nCMD uvicorn app:app\n"
FUNCTION = (
    "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    "      Runtime: %s\n      Handler: app.handler\n      CodeUri: .\n"
)
NEEDS = 'dependencies = ["joblib", "scikit-learn"]\n'
MADE = {
    "Pipfile": {"fit/Pipfile": '[packages]\nscikit-learn = "*"\n[requires]\npython_version = "3.11"\n'},
    "exactly": {"fit/pyproject.toml": '[project]\nname = "fit"\nversion = "1"\nrequires-python = "==3.11.*"\n' + NEEDS},
    "between": {
        "fit/pyproject.toml": '[project]\nname = "fit"\nversion = "1"\nrequires-python = ">=3.11,<3.12"\n' + NEEDS
    },
    "conda": {"fit/environment.yml": "dependencies:\n  - python=3.11\n  - scikit-learn=1.3\n"},
    "image": {"fit/Dockerfile": "FROM python:3.11-slim AS base\nFROM base\nCOPY fit.py .\nCMD python fit.py\n"},
}
RUN = {
    "image": {"api/app.py": APP, "api/Dockerfile": IMAGE % "python:3.9-slim"},
    "image of others": {"api/app.py": APP, "api/Dockerfile": IMAGE % "tiangolo/uvicorn-gunicorn-fastapi:python3.9"},
    "function": {"api/app.py": HANDLER, "api/template.yaml": FUNCTION % "python3.9"},
}
SAME = {
    "the same": {"api/app.py": APP, "api/Dockerfile": IMAGE % "python:3.11.4"},
    "the same function": {"api/app.py": HANDLER, "api/template.yaml": FUNCTION % "python3.11"},
    "no version": {"api/app.py": APP, "api/Dockerfile": IMAGE % "python:latest"},
    "another image": {"api/app.py": APP, "api/Dockerfile": IMAGE % "ubuntu:22.04"},
    "nothing": {"api/app.py": APP},
    "two images": {
        "api/app.py": APP,
        "api/Dockerfile": IMAGE % "python:3.9",
        "api/Dockerfile.new": IMAGE % "python:3.11",
    },
    "no pickle": {
        "api/app.py": APP.replace("joblib.load('m.pkl')", "onnxruntime.InferenceSession('m.pkl')"),
        "api/Dockerfile": IMAGE % "python:3.9",
    },
}


def _found(understand: Understand, files: dict[str, str]) -> list[tuple[str, str]]:
    graph = understand({"fit/fit.py": FIT, **files})
    return [(str(one.at), one.message) for one in TrainingServingMismatch().check(graph)]


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("run", RUN)
def test_two_minor_versions_contradict_each_other(made: str, run: str, understand: Understand) -> None:
    ((at, message),) = _found(understand, MADE[made] | RUN[run])
    assert at.startswith("api/")
    assert message == "The service opens with Python 3.9 what Python 3.11 has pickled."


@pytest.mark.parametrize("run", SAME)
def test_what_is_not_told_to_the_minor_version_contradicts_nothing(run: str, understand: Understand) -> None:
    assert _found(understand, MADE["Pipfile"] | SAME[run]) == []


def test_what_a_job_of_ci_runs_may_be_a_trial(understand: Understand) -> None:
    flow = (
        "on: push\njobs:\n  fit:\n    steps:\n      - {uses: actions/setup-python@v5, with: {python-version: '3.11'}}\n"
        "      - run: python fit/fit.py\n"
    )
    assert _found(understand, {".github/workflows/fit.yml": flow} | MADE["Pipfile"] | RUN["image"]) == []


@pytest.mark.parametrize("told", [">=3.9", "^3.11", "3", ">=3.8,<3.12", ""])
def test_a_range_is_no_version(told: str, understand: Understand) -> None:
    text = f'[project]\nname = "fit"\nversion = "1"\nrequires-python = "{told}"\n' + NEEDS
    assert _found(understand, {"fit/pyproject.toml": text, **RUN["image"]}) == []
