"""Schedules of Kedro pipelines, in the configuration of the plug-ins that hand them to an orchestrator."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph, purpose_of_schedule

Understand = Callable[[Mapping[str, str]], Graph]

PROJECT = {
    "src/prices/pipelines/prepare/nodes.py": "def clean(rows):\n    return rows.dropna()\n",
    "src/prices/pipelines/prepare/pipeline.py": "from kedro.pipeline import Node, Pipeline\n\n"
    "from .nodes import clean\n\n"
    "def create_pipeline():\n    return Pipeline([Node(clean, 'raw', 'rows', name='clean')])\n",
    "src/prices/pipelines/fit/nodes.py": "from sklearn.linear_model import Ridge\n\n"
    "def fit(rows):\n    return Ridge().fit(rows[['x']], rows['y'])\n",
    "src/prices/pipelines/fit/pipeline.py": "from kedro.pipeline import Node, Pipeline\n\nfrom .nodes import fit\n\n"
    "def create_pipeline():\n    return Pipeline([Node(fit, 'rows', 'model', name='fit')])\n",
}
JOBS = """
schedules:
  nightly:
    cron_schedule: "30 2 * * *"
jobs:
  clean_rows:
    pipeline:
      pipeline_name: prepare
    schedule: nightly
  fit_model:
    pipeline:
      pipeline_name: {pipeline}
    schedule: {schedule}
"""
INTERVALS = """
default:
  start_date: [2026, 1, 1]
  schedule_interval: "{rest}"
fit:
  schedule_interval: "{fit}"
"""


def purposes(graph: Graph) -> dict[str, str]:
    """Owner -> what its schedule is for."""
    found = graph.facts("schedule")
    return {str(fact.get("owner")).rpartition("#")[2]: purpose_of_schedule(graph, fact) for fact in found}


def test_jobs_of_dagster(understand: Understand) -> None:
    """A job runs its pipeline by the schedule that it names."""
    graph = understand({**PROJECT, "conf/prod/dagster.yml": JOBS.format(pipeline="fit", schedule="nightly")})
    assert purposes(graph) == {"clean_rows": "maintenance", "fit_model": "train"}
    assert graph.has("retraining-trigger")


@pytest.mark.parametrize(("pipeline", "schedule"), [("fit", "weekly"), ("prepare", "nightly"), ("fit", "null")])
def test_jobs_that_train_by_no_clock(understand: Understand, pipeline: str, schedule: str) -> None:
    """A schedule that is not there starts nothing, and cleaning rows trains nothing."""
    graph = understand({**PROJECT, "conf/prod/dagster.yml": JOBS.format(pipeline=pipeline, schedule=schedule)})
    assert not graph.has("retraining-trigger")


def test_project_in_a_folder(understand: Understand) -> None:
    """The pipelines are those of the project whose configuration it is."""
    moved = {f"shop/{path}": text for path, text in PROJECT.items()}
    graph = understand({**moved, "shop/conf/base/dagster.yml": JOBS.format(pipeline="fit", schedule="nightly")})
    assert purposes(graph)["fit_model"] == "train"


@pytest.mark.parametrize(
    ("rest", "fit", "trains"),
    [("@once", "@weekly", True), ("@once", "@once", False), ("@once", "null", False)],
)
def test_intervals_of_airflow(understand: Understand, rest: str, fit: str, trains: bool) -> None:
    """By the name of a pipeline."""
    graph = understand({**PROJECT, "conf/base/airflow.yml": INTERVALS.format(rest=rest, fit=fit)})
    assert graph.has("retraining-trigger") is trains


def test_interval_for_all(understand: Understand) -> None:
    """What no pipeline says otherwise holds for all."""
    text = INTERVALS.format(rest="@daily", fit="").partition("fit:")[0]
    assert understand({**PROJECT, "conf/base/airflow.yml": text}).has("retraining-trigger")


@pytest.mark.parametrize(
    "text", ["schedules: [", "- schedule\n", "schedules: 1\njobs: 2\n", "jobs: {a: {schedule: x}}\n"]
)
def test_odd_files(understand: Understand, text: str) -> None:
    """What is not as documented says nothing."""
    assert not understand({**PROJECT, "conf/base/dagster.yml": text}).facts("schedule")
