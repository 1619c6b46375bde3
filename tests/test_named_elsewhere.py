"""What a thing is by what stands elsewhere: handlers of platforms, routes of a router, endpoints of one replica."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]

ENDPOINT = """
from google.cloud import aiplatform

model = aiplatform.Model.upload(display_name="sizes", artifact_uri="gs://acme/sizes")
{before}
model.deploy(machine_type="n1-standard-4", {arguments})
"""
ASKS = """
import joblib

model = joblib.load("m.joblib")


def answer({parameters}):
    return model.predict([[1.0]]).tolist()
"""
IMAGE = "FROM public.ecr.aws/lambda/python:3.12\nCOPY . .\nCMD {command}\n"
CATALOG = """
model:
  type: {type}
  filepath: data/model
"""
ROUTER = """
from {module} import {name} as Made

router = Made()


@router.get("/ping")
async def check():
    return {{"revision": 1}}
"""


@pytest.mark.parametrize(
    ("arguments", "before", "capability", "given"),
    [
        ("max_replica_count=4, min_replica_count=1", "", "autoscaling", True),
        ("max_replica_count=LIMIT", "LIMIT = 3", "autoscaling", True),
        ("max_replica_count=1, min_replica_count=1", "", "autoscaling", False),
        ("max_replica_count=LIMIT", "LIMIT = 1", "autoscaling", False),
        ("traffic_split={'0': 10, '7': 90}", "", "gradual-rollout", True),
        ("traffic_split=SPLIT", "SPLIT = {'0': 10, '7': 90}", "gradual-rollout", True),
        ("traffic_split=SPLIT", "SPLIT = read()", "gradual-rollout", True),
        ("traffic_split={'0': 100}", "", "gradual-rollout", False),
        ("traffic_split={'0': 100, '7': 0}", "", "gradual-rollout", False),
        ("traffic_split=SPLIT", "SPLIT = {'0': 100}", "gradual-rollout", False),
    ],
)
def test_endpoint_of_one_replica(
    understand: Understand, arguments: str, before: str, capability: str, given: bool
) -> None:
    """One replica at most does not scale, and all traffic on one model is no split."""
    graph = understand({"deploy.py": ENDPOINT.format(arguments=arguments, before=before)})
    assert graph.has(capability) is given


@pytest.mark.parametrize(
    ("files", "entries"),
    [
        ({"Dockerfile": IMAGE.format(command='["app.answer"]')}, ["app.py"]),
        ({"Dockerfile": IMAGE.format(command='["other.answer"]')}, []),
        ({"Dockerfile": IMAGE.format(command='["python", "app.answer"]')}, []),
        ({"Dockerfile": IMAGE.format(command='["app.py"]')}, []),
        ({"Dockerfile": IMAGE.format(command='["app.answer"]'), "job/app.py": ASKS}, ["app.py"]),
        ({"image/Dockerfile": IMAGE.format(command='["app.answer"]'), "image/app.py": ASKS}, ["image/app.py"]),
        ({"main.tf": 'resource "aws_lambda_function" "a" {\n  handler = "app.answer"\n}\n'}, ["app.py"]),
        ({"main.tf": 'resource "google_cloudfunctions_function" "a" {\n  entry_point = "answer"\n}\n'}, []),
        (
            {
                "main.tf": 'resource "google_cloudfunctions_function" "a" {\n  entry_point = "answer"\n}\n',
                "main.py": ASKS,
            },
            ["main.py"],
        ),
        (
            {
                "main.tf": 'resource "google_cloudfunctions_function" "a" {\n  entry_point = "answer"\n'
                '  event_trigger {\n    resource = "uploads"\n  }\n}\n',
                "main.py": ASKS,
            },
            [],
        ),
        (
            {
                "main.tf": 'resource "google_cloudfunctions2_function" "a" {\n  build_config {\n'
                '    entry_point = "answer"\n  }\n}\n',
                "main.py": ASKS,
            },
            ["main.py"],
        ),
    ],
)
def test_entry_that_a_configuration_names(understand: Understand, files: Mapping[str, str], entries: list[str]) -> None:
    """The function that a platform calls answers requests, whatever its name."""
    texts = {path: text.replace("{parameters}", "event, context") for path, text in {"app.py": ASKS, **files}.items()}
    graph = understand(texts)
    assert [fact.at.path for fact in graph.facts("function") if fact.get("entry")] == entries
    assert (graph.profile.serves_model == "online") is bool(entries)


def test_entries_that_may_be_either(understand: Understand) -> None:
    """Two files as near as one another name none."""
    code = ASKS.replace("{parameters}", "event, context")
    terraform = 'resource "aws_lambda_function" "a" {\n  handler = "app.answer"\n}\n'
    graph = understand({"infra/main.tf": terraform, "one/app.py": code, "two/app.py": code})
    assert not any(fact.get("entry") for fact in graph.facts("function"))


@pytest.mark.parametrize("parameters", ["", "event, context, more", "*, event"])
def test_function_that_no_platform_can_call(understand: Understand, parameters: str) -> None:
    """What is called is passed a request, or an event and its context."""
    files = {
        "app.py": ASKS.replace("{parameters}", parameters),
        "Dockerfile": IMAGE.format(command='["app.answer"]'),
    }
    entries = [fact for fact in understand(files).facts("function") if fact.get("entry")]
    assert len(entries) == (1 if parameters == "*, event" else 0)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("fastapi", "FastAPI"),
        ("fastapi.applications", "FastAPI"),
        ("fastapi", "APIRouter"),
        ("fastapi.routing", "APIRouter"),
    ],
)
def test_router_by_either_path(understand: Understand, module: str, name: str) -> None:
    """A framework's classes go by the module that defines them, too."""
    graph = understand({"app.py": ROUTER.format(module=module, name=name)})
    assert graph.has("health-checks")


@pytest.mark.parametrize(
    ("type_of_set", "given"),
    [
        ("kedro_mlflow.io.models.MlflowModelTrackingDataset", True),
        ("kedro_mlflow.io.models.MlflowModelLoggerDataSet", True),
        ("kedro_mlflow.io.models.MlflowModelRegistryDataset", False),
        ("pickle.PickleDataset", True),
        ("pandas.CSVDataset", False),
    ],
)
def test_data_sets_that_keep_models(understand: Understand, type_of_set: str, given: bool) -> None:
    """A model that a tracker's data set saves; one that only reads a registry saves none."""
    train = "import pandas as pd\nfrom sklearn.linear_model import Ridge\n\nRidge().fit([[0.0]], [0.0])\n"
    graph = understand({"train.py": train, "conf/base/catalog.yml": CATALOG.format(type=type_of_set)})
    assert graph.has("model-artifact") is given
