"""Commands to what they start without naming its file."""

from __future__ import annotations

import json

import pytest

from mlops_scan.scanner.graph import purpose
from tests.conftest import Understand

TRAIN = (
    "import joblib\nfrom sklearn.linear_model import Ridge\n\n\n"
    "def main():\n    joblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"
)
STARTED = TRAIN + "\n\nmain()\n"
FILES = {
    "src/churn/__init__.py": "",
    "src/churn/fit.py": TRAIN,
    "train.py": STARTED,
    "pyproject.toml": "[project]\nname = 'churn'\nversion = '1'\n[project.scripts]\nchurn-fit = 'churn.fit:main'\n",
    "dvc.yaml": "stages:\n  fit:\n    cmd: python train.py\n",
    "MLproject": "name: churn\nentry_points:\n  main: {command: python train.py}\n  prepare: {command: echo x}\n",
    "Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["python", "train.py"]\n',
    "compose.yaml": "services:\n  fit: {build: .}\n  db: {image: 'postgres:16'}\n",
    "cloudbuild.yaml": "steps:\n  - name: python\n    entrypoint: python\n    args: [train.py]\n",
    ".github/workflows/fit.yml": "on: workflow_dispatch\njobs:\n  fit:\n    steps:\n      - run: python train.py\n",
    "dags/weekly.py": "from airflow import DAG\nfrom train import main\n"
    "with DAG(dag_id='weekly_fit') as dag:\n    main()\n",
}


@pytest.mark.parametrize(
    ("expected", "runs"),
    [
        ("train", ["churn-fit --epochs 3"]),
        ("train", ["poetry run churn-fit"]),
        ("train", ["python -m churn.fit"]),
        ("train", ["dvc repro"]),
        ("train", ["dvc exp run --set-param lr=1"]),
        ("train", ["mlflow run . -P lr=1"]),
        ("maintenance", ["mlflow run . -e prepare"]),
        ("train", ["docker build -t acme/churn .", "docker run --rm -v $PWD:/out acme/churn"]),
        ("maintenance", ["docker build -t acme/churn ."]),
        ("train", ["docker compose up fit"]),
        ("maintenance", ["docker compose up -d db"]),
        ("train", ["gh workflow run fit.yml --ref main"]),
        ("train", ["gcloud builds submit --config cloudbuild.yaml ."]),
        ("train", ["airflow dags trigger weekly_fit"]),
        ("maintenance", ["airflow dags trigger other"]),
        ("train", ["python -m torch.distributed.run --nproc-per-node 2 train.py"]),
        ("train", ["papermill fit.ipynb out.ipynb"]),
        ("maintenance", ["python train.py --help"]),
        ("maintenance", ["churn-fit --help"]),
        ("maintenance", ["docker build -t acme/churn .", "docker run --rm acme/churn --help"]),
    ],
)
def test_a_job_comes_to_what_its_command_starts(understand: Understand, expected: str, runs: list[str]) -> None:
    steps = "".join(f"      - run: {run}\n" for run in runs)
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["import train\n", "train.main()\n"]}
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
    graph = understand(
        {**FILES, "fit.ipynb": notebook, ".github/workflows/w.yml": f"on: push\njobs:\n  go:\n    steps:\n{steps}"}
    )
    assert purpose(graph, "job:.github/workflows/w.yml#go") == expected


def test_a_workload_comes_to_the_program_of_its_image(understand: Understand) -> None:
    graph = understand(
        {
            **FILES,
            ".github/workflows/w.yml": "on: push\njobs:\n  go:\n    steps:\n"
            "      - run: docker build -t acme/churn:1 . --push\n",
            "k8s/nightly.yaml": "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: fit}\n"
            "spec:\n  schedule: '0 3 * * *'\n"
            "  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, "
            "containers: [{name: fit, image: 'acme/churn:1'}]}}}}\n",
        }
    )
    (workload,) = graph.workloads("CronJob")
    assert purpose(graph, workload.node) == "train"
    assert graph.has("retraining-trigger")
