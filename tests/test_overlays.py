"""One object in several overlays: whether it runs, what it is called, and by which names it can be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.cli import run
from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.model import Node
from mlops_scan.scanner.result import Result

CRON = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: retrain}
spec:
  schedule: "0 1 * * *"
  suspend: %s
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: t, image: "acme/trainer:1", command: [python, src/train.py]}]
"""
API = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "acme/api:1", command: [python, src/serve.py]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{port: 80}]}
"""
PATCH = """\
patches:
  - target: {kind: CronJob}
    patch: |-
      - op: replace
        path: /spec/suspend
        value: %s
"""
TRAIN = """\
import joblib
from sklearn.linear_model import LinearRegression
joblib.dump(LinearRegression().fit([[1]], [1]), "m.joblib")
"""
SERVE = """\
import joblib
from fastapi import FastAPI
app, model = FastAPI(), joblib.load("m.joblib")
@app.post("/predict")
def predict(x: float): return model.predict([[x]]).tolist()
"""


def repository(root: Path, suspended: str, overlays: dict[str, str]) -> Path:
    texts = {
        "base/cron.yaml": CRON % suspended,
        "base/api.yaml": API,
        "base/kustomization.yaml": "resources: [cron.yaml, api.yaml]\nnamePrefix: ml-\n",
        "src/train.py": TRAIN,
        "src/serve.py": SERVE,
    }
    for name, patch in overlays.items():
        texts[f"overlays/{name}/kustomization.yaml"] = f"resources: [../../base]\nnameSuffix: -{name}\n{patch}"
    for path, text in texts.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def node(result: Result, kind: str, tail: str) -> Node:
    found = [one for one in result.nodes if one.kind == kind and one.id.endswith(tail)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("base", "overlays", "state", "status"),
    [
        ("true", {"dev": "", "prod": PATCH % "false"}, "", "used"),
        ("false", {"dev": "", "prod": PATCH % "true"}, "disabled", "disabled"),
        ("true", {"dev": PATCH % "false", "prod": ""}, "disabled", "disabled"),
        ("true", {"dev": "", "eu": PATCH % "false", "us": ""}, "", "used"),
        ("true", {"dev": "", "staging": ""}, "disabled", "disabled"),
    ],
)
def test_a_schedule_runs_when_it_does_where_it_counts(
    tmp_path: Path, base: str, overlays: dict[str, str], state: str, status: str
) -> None:
    result = scan(repository(tmp_path, base, overlays), Config())
    schedule = node(result, "schedule", "CronJob/retrain 0 1 * * *")
    assert (schedule.state, schedule.purpose) == (state, "train")
    assert {one.status.value for one in result.capabilities if one.capability == "retraining-trigger"} == {status}


def test_findings_name_what_is_shared_and_not_one_environment(tmp_path: Path) -> None:
    result = scan(repository(tmp_path, "false", {"ap": "", "eu": "", "prod": "", "us": ""}), Config())
    told = [one.message for one in result.findings if one.rule == "missing-resource-limits" and "'api'" in one.message]
    assert told == [
        "Container 'api' of Deployment 'api' (4 environments: overlays/ap, overlays/eu, overlays/prod and 1 more) "
        "has no resource limits."
    ]
    assert not any(
        "ml-api-" in one.message or "ml-api-" in place.note for one in result.findings for place in one.places
    )
    assert node(result, "endpoint", "Service/api").label == "api"


def test_one_environment_keeps_the_name_it_renders(tmp_path: Path) -> None:
    result = scan(repository(tmp_path, "false", {"prod": ""}), Config())
    assert any("Deployment 'ml-api-prod' has" in one.message for one in result.findings)


@pytest.mark.parametrize("name", ["Deployment/ml-api-prod", "ml-api-dev", "deployment:base/api.yaml#Deployment/api"])
def test_a_rendered_name_can_be_asked(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path, "false", {"dev": "", "prod": ""})
    run(["graph", str(root), "--why", name.replace("deployment:", "workload:"), "src/serve.py"])
    assert "base/api.yaml#Deployment/api  runs  src/serve.py" in capsys.readouterr().out
