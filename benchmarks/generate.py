"""Make a synthetic ML repository: services, notebooks and charts, as many as asked for. Same arguments, same bytes.

python benchmarks/generate.py DEST --services 40 --notebooks 40 --charts 10
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

TRAIN = '''"""Train model {n}."""

import argparse

import joblib
import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from service_{n}.features import features


def train(path: str, depth: int) -> float:
    frame = pd.read_csv(path)
    x_train, x_test, y_train, y_test = train_test_split(features(frame), frame["y"], random_state=7)
    model = RandomForestClassifier(max_depth=depth, random_state=7).fit(x_train, y_train)
    score = accuracy_score(y_test, model.predict(x_test))
    mlflow.log_metric("accuracy", score)
    joblib.dump(model, "service_{n}/model.joblib")
    return score


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int, default=8)
    print(train("data/{n}.csv", parser.parse_args().depth))
'''
APP = '''"""Serve model {n}."""

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

from service_{n}.features import features

app = FastAPI()
model = joblib.load("service_{n}/model.joblib")


class Row(BaseModel):
    a: float
    b: float


@app.post("/predict")
def predict(row: Row) -> float:
    return float(model.predict(features(row))[0])


@app.get("/health")
def health() -> dict[str, str]:
    return {{"status": "ok"}}
'''
FEATURES = "def features(frame):\n    return [[{terms}]]\n\n" + "\n\n".join(
    f"def helper_{k}(x):\n    if x > {k}:\n        return [value * {k} for value in range(int(x))]\n    return None\n"
    for k in range(30)
)
DOCKERFILE = """FROM python:3.12-slim
WORKDIR /app
COPY service_{n}/requirements.txt .
RUN pip install -r requirements.txt
COPY service_{n} service_{n}
USER 1000
CMD ["uvicorn", "service_{n}.app:app", "--host", "0.0.0.0"]
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: service-{n}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: service-{n}}}}}
  template:
    metadata: {{labels: {{app: service-{n}}}}}
    spec:
      containers:
        - name: api
          image: registry.example.com/service-{n}:1.{n}.0
          ports: [{{containerPort: 8000}}]
          resources: {{limits: {{memory: 1Gi}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: service-{n}}}
spec:
  selector: {{app: service-{n}}}
  ports: [{{port: 80, targetPort: 8000}}]
"""
WORKFLOW = """on: [push]
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - run: |
          pip install -r service_{n}/requirements.txt
          python service_{n}/train.py --depth {depth}
"""
VALUES = """replicaCount: 2
image:
  repository: registry.example.com/server
  tag: ''
resources:
  limits: {memory: 2Gi}
env:
"""
TEMPLATE = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "chart.name" . }}
  labels: {{- include "chart.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicaCount }}
  template:
    spec:
      containers:
        - name: server
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- range $key, $value := .Values.env }}
          # {{ $key }}={{ $value }}
          {{- end }}
"""
HELPERS = """{{- define "chart.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "chart.labels" -}}
app.kubernetes.io/name: {{ include "chart.name" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def service(root: Path, n: int) -> None:
    """One model: training, an API, its requirements, image, manifests and workflow."""
    folder = root / f"service_{n}"
    write(folder / "__init__.py", "")
    write(folder / "train.py", TRAIN.format(n=n))
    write(folder / "app.py", APP.format(n=n))
    write(folder / "features.py", FEATURES.replace("{terms}", ", ".join(f"frame.c{k}" for k in range(n % 7 + 2))))
    write(
        folder / "requirements.txt",
        f"fastapi==0.115.{n % 9}\nscikit-learn==1.5.2\njoblib==1.4.2\nmlflow==2.20.{n % 4}\n",
    )
    write(root / f"docker/service_{n}.Dockerfile", DOCKERFILE.format(n=n))
    write(root / f"k8s/service-{n}.yaml", DEPLOYMENT.format(n=n, replicas=n % 4 + 1))
    write(
        root / f".github/workflows/service-{n}.yml",
        WORKFLOW.format(n=n, depth=n % 9 + 2),
    )


def notebook(root: Path, n: int) -> None:
    """An exploration with outputs."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": [f"# Exploration {n}\n"]},
        *(
            {
                "cell_type": "code",
                "execution_count": k,
                "metadata": {},
                "outputs": [{"output_type": "stream", "name": "stdout", "text": ["x" * 200 + "\n"] * 20}],
                "source": [
                    "import pandas as pd\n",
                    "from sklearn.svm import SVC\n",
                    f"frame = pd.read_csv('data/{n}.csv')\n",
                    "SVC().fit(frame, frame)\n",
                ],
            }
            for k in range(20)
        ),
    ]
    document = {
        "cells": cells,
        "metadata": {"kernelspec": {"language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    write(root / f"notebooks/exploration_{n}.ipynb", json.dumps(document, indent=1))


def chart(root: Path, n: int) -> None:
    """A chart with helpers and ten templates."""
    folder = root / f"charts/server-{n}"
    write(folder / "Chart.yaml", f"apiVersion: v2\nname: server-{n}\nversion: 0.{n}.0\nappVersion: 1.{n}.0\n")
    write(
        folder / "values.yaml",
        VALUES + "".join(f"  KEY_{k}: value-{k}\n" for k in range(20)),
    )
    write(folder / "templates/_helpers.tpl", HELPERS)
    for k in range(10):
        write(folder / f"templates/deployment-{k}.yaml", TEMPLATE)


def generate(root: Path, services: int, notebooks: int, charts: int) -> int:
    """Write the repository; the number of files written."""
    for n in range(services):
        service(root, n)
    for n in range(notebooks):
        notebook(root, n)
    for n in range(charts):
        chart(root, n)
    return sum(1 for path in root.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dest", type=Path)
    parser.add_argument("--services", type=int, default=40)
    parser.add_argument("--notebooks", type=int, default=40)
    parser.add_argument("--charts", type=int, default=10)
    args = parser.parse_args()
    print(f"{generate(args.dest, args.services, args.notebooks, args.charts)} files in {args.dest}")


if __name__ == "__main__":
    main()
