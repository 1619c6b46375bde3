"""Steps of pipelines of code that do nothing: what starts them by the clock trains nothing, and the reason is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph, purpose_of_schedule
from mlops_scan.scanner.link.code.idle import mark
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.parts import Step
from mlops_scan.scanner.model import Location, Status

Understand = Callable[[Mapping[str, str]], Graph]

TRAIN = {"train.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\n"
         "joblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"}  # fmt: skip
PRINTS = "all it does is print"
BODY = "all that its function does is print"
DAG = """
import logging
import time
import pandas as pd
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from elsewhere import everything

LINE = "echo training; sleep 5"

def extract():
    pd.read_sql("select 1", "x").to_csv("x.csv")

def told(**context):
    logger = logging.getLogger(__name__)
    logger.info("training on %s", context["ds"])
    time.sleep(3)
    return "done"

with DAG(dag_id="retrain", schedule="30 3 * * *") as dag:
"""
TASKS = """
from airflow.decorators import dag, task

@dag(dag_id="retrain", schedule="@weekly")
def retrain():
    {decorator}
    def train():
        {body}
    train()
retrain()
"""
ASSET = """
from dagster import AssetSelection, ScheduleDefinition, asset, define_asset_job

@asset
def train_model():
    print("training")

job = define_asset_job("retrain", selection=AssetSelection.all())
weekly = ScheduleDefinition(job=job, cron_schedule="0 3 * * 1")
"""
FLYTE = """
from flytekit import CronSchedule, LaunchPlan, task, workflow

@task
def train_model() -> str:
    print("training")
    return "done"

@workflow
def retrain() -> str:
    return train_model()

LaunchPlan.get_or_create(workflow=retrain, name="weekly", schedule=CronSchedule(schedule="0 3 * * 1"))
"""
FLOW = """
from prefect import flow, get_run_logger, task

@task
def train():
    logger = get_run_logger()
    logger.info("training")

@flow
def training_flow():
    train()

training_flow.serve(name="weekly-train", cron="0 3 * * 1")
"""


def dag(*steps: str) -> str:
    return DAG + "".join(f"    {step}\n" for step in steps)


def tasks(body: str, decorator: str = "@task") -> str:
    return TASKS.format(body=body, decorator=decorator)


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        (dag("BashOperator(task_id='train', bash_command='echo training')"), "train", PRINTS),
        (dag("BashOperator(task_id='train', bash_command=LINE)"), "train", PRINTS),
        (dag("EmptyOperator(task_id='train_model')"), "train_model", "it is a placeholder that runs nothing"),
        (dag("DummyOperator(task_id='train_model')"), "train_model", "it is a placeholder that runs nothing"),
        (dag("PythonOperator(task_id='train', python_callable=told)"), "train", BODY),
        (dag("PythonOperator(task_id='train', python_callable=lambda: print('x'))"), "train", PRINTS),
        (
            dag(
                "a = PythonOperator(task_id='extract', python_callable=extract)",
                "b = BashOperator(task_id='train_model', bash_command='echo train')",
                "a >> b",
            ),
            "train_model",
            PRINTS,
        ),
        (tasks("print('would train')"), "train", BODY),
        (tasks("pass"), "train", "its function does nothing"),
        (tasks("return 'echo training'", "@task.bash"), "train", PRINTS),
        (ASSET, "train_model", BODY),
        (FLYTE, "train_model", BODY),
        (FLOW, "train", BODY),
    ],
)
def test_what_only_prints_trains_nothing(understand: Understand, text: str, name: str, why: str) -> None:
    graph = understand({**TRAIN, "jobs.py": text})
    (schedule,) = graph.facts("schedule")
    assert purpose_of_schedule(graph, schedule) == "maintenance"
    assert not graph.has("retraining-trigger")
    (found,) = graph.evidence("retraining-trigger", Status.DISABLED)
    assert (found.what, found.why) == (f"step '{name}' is named for that", why) and found.tool != "ci"


@pytest.mark.parametrize(
    "text",
    [
        dag("BashOperator(task_id='train', bash_command='echo start && python /opt/jobs/train.py')"),
        dag(
            "a = EmptyOperator(task_id='start_training')",
            "b = PythonOperator(task_id='train_model', python_callable=everything)",
            "a >> b",
        ),
        dag("a = EmptyOperator(task_id='start')", "b = BashOperator(task_id='train', bash_command='python train.py')"),
        tasks("return 'python train.py'", "@task.bash"),
        tasks("import train"),
    ],
)
def test_what_may_train(understand: Understand, text: str) -> None:
    graph = understand({**TRAIN, "jobs.py": text})
    (schedule,) = graph.facts("schedule")
    assert purpose_of_schedule(graph, schedule) == "train" and graph.has("retraining-trigger")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("echo a && printf b", PRINTS),
        ("echo a > model.txt", ""),
        ({"expr": "LINE", "const": "sleep 5; true"}, PRINTS),
        ({"expr": "lambda: None"}, "its function does nothing"),
        ({"expr": "lambda: fit()"}, ""),
        (["echo", "a"], ""),
    ],
)
def test_lines_by_hand(line: object, why: str) -> None:
    step = Step("train", Location("d.py", 1), "x", line=line)
    mark([step], Code((), ()))
    assert step.idle == why
