"""Monitors of models in the clouds' own words: a subject, evidence, what they watch, and when."""

from __future__ import annotations

import json

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.subjects import subjects
from tests.conftest import Understand

AZURE = """
$schema: %s
name: churn-watch
trigger: {type: recurrence, frequency: day, interval: 1}
create_monitor:
  monitoring_target: {ml_task: classification, endpoint_deployment_id: "azureml:front:blue"}
  monitoring_signals: {one: {type: %s}}
"""
NEW = "https://azuremlschemas.azureedge.net/latest/monitorSchedule.schema.json"
OLD = "http://azureml/sdk-2-0/Schedule.json"
FRONT = "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\nname: front\n"
AZURE_SDK = """
from azure.ai.ml.entities import DataDriftSignal, ManagedOnlineEndpoint, MonitorDefinition, MonitoringTarget
from azure.ai.ml.entities import MonitorSchedule, RecurrenceTrigger
front = ManagedOnlineEndpoint(name="front")
seen = MonitorDefinition(
    compute=1,
    monitoring_target=MonitoringTarget(ml_task="x", endpoint_deployment_id="azureml:front:blue"),
    monitoring_signals={"d": DataDriftSignal()},
)
MonitorSchedule(name="churn-watch", trigger=RecurrenceTrigger(frequency="day", interval=1), create_monitor=seen)
"""
SAGEMAKER = """
from sagemaker.model_monitor import CronExpressionGenerator, DefaultModelMonitor
from sagemaker.sklearn import SKLearnModel
SKLearnModel("x").deploy(1, "ml.m5.large", endpoint_name="front")
DefaultModelMonitor(role="r").create_monitoring_schedule(
    monitor_schedule_name="churn-watch",
    endpoint_input="front",
    schedule_cron_expression=CronExpressionGenerator.daily(),
)
"""
SAGEMAKER_TERRAFORM = """
resource "aws_sagemaker_monitoring_schedule" "churn-watch" {
  monitoring_schedule_config {
    monitoring_type                = "DataQuality"
    monitoring_job_definition_name = aws_sagemaker_data_quality_job_definition.d.name
    schedule_config {
      schedule_expression = "daily"
    }
  }
}
resource "aws_sagemaker_data_quality_job_definition" "d" {
  data_quality_job_input {
    endpoint_input {
      endpoint_name = aws_sagemaker_endpoint.front.name
    }
  }
}
resource "aws_sagemaker_endpoint" "front" {
  endpoint_config_name = "x"
}
"""
VERTEX = """
from google.cloud import aiplatform
from google.cloud.aiplatform import model_monitoring
front = aiplatform.Endpoint.create(display_name="front")
drift = model_monitoring.ObjectiveConfig(drift_detection_config=model_monitoring.DriftDetectionConfig({"a": 0.1}))
aiplatform.ModelDeploymentMonitoringJob.create(display_name="churn-watch", endpoint=front, objective_configs=drift)
"""
VERTEX_NEW = """
from vertexai.resources.preview import ml_monitoring
seen = ml_monitoring.ModelMonitor.create(display_name="churn-watch", model_version_id="1")
seen.create_schedule(display_name="s", cron="daily")
"""
DATABRICKS = """
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import MonitorCronSchedule
WorkspaceClient().quality_monitors.create(
    table_name="churn-watch", output_schema_name="m", schedule=MonitorCronSchedule(quartz_cron_expression="daily")
)
"""
DATABRICKS_TERRAFORM = """
resource "databricks_quality_monitor" "churn-watch" {
  table_name = "a.b.c"
  schedule {
    quartz_cron_expression = "daily"
  }
}
"""


@pytest.mark.parametrize(
    ("files", "time", "watched"),
    [
        ({"mon.yml": AZURE % (NEW, "data_drift"), "ep.yml": FRONT}, "every 1 day", "front"),
        ({"mon.yml": AZURE % (OLD, "prediction_drift"), "ep.yml": FRONT}, "every 1 day", "front"),
        ({"mon.yml": AZURE % (NEW, "data_quality"), "ep.yml": FRONT}, "every 1 day", "front"),
        ({"mon.yml": AZURE % (NEW, "feature_attribution_drift"), "ep.yml": FRONT}, "every 1 day", "front"),
        ({"mon.py": AZURE_SDK}, "every 1 day", "front"),
        ({"mon.py": SAGEMAKER}, "daily", "front"),
        ({"mon.tf": SAGEMAKER_TERRAFORM}, "daily", "front"),
        ({"mon.py": VERTEX}, "", "front"),
        ({"mon.py": VERTEX_NEW}, "daily", ""),
        ({"mon.py": DATABRICKS}, "daily", ""),
        ({"mon.tf": DATABRICKS_TERRAFORM}, "daily", ""),
    ],
)
def test_a_monitor_is_a_subject_and_evidence(
    understand: Understand, files: dict[str, str], time: str, watched: str
) -> None:
    graph = understand(files)
    (monitor,) = [node for node in subjects(graph) if node.kind == "monitor"]
    assert (monitor.label, monitor.state) == ("churn-watch", "")
    assert "used" in _statuses(graph, "drift-monitoring")
    timed = [node for node in subjects(graph) if node.kind == "schedule"]
    assert [(node.label, node.purpose) for node in timed] == ([(time, "monitor")] if time else [])
    seen = {edge.target for edge in graph.links_from(monitor.id, "watches")}
    assert {node.label for node in graph.nodes() if node.id in seen} == ({watched} if watched else set())


def test_a_monitor_of_performance_alone_watches_no_drift(understand: Understand) -> None:
    graph = understand({"mon.yml": AZURE % (NEW, "model_performance")})
    assert (_statuses(graph, "drift-monitoring"), _statuses(graph, "model-monitoring")) == (set(), {"used"})


def test_a_paused_monitor_is_switched_off(understand: Understand) -> None:
    text = DATABRICKS_TERRAFORM.replace('"daily"', '"daily"\n    pause_status = "PAUSED"')
    graph = understand({"mon.tf": text})
    assert _statuses(graph, "drift-monitoring") == {"disabled"}
    assert {node.state for node in subjects(graph) if node.kind in ("monitor", "schedule")} == {"disabled"}


def test_a_schedule_is_for_what_it_reaches_and_known_by_its_name(understand: Understand) -> None:
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/%s.schema.json\n"
    graph = understand(
        {
            "nightly.yml": schema % "schedule"
            + "name: nightly\ntrigger: {type: cron, expression: '0 0 * * 0'}\n"
            + "create_job: {type: pipeline, job: ./flow.yml}\n",
            "flow.yml": schema % "pipelineJob"
            + "jobs:\n  fit: {component: ./fit.yml}\n  score: {command: python score.py, code: src}\n",
            "fit.yml": schema % "commandComponent" + "name: fit\ncode: src\ncommand: python fit.py\n",
            "src/fit.py": "from sklearn.svm import SVC\nSVC().fit([[1]], [1])\n",
            "src/score.py": "import mlflow\nmlflow.pyfunc.load_model('m').predict([1])\n",
        }
    )
    (node,) = [node for node in subjects(graph) if node.kind == "schedule"]
    assert (node.label, node.detail, node.purpose) == ("nightly", "0 0 * * 0", "train")
    assert [edge.target for edge in graph.path(node.id, "file:src/fit.py")][-1] == "file:src/fit.py"


def _statuses(graph: Graph, capability: str) -> set[str]:
    return {one.status.value for one in graph.capabilities() if one.capability == capability}


DISTANCE = "import numpy as np\n\n\n%s\n    return float(np.abs(np.sort(a) - np.sort(b)).mean()) > 0.1\n"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("src/watch/detector.py", "class DriftDetector:\n  def detect(self, a, b):"),
        ("src/drift/distance.py", "def _compute_wasserstein(a, b):"),
        ("src/drift/distance.py", "def js_divergence(a, b):"),
    ],
)
def test_drift_worked_out_by_ones_own_code(understand: Understand, path: str, code: str) -> None:
    assert understand({path: DISTANCE % code}).has("drift-monitoring")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("src/loss/distance.py", "def wasserstein(a, b):"),  # a loss
        ("src/watch/detector.py", "class DriftReport:\n  def render(self, a, b):"),
        ("tests/drift/test_it.py", "class DriftDetector:\n  def detect(self, a, b):"),
        ("notebooks/drift.ipynb", "def js_divergence(a, b):"),
    ],
)
def test_a_distance_alone_watches_nothing(understand: Understand, path: str, code: str) -> None:
    text = DISTANCE % code
    cells = {"cells": [{"cell_type": "code", "source": text, "outputs": [], "metadata": {}}], "nbformat": 4}
    assert not understand({path: json.dumps(cells) if path.endswith(".ipynb") else text}).has("drift-monitoring")


def test_an_object_for_drift_without_a_body_is_a_stub(understand: Understand) -> None:
    assert not understand({"app.py": "class DriftDetector:\n    def detect(self, a, b):\n        pass\n"}).has(
        "drift-monitoring"
    )
