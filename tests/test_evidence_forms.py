"""Further forms in which a capability is written down, each beside the one that only looks like it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Status

Understand = Callable[[Mapping[str, str]], Graph]

TRAIN = {
    "train.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm')\n"
}
APP = {"app.py": "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('m')\n\n"
       "@app.post('/predict')\ndef predict(x: float):\n    return model.predict([[x]])\n"}  # fmt: skip
USED, DISABLED, STATED, ABSENT = Status.USED, Status.DISABLED, Status.DECLARED, None

KNATIVE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {{name: api}}
spec:
  template:
    spec: {{containers: [{{image: "acme/api:1.0"}}]}}
  traffic:
{split}
"""
ONE = "    - {percent: 100, latestRevision: true}"
TWO = "    - {percent: 90, revisionName: api-1}\n    - {percent: 10, latestRevision: true}"
GATED = """
import kfp
from kfp import components

check = components.load_component_from_file("components/check/component.yaml")
go_on = components.{load}


@kfp.dsl.pipeline(name="weekly")
def weekly(limit: float = 0.2):
    checked = check()
    with kfp.dsl.Condition(checked.outputs["error"] < limit):
        go_on(checked.outputs["model"])
"""
STORE = "ComponentStore(['specs']).load_component('aml-{}')"
FROM_FILE = 'load_component_from_file("components/{}/component.yaml")'
AUTOML = """
from google.cloud import automl_v1beta1 as automl

client = automl.AutoMlClient()
client.create_model(parent, {"display_name": "price"}).result()
"""
ASKED = """
from google.cloud import automl

client = automl.PredictionServiceClient()
client.batch_predict(name=model, input_config=rows, output_config=out)
"""
SERVED = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: llm}}
spec:
  template:
    spec:
      containers: [{{name: llm, image: "vllm/vllm-openai:v0.10.0", args: [--model=acme/answer, {told}]}}]
"""
WATCH = """
import mlflow
from prefect import flow, task
from prefect.blocks.notifications import SlackWebhook
from sklearn.metrics import mean_absolute_error


@task
def compare(now, then, limit=0.01):
    {drift} = now - then
    return {drift} > limit


@flow
def {flow}(rows, then):
    model = mlflow.pyfunc.load_model("models:/price@champion")
    if compare(mean_absolute_error(rows["y"], model.predict(rows)), then):
        SlackWebhook.load("team").notify("the model has drifted")
"""
PSI = """
import numpy as np


def compare(old, new):
    psi = float(np.sum((new - old) * np.log(new / old)))
    return {test}
"""
ASKS = (
    "import pandas as pd\nfrom monitor_psi import compare\n\ncompare(pd.read_csv('a.csv').x, pd.read_csv('b.csv').x)\n"
)
WATCHED = {**TRAIN, "watch.py": WATCH.format(drift="drift", flow="watch_for_drift")}
COUNTED = {**TRAIN, "watch.py": WATCH.format(drift="gap", flow="count")}

GATHERED = """
import mlflow
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

LIMITS = {{"r2": 0.8}}


def main(x, y):
    model = Ridge().fit(x, y)
    measured = {{"r2": r2_score(y, model.predict(x))}}
    found = []
    for {name}, floor in LIMITS.items():
        value = float(measured[{name}])
        if value < floor:
            found.append(f"{{{name}}} is {{value}}, below {{floor}}")
    {then}
    mlflow.sklearn.log_model(model, "m", registered_model_name="price")
"""
STOPS, TELLS = "if len(found) > 0:\n        raise ValueError(found)", "if found:\n        print(found)"

CASES = [
    ("drift-monitoring", "an error held against the one of the training", USED, WATCHED),
    ("drift-monitoring", "a difference of something", ABSENT, COUNTED),
    ("drift-monitoring", "worked out by hand", USED, {"monitor_psi.py": PSI.format(test="psi > 0.2"), "run.py": ASKS}),
    (
        "drift-monitoring",
        "a number that nobody judges",
        ABSENT,
        {"monitor_psi.py": PSI.format(test="psi"), "run.py": ASKS},
    ),
    ("drift-monitoring", "a drift of clocks", ABSENT, {"monitor_clock.py": PSI.format(test="psi > 0.2")}),
    ("alerting", "a message of what watches for drift", USED, {**APP, **WATCHED}),
    ("alerting", "a message of something else", ABSENT, {**APP, **COUNTED}),
    ("gradual-rollout", "all traffic on one revision", ABSENT, {**TRAIN, "svc.yaml": KNATIVE.format(split=ONE)}),
    ("gradual-rollout", "a split", USED, {**TRAIN, "svc.yaml": KNATIVE.format(split=TWO)}),
    ("evaluation-gate", "a loaded step that deploys", USED, {"p.py": GATED.format(load=FROM_FILE.format("deploy"))}),
    ("evaluation-gate", "one of a store", USED, {"p.py": GATED.format(load=STORE.format("deploy-model"))}),
    ("evaluation-gate", "a loaded step that draws", ABSENT, {"p.py": GATED.format(load=FROM_FILE.format("chart"))}),
    ("evaluation-gate", "a list of failures", USED, {"t.py": GATHERED.format(name="metric", then=STOPS)}),
    ("evaluation-gate", "failures that are printed", ABSENT, {"t.py": GATHERED.format(name="metric", then=TELLS)}),
    ("evaluation-gate", "columns that are not filled", ABSENT, {"t.py": GATHERED.format(name="column", then=STOPS)}),
    ("inference-optimization", "told to a server", USED, {"llm.yaml": SERVED.format(told="--quantization=awq")}),
    ("inference-optimization", "told a port", ABSENT, {"llm.yaml": SERVED.format(told="--port=8000")}),
    ("training-framework", "a service that trains", USED, {"fit.py": AUTOML}),
    ("serving", "a service that scores", USED, {"fit.py": AUTOML, "score.py": ASKED}),
]


@pytest.mark.parametrize(
    ("capability", "status", "files"),
    [pytest.param(capability, status, files, id=f"{capability}: {what}") for capability, what, status, files in CASES],
)
def test_form(understand: Understand, capability: str, status: Status | None, files: dict[str, str]) -> None:
    found = {one.status for one in understand(files).evidence(capability, *Status)} - {Status.DECLARED}
    assert found == ({status} if status is not None else set())


SCORER = """
import sys
from pathlib import Path

import joblib

sys.path.insert(0, str(Path(__file__).parent))


def init():
    global model
    model = joblib.load("model.joblib")


def run(data):
    return model.predict(data).tolist()
"""
ENDPOINT = """
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: price
model: azureml:price:1
code_configuration: {code: ., scoring_script: score.py}
instance_type: Standard_DS3_v2
instance_count: 1
"""


def test_a_list_that_takes_something_is_no_store(understand: Understand) -> None:
    graph = understand({**TRAIN, "score.py": SCORER, "blue.yaml": ENDPOINT})
    assert graph.profile.serves_model == "online"
