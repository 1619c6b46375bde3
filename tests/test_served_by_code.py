"""Endpoints that calls of a cloud's SDK make: the model, image and program behind them, as declared files tell them."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from tests.conftest import Understand

UPLOAD = """
from google.cloud import aiplatform
m = aiplatform.Model.upload(display_name="clf", serving_container_image_uri="eu.gcr.io/p/serve:1")
"""
GIVEN = UPLOAD + 'e = aiplatform.Endpoint.create(display_name="front")\n'
VERTEX = "resource:d.py#google_vertex_ai_endpoint/front"
OWN = "resource:d.py#google_vertex_ai_endpoint_with_model_garden_deployment/"


def lines(graph: Graph, *relations: str) -> list[str]:
    wanted = relations or ("serves", "runs", "starts", "refers to")
    edges = {f"{one.source} {one.relation} {one.target}" for one in graph.edges(*wanted)}
    return sorted(one for one in edges if one.startswith("resource:"))


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        (GIVEN + "e.deploy(model=m, traffic_percentage=20)\n", VERTEX),
        (GIVEN + "e.deploy(m)\n", VERTEX),
        (GIVEN + "m.deploy(endpoint=e, machine_type='n1-standard-2')\n", VERTEX),
        (GIVEN + "m.deploy(e)\n", VERTEX),
        (UPLOAD + "m.deploy(machine_type='n1-standard-2')\n", OWN + "clf"),
        (UPLOAD + "aiplatform.Endpoint('there').deploy(model=m)\n", OWN + "there"),
        (
            "from google.cloud import aiplatform\n"
            "job = aiplatform.CustomTrainingJob(model_serving_container_image_uri='eu.gcr.io/p/serve:1')\n"
            "m = job.run(model_display_name='clf')\n"
            "e = aiplatform.Endpoint.create(display_name='front')\ne.deploy(model=m)\n",
            VERTEX,
        ),
    ],
)
def test_an_endpoint_serves_what_was_uploaded(understand: Understand, text: str, endpoint: str) -> None:
    graph = understand({"d.py": text})
    assert lines(graph) == [f"{endpoint} runs image:eu.gcr.io/p/serve", f"{endpoint} serves model:clf"]
    assert [one.id for one in graph.nodes() if one.kind == "endpoint"] == [endpoint]
    assert not [one for one in graph.edges("runs") if one.source == "file:d.py"]


def test_a_model_of_which_only_a_number_is_known_is_none_of_the_endpoint(understand: Understand) -> None:
    text = (
        "from google.cloud import aiplatform\nm = aiplatform.Model('projects/1/locations/x/models/123')\n"
        "e = aiplatform.Endpoint.create(display_name='front')\ne.deploy(model=m)\n"
    )
    graph = understand({"d.py": text})
    assert lines(graph) == []
    assert [one.id for one in graph.nodes() if one.kind in ("endpoint", "model")] == [VERTEX]


MODEL = """
from sagemaker.model import Model
m = Model(image_uri="1.dkr.ecr.eu-west-1.amazonaws.com/churn:1", model_data="s3://b/churn/model.tar.gz", name="fitted")
m.deploy(initial_instance_count=2, instance_type="ml.m5.large", endpoint_name="front")
"""
HUB = """
from sagemaker.huggingface import HuggingFaceModel
hub = {"HF_MODEL_ID": "org/Tiny-7B"}
HuggingFaceModel(env=hub, name="fitted").deploy(1, "ml.g5.xlarge", endpoint_name="front")
"""
FRAMEWORK = """
from sagemaker.%s import %s
s = %s(model_data="s3://b/churn/2/model.tar.gz", entry_point="inference.py", source_dir="code", name="fitted")
s.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="front")
"""
MANY = """
from sagemaker.sklearn.model import SKLearnModel
from sagemaker.multidatamodel import MultiDataModel
one = SKLearnModel(entry_point="code/inference.py")
MultiDataModel("fitted", "s3://b/churn/", one).deploy(1, "ml.m5.large", endpoint_name="front")
"""
ESTIMATOR = """
from sagemaker.sklearn import SKLearn
est = SKLearn(entry_point="inference.py", source_dir="code")
est.deploy(1, "ml.m5.large", endpoint_name="front", model_name="fitted")
"""
CLIENT = """
import boto3
sm = boto3.client("sagemaker")
image = {"Image": "1.dkr.ecr.eu-west-1.amazonaws.com/churn:1", "ModelDataUrl": "s3://b/churn/model.tar.gz"}
sm.create_model(ModelName="fitted", PrimaryContainer=image)
sm.create_endpoint_config(EndpointConfigName="front", ProductionVariants=[{"ModelName": "fitted"}])
sm.create_endpoint(EndpointName="front", EndpointConfigName="front")
"""
AWS = "resource:d.py#AWS::SageMaker::"
CHAIN = [
    f"{AWS}Endpoint/front refers to {AWS}EndpointConfig/front",
    f"{AWS}EndpointConfig/front refers to {AWS}Model/fitted",
]
STARTS, SERVES = f"{AWS}Model/fitted starts file:code/inference.py", f"{AWS}Model/fitted serves model:churn"
RUNS = f"{AWS}Model/fitted runs image:1.dkr.ecr.eu-west-1.amazonaws.com/churn"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (MODEL, [RUNS, SERVES]),
        (CLIENT, [RUNS, SERVES]),
        (HUB, [f"{AWS}Model/fitted serves model:Tiny-7B"]),
        (FRAMEWORK % (("sklearn.model", *["SKLearnModel"] * 2)), [SERVES, STARTS]),
        (FRAMEWORK % (("pytorch", *["PyTorchModel"] * 2)), [SERVES, STARTS]),
        (FRAMEWORK % (("xgboost.model", *["XGBoostModel"] * 2)), [SERVES, STARTS]),
        (MANY, [SERVES, STARTS, f"{AWS}Model/SKLearnModel starts file:code/inference.py"]),
        (ESTIMATOR, [STARTS]),
    ],
)
def test_an_endpoint_leads_to_its_model_image_and_program(understand: Understand, text: str, more: list[str]) -> None:
    graph = understand({"d.py": text, "code/inference.py": "print()\n"})
    assert lines(graph) == sorted([*CHAIN, *more])


def test_models_in_a_row_are_parts_of_one(understand: Understand) -> None:
    text = (
        "from sagemaker.model import Model\nfrom sagemaker.pipeline import PipelineModel\n"
        "a = Model(name='a', image_uri='org/a:1')\nb = Model(name='b', image_uri='org/b:1')\n"
        "PipelineModel(name='fitted', models=[a, b]).deploy(1, 'ml.m5.large', endpoint_name='front')\n"
    )
    both = [f"{AWS}Model/fitted refers to {AWS}Model/{one}" for one in "ab"]
    assert lines(understand({"d.py": text}), "refers to") == sorted([*CHAIN, *both])


def test_artifacts_of_strangers_are_not_one_model(understand: Understand) -> None:
    text = (
        "from sagemaker.model import Model\n"
        "Model(name='a', model_data='s3://b/a/model.tar.gz')\nModel(name='b', model_data='s3://b/output/model.tar.gz')\n"
    )
    assert lines(understand({"d.py": text})) == [f"{AWS}Model/a serves model:a"]


def test_a_word_that_is_also_the_name_of_an_endpoint_leads_nowhere(understand: Understand) -> None:
    text = (
        CLIENT + 'sm.create_model_package_group(ModelPackageGroupName="group", Tags=[{"Key": "k", "Value": "front"}])\n'
    )
    assert not [one for one in lines(understand({"d.py": text})) if "ModelPackageGroup" in one]


RULE = """
import boto3
from sagemaker.workflow.pipeline import Pipeline
NAME = "churn"
Pipeline(name=f"{NAME}-fit", steps=[])
events = boto3.client("events")
events.put_rule(Name=%s, ScheduleExpression="rate(7 days)")
events.put_targets(Rule=%s, Targets=[{"Id": "1", "Arn": f"arn:aws:sagemaker:eu-west-1:1:pipeline/{NAME}-%s"}])
"""


@pytest.mark.parametrize(
    ("rule", "aim", "end", "target"),
    [
        ('"nightly"', '"nightly"', "fit", ["pipeline:d.py#churn-fit"]),
        ('f"{NAME}-nightly"', 'f"{NAME}-nightly"', "fit", ["pipeline:d.py#churn-fit"]),
        ('"nightly"', '"another"', "fit", []),
        ('"nightly"', '"nightly"', "other", []),
    ],
)
def test_a_rule_gets_its_targets_by_its_name(
    understand: Understand, rule: str, aim: str, end: str, target: list[str]
) -> None:
    graph = understand({"d.py": RULE % (rule, aim, end)})
    assert [one.target for one in graph.edges("triggers") if "Events::Rule" in one.source] == target


AZURE = """
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model, ModelBatchDeployment,
    BatchDeployment, BatchEndpoint
)
client = MLClient.from_config()
NAME = "front"
endpoint = %s(name=NAME)
env = Environment(image="org/base:1")
model = Model(path="./model", name="churn")
kept = client.models.create_or_update(model)
known = client.models.get(name="churn", label="latest")
code = CodeConfiguration(code="src", scoring_script="score.py")
%s(name="blue", endpoint_name=%s, model=%s, environment=env, code_configuration=code)
"""
BLUE, FRONT = "resource:d.py#managedOnlineDeployment/blue", "resource:d.py#managedOnlineEndpoint/front"
ONLINE = ("ManagedOnlineEndpoint", "ManagedOnlineDeployment")


@pytest.mark.parametrize(
    ("endpoint", "deployment", "name", "model"),
    [
        (*ONLINE, '"front"', "model"),
        (*ONLINE, "NAME", "known"),
        (*ONLINE, "endpoint.name", "known.id"),
        (*ONLINE, "endpoint.name", "kept"),
        (*ONLINE, "endpoint.name", 'Model(path="./model", name="churn")'),
        (*ONLINE, "endpoint.name", '"azureml:churn:3"'),
        ("BatchEndpoint", "ModelBatchDeployment", "endpoint.name", "model"),
        ("BatchEndpoint", "BatchDeployment", "NAME", '"azureml:churn@latest"'),
    ],
)
def test_a_deployment_stands_at_its_endpoint_and_serves(
    understand: Understand, endpoint: str, deployment: str, name: str, model: str
) -> None:
    graph = understand({"d.py": AZURE % (endpoint, deployment, name, model), "src/score.py": "print()\n"})
    blue, front = (f"resource:d.py#{one[0].lower()}{one[1:]}" for one in (f"{deployment}/blue", f"{endpoint}/front"))
    expected = (f"refers to {front}", "runs image:org/base", "serves model:churn", "starts file:src/score.py")
    assert lines(graph) == [f"{blue} {one}" for one in expected]


def test_a_model_without_a_name_is_not_called_by_its_class(understand: Understand) -> None:
    graph = understand({"d.py": AZURE % (*ONLINE, "NAME", 'Model(path="./model")')})
    assert lines(graph, "serves") == []


def test_a_model_called_like_the_endpoint_is_no_endpoint(understand: Understand) -> None:
    graph = understand({"d.py": AZURE.replace("churn", "front") % (*ONLINE, "NAME", "model")})
    assert lines(graph, "refers to") == [f"{BLUE} refers to {FRONT}"]


def test_an_endpoint_without_a_name_leads_to_its_model(understand: Understand) -> None:
    graph = understand({"d.py": MODEL.replace(', endpoint_name="front"', "").replace(', name="fitted"', "")})
    config = f"{AWS}EndpointConfig/Model"
    assert lines(graph, "refers to") == [
        f"{AWS}Endpoint/Model refers to {config}",
        f"{config} refers to {AWS}Model/Model",
    ]


ELSEWHERE = """
from azure.ai.ml.entities import ManagedOnlineDeployment
from settings import client_of
client = client_of()
known = client.models.get("churn", label="latest")
ManagedOnlineDeployment(name="blue", endpoint_name="front", model=known)
"""


def test_a_client_that_another_file_makes_gives_the_model(understand: Understand) -> None:
    settings = "from azure.ai.ml import MLClient\ndef client_of():\n    return MLClient.from_config()\n"
    graph = understand({"d.py": ELSEWHERE, "settings.py": settings})
    assert lines(graph) == [f"{BLUE} serves model:churn"]
    other = understand({"d.py": ELSEWHERE.replace("models.get", "pages.get"), "settings.py": settings})
    assert lines(other) == []
