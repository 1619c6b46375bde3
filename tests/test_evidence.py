"""Each derivation of a capability: what proves it, what only looks like it, what is switched off."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph, answering
from mlops_scan.scanner.model import Status

Understand = Callable[[Mapping[str, str]], Graph]

TRAIN = {"train.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\n"
         "def train():\n    joblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n\ntrain()\n"}  # fmt: skip
APP = {"app.py": "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n\n"
       "@app.post('/predict')\ndef predict(x: float):\n    return model.predict([[x]])\n"}  # fmt: skip
USED, DISABLED, STATED, ABSENT = Status.USED, Status.DISABLED, Status.DECLARED, None


def job(*lines: str, on: str = "push") -> str:
    steps = "".join(f"      - run: {line}\n" for line in lines)
    return f"on: {on}\njobs:\n  work:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}"


def cron(*lines: str) -> str:
    return job(*lines).replace("on: push", "on:\n  schedule: [{cron: '0 3 * * 1'}]")


RULES = "groups:\n  - name: a\n    rules:\n      - {what}: X\n        expr: up == 0\n"
CRON_JOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {{name: nightly}}
spec:
  schedule: "0 3 * * *"
  suspend: {suspend}
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - {{name: train, image: "acme/train:1.0", command: [python, {script}]}}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
        - name: api
          image: acme/api:1.0
          env:
            - name: TOKEN
              valueFrom: {secretKeyRef: {name: api, key: token}}
"""
SCORES = """
import joblib
import pandas as pd

model = joblib.load("m.joblib")
frame = pd.read_csv("x.csv")
frame["y"] = model.predict(frame)
frame.to_csv("y.csv")
"""
CHECK = {
    "check.py": "import sys, json\nm = json.load(open('m.json'))\nif m['accuracy'] < 0.8:\n    sys.exit(1)\n",
}
KS = "from scipy.stats import ks_2samp\nprint(ks_2samp([1], [2]))\n"
STUB = "def check_data_drift(a, b):\n    pass\n\ncheck_data_drift(1, 2)\n"
CHART = {"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n", "c/templates/d.yaml": DEPLOYMENT}
ROUTE = "\n@app.get('{path}')\ndef other():\n    return 'ok'\n"
UNDO = job("kubectl rollout undo deployment/api").replace("work:", "rollback:")


TABLE_API = """
import pandas as pd
from fastapi import FastAPI

app = FastAPI()

@app.get("/sales/{{store}}")
def sales(store: int):
    return pd.read_parquet(f"gs://acme/{name}").loc[store].to_dict()
"""
HANDLER = """
import pandas as pd

rows = pd.read_parquet("{name}")

def lambda_handler(event, context=None):
    return rows.loc[event["store"]].to_dict()
"""
SCORES_TO_TEXT = """
import joblib

def predict(path):
    return joblib.load(path).predict([[1.0]])

if __name__ == "__main__":
    found = predict("m.joblib")
    with open("answers.txt", "w") as file:
        file.write(str(found))
"""
KEEPS_IN_A_STORE = """
import joblib
from store import save_everything, upload

model = joblib.load("m.joblib")

if __name__ == "__main__":
    predictions = model.predict([[1.0]])
    {call}
"""
FITS_WHAT_IT_GETS = {
    "fitting.py": "def fit(estimator, x, y):\n    return estimator.fit(x, y)\n",
    "main.py": "import lightgbm as lgb\nfrom fitting import fit\n\nfit({made}, [[0.0]], [0.0])\n",
}
LOOP = """
{imported}

def epoch(batches, net, optimizer):
    for batch in batches:
        loss = net(batch)
        loss.backward()
        optimizer.step()
"""


REGISTERS = """
import json
import mlflow

def main():
    metrics = json.load(open("metrics.json"))
    if {test}:
        {body}
    mlflow.register_model("runs:/1/m", "prices")

main()
"""
CHECKED = """
import pandas as pd
from sklearn.linear_model import Ridge

def validate_data(frame):
    missing = [name for name in ("x", "y") if name not in frame.columns]
    if missing:
        raise ValueError(missing)
    return frame

frame = pd.read_csv("orders.csv")
{call}
Ridge().fit(frame[["x"]], frame["y"])
"""
SUITE = """
import mlflow
from evidently.test_suite import TestSuite
from evidently.tests import TestColumnDrift

suite = TestSuite(tests=[TestColumnDrift(column_name="score")])
suite.run(reference_data=None, current_data=None)
"""
STOPS = """
if not suite.as_dict()["summary"]["all_passed"]:
    raise SystemExit(1)
mlflow.register_model("runs:/1/m", "prices")
"""
FLOW = """
name: weekly
flow_name: prices
entrypoint: train.py:train
is_schedule_active: {active}
schedule:
  cron: 0 3 * * 1
"""
FLOWS = """
deployments:
  - name: weekly
    entrypoint: {entry}
    schedules:
      - cron: 0 3 * * 1
        active: true
"""
INLINE = """
trigger: [main]
steps:
  - task: AzureCLI@2
    inputs:
      scriptType: bash
      scriptLocation: inlineScript
      inlineScript: |
        python -c "
        from azure.ai.ml import MLClient
        from azure.ai.ml.entities import ManagedOnlineDeployment

        client = MLClient(None, '$(SUBSCRIPTION)')
        {call}"
"""
LIVE = """
from sklearn.metrics import mean_absolute_error

def compare(predicted, observed):
    print(mean_absolute_error(observed, predicted))
"""
BUILDS = """
steps:
  - name: gcr.io/cloud-builders/gcloud
    args: [ai, custom-jobs, create, --config, job.yaml]
    secretEnv: [TOKEN]
availableSecrets:
  secretManager:
    - versionName: projects/p/secrets/token/versions/1
      env: TOKEN
"""


def from_registry(reference: str) -> dict[str, str]:
    loads = f"mlflow.pyfunc.load_model('models:/{reference}')"
    return {"app.py": APP["app.py"].replace("joblib.load('m.joblib')", loads).replace("import joblib", "import mlflow")}


def gate(test: str, body: str) -> dict[str, str]:
    return {
        "train.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\nmodel = Ridge().fit([[0.0]], [0.0])\n"
        f"score = model.score([[0.0]], [0.0])\nepochs = 3\n{test}\n    {body}\njoblib.dump(model, 'm.joblib')\n"
    }


REPORT = """
import pandas as pd
from evidently.metric_preset import DataDriftPreset
from evidently.report import Report

def check(train_df, {now}):
    report = Report(metrics=[DataDriftPreset()])
    report.run(reference_data=train_df, current_data={now})
"""
CONSUMER = """
import joblib
from confluent_kafka import Consumer

def main():
    model = joblib.load('m.joblib')
    consumer = Consumer({'group.id': 'scores'})
    while True:
        message = consumer.poll(1.0)
        print(model.predict([[float(message.value())]]))

if __name__ == '__main__':
    main()
"""
UNMODELLED = CONSUMER.replace("joblib", "json").replace("model.predict", "list")
DYNAMIC = """
import importlib
import os
from fastapi import FastAPI

engine = importlib.import_module(os.getenv('ENGINE', 'scoring'))
app = FastAPI()

@app.post('/predict')
def predict(x: float):
    return engine.answer(x)
"""
SCORING = "import joblib\n\nmodel = joblib.load('m.joblib')\n\ndef answer(x):\n    return model.predict([[x]])\n"
WATCHED = {
    "steps/inference_predict.py": "from zenml import step\n\n@step\ndef inference_predict(model, data):\n"
    "    data['prediction'] = model.predict(data)\n    return data\n",
    "pipelines/monitoring.py": "from zenml import pipeline\nfrom steps.inference_predict import inference_predict\n\n"
    "@pipeline\ndef watch(model, data):\n    inference_predict(model, data)\n",
}
ACCEPTED = {
    "pipeline.py": "from evaluation import evaluate\n\nclass Pipeline:\n    def run(self, model):\n"
    "        found = evaluate(model)\n        if found.is_model_accepted:\n            self.start_pusher(model)\n",
    "evaluation.py": "def evaluate(model):\n    if model.accuracy >= 0.7:\n        return Found(True)\n",
}
EVENTS = "from torch.utils.tensorboard import SummaryWriter\n\nSummaryWriter('runs').add_scalar('loss', 0.5, 1)\n"
UNSTEPPED = """
from zenml.integrations.bentoml.steps import bentoml_model_deployer_step

def serve(bento):
    bentoml_model_deployer_step(bento=bento, model_name='prices')
"""
DEPLOYER = UNSTEPPED.replace("def serve", "@pipeline\ndef serve").replace(
    "\nfrom", "\nfrom zenml import pipeline\nfrom", 1
)
BUILDSPECS = {
    "buildspecs/deploy.yml": "version: 0.2\nphases:\n  build:\n    commands:\n      - bash scripts/deploy.sh\n",
    "scripts/deploy.sh": "#!/bin/bash\npushd ./stack\nyarn install\nyarn cdk deploy --require-approval never\npopd\n",
}
TESTED = """
from zenml.integrations.evidently.steps import evidently_test_step
from zenml.integrations.evidently.tests import EvidentlyTestConfig

check = evidently_test_step.with_options(parameters={'tests': [EvidentlyTestConfig.test('DataQualityTestPreset')]})
"""
CDK = {
    **{f"ml/{name}": text for name, text in TRAIN.items()},
    "cdk.json": "{}",
    "buildspecs/pipeline.yml": "version: 0.2\nphases:\n  build:\n    commands:\n      - python ml/train.py\n",
}
FED = """import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
const data = new actions.{source}({{ actionName: 'Data' }});
"""
STAGED = """
import mlflow
from fastapi import FastAPI
from mlflow.tracking import MlflowClient

app = FastAPI()
found = MlflowClient().get_latest_versions(name='prices', stages={stages})
model = mlflow.pyfunc.load_model(found[0].source)

@app.post('/predict')
def predict(x: float):
    return model.predict([[x]])
"""

RENDERS = "#!/bin/sh\nhelm template chart -f values.yaml > out.yaml\n"
PUSHES = "#!/bin/sh\ngit clone https://git.example/acme/state\ncd state && git add -A && git commit -m x\ngit push\n"
MODEL_API = """
resource "google_cloud_run_service" "api" {
  name = "api"
  template {
    metadata {
      annotations = { "autoscaling.knative.dev/maxScale" = "5" }
    }
    spec {
      containers { image = "acme/api:1.0" }
    }
  }
}
"""

CASES: list[tuple[str, str, Status | None, dict[str, str]]] = [
    ("alerting", "a rule", USED, {**APP, "rules.yml": RULES.format(what="alert")}),
    ("alerting", "records only", ABSENT, {**APP, "rules.yml": RULES.format(what="record")}),
    (
        "alerting",
        "nobody is told",
        DISABLED,
        {
            **APP,
            "rules.yml": RULES.format(what="alert"),
            "alertmanager.yml": "route: {receiver: none}\nreceivers:\n  - name: none\n",
        },
    ),
    ("ci-cd", "on push", USED, {".github/workflows/ci.yml": job("pytest")}),
    ("ci-cd", "on a pull request", USED, {".github/workflows/ci.yaml": job("pytest", on="[pull_request]")}),
    ("ci-cd", "by hand", STATED, {".github/workflows/ci.yml": job("pytest", on="workflow_dispatch")}),
    ("ci-cd", "by the clock", STATED, {".github/workflows/ci.yml": cron("pytest")}),
    ("ci-cd", "no suffix", ABSENT, {".github/workflows/ci": job("pytest")}),
    ("ci-cd", "elsewhere", DISABLED, {"templates/.github/workflows/ci.yml": job("pytest")}),
    (
        "dependency-locking",
        "a lock",
        USED,
        {"uv.lock": 'version = 1\n\n[[package]]\nname = "numpy"\nversion = "2.0"\n'},
    ),
    ("dependency-locking", "compiled", USED, {"requirements.txt": "# autogenerated by pip-compile\nnumpy==2.0\n"}),
    ("dependency-locking", "pinned by hand", ABSENT, {"requirements.txt": "numpy==2.0\n"}),
    ("deployment-automation", "a step", USED, {**APP, ".github/workflows/cd.yml": job("kubectl apply -f k8s/")}),
    (
        "deployment-automation",
        "a target",
        USED,
        {
            **APP,
            ".github/workflows/cd.yml": job("make ship"),
            "Makefile": "ship:\n\thelm upgrade --install api ./chart\n",
        },
    ),
    ("deployment-automation", "a script at hand", ABSENT, {**APP, "deploy.sh": "#!/bin/sh\nkubectl apply -f k8s/\n"}),
    *(
        (
            "deployment-automation",
            f"the engine at {host}",
            status,
            {**APP, ".gitlab-ci.yml": f"go:\n  variables: {{DOCKER_HOST: '{host}'}}\n  script: docker compose up -d\n"},
        )
        for host, status in (("tcp://prod-1:2375", USED), ("tcp://docker:2375", ABSENT))
    ),
    (
        "deployment-automation",
        "a dry run",
        DISABLED,
        {**APP, ".github/workflows/cd.yml": job("kubectl apply --dry-run=client -f k8s/")},
    ),
    (
        "deployment-automation",
        "a job that only prints",
        DISABLED,
        {**APP, ".github/workflows/cd.yml": job("echo kubectl apply -f k8s/").replace("work:", "deploy:")},
    ),
    (
        "deployment-automation",
        "a step that never runs",
        DISABLED,
        {**APP, ".github/workflows/cd.yml": job("kubectl apply -f k8s/\n        if: false")},
    ),
    ("ci-cd", "a workflow that is named for tests", USED, {**APP, ".github/workflows/test_app.yml": job("pytest")}),
    (
        "deployment-automation",
        "manifests that are pushed to another repository",
        USED,
        {
            **APP,
            "ci/render.sh": RENDERS,
            "ci/push.sh": PUSHES,
            ".github/workflows/cd.yml": job("ci/render.sh", "ci/push.sh"),
        },
    ),
    (
        "deployment-automation",
        "manifests that are only shown",
        DISABLED,
        {
            **APP,
            "ci/render.sh": RENDERS,
            ".github/workflows/cd.yml": job("ci/render.sh", "git tag v1", "git push --tags"),
        },
    ),
    (
        "deployment-automation",
        "manifests shown by another job",
        DISABLED,
        {
            **APP,
            "ci/render.sh": RENDERS,
            "ci/push.sh": PUSHES,
            ".github/workflows/show.yml": job("ci/render.sh"),
            ".github/workflows/sync.yml": job("ci/push.sh"),
        },
    ),
    (
        "model-registry",
        "a model that CI fetches by its version",
        USED,
        {**APP, ".github/workflows/b.yml": job("az ml model download --name prices --version 3 --download-path .")},
    ),
    ("autoscaling", "an annotation of the service", USED, {**APP, "main.tf": MODEL_API}),
    ("deployment-automation", "a push", ABSENT, {**APP, ".github/workflows/cd.yml": job("docker push acme/api:1.0")}),
    ("deployment-automation", "a package", ABSENT, {**APP, ".github/workflows/cd.yml": job("twine upload dist/*")}),
    ("evaluation-gate", "raise", USED, gate("if score < 0.8:", "raise ValueError(score)")),
    ("evaluation-gate", "assert", USED, gate("assert score > 0.8\nif True:", "pass")),
    ("evaluation-gate", "exit", USED, gate("if score < 0.8:", "raise SystemExit(1)")),
    ("evaluation-gate", "print", DISABLED, gate("if score < 0.8:", "print('low')")),
    (
        "evaluation-gate",
        "a constant that overrides",
        DISABLED,
        gate("ALWAYS = True\nif not ALWAYS and score < 0.8:", "raise ValueError(score)"),
    ),
    (
        "evaluation-gate",
        "a parameter that may override",
        USED,
        gate("force = False\nif not force and score < 0.8:", "raise ValueError(score)"),
    ),
    (
        "evaluation-gate",
        "no threshold",
        DISABLED,
        gate("accuracy = score\nif accuracy < 0:", "raise ValueError(score)"),
    ),
    (
        "evaluation-gate",
        "a threshold of a score that may be negative",
        USED,
        gate("if score < 0:", "raise ValueError()"),
    ),
    (
        "evaluation-gate",
        "set after it",
        DISABLED,
        gate("low = score < 0.8\nlow = False\nif low:", "raise ValueError(score)"),
    ),
    (
        "evaluation-gate",
        "set in a branch",
        USED,
        gate("low = score < 0.8\nif epochs:\n    low = False\nif low:", "raise ValueError(score)"),
    ),
    ("evaluation-gate", "no metric", ABSENT, gate("if epochs > 2:", "raise ValueError(epochs)")),
    (
        "evaluation-gate",
        "a check that CI runs",
        USED,
        {**TRAIN, **CHECK, ".github/workflows/t.yml": job("python train.py", "python check.py")},
    ),
    ("evaluation-gate", "a check that nobody runs", ABSENT, {**TRAIN, **CHECK}),
    (
        "evaluation-gate",
        "a stored verdict",
        USED,
        {**TRAIN, "register.py": REGISTERS.format(test="not metrics.get('passed_threshold', False)", body="return")},
    ),
    (
        "evaluation-gate",
        "a stored verdict that is only told",
        ABSENT,
        {**TRAIN, "register.py": REGISTERS.format(test="not metrics['passed']", body="print('low')")},
    ),
    (
        "evaluation-gate",
        "a stored setting",
        ABSENT,
        {**TRAIN, "register.py": REGISTERS.format(test="metrics['verbose']", body="return")},
    ),
    ("evaluation-gate", "a suite over what is served", ABSENT, {**TRAIN, "jobs/watch.py": SUITE}),
    (
        "evaluation-gate",
        "a suite that stops the registration",
        USED,
        {**TRAIN, "register.py": SUITE + STOPS},
    ),
    ("data-validation", "by hand", USED, {"train.py": CHECKED.format(call="frame = validate_data(frame)")}),
    ("data-validation", "by hand, and never called", ABSENT, {"train.py": CHECKED.format(call="print(frame.shape)")}),
    (
        "data-validation",
        "of requests only",
        ABSENT,
        {**TRAIN, "app.py": APP["app.py"] + "\ndef validate_data(x):\n    print(x)\n\nvalidate_data(1)\n"},
    ),
    ("retraining-trigger", "a deployment of a flow", USED, {**TRAIN, "d.yaml": FLOW.format(active="true")}),
    ("retraining-trigger", "a paused one", DISABLED, {**TRAIN, "d.yaml": FLOW.format(active="false")}),
    ("retraining-trigger", "one of several", USED, {**TRAIN, "prefect.yaml": FLOWS.format(entry="train.py:train")}),
    (
        "retraining-trigger",
        "one that scores",
        ABSENT,
        {**TRAIN, "score.py": SCORES, "prefect.yaml": FLOWS.format(entry="score.py:score")},
    ),
    (
        "deployment-automation",
        "in a program on the command line",
        USED,
        {
            **APP,
            "azure-pipelines.yml": INLINE.format(
                call="client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(name='green')).result()"
            ),
        },
    ),
    (
        "deployment-automation",
        "only asked for",
        ABSENT,
        {**APP, "azure-pipelines.yml": INLINE.format(call="print(client.online_deployments.get('green'))")},
    ),
    ("model-monitoring", "by hand", USED, {**TRAIN, "jobs/monitoring.py": LIVE}),
    ("model-monitoring", "any report", ABSENT, {**TRAIN, "jobs/report.py": LIVE}),
    ("secrets-management", "a store in CI", USED, {**TRAIN, "cloudbuild.yaml": BUILDS}),
    ("health-checks", "a route", USED, {"app.py": APP["app.py"] + ROUTE.format(path="/healthz")}),
    (
        "health-checks",
        "a probe",
        USED,
        {**APP, "k8s/a.yaml": DEPLOYMENT + "          livenessProbe: {tcpSocket: {port: 1}}\n"},
    ),
    (
        "health-checks",
        "in the image",
        USED,
        {**APP, "Dockerfile": "FROM python:3.12\nHEALTHCHECK CMD curl localhost\nCMD x\n"},
    ),
    ("health-checks", "none", ABSENT, {"app.py": APP["app.py"] + ROUTE.format(path="/wealth")}),
    ("infrastructure-as-code", "terraform", USED, {"main.tf": 'resource "aws_s3_bucket" "x" {\n  bucket = "x"\n}\n'}),
    ("infrastructure-as-code", "raw manifests", ABSENT, {"k8s/a.yaml": DEPLOYMENT}),
    (
        "infrastructure-as-code",
        "kustomize",
        USED,
        {"k8s/a.yaml": DEPLOYMENT, "k8s/kustomization.yaml": "resources: [a.yaml]\n"},
    ),
    ("model-artifact", "a dump", USED, TRAIN),
    ("model-artifact", "a load", ABSENT, APP),
    ("retraining-trigger", "a cron that trains", USED, {**TRAIN, ".github/workflows/t.yml": cron("python train.py")}),
    (
        "retraining-trigger",
        "a cron that scores",
        ABSENT,
        {**TRAIN, "score.py": SCORES, ".github/workflows/t.yml": cron("python score.py")},
    ),
    (
        "retraining-trigger",
        "by hand",
        ABSENT,
        {**TRAIN, ".github/workflows/t.yml": job("python train.py", on="workflow_dispatch")},
    ),
    (
        "retraining-trigger",
        "a cron job",
        USED,
        {**TRAIN, "k8s/t.yaml": CRON_JOB.format(suspend="false", script="train.py")},
    ),
    (
        "retraining-trigger",
        "suspended",
        DISABLED,
        {**TRAIN, "k8s/t.yaml": CRON_JOB.format(suspend="true", script="train.py")},
    ),
    ("rollback", "an alias", USED, from_registry("m@prod")),
    ("rollback", "latest", ABSENT, from_registry("m/latest")),
    ("rollback", "a chart", USED, {**APP, **CHART}),
    ("rollback", "manifests", ABSENT, {**APP, "k8s/a.yaml": DEPLOYMENT}),
    ("rollback", "a job", USED, {**APP, ".github/workflows/r.yml": UNDO}),
    ("secrets-management", "a secret object", USED, {**APP, "k8s/a.yaml": DEPLOYMENT}),
    (
        "secrets-management",
        "a name in CI",
        ABSENT,
        {**APP, ".github/workflows/c.yml": job("echo ${{ secrets.TOKEN }}")},
    ),
    ("serving", "a handler that comes to a model", USED, APP),
    ("serving", "a web application", ABSENT, {**TRAIN, "web.py": "from flask import Flask\napp = Flask(__name__)\n"}),
    ("serving", "a batch job", USED, {"score.py": SCORES}),
    (
        "serving",
        "an API that hands out what a job predicted",
        USED,
        {**TRAIN, "api.py": TABLE_API.format(name="predictions.parquet")},
    ),
    ("serving", "an API over any table", ABSENT, {**TRAIN, "api.py": TABLE_API.format(name="stores.parquet")}),
    ("serving", "predictions of somebody else", ABSENT, {"api.py": TABLE_API.format(name="predictions.parquet")}),
    ("serving", "a function over stored forecasts", USED, {**TRAIN, "fn.py": HANDLER.format(name="lgb_preds.parquet")}),
    ("serving", "a function over a table", ABSENT, {**TRAIN, "fn.py": HANDLER.format(name="items.parquet")}),
    ("serving", "a script that writes text", USED, {"predict.py": SCORES_TO_TEXT}),
    ("serving", "a script that reads text", ABSENT, {"predict.py": SCORES_TO_TEXT.replace('"w"', '"r"')}),
    ("serving", "an evaluation that keeps its answers", ABSENT, {"evaluate.py": SCORES}),
    ("serving", "kept by a helper", USED, {"job.py": KEEPS_IN_A_STORE.format(call="upload(predictions)")}),
    ("serving", "kept is something else", ABSENT, {"job.py": KEEPS_IN_A_STORE.format(call="upload(model)")}),
    (
        "training-framework",
        "a class that a helper fits",
        USED,
        {**FITS_WHAT_IT_GETS, "main.py": FITS_WHAT_IT_GETS["main.py"].format(made="lgb.LGBMRegressor()")},
    ),
    (
        "training-framework",
        "a function of the same library",
        ABSENT,
        {**FITS_WHAT_IT_GETS, "main.py": FITS_WHAT_IT_GETS["main.py"].format(made="lgb.plotting()")},
    ),
    ("training-framework", "a loop over any optimizer", USED, {"loop.py": LOOP.format(imported="import torch")}),
    ("training-framework", "a loop without the library", ABSENT, {"loop.py": LOOP.format(imported="import torque")}),
    (
        "deployment-automation",
        "over ssh",
        USED,
        {
            **APP,
            ".github/workflows/cd.yml": job("true").replace(
                "- run: true", "- uses: google-github-actions/ssh-compute@v1\n        with: {command: ./update.sh}"
            ),
        },
    ),
    (
        "deployment-automation",
        "by a runner on the machine itself",
        USED,
        {
            **APP,
            ".github/workflows/cd.yml": job("docker run -d -p 80:80 acme/api:1.0").replace(
                "ubuntu-24.04", "[self-hosted, linux]"
            ),
        },
    ),
    (
        "deployment-automation",
        "on a machine that is thrown away",
        ABSENT,
        {**APP, ".github/workflows/cd.yml": job("docker run -d -p 80:80 acme/api:1.0")},
    ),
    (
        "deployment-automation",
        "a test on one's own machine",
        ABSENT,
        {
            **APP,
            ".github/workflows/cd.yml": job("docker run --rm acme/api:1.0 pytest").replace(
                "ubuntu-24.04", "self-hosted"
            ),
        },
    ),
    ("drift-monitoring", "a test in a drift job", USED, {**TRAIN, "drift.py": KS}),
    ("drift-monitoring", "any statistics", ABSENT, {**TRAIN, "report.py": KS}),
    ("drift-monitoring", "a stub", ABSENT, {**TRAIN, "monitor.py": STUB}),
    ("drift-monitoring", "inside one split", DISABLED, {**TRAIN, "check.py": REPORT.format(now="test_df")}),
    ("drift-monitoring", "against what came in", USED, {**TRAIN, "check.py": REPORT.format(now="recent_df")}),
    ("serving", "each message", USED, {**TRAIN, "consumer.py": CONSUMER}),
    ("serving", "messages without a model", ABSENT, {**TRAIN, "consumer.py": UNMODELLED}),
    ("serving", "by the default of a name", USED, {**TRAIN, "app.py": DYNAMIC, "scoring.py": SCORING}),
    ("serving", "a step that only monitors", ABSENT, {**TRAIN, **WATCHED}),
    ("evaluation-gate", "an accepted verdict", USED, {**TRAIN, **ACCEPTED}),
    ("evaluation-gate", "accepted by nobody", ABSENT, {**TRAIN, "pipeline.py": ACCEPTED["pipeline.py"]}),
    ("experiment-tracking", "event files", USED, {**TRAIN, "fit.py": EVENTS}),
    ("deployment-automation", "a step of a pipeline", USED, {**APP, "pipelines/deploy.py": DEPLOYER}),
    ("deployment-automation", "a deployer that no pipeline calls", ABSENT, {**APP, "deploy.py": UNSTEPPED}),
    ("deployment-automation", "build specs in a folder", USED, {**APP, **BUILDSPECS}),
    ("data-validation", "a step of an integration", USED, {**TRAIN, "steps.py": TESTED}),
    ("retraining-trigger", "new data is a source", USED, {**CDK, "lib/stack.ts": FED.format(source="S3SourceAction")}),
    (
        "retraining-trigger",
        "only code is a source",
        ABSENT,
        {**CDK, "lib/stack.ts": FED.format(source="CodeCommitSourceAction")},
    ),
    ("rollback", "a stage that is asked for", USED, {**TRAIN, "app.py": STAGED.format(stages="['Production']")}),
    ("rollback", "whatever is latest", ABSENT, {**TRAIN, "app.py": STAGED.format(stages="['None']")}),
]


@pytest.mark.parametrize(
    ("capability", "status", "files"),
    [pytest.param(capability, status, files, id=f"{capability}: {what}") for capability, what, status, files in CASES],
)
def test_derivation(understand: Understand, capability: str, status: Status | None, files: dict[str, str]) -> None:
    found = {one.status for one in understand(files).evidence(capability, *Status)} - ({STATED} - {status})
    assert found == ({status} if status is not None else set())


def test_what_is_declared_and_never_used_is_told_apart(understand: Understand) -> None:
    graph = understand({**TRAIN, "requirements.txt": "mlflow==2.16.0\nevidently==0.6.0\n"})
    assert [one.tool for one in graph.evidence("experiment-tracking", Status.DECLARED)] == ["mlflow"]
    assert [one.tool for one in graph.evidence("drift-monitoring", Status.DECLARED)] == ["evidently"]
    assert not graph.has("experiment-tracking", "drift-monitoring")


def test_what_a_default_switches_off_is_disabled(understand: Understand) -> None:
    graph = understand(
        {
            **CHART,
            "c/values.yaml": "hpa: {enabled: false}\n",
            "c/templates/hpa.yaml": "{{- if .Values.hpa.enabled }}\napiVersion: autoscaling/v2\n"
            "kind: HorizontalPodAutoscaler\nmetadata: {name: api}\nspec: {maxReplicas: 3, "
            "scaleTargetRef: {kind: Deployment, name: api}}\n{{- end }}\n",
            **APP,
        }
    )
    assert {one.status for one in graph.evidence("autoscaling", *Status)} == {Status.DISABLED}


COMPOSE = """
services:
  board:
    image: acme/board:1.0
  api:
    build: .
"""


@pytest.mark.parametrize("dockerfile", ["COPY app.py .\nCMD uvicorn app:app\n", "COPY app.py .\nCMD ./start\n"])
def test_what_answers_is_what_starts_or_holds_the_handler(understand: Understand, dockerfile: str) -> None:
    graph = understand({**APP, "compose.yaml": COMPOSE, "Dockerfile": f"FROM python:3.12\n{dockerfile}"})
    assert [one.name for one in answering(graph)] == ["api"]


def test_what_answers_is_anything_where_nothing_is_known_to_hold_the_handler(understand: Understand) -> None:
    graph = understand({**APP, "compose.yaml": COMPOSE})
    assert [one.name for one in answering(graph)] == ["board", "api"]


@pytest.mark.parametrize(("tag", "serves"), [("26.07-py3", True), ("26.07-py3-sdk", False)])
def test_an_image_of_clients_is_no_server(understand: Understand, tag: str, serves: bool) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
        f"    - {{name: c, image: 'nvcr.io/nvidia/tritonserver:{tag}'}}\n"
    )
    assert bool(understand({"pod.yaml": pod}).uses("model-server")) is serves


WATCH = "import whylogs\n"


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [
        ("DEBUG = False\nif DEBUG:\n    whylogs.log(1)\n", Status.DISABLED, "'DEBUG' is False (app.py:2)"),
        ("ON = True\nif not ON:\n    whylogs.log(1)\n", Status.USED, ""),  # too short a name for a flag
        ("ENABLED = True\nif not ENABLED:\n    whylogs.log(1)\n", Status.DISABLED, "'ENABLED' is True (app.py:2)"),
        (
            "ENABLED = True\nif ENABLED:\n    x()\nelse:\n    whylogs.log(1)\n",
            Status.DISABLED,
            "'ENABLED' is True (app.py:2)",
        ),
        ("DEBUG = False\nif DEBUG and x:\n    whylogs.log(1)\n", Status.DISABLED, "'DEBUG' is False (app.py:2)"),
        ("DEBUG = False\nif DEBUG or x:\n    whylogs.log(1)\n", Status.USED, ""),
        ("import os\nDEBUG = os.getenv('DEBUG', 'false')\nif DEBUG:\n    whylogs.log(1)\n", Status.USED, ""),
        ("import os\nDEBUG = os.getenv('DEBUG') == '1'\nif DEBUG:\n    whylogs.log(1)\n", Status.USED, ""),
        ("DEBUG = False\nDEBUG = read()\nif DEBUG:\n    whylogs.log(1)\n", Status.USED, ""),
        (
            "DEBUG = False\ndef f():\n    global DEBUG\n    DEBUG = read()\nif DEBUG:\n    whylogs.log(1)\n",
            Status.USED,
            "",
        ),
        ("DEBUG = False\ndef f(DEBUG):\n    if DEBUG:\n        whylogs.log(1)\n", Status.USED, ""),
        (
            "DEBUG = False\ndef f():\n    if not DEBUG:\n        return\n    whylogs.log(1)\n",
            Status.DISABLED,
            "'DEBUG' is False (app.py:2)",
        ),
        (
            "DEBUG = False\ndef watch():\n    whylogs.log(1)\nif DEBUG:\n    watch()\n",
            Status.DISABLED,
            "'DEBUG' is False (app.py:2)",
        ),
        ("DEBUG = False\ndef watch():\n    whylogs.log(1)\nif DEBUG:\n    watch()\nwatch()\n", Status.USED, ""),
        ("DEBUG = False\ndef watch():\n    whylogs.log(1)\nif DEBUG:\n    watch()\nrun(watch)\n", Status.USED, ""),
        (
            "from settings import MONITOR\nif MONITOR:\n    whylogs.log(1)\n",
            Status.DISABLED,
            "'MONITOR' is False (settings.py:1)",
        ),
        (
            "import settings\nif settings.MONITOR:\n    whylogs.log(1)\n",
            Status.DISABLED,
            "'settings.MONITOR' is False (settings.py:1)",
        ),
        ("import settings\nsettings.MONITOR = True\nif settings.MONITOR:\n    whylogs.log(1)\n", Status.USED, ""),
        ("import settings\nif settings.FROM_ENV:\n    whylogs.log(1)\n", Status.USED, ""),
        ("def f():\n    return 1\n    whylogs.log(1)\n", None, ""),
        ("def f():\n    raise ValueError\n    whylogs.log(1)\n", None, ""),
    ],
)
def test_a_call_behind_a_flag_that_is_a_constant(
    understand: Understand, text: str, status: Status | None, why: str
) -> None:
    settings = "MONITOR = False\nimport os\nFROM_ENV = bool(os.environ.get('X', ''))\n"
    made = understand({"settings.py": settings, "app.py": WATCH + text})
    called = [one for one in made.evidence("drift-monitoring", *Status) if "call" in one.what]
    assert [(one.status, one.why) for one in called] == ([] if status is None else [(status, why)])


def test_a_gate_behind_a_flag_stops_nothing(understand: Understand) -> None:
    text = "GATE = False\ndef check(accuracy):\n    if GATE:\n        if accuracy < 0.8:\n"
    text += "            raise SystemExit(1)\n"
    train = "import sklearn.metrics\naccuracy = sklearn.metrics.accuracy_score(a, b)\ncheck(accuracy)\n"
    made = understand({"evaluate.py": text + train})
    assert not made.evidence("evaluation-gate")


def test_cells_set_their_flags_by_hand(understand: Understand) -> None:
    code = '["import whylogs\\n", "DEBUG = False\\n", "if DEBUG:\\n", "    whylogs.log(1)"]'
    cell = f'{{"cell_type": "code", "source": {code}}}'
    made = understand({"a.ipynb": f'{{"cells": [{cell}], "nbformat": 4, "metadata": {{}}}}'})
    assert made.evidence("drift-monitoring")


MOVE = "import sys\nimport mlflow\nclient = mlflow.MlflowClient()\n"


def _spelled(text: str) -> str:
    called = text.replace(" stage(", " client.transition_model_version_stage(")
    called = called.replace("alias('m', 'champion'", "client.set_registered_model_alias('m', 'champion'")
    return called.replace("\nstage(", "\nclient.transition_model_version_stage(")


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("stage('m', 3, 'Archived')\n", False),
        (
            "v = client.create_model_version('m', 's')\nstage('m', v.version, 'Production')\n",
            False,
        ),
        (
            "v = client.get_latest_versions('m', stages=['None'])[0]\nalias('m', 'champion', v.version)\n",
            False,
        ),
        ("def promote(version):\n    alias('m', 'champion', version)\n", False),
        ("def rollback(version):\n    alias('m', 'champion', version)\n", True),
        ("def revert_model(v):\n    stage('m', v, 'Production')\n", True),
        ("def rollback(v):\n    stage('m', v, 'Archived')\n", False),
        ("alias('m', 'champion', previous_version)\n", True),
        ("alias('m', 'champion', str(int(current.version) - 1))\n", True),
        (
            "v = client.get_model_version_by_alias('m', 'previous')\nalias('m', 'champion', v.version)\n",
            True,
        ),
        (
            "v = client.get_latest_versions('m', stages=['Archived'])[0]\nstage('m', v.version, stage='Production')\n",
            True,
        ),
        ("alias('m', 'champion', version=args.version)\n", True),
        ("alias('m', 'champion', sys.argv[1])\n", True),
        (
            "import click\n@click.command()\n@click.option('--version')\n"
            "def use(version):\n    alias('m', 'champion', version)\n",
            True,
        ),
    ],
)
def test_a_move_to_an_earlier_version_is_a_rollback(understand: Understand, text: str, counts: bool) -> None:
    assert bool(understand({"moves.py": MOVE + _spelled(f"\n{text}")}).evidence("rollback")) == counts


@pytest.mark.parametrize(
    "text",
    [
        "def f(model: mlflow.pyfunc.PyFuncModel, x):\n    return model.metadata.get_input_schema(), model.predict(x)\n",
        "mlflow.set_tracking_uri('http://m')\nm = mlflow.pyfunc.load_model('models:/m/1')\nm.unwrap_python_model()\n",
    ],
)
def test_what_only_asks_a_model_tracks_nothing(understand: Understand, text: str) -> None:
    made = understand({"app.py": f"import mlflow\n{text}"})
    assert not made.evidence("experiment-tracking")
    assert understand({"app.py": f"import mlflow\n{text}mlflow.log_metric('a', 1)\n"}).evidence("experiment-tracking")


def jenkins(stage: str, step: str) -> str:
    inside = f"stage('{stage}') {{\n steps {{\n {step}\n }}\n }}"
    return f"pipeline {{\n agent any\n stages {{\n {inside}\n }}\n}}\n"


@pytest.mark.parametrize(
    ("path", "text", "counts"),
    [
        ("Jenkinsfile", jenkins("Deploy live", "s3Upload(bucket: 'live', workingDir: 'flows/', path: 'x/')"), True),
        ("Jenkinsfile", jenkins("Deploy live", "s3Upload bucket: 'live', file: 'model.tar.gz'"), True),
        ("Jenkinsfile", jenkins("Package", "s3Upload(bucket: 'acme-dags', workingDir: 'flows/')"), True),
        ("Jenkinsfile", jenkins("Package", "s3Upload(bucket: 'builds', workingDir: 'flows/')"), False),
        ("Jenkinsfile", jenkins("Publish", "s3Upload(bucket: 'ci', workingDir: 'test-reports/')"), False),
        ("Jenkinsfile", jenkins("Deploy", "sh 'aws s3 sync flows/ s3://acme-flows/live'"), True),
        (".github/workflows/c.yml", job("aws s3 cp model.tar.gz s3://acme/live/").replace("work:", "release:"), True),
        (".github/workflows/c.yml", job("aws s3 cp model.tar.gz s3://acme/live/"), False),
        (".github/workflows/c.yml", job("aws s3 cp s3://acme/live/m.tar.gz .").replace("work:", "deploy:"), False),
        (".github/workflows/c.yml", job("gsutil -m rsync -r src gs://acme-data/code/x"), True),
        (".github/workflows/c.yml", job("aws s3 cp coverage.xml s3://acme/x").replace("work:", "publish:"), False),
        (".github/workflows/c.yml", job("aws s3 sync flows s3://acme --dryrun").replace("work:", "deploy:"), False),
        (
            ".github/workflows/c.yml",
            job("az storage blob upload-batch -s flows -d live").replace("work:", "deploy:"),
            True,
        ),
    ],
)
def test_an_upload_ships_where_its_step_or_its_goal_says_so(
    understand: Understand, path: str, text: str, counts: bool
) -> None:
    assert bool(understand({path: text}).evidence("deployment-automation")) == counts


SERVED = """
import os
import mlflow
from fastapi import FastAPI

NAME = os.environ["MODEL_NAME"]
{head}
app = FastAPI()
{load}

@app.post("/predict")
def predict(x: float, {asked}name: str = "m"):
    {inside}
    return model.predict([[x]])
"""


@pytest.mark.parametrize(
    ("head", "load", "asked", "inside", "counts"),
    [
        ("V = os.environ['V']", "model = mlflow.pyfunc.load_model(f'models:/{NAME}/{V}')", "", "pass", True),
        ("", "model = mlflow.pyfunc.load_model(f'models:/{NAME}/{settings.version}')", "", "pass", True),
        ("", "", "version: str, ", "model = mlflow.pyfunc.load_model(f'models:/{name}/{version}')", True),
        ("", "", "v: str, ", "model = mlflow.pyfunc.load_model('models:/{}/{}'.format(name, v))", True),
        (
            "",
            "",
            "version: str, ",
            "uri = f'models:/{name}/{version}'\n    model = mlflow.pyfunc.load_model(uri)",
            True,
        ),
        ("V = newest()", "model = mlflow.pyfunc.load_model(f'models:/{NAME}/{V}')", "", "pass", False),
        ("", "model = mlflow.pyfunc.load_model(f'models:/{NAME}/latest')", "", "pass", False),
        (
            "",
            "",
            "latest_version: str, ",
            "model = mlflow.pyfunc.load_model(f'models:/{name}/{latest_version}')",
            False,
        ),
    ],
)
def test_a_version_that_is_left_to_who_deploys_or_asks_can_be_put_back(
    understand: Understand, head: str, load: str, asked: str, inside: str, counts: bool
) -> None:
    made = understand({"app.py": SERVED.format(head=head, load=load, asked=asked, inside=inside)})
    assert bool(made.evidence("rollback")) == counts


def test_a_version_that_a_caller_computes_is_not_left_to_anybody(understand: Understand) -> None:
    load = "def load(name, version):\n    return mlflow.pyfunc.load_model(f'models:/{name}/{version}')\n"
    for given, counts in (("latest_of(NAME)", False), ("os.environ['V']", True)):
        text = SERVED.format(head=load, load=f"model = load(NAME, {given})", asked="", inside="pass")
        assert bool(understand({"app.py": text}).evidence("rollback")) == counts


LOOK_UP = """
import mlflow
def newest(client, name, stages=None):
    found = client.get_latest_versions(name, stages)
    return mlflow.pyfunc.load_model(f"models:/{name}/{max(one.version for one in found)}")
"""


@pytest.mark.parametrize(
    ("given", "counts"), [("stages=['Production']", True), ("stages=['None']", False), ("", False)]
)
def test_a_stage_that_what_serves_hands_to_a_look_up_in_another_file(
    understand: Understand, given: str, counts: bool
) -> None:
    load = f"from look import newest\nclient = mlflow.MlflowClient()\nmodel = newest(client, NAME, {given})"
    app = SERVED.format(head="", load=load, asked="", inside="pass")
    (found,) = understand({"app.py": app, "look.py": LOOK_UP}).evidence("rollback") or (None,)
    assert (found is not None and found.at.path == "app.py") == counts


@pytest.mark.parametrize(
    ("path", "text", "counts"),
    [
        ("pipelines/rollback.py", "def main():\n    put()\nif __name__ == '__main__':\n    main()\n", True),
        ("ops.py", "def rollback_model(version):\n    put(version)\n", True),
        ("ops.py", "def rollback_model(version):\n    pass\n", False),
        ("db.py", "def rollback(session):\n    session.rollback()\n", False),
        ("rollback.py", "STEPS = 3\n", False),
    ],
)
def test_a_program_that_puts_back_what_ran_before(understand: Understand, path: str, text: str, counts: bool) -> None:
    assert bool(understand({path: text}).evidence("rollback")) == counts


def test_psi_by_hand_watches_for_drift(understand: Understand) -> None:
    text = "def compute_feature_psi(expected, actual):\n    return sum(parts(expected, actual))\n"
    assert understand({"monitoring/psi.py": text}).evidence("drift-monitoring")
