"""What kind of repository it is, and whether it serves: traps of platforms, hosted models and test runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_scan import engine
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.model import Profile
from mlops_scan.scanner.profile.systems import systems
from tests.conftest import Understand

SERVER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  template:
    spec:
      containers:
        - {name: llm, image: "example/llm:1", ports: [{containerPort: 8000}], args: ["--model-id=org/name"]}
"""
RUNTIME = """
apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata: {name: vllm}
spec:
  containers:
    - {name: kserve-container, image: "vllm/vllm-openai:v0.10.0"}
"""
CI = """
on: push
jobs:
  e2e:
    runs-on: ubuntu-latest
    steps:
      - run: vllm serve org/name &
"""
CHAT = """
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


@app.post("/chat")
def chat(text: str) -> str:
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}]).choices[0].text
"""
CHART = "apiVersion: v2\nname: chat\nversion: 1.0.0\n"
SUBMISSION = """
import joblib
import pandas as pd

model = joblib.load("model.joblib")
answers = pd.DataFrame({"y": model.predict(pd.read_csv("test.csv"))})
answers.to_csv("submission.csv")
"""
TRAIN = "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit(x, y), 'model.joblib')\n"
DEPLOYS = """
from kserve import KServeClient, V1beta1InferenceService

KServeClient().create(V1beta1InferenceService(api_version="serving.kserve.io/v1beta1", spec=spec))
"""
TRAINING_FORM = """apiVersion: trainer.kubeflow.org/v1alpha1
kind: ClusterTrainingRuntime
metadata: {name: fine-tune}
spec:
  template:
    spec:
      replicatedJobs:
        - name: node
          template:
            spec:
              template:
                spec:
                  containers: [{name: node, image: tune:1, command: [tune, run, lora_finetune_single_device]}]
"""
TRAINING_JOB = "apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: {name: train}\nspec: {}\n"
IN_AN_IMAGE = {
    "Dockerfile": 'FROM example/base:1\nCOPY main.py run.sh ./\nENTRYPOINT ["bash", "run.sh"]\n',
    "run.sh": "python main.py\n",
    "main.py": "import gateway\n\ngateway.run()\n",
}
LAB = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: lab}
spec:
  template:
    spec:
      containers:
        - {name: lab, image: "jupyter/scipy-notebook:1", ports: [{containerPort: 8888}]}
"""
TRIES = """
from sagemaker.tensorflow import TensorFlow

estimator = TensorFlow(entry_point="train.py", role=role, instance_type="ml.m5.large", instance_count=1)
estimator.fit(inputs)
predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large")
predictor.delete_endpoint()
"""
PIPELINE = """
from sagemaker.workflow.pipeline import Pipeline

Pipeline(name="train", steps=[step]).upsert(role_arn=role)
"""
DEMO = """
import gradio as gr
import joblib

model = joblib.load("model.joblib")
gr.Interface(lambda x: model.predict([[x]]), "number", "number").launch()
"""
GRAPH = """
import tensorflow as tf

tf.import_graph_def(graph_def)
session = tf.compat.v1.Session()


def answer(x):
    return session.run("scores:0", feed_dict={"x:0": x})
"""
STARTS = "from core.model import answer\nfrom someframe import App\n\nApp(answer).run()\n"
LISTENS = 'FROM python:3.12\nCOPY . .\nEXPOSE 80\nCMD ["python", "app.py"]\n'
PACKAGED = """
[project]
name = "scorer"
version = "1.0.0"
dependencies = ["fastapi>=0.110", "joblib>=1.4"]

[project.optional-dependencies]
gpu = ["torch>=2.2"]
"""
SCORES = """
import joblib
from fastapi import FastAPI

app = FastAPI()
model = joblib.load("model.joblib")


@app.post("/score")
def score(x: float) -> float:
    return float(model.predict([[x]])[0])
"""
PLATFORM = """
apiVersion: datasciencecluster.opendatahub.io/v1
kind: DataScienceCluster
metadata: {name: default}
"""
NETWORK = "from torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return x\n"
OPERATOR = {"config/crd/bases/models.yaml": "kind: CustomResourceDefinition\n", "internal/model_controller.go": ""}


def notebook(code: str) -> str:
    cell = {"cell_type": "code", "source": code, "outputs": [], "metadata": {}}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def profile(root: Path, texts: dict[str, str]) -> Profile:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return engine.scan(root, Config(jobs=1)).profile


PROGRAM = f"{TRAIN}\nif __name__ == '__main__':\n    print(1)\n"
SETUP = (
    "from setuptools import setup\nsetup(name='nets', version='0.1.0', packages=['nets'], install_requires=['torch'])\n"
)


@pytest.mark.parametrize(
    ("texts", "kind", "serves"),
    [
        ({"k8s/llm.yaml": SERVER}, "platform", "online"),
        ({"runtimes/vllm.yaml": RUNTIME}, "platform", "none"),
        ({".github/workflows/e2e.yml": CI, "runtimes/vllm.yaml": RUNTIME}, "platform", "none"),
        ({**OPERATOR, "config/runtimes/vllm.yaml": RUNTIME, "python/server.py": CHAT}, "platform", "none"),
        ({"app.py": CHAT}, "project", "online"),
        (
            {"app.py": CHAT, "Dockerfile": 'FROM python:3.12\nCOPY app.py .\nCMD ["python", "app.py"]\n'},
            "project",
            "online",
        ),
        ({**IN_AN_IMAGE, "k8s/llm.yaml": SERVER}, "project", "online"),
        ({"app.py": CHAT, "chart/Chart.yaml": CHART}, "project", "online"),
        ({"train.py": TRAIN, "predict.py": SUBMISSION}, "project", "none"),
        (
            {"train.py": TRAIN, "k8s/access.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"},
            "project",
            "none",
        ),
        ({"deploy.py": DEPLOYS}, "project", "online"),
        ({"serve.ipynb": notebook(DEPLOYS), "k8s/lab.yaml": LAB}, "notebooks", "online"),
        ({"job.yaml": TRAINING_JOB}, "project", "none"),
        ({"runtimes/fine-tune.yaml": TRAINING_FORM}, "platform", "none"),
        ({"main.py": "import openai\nopenai.OpenAI().responses.create()\n"}, "project", "none"),
        ({"lab.ipynb": notebook(TRIES), "lab/pipeline.ipynb": notebook(PIPELINE)}, "notebooks", "none"),
        ({"train.py": TRAIN, "examples/demo.ipynb": notebook(DEMO), "examples/demo.py": DEMO}, "project", "none"),
        ({"core/model.py": GRAPH, "app.py": STARTS, "Dockerfile": LISTENS}, "project", "online"),
        (
            {"core/model.py": GRAPH, "app.py": STARTS, "Dockerfile": LISTENS.replace("EXPOSE 80\n", "")},
            "project",
            "none",
        ),
        (
            {"pyproject.toml": PACKAGED, "mkdocs.yml": "site_name: a\n", "app.py": SCORES, "Dockerfile": LISTENS},
            "project",
            "online",
        ),
        ({"ai/base.yaml": PLATFORM, "ai/kustomization.yaml": "resources: [base.yaml]\n"}, "platform", "none"),
        (
            {
                "setup.py": SETUP,
                "src/net.py": NETWORK,
                "src/train.py": PROGRAM,
            },
            "project",
            "none",
        ),
        ({"setup.py": SETUP, "src/net.py": NETWORK, "examples/train.py": TRAIN}, "library", "none"),
        ({"setup.py": SETUP, "src/net.py": NETWORK, "scripts/baseline/run.py": PROGRAM}, "library", "none"),
        (
            {"train.py": TRAIN, "starter/cookiecutter.json": "{}", "starter/{{ cookiecutter.name }}/model.py": ""},
            "project",
            "none",
        ),
        ({"starter/cookiecutter.json": "{}", "starter/{{ cookiecutter.name }}/train.py": TRAIN}, "template", "none"),
        ({"cookiecutter.json": "{}", "{{ cookiecutter.name }}/model.py": NETWORK}, "template", "none"),
    ],
    ids=[
        "a container that is told its model",
        "a form for servers",
        "a server that CI tests",
        "an operator",
        "a hosted model behind an API",
        "the same in an image",
        "a program that a script in an image starts",
        "the same with a chart of its own",
        "an entry to a competition",
        "training beside a manifest",
        "code that deploys a server",
        "a notebook that deploys a server, and where it runs",
        "a job that trains",
        "a form for jobs that train",
        "a script that asks a hosted model",
        "notebooks that remove the endpoint that they set up",
        "training with a demonstration among its examples",
        "a program in an image that listens, by an unknown framework",
        "the same that does not listen",
        "a packaged service with an image of its own",
        "a platform for models on a cluster",
        "a program that trains, beside a setup.py",
        "a library whose examples train",
        "a library whose scripts measure it",
        "a project that keeps a template, too",
        "templates in folders",
        "a template with a network and nothing that trains it",
    ],
)
def test_kind_and_serving(tmp_path: Path, texts: dict[str, str], kind: str, serves: str) -> None:
    found = profile(tmp_path, texts)
    assert (found.kind, found.serves_model, found.is_ml) == (kind, serves, True)


def test_a_template_is_told_once_however_many_releases_print_it(tmp_path: Path) -> None:
    deployment = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Values.name }}"}
spec:
  template:
    spec:
      containers:
        - name: "{{ .Values.name }}-api"
          image: vllm/vllm-openai:v0.10.0
          ports: [{containerPort: 8000}]
"""
    texts = {
        "Chart.yaml": "apiVersion: v2\nname: chat\nversion: 1.0.0\n",
        "values.yaml": "name: chat\n",
        "templates/deployment.yaml": deployment,
        ".github/workflows/ship.yml": "on: push\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: helm upgrade --install other . --set name=other\n",
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = [one for one in engine.scan(tmp_path, Config(jobs=1)).findings if one.rule == "missing-readiness-probe"]
    assert [(one.at.path, one.at.line) for one in found] == [("templates/deployment.yaml", 9)]


def test_functions_of_one_application_are_one_system(understand: Understand) -> None:
    text = (
        "import modal\n"
        "app = modal.App('ranker')\n"
        "other = modal.App(name='pricer')\n"
        "@app.function(gpu='A10G')\ndef embed(x):\n    return x\n"
        "@app.cls(gpu='H100')\nclass Server:\n    pass\n"
        "@other.function(gpu='L4')\ndef price(x):\n    return x\n"
    )
    found = understand({"serve.py": text})
    assert len(found.workloads()) == 3
    assert sorted((one.name, len([m for m in one.members if "Modal" in m])) for one in systems(found)) == [
        ("pricer", 1),
        ("ranker", 2),
    ]


RUNTIME = (
    "apiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\nmetadata: {name: llama}\n"
    "spec: {containers: [{name: c, image: 'acme/llama:1'}]}\n"
)
SERVED = (
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: chat}\n"
    "spec: {predictor: {model: {modelFormat: {name: gguf}, runtime: %s, storageUri: 's3://b/m.gguf'}}}\n"
)


@pytest.mark.parametrize(("named", "expected"), [("llama", ["chat"]), ("other", ["chat", "llama"])])
def test_what_is_served_and_its_runtime_are_one_system(understand: Understand, named: str, expected: list[str]) -> None:
    graph = understand({"rt.yaml": RUNTIME, "is.yaml": SERVED % named})
    assert sorted(one.name for one in systems(graph)) == expected
