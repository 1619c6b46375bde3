"""Charts of other makers that are kept unpacked beside one's own: their workloads are no parts of the system."""

from __future__ import annotations

import pytest

from mlops_scan.rules.serving.missing_resource_limits import MissingResourceLimits
from mlops_scan.testing import findings

PUBLISHED = """\
apiVersion: v2
name: %s
version: 1.0.0
home: https://charts.example.org
sources: [https://git.example.org/%s]
maintainers: [{name: somebody}]
"""
OWN = "apiVersion: v2\nname: %s\nversion: 1.0.0\n"
TAKES = """\
dependencies:
  - name: store
    version: 1.x.x
    repository: %s
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec:
  template:
    spec:
      containers:
"""
SERVER = {
    "app.py": (
        "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n\n"
        "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
    ),
    "train.py": (
        "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"
    ),
    "Dockerfile": 'FROM python:3.12\nCOPY app.py .\nCMD ["uvicorn", "app:app"]\n',
    ".github/workflows/ci.yml": (
        "on: push\njobs:\n  image:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: docker build -t reg.example.org/api:1 . && docker push reg.example.org/api:1\n"
    ),
}


def deployment(name: str, *images: str) -> str:
    return DEPLOYMENT % name + "".join(f"        - {{name: c{i}, image: '{one}'}}\n" for i, one in enumerate(images))


def judged(files: dict[str, str]) -> set[str]:
    return {one.at.path for one in findings(MissingResourceLimits, {**SERVER, **files})}


API = {
    "charts-own/api/Chart.yaml": OWN % "api",
    "charts-own/api/templates/d.yaml": deployment("api", "reg.example.org/api:1"),
}
LOGS = deployment("logs", "docker.io/grafana/loki:3.5.0", "nginxinc/nginx-unprivileged:1.28")


def test_a_copy_of_a_published_monitoring_stack_is_not_judged() -> None:
    stack = {"deploy/loki/Chart.yaml": PUBLISHED % ("loki", "loki"), "deploy/loki/templates/d.yaml": LOGS}
    assert judged({**API, **stack}) == {"charts-own/api/templates/d.yaml"}


@pytest.mark.parametrize(
    ("chart", "workload"),
    [
        (OWN % "logs", LOGS),  # nobody published it
        (PUBLISHED % ("logs", "logs"), deployment("logs", "reg.example.org/mine:2")),  # nothing in it watches a cluster
        (PUBLISHED % ("logs", "logs"), deployment("logs", "grafana/loki:3.5.0", "reg.example.org/api:1")),  # built here
    ],
)
def test_a_chart_that_may_be_ones_own_is_judged(chart: str, workload: str) -> None:
    files = {**API, "deploy/logs/Chart.yaml": chart, "deploy/logs/templates/d.yaml": workload}
    assert "deploy/logs/templates/d.yaml" in judged(files)


@pytest.mark.parametrize(
    ("repository", "is_judged"), [("https://charts.example.org", False), ("file://charts/store", True), ("''", True)]
)
def test_an_unpacked_dependency_is_judged_where_it_is_ones_own(repository: str, is_judged: bool) -> None:
    files = {
        **API,
        "charts-own/api/Chart.yaml": OWN % "api" + TAKES % repository,
        "charts-own/api/charts/store/Chart.yaml": OWN % "store",
        "charts-own/api/charts/store/templates/d.yaml": deployment("store", "reg.example.org/other:1"),
    }
    assert ("charts-own/api/charts/store/templates/d.yaml" in judged(files)) is is_judged
