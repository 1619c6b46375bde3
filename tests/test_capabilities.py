"""Capabilities told by what stands a step or two away from the name of a tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Status

Understand = Callable[[Mapping[str, str]], Graph]
USED, DISABLED, ABSENT = Status.USED, Status.DISABLED, None

TRAIN = {"train.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\n"
         "joblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"}  # fmt: skip
APP = {"app.py": "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n\n"
       "@app.post('/predict')\ndef predict(x: float):\n    return model.predict([[x]])\n"}  # fmt: skip
TUNES = """
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.tuner import HyperparameterTuner, IntegerParameter

estimator = SKLearn(entry_point="train.py", framework_version="1.2-1", instance_count=1, instance_type="ml.m5.large")
tuner = HyperparameterTuner(estimator, "auc", {"trees": IntegerParameter(10, 200)})
tuner.fit({"train": "s3://acme/train"})
"""
SWEEPS = """
from azure.ai.ml import command
from azure.ai.ml.sweep import Choice

trial = command(code="src", command="python train.py --depth ${{inputs.depth}}", inputs={"depth": 3})
job = trial(depth=Choice([2, 4])).sweep(primary_metric="auc", goal="maximize", sampling_algorithm="random")
"""
SWEEP_FILE = "program: train.py\nmethod: {method}\nmetric: {{name: loss, goal: minimize}}\nparameters: {{}}\n"
FETCH = """
steps:
  - name: python:3.12-slim
    entrypoint: bash
    args:
      - -c
      - |
        pip install wandb==0.24.0
        python -c "
        import wandb
        wandb.Api().artifact('{path}').download(root='/workspace/model')
        "
"""
STACK = """
from troposphere import Ref, Template
from troposphere.s3 import Bucket

template = Template()
template.add_resource(Bucket("Models"))
print(template.to_json())
"""
BRANCHES = """
import mlflow
from sklearn.linear_model import Ridge


def keep(model, stage):
    mlflow.register_model(model, "sizes")
    mlflow.MlflowClient().transition_model_version_stage("sizes", 1, stage)


def train(X, y):
    model = Ridge().fit(X, y)
    score = model.score(X, y)
    if score < 0.8:
        model = Ridge(alpha=2.0).fit(X, y)
        keep(model, {low})
    else:
        keep(model, {high})
"""
DAG = """
from airflow import DAG
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook

command = {{"command": ["/usr/local/bin/run-{what}.sh"]}}


def tell(context):
    {body}


args = {{"owner": "acme", "on_failure_callback": {handler}}}
dag = DAG("weekly", schedule="0 12 * * SUN", default_args=args)
step = {step}
"""
BATCH = 'BatchOperator(task_id="run", job_name="run", container_overrides=command, dag=dag)'
POD = 'KubernetesPodOperator(task_id="run", cmds=["python"], arguments=["-m", "jobs.{what}"], dag=dag)'
IN_DOCKER = 'DockerOperator(task_id="run", image="acme/jobs:1.0", command="python /app/jobs/{what}.py --all", dag=dag)'
SENDS = 'SlackWebhookHook(slack_webhook_conn_id="slack").send(text="failed")'
SCORES = """
import joblib
import pandas as pd

model = joblib.load("m.joblib")
frame = pd.read_parquet("s3://acme/new.parquet")
frame["score"] = model.predict(frame)
frame.to_parquet("s3://acme/scores.parquet")
"""
ENTRY = """FROM alpine:3.20
RUN apk add curl
ENTRYPOINT ["argocd", "app", "sync", "size", "--server", "cd.acme.test"{flag}]
"""
FLOW = """
apiVersion: argoproj.io/v1alpha1
kind: {kind}
metadata: {{name: train-and-ship}}
spec:
  entrypoint: ship
  templates:
    - name: ship
      container: {{image: "acme/{image}:1.0"}}
"""
BLOCKS = """
blocks:
- {uuid: load, type: data_loader, upstream_blocks: []}
- {uuid: fit_or_predict, type: transformer, upstream_blocks: [load]}
name: weekly
uuid: weekly
"""
TRIGGER = """
triggers:
- {{name: weekly, pipeline_uuid: weekly, schedule_interval: '@weekly', schedule_type: {kind}, status: {status}}}
"""
BLOCK = """
if 'transformer' not in globals():
    from mage_ai.data_preparation.decorators import transformer


@transformer
def transform(data, *args, **kwargs):
    {body}
"""
FITS = "from sklearn.linear_model import Ridge\n    return Ridge().fit(data[['x']], data['y'])"
ASKS = "data['y'] = args[0]['model'].predict(data[['x']])\n    return data"
CONDITION = """
from kfp import dsl


@dsl.component
def measured_step() -> float:
    return 0.9


@dsl.component
def {step}(path: str):
    print(path)


@dsl.pipeline(name="weekly")
def weekly():
    evaluated = measured_step()
    with dsl.Condition(evaluated.outputs["FA"] >= 0.8, name="good"):
        {step}(path="gs://acme/model.pkl")
"""
POSTS = """
import pandas as pd
import requests


def ask(size):
    return requests.post("http://models/{path}", json={{"size": size}}, timeout=5).json()


frame = pd.read_csv("flats.csv")
frame["rent"] = [ask(size) for size in frame["size"]]
{keeps}
"""


def asking(path: str, keeps: str = "frame.to_csv('rents.csv')") -> dict[str, str]:
    """A container of a workflow that asks a server for every row."""
    return {
        **TRAIN,
        "flow.yaml": FLOW.format(kind="Workflow", image="ask"),
        "ask/Dockerfile": 'FROM python:3.12\nCOPY ask.py .\nCMD ["python", "ask.py"]\n',
        "ask/build.sh": "docker build -t $1/ask .\n",
        "ask/ask.py": POSTS.format(path=path, keeps=keeps),
    }


def of_blocks(body: str, kind: str = "time", status: str = "active", name: str = "fit_or_predict") -> dict[str, str]:
    """A pipeline whose second block is a file of the project beside it."""
    return {
        **TRAIN,
        "shop/pipelines/weekly/metadata.yaml": BLOCKS.replace("fit_or_predict", name),
        "shop/pipelines/weekly/triggers.yaml": TRIGGER.format(kind=kind, status=status),
        f"shop/transformers/{name}.py": BLOCK.format(body=body),
        "shop/data_loaders/load.py": "import pandas as pd\n",
    }


def shipping(image: str, tag: str = "$1/ship", flag: str = "") -> dict[str, str]:
    """A workflow of the cluster, one step of which is an image that deploys."""
    return {
        **APP,
        "flow.yaml": FLOW.format(kind="Workflow", image=image),
        "ship/Dockerfile": ENTRY.format(flag=flag),
        "ship/build.sh": f"docker build -t {tag} .\n",
    }


def weekly(step: str, what: str = "train", handler: str = "None", body: str = "print(context)") -> dict[str, str]:
    """A DAG of one container, and the image that it runs."""
    code = DAG.format(step=step.replace("{what}", what), what=what, handler=handler, body=body)
    image = "FROM python:3.12\nCOPY scripts/run-train.sh scripts/run-score.sh /usr/local/bin/\nCOPY jobs /app/jobs\n"
    return {
        "dags/weekly.py": code,
        "docker/Dockerfile": image,
        "docker/scripts/run-train.sh": "python /app/jobs/train.py\n",
        "docker/scripts/run-score.sh": "python /app/jobs/score.py\n",
        "jobs/train.py": TRAIN["train.py"],
        "jobs/score.py": SCORES,
    }


def fetch(path: str) -> dict[str, str]:
    return {**TRAIN, "cloudbuild.yaml": FETCH.format(path=path)}


CASES = [
    ("hyperparameter-tuning", "a tuner of a cloud", USED, {"tune.py": TUNES}),
    ("hyperparameter-tuning", "a sweep of a command", USED, {"tune.py": SWEEPS}),
    ("hyperparameter-tuning", "a file of a sweep", USED, {**TRAIN, "sweep.yaml": SWEEP_FILE.format(method="bayes")}),
    ("hyperparameter-tuning", "another sweep", ABSENT, {**TRAIN, "sweep.yaml": SWEEP_FILE.format(method="broom")}),
    ("model-registry", "read by a step", USED, fetch("wandb-registry-m/size:v3")),
    ("model-registry", "any artifact", ABSENT, fetch("acme/runs/size:v3")),
    ("infrastructure-as-code", "a template that code prints", USED, {**TRAIN, "stack.py": STACK}),
    ("retraining-trigger", "a script of the image that a step overrides", USED, weekly(BATCH)),
    ("retraining-trigger", "a module in a pod", USED, weekly(POD)),
    ("retraining-trigger", "a line for a container", USED, weekly(IN_DOCKER)),
    ("retraining-trigger", "a script that scores", ABSENT, weekly(BATCH, "score")),
    ("alerting", "a pipeline that scores tells its failure", USED, weekly(BATCH, "score", "tell", SENDS)),
    ("alerting", "nobody is told", ABSENT, weekly(BATCH, "score", "tell")),
    ("alerting", "a pipeline that trains", ABSENT, weekly(BATCH, "train", "tell", SENDS)),
    ("alerting", "no handler", ABSENT, weekly(BATCH, "score", "None", SENDS)),
    (
        "evaluation-gate",
        "a condition of a pipeline",
        USED,
        {**TRAIN, "flow.py": CONDITION.format(step="deploying_step")},
    ),
    ("evaluation-gate", "a condition of a report", ABSENT, {**TRAIN, "flow.py": CONDITION.format(step="chart_step")}),
    ("retraining-trigger", "a trigger beside blocks", USED, of_blocks(FITS)),
    ("retraining-trigger", "a trigger that is not active", DISABLED, of_blocks(FITS, status="inactive")),
    ("retraining-trigger", "a call from outside", ABSENT, of_blocks(FITS, kind="api")),
    ("retraining-trigger", "blocks that score", ABSENT, of_blocks(ASKS)),
    ("serving", "a table that a server is asked for", USED, asking("predict")),
    ("serving", "answers that nobody keeps", ABSENT, asking("predict", "print(frame)")),
    ("serving", "another question", ABSENT, asking("prices")),
    ("serving", "a block that scores", USED, of_blocks(ASKS, name="batch_predict")),
    ("serving", "a block that is named otherwise", ABSENT, of_blocks(ASKS, name="check")),
    ("deployment-automation", "an image that deploys, in a workflow", USED, shipping("ship")),
    ("deployment-automation", "another image", ABSENT, shipping("fetch")),
    ("deployment-automation", "built for somebody else", ABSENT, shipping("ship", "globex/ship")),
    ("deployment-automation", "a dry run in a workflow", ABSENT, shipping("ship", flag=', "--dry-run"')),
    ("evaluation-gate", "the same either way", ABSENT, {"fit.py": BRANCHES.format(low='"Staging"', high='"Staging"')}),
    ("evaluation-gate", "two stages", USED, {"fit.py": BRANCHES.format(low='"Archived"', high='"Production"')}),
]


@pytest.mark.parametrize(
    ("capability", "status", "files"),
    [pytest.param(capability, status, files, id=f"{capability}: {what}") for capability, what, status, files in CASES],
)
def test_capability(understand: Understand, capability: str, status: Status | None, files: dict[str, str]) -> None:
    found = {one.status for one in understand(files).evidence(capability, *Status)} - {Status.DECLARED}
    assert found == ({status} if status is not None else set())


PACKAGED = """
[tool.poetry]
name = "chatter"
version = "0.6.0"
packages = [{ include = "chatter" }]

[build-system]
requires = ["poetry-core>=1.0.0"]
build-backend = "poetry.core.masonry.api"
"""
ASKED = """
import uvicorn
from chatter.answers import answer
from fastapi import FastAPI

app = FastAPI()


@app.post("/ask")
def ask(text: str) -> str:
    return answer(text)
{start}"""
ANSWERS = """
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("/opt/models/minilm")


def answer(text):
    return str(model.encode(text))
"""


@pytest.mark.parametrize(
    ("start", "extra", "kind"),
    [
        ("if __name__ == '__main__':\n    uvicorn.run(app)\n", {}, "project"),
        ("", {"Makefile": "start:\n\tuvicorn backend.main:app\n"}, "project"),
        ("", {}, "library"),
        ("", {"Makefile": "start:\n\tuvicorn backend.main:app\npublish:\n\ttwine upload dist/*\n"}, "library"),
    ],
    ids=["started", "started by a target", "never started", "published"],
)
def test_an_application_is_no_library_for_being_packaged(
    understand: Understand, start: str, extra: dict[str, str], kind: str
) -> None:
    files = {
        "pyproject.toml": PACKAGED,
        "backend/main.py": ASKED.format(start=start),
        "chatter/__init__.py": "",
        "chatter/answers.py": ANSWERS,
        **extra,
    }
    assert understand(files).profile.kind == kind


TRACED_FIT = (
    "import mlflow\nfrom sklearn.linear_model import Ridge\nfit = mlflow.trace(Ridge().fit, attributes={'a': 1})\n"
)
TRACED_CHAT = "import mlflow\nfrom openai import OpenAI\nask = OpenAI()\n\n@mlflow.trace\ndef answer(text):\n"
TRACED_CHAT += "    return ask.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': text}])\n"


@pytest.mark.parametrize(("code", "expected"), [(TRACED_FIT, DISABLED), (TRACED_CHAT, USED)])
def test_traces_of_calls_observe_a_language_model_where_one_is_asked(
    code: str, expected: Status, understand: Understand
) -> None:
    found = understand({"app.py": code}).evidence("llm-observability", *Status)
    assert {one.status for one in found if one.tool == "mlflow"} == {expected}


PROBED = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    spec:
      containers:
        - name: main
          image: registry.acme.io/{name}:1.0
          readinessProbe: {{httpGet: {{path: /healthz, port: 8080}}}}
"""


@pytest.mark.parametrize(("name", "counts"), [("source-controller", False), ("prices", True)])
def test_probes_of_what_extends_the_cluster_check_nothing_of_the_system(
    name: str, counts: bool, understand: Understand
) -> None:
    graph = understand({**TRAIN, **APP, "k8s/all.yaml": PROBED.format(name=name)})
    assert graph.has("health-checks") is counts
