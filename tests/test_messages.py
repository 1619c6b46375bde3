"""What findings say, as a person reads it."""

from __future__ import annotations

import json

from mlops_scan import testing
from mlops_scan.rules.observability.missing_alerting import MissingAlerting
from mlops_scan.rules.security.plaintext_secret import PlaintextSecret
from mlops_scan.rules.serving.missing_resource_limits import MissingResourceLimits
from mlops_scan.rules.serving.missing_rollback import MissingRollback
from mlops_scan.rules.serving.request_model_load import RequestModelLoad
from mlops_scan.rules.tooling.manual_deployment import ManualDeployment
from mlops_scan.rules.tooling.missing_retraining_trigger import MissingRetrainingTrigger

KEY = "AKIA" + "QX7WZ3PLM5NDTR2B"
UNNAMED = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: score}
spec:
  template:
    spec:
      containers:
        - image: acme/score:1.0
"""
SERVER = {
    "app.py": "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n\n"
    "@app.post('/predict')\ndef predict(x: float):\n    return model.predict([[x]])\n"
}
LOADS = """
import joblib
from fastapi import FastAPI

app = FastAPI()


def load(path):
    return joblib.load(path)


@app.post("/predict")
def predict(x: float):
    return load("m.joblib").predict([[x]])
"""


def test_a_credential_is_named_in_words() -> None:
    found = testing.findings(PlaintextSecret, {**SERVER, "settings.py": f"KEY = '{KEY}'\n"})
    assert [one.message for one in found] == ["An AWS access key ID ('AKIA…') stands here in plain text."]


def test_a_credential_of_a_configuration_is_named_by_its_key() -> None:
    key = "8fd2a5c1e94b7736f0c1d25e88ab41973e6c0d92ab57f413c8de90b1a4f6527c"
    files = {**SERVER, "settings/auth.yaml": f"AUTH:\n  SECRET_KEY: {key}\n"}
    (found,) = testing.findings(PlaintextSecret, files)
    assert found.message == "'AUTH.SECRET_KEY' is set to a value that looks like a real credential ('8fd2…')."


def test_training_that_a_request_starts_is_told() -> None:
    train = "from sklearn.linear_model import Ridge\n\ndef fit():\n    return Ridge().fit([[0.0]], [0.0])\n"
    asks = "from fit import fit\n\n@app.post('/train')\ndef train_now():\n    fit()\n"
    (found,) = testing.findings(MissingRetrainingTrigger, {"app.py": SERVER["app.py"] + asks, "fit.py": train})
    assert found.message == (
        "The model in service is trained by a request (app.py:12); no schedule and no event of data or drift "
        "reaches training."
    )
    (found,) = testing.findings(MissingRetrainingTrigger, {**SERVER, "fit.py": train})
    assert found.message == "The model in service is trained by hand: no schedule and no event reaches its training."


def test_training_that_a_server_of_builds_starts_is_told() -> None:
    train = "from sklearn.linear_model import Ridge\n\nRidge().fit([[0.0]], [0.0])\n"
    build = "pipeline {\n  agent any\n  stages {\n    stage('Fit') { steps { bat 'python fit.py' } }\n  }\n}\n"
    (found,) = testing.findings(MissingRetrainingTrigger, {**SERVER, "fit.py": train, "Jenkinsfile": build})
    assert found.message == (
        "The model in service is trained by a build whose trigger is kept elsewhere (Jenkinsfile:1); no schedule and "
        "no event of data or drift reaches training."
    )


def test_what_serves_is_told_and_not_what_tells_how_it_does() -> None:
    own = "\n@app.get('/healthz')\ndef up():\n    return 1\n\n@app.get('/heartbeat')\ndef beat():\n    return 1\n"
    (found,) = testing.findings(MissingAlerting, {"app.py": SERVER["app.py"] + own})
    assert {place.at.line for place in found.places} == {4, 7}
    (found,) = testing.findings(MissingAlerting, {"app.py": SERVER["app.py"].replace("/predict", "/ping")})
    assert found.at.line == 4


def test_a_container_without_a_name_is_the_only_one() -> None:
    found = testing.findings(MissingResourceLimits, {**SERVER, "k8s/score.yaml": UNNAMED})
    assert [one.message for one in found] == ["The container of Service 'score' has no resource limits."]


def test_a_helper_that_loads_is_told_with_what_it_calls() -> None:
    found = testing.findings(RequestModelLoad, {"app.py": LOADS})
    assert [(one.at.line, one.message) for one in found] == [
        (14, "'load' loads the model (by 'joblib.load') inside the request handler 'predict'.")
    ]


def test_one_key_in_several_cells_and_outputs_is_one_finding() -> None:
    other = "AKIA" + "Z4MN7QWLX2TRVB5C"
    cells = [
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": [f"print('{KEY}')\n"]}
        | {"outputs": [{"output_type": "stream", "name": "stdout", "text": [f"{KEY}\n", f"{other}\n", f"{KEY}\n"]}]}
    ]
    book = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    train = "from sklearn.linear_model import Ridge\nRidge().fit([[0.0]], [0.0])\n"
    found = testing.findings(PlaintextSecret, {"train.py": train, "try.ipynb": book, "a.txt": f"{KEY}\n"})
    assert [(one.at.path, len(one.places) - 1) for one in found] == [("a.txt", 0), ("try.ipynb", 2), ("try.ipynb", 0)]
    lines = [number for number, line in enumerate(book.splitlines(), 1) if KEY in line]
    assert [place.at.line for place in found[1].places] == lines


def test_what_is_released_to_users_is_told_before_what_runs_on_one_machine() -> None:
    files = {
        **SERVER,
        "Dockerfile": 'FROM python:3.12\nCOPY app.py .\nCMD ["uvicorn", "app:app"]\n',
        "compose.yaml": "services:\n  api: {build: .}\n",
        "deploy.py": (
            "from google.cloud import aiplatform\n\nmodel = aiplatform.Model.upload(display_name='m', artifact_uri='gs://m')\n"
            "model.deploy(machine_type='n1-standard-2')\n"
        ),
    }
    for rule in (MissingRollback, ManualDeployment):
        (found,) = testing.findings(rule, files)
        assert str(found.places[0].at) == "deploy.py:4"
        assert "compose.yaml:2" in [str(place.at) for place in found.places[1:]]
