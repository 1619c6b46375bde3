"""What kind of repository it is, what it trains and how it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]

TRAIN = """
import joblib
from sklearn.linear_model import Ridge

joblib.dump(Ridge().fit([[0.0]], [0.0]), "model.joblib")
"""
APP = """
import joblib
from fastapi import FastAPI

app = FastAPI()
model = joblib.load("model.joblib")

@app.post("/predict")
def predict(x: float) -> float:
    return model.predict([[x]])[0]
"""
SCORE = """
import joblib
import pandas as pd

model = joblib.load("model.joblib")
frame = pd.read_parquet("s3://lake/orders.parquet")
frame["y"] = model.predict(frame)
frame.to_parquet("s3://lake/predictions.parquet")
"""
NOTEBOOK = """{"cells": [{"cell_type": "code", "source": ["from sklearn.linear_model import Ridge\\n",
"Ridge().fit([[0.0]], [0.0])"], "metadata": {}, "outputs": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""
LIBRARY = {
    "pyproject.toml": """
[project]
name = "acme-boost"
version = "1.0"
dependencies = ["scikit-learn>=1.3"]
classifiers = ["Development Status :: 5 - Production/Stable", "Topic :: Software Development :: Libraries"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
    "acme_boost/__init__.py": TRAIN,
    "docs/conf.py": "",
    "examples/serve.py": APP,
}
# a system packaged like a library, whose pipeline CI runs
FLOWS = {
    "pyproject.toml": LIBRARY["pyproject.toml"],
    "train/flow.py": f"{TRAIN}\nfrom prefect import flow\n\n\n@flow\ndef nightly():\n    print(1)\n",
    "run.py": "from train.flow import nightly\n\nif __name__ == '__main__':\n    nightly()\n",
    "docs/conf.py": "",
    "examples/serve.py": APP,
}
NIGHTLY = """
on: {schedule: [{cron: "0 3 * * *"}]}
jobs:
  nightly:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pip install . && python run.py
"""
VLLM = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  template:
    spec:
      containers:
        - {name: vllm, image: "vllm/vllm-openai:latest"}
"""
CHART = {"chart/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 0.1.0\n", "chart/templates/deployment.yaml": VLLM}
WEB = "from flask import Flask\napp = Flask(__name__)\n\n@app.route('/')\ndef index():\n    return 'hello'\n"


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("project", {"train.py": TRAIN}),
        ("project", {"train.py": TRAIN, "app.py": APP, "analysis.ipynb": NOTEBOOK}),
        ("project", {"app.py": APP, **CHART}),
        ("library", LIBRARY),
        ("library", FLOWS),
        ("project", {**FLOWS, ".github/workflows/nightly.yml": NIGHTLY}),
        ("library", {**FLOWS, ".github/workflows/nightly.yml": NIGHTLY + "      - run: twine upload dist/*\n"}),
        (
            "project",
            {"setup.py": "from setuptools import setup\nsetup(name='src', version='0.1')\n", "src/train.py": TRAIN},
        ),
        ("template", {"cookiecutter.json": "{}", "{{cookiecutter.name}}/train.py": TRAIN}),
        ("template", {"copier.yml": "", "train.py": TRAIN}),
        ("platform", CHART),
        ("platform", {"k8s/llm.yaml": VLLM}),
        ("platform", {"main.tf": 'resource "aws_sagemaker_endpoint" "x" {\n  name = "x"\n}\n'}),
        ("notebooks", {"analysis.ipynb": NOTEBOOK}),
        ("notebooks", {"analysis.ipynb": NOTEBOOK, "helpers.py": "def plot(frame):\n    frame.plot()\n"}),
        ("not-ml", {"app.py": WEB}),
        ("not-ml", {"README.md": "We train a model with `Ridge().fit(x, y)`.\n"}),
        ("not-ml", {"tests/test_x.py": TRAIN, "models.py": "class User:\n    pass\n"}),
        ("not-ml", {}),
    ],
)
def test_kind(understand: Understand, kind: str, files: Mapping[str, str]) -> None:
    profile = understand(files).profile
    assert profile.kind == kind
    assert profile.is_ml is (kind != "not-ml")


@pytest.mark.parametrize(
    ("serves", "files"),
    [
        ("none", {"train.py": TRAIN}),
        ("online", {"app.py": APP}),
        ("online", {"k8s/llm.yaml": VLLM}),
        ("online", {"app.py": "import model\n" + WEB, "model.py": "import joblib\nm = joblib.load('m.joblib')\n"}),
        ("batch", {"train.py": TRAIN, "score.py": SCORE}),
        ("both", {"app.py": APP, "score.py": SCORE}),
        ("none", {"train.py": TRAIN, "app.py": WEB}),  # a web application without a model
        ("none", {"train.py": TRAIN, "tests/test_app.py": APP}),
        ("none", {"evaluate.py": TRAIN + "print(joblib.load('model.joblib').predict([[1.0]]))\n"}),
        ("none", LIBRARY),
    ],
)  # fmt: skip
def test_serves(understand: Understand, serves: str, files: Mapping[str, str]) -> None:
    assert understand(files).profile.serves_model == serves


@pytest.mark.parametrize(
    ("trains", "files"),
    [
        (True, {"train.py": TRAIN}),
        (True, {"train.ipynb": NOTEBOOK}),
        (False, {"app.py": APP}),
        (False, LIBRARY),  # an estimator for others: nothing of its own is trained
        (False, {"scale.py": "from sklearn.preprocessing import StandardScaler\nStandardScaler().fit([[0.0]])\n"}),
    ],
)
def test_trains(understand: Understand, trains: bool, files: Mapping[str, str]) -> None:
    assert understand(files).profile.trains_model is trains


def test_model_kinds_and_clouds(understand: Understand) -> None:
    profile = understand(
        {"k8s/llm.yaml": VLLM, "main.tf": 'resource "aws_s3_bucket" "x" {\n  bucket = "x"\n}\n'}
    ).profile
    assert profile.model_kinds == ("llm",)
    assert profile.clouds == ("aws",)


def test_systems_are_what_is_deployed_and_what_serves(understand: Understand) -> None:
    graph = understand({"app.py": APP, "k8s/llm.yaml": VLLM, "score.py": SCORE})
    assert {(system.kind, system.at.path) for system in graph.systems} == {
        ("online", "app.py"),
        ("online", "k8s/llm.yaml"),
        ("batch", "score.py"),
    }


BAIT = {
    "Dockerfile": "FROM python\nRUN pip install numpy\nCMD python app.py\n",
    "k8s/deploy.yaml": VLLM.replace("vllm/vllm-openai", "acme/web"),
    "requirements.txt": "numpy\nflask\n",
    "main.tf": 'resource "aws_instance" "x" {\n  ami = "x"\n}\n',
}


@pytest.mark.parametrize("files", [{"app.py": WEB, **BAIT}, LIBRARY | {"Dockerfile": BAIT["Dockerfile"]}])
def test_libraries_and_what_is_not_ml_hear_nothing(tmp_path: Path, files: Mapping[str, str]) -> None:
    assert told(tmp_path, files) == set()


def test_platforms_hear_nothing_about_training(tmp_path: Path) -> None:
    found = told(tmp_path, CHART)
    assert {"image-tag-latest", "missing-resource-limits", "gpu-not-requested"} <= found
    assert not found & {
        "missing-model-registry",
        "missing-experiment-tracking",
        "missing-data-validation",
        "missing-data-versioning",
        "missing-evaluation-gate",
        "missing-retraining-trigger",
        "missing-drift-monitoring",
        "training-serving-mismatch",
        "manual-deployment",
        "missing-rollback",
    }


def test_notebooks_hear_nothing_about_serving(tmp_path: Path) -> None:
    assert told(tmp_path, {"analysis.ipynb": NOTEBOOK}) == set()


def told(root: Path, files: Mapping[str, str]) -> set[str]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return {finding.rule for finding in scan(root, Config(jobs=1)).open_findings}
