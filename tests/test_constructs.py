"""What Python declares: constructs, client objects and SDK calls as the facts that YAML would give."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.formats.python import module, notebook
from mlops_scan.scanner.formats.python.constructs import mechanical, naming, tables
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.model import Fact
from tests.slowness import in_time

KINDS = ("resource", "workload", "container", "image", "schedule")


def read(text: str) -> list[Fact]:
    found = module.read(Source("infra/app.py", text.encode(), "infra.app"))
    return [fact for fact in found if isinstance(fact, Fact) and fact.kind in KINDS]


def one(text: str, kind: str, name: str = "") -> Fact:
    found = [fact for fact in read(text) if fact.kind == kind and name in ("", fact.name)]
    assert len(found) == 1, found
    return found[0]


def told(text: str) -> list[str]:
    return [f"{fact.kind} {fact.get('type') or ''} {fact.name}".replace("  ", " ") for fact in read(text)]


L1 = """
from aws_cdk import aws_sagemaker as sm
COUNT = 2
model = sm.CfnModel(self, "Model", execution_role_arn="arn")
variant = sm.CfnEndpointConfig.ProductionVariantProperty(
    model_name=model.attr_model_name, initial_instance_count=COUNT, instance_type=kind)
config = sm.CfnEndpointConfig(self, f"{prefix}-Config", production_variants=[variant])
config.data_capture_config = sm.CfnEndpointConfig.DataCaptureConfigProperty(enable_capture=True)
"""


def test_l1_constructs_are_resources_of_the_template() -> None:
    model, config = read(L1)
    assert (model.name, model.get("type"), model.get("platform")) == (
        "Model",
        "AWS::SageMaker::Model",
        "cloudformation",
    )
    variant = config.get("data")["Properties"]["ProductionVariants"][0]
    assert (config.name, config.get("type"), config.at.line) == ("Config", "AWS::SageMaker::EndpointConfig", 7)
    assert variant["ModelName"] == {"expr": "!Ref Model", "ref": "Model"}
    assert variant["InitialInstanceCount"] == 2
    assert variant["InstanceType"]["expr"] == "kind"
    assert config.get("origin") == "python"


ASSETS = """
import os
from pathlib import Path
from aws_cdk import Stack, aws_sagemaker as sm, aws_ecs as ecs, aws_lambda as lam
from aws_cdk.aws_ecr_assets import DockerImageAsset
class S(Stack):
    def __init__(self, scope, id):
        self.img = DockerImageAsset(self, "Img", directory=os.path.join(os.path.dirname(__file__), "serve"))
        own = DockerImageAsset(self, "Own", directory=str(Path(__file__).parent / "fit"), file="gpu.Dockerfile")
        {}
"""
MODEL = "sm.CfnModel(self, 'M', execution_role_arn='r', {})"
IN_SERVE, IN_FIT = ("serve", "Dockerfile"), ("fit", "gpu.Dockerfile")
BUILT = {
    MODEL.format("primary_container={'image': own.image_uri}"): [IN_FIT],
    MODEL.format("containers=[sm.CfnModel.ContainerDefinitionProperty(image=self.img.image_uri)]"): [IN_SERVE],
    MODEL.format("containers=[{'image': self.img.image_uri}, {'image': own.image_uri}]"): [IN_SERVE, IN_FIT],
    MODEL.format("primary_container={'image': own.asset_hash}"): [],  # no image
    MODEL.format("primary_container={'image': other.image_uri}"): [],  # of who knows where
    "ecs.TaskDefinition(self, 'T').add_container('c', image=ecs.ContainerImage.from_registry(own.image_uri))": [IN_FIT],
    "ecs.TaskDefinition(self, 'T').add_container('c', "
    "image=ecs.ContainerImage.from_ecr_repository(own.repository, own.image_tag))": [IN_FIT],
    "lam.DockerImageFunction(self, 'F', code=lam.DockerImageCode.from_ecr(repository=own.repository))": [IN_FIT],
    "lam.CfnFunction(self, 'F', code=lam.CfnFunction.CodeProperty(image_uri=self.img.image_uri))": [IN_SERVE],
    "lam.DockerImageFunction(self, 'F', code=lam.DockerImageCode.from_ecr(repo))": [],
}


@pytest.mark.parametrize("use", BUILT)
def test_what_takes_the_image_of_an_asset_has_it_built(use: str) -> None:
    found = []
    for fact in read(ASSETS.format(use)):
        found += [(str(one["context"]), one["dockerfile"]) for one in fact.get("builds") or ()]
        found += [(str(fact.get("build_context")), str(fact.get("dockerfile")))] if fact.get("build_context") else []
    assert [(context.rpartition("/")[2], file) for context, file in found] == BUILT[use]
    if BUILT[use]:
        assert not [one for one in read(ASSETS.format(use)) if one.kind == "image"]


def test_an_attribute_that_is_set_later_belongs_to_the_construct() -> None:
    capture = read(L1)[1].get("data")["Properties"]["DataCaptureConfig"]
    assert capture == {"EnableCapture": True}


def test_containers_of_a_task_and_the_service_that_keeps_it() -> None:
    text = """
from aws_cdk import aws_ecs as ecs
task = ecs.FargateTaskDefinition(self, "Task", cpu=256)
task.add_container("llm", image=ecs.ContainerImage.from_registry("vllm/vllm-openai:v0.10.0"), gpu_count=1,
                   port_mappings=[ecs.PortMapping(container_port=8000)], environment={"A": "b"})
ecs.FargateService(self, "Service", task_definition=task, desired_count=3)
"""
    workload, container = one(text, "workload"), one(text, "container")
    assert (workload.name, workload.get("replicas"), workload.get("origin")) == ("Service", 3, "cloud")
    assert container.get("workload") == workload.get("id")
    assert container.get("ports")[0]["port"] == 8000
    assert container.get("limits") == {"gpu": "1"}
    assert one(text, "image").get("tag") == "v0.10.0"


def test_a_pattern_builds_the_image_of_a_folder() -> None:
    text = """
from aws_cdk import aws_ecs as ecs, aws_ecs_patterns as patterns
Options = patterns.ApplicationLoadBalancedTaskImageOptions
patterns.ApplicationLoadBalancedFargateService(self, "Web", task_image_options=Options(
    image=ecs.ContainerImage.from_asset("web", file="web.Dockerfile")))
"""
    workload = one(text, "workload")
    assert (workload.get("build_context"), workload.get("dockerfile")) == ("web", "web.Dockerfile")


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ("events.Schedule.rate(Duration.days(7))", "rate(7 days)"),
        ("events.Schedule.expression('rate(1 day)')", "rate(1 day)"),
        ("events.Schedule.cron(hour='3', minute='0')", "cron(0 3 * * ? *)"),
        ("events.Schedule.expression(given)", "given"),
    ],
)
def test_rules_by_the_clock(schedule: str, text: str) -> None:
    code = f"from aws_cdk import Duration, aws_events as events\nevents.Rule(self, 'Weekly', schedule={schedule})"
    found = one(code, "schedule")
    assert found.name == text
    assert found.get("owner") == "infra/app.py#AWS::Events::Rule/Weekly"


def test_a_rule_that_is_switched_off() -> None:
    code = "from aws_cdk import aws_events as e\ne.Rule(self, 'R', enabled=False, schedule=e.Schedule.expression('x'))"
    assert one(code, "schedule").get("state") == "disabled"
    assert one(code, "resource").get("state") == "disabled"


def test_alarms_get_their_actions_by_a_method() -> None:
    code = """
from aws_cdk import aws_cloudwatch as cw, aws_sns as sns, aws_cloudwatch_actions as act
alarm = cw.Alarm(self, "Errors", threshold=5, evaluation_periods=1)
alarm.add_alarm_action(act.SnsAction(topic))
"""
    assert one(code, "resource").get("data")["Properties"]["AlarmActions"]


def test_a_pipeline_tells_which_of_its_actions_deploy_and_approve() -> None:
    code = """
from aws_cdk import aws_codepipeline as cp, aws_codepipeline_actions as do
pipeline = cp.Pipeline(self, "P")
pipeline.add_stage(stage_name="Prod", actions=[do.ManualApprovalAction(action_name="ok"),
                                               do.CloudFormationCreateUpdateStackAction(action_name="go")])
"""
    stages = one(code, "resource").get("data")["Properties"]["Stages"]
    assert [action["ActionTypeId"]["Category"] for action in stages[0]["Actions"]] == ["Approval", "Deploy"]


PULUMI = """
import json
import pulumi
import pulumi_aws as aws
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs
from pulumi_kubernetes.core.v1 import ContainerArgs, PodSpecArgs, PodTemplateSpecArgs
from pulumi_kubernetes.helm.v3 import Release, ReleaseArgs, RepositoryOptsArgs
labels = {"app_name": "api"}
config = aws.sagemaker.EndpointConfiguration("cfg", production_variants=[
    aws.sagemaker.EndpointConfigurationProductionVariantArgs(initial_instance_count=1)])
aws.sagemaker.Endpoint("ep", endpoint_config_name=config.name, opts=pulumi.ResourceOptions())
Deployment("api", spec=DeploymentSpecArgs(replicas=2, template=PodTemplateSpecArgs(
    metadata={"labels": labels}, spec=PodSpecArgs(containers=[ContainerArgs(name="api", image="acme/api:1")]))))
Release("stack", ReleaseArgs(chart="vllm-stack", repository_opts=RepositoryOptsArgs(repo="https://charts.example")))
aws.ecs.TaskDefinition("task", family="t", container_definitions=json.dumps([{"name": "web", "image": "acme/web:2"}]))
"""


def test_pulumi_resources_have_the_types_of_terraform() -> None:
    found = {fact.get("type"): fact for fact in read(PULUMI) if fact.kind == "resource"}
    endpoint = found["aws_sagemaker_endpoint"].get("data")
    assert endpoint["endpoint_config_name"]["ref"] == "aws_sagemaker_endpoint_configuration.cfg"
    assert set(endpoint) == {"endpoint_config_name"}
    assert found["helm_release"].get("data") == {"chart": "vllm-stack", "repository": "https://charts.example"}
    assert found["helm_release"].get("platform") == "helm"


def test_pulumi_workloads() -> None:
    found = {fact.name: fact for fact in read(PULUMI) if fact.kind == "workload"}
    assert (found["api"].get("kind"), found["api"].get("replicas")) == ("Deployment", 2)
    assert found["api"].get("labels") == {"app_name": "api"}
    assert found["task"].get("origin") == "cloud"
    assert {fact.name for fact in read(PULUMI) if fact.kind == "image"} == {"acme/api", "acme/web"}


KUBERNETES = """
import os
from kubernetes import client
IMAGE = os.getenv("IMAGE", "acme/api:1.2")

def container():
    return client.V1Container(name="api", image=IMAGE,
                              ports=[client.V1ContainerPort(container_port=8080)],
                              resources=client.V1ResourceRequirements(limits={"nvidia.com/gpu": 1}))

template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels={"app": "api"}),
                                    spec=client.V1PodSpec(containers=[container()]))
deployment = client.V1Deployment(metadata=client.V1ObjectMeta(name="api"), spec=client.V1DeploymentSpec(
    replicas=1, template=template, selector={"matchLabels": {"app": "api"}}))
deployment.spec.paused = True
client.AppsV1Api().create_namespaced_deployment("default", body=deployment)
"""


def test_objects_of_the_client_are_manifests() -> None:
    workload, container = one(KUBERNETES, "workload"), one(KUBERNETES, "container")
    assert (workload.get("type"), workload.get("replicas"), workload.get("origin")) == ("apps/Deployment", 1, "python")
    assert (container.get("image"), container.at.line) == ("acme/api:1.2", 7)
    assert container.get("limits") == {"nvidia.com/gpu": "1"}
    assert one(KUBERNETES, "resource").get("data")["spec"]["selector"] == {"matchLabels": {"app": "api"}}


def test_dicts_that_are_applied_are_manifests_once() -> None:
    text = """
from kubernetes import client
body = {"apiVersion": "ray.io/v1", "kind": "RayService", "metadata": {"name": "r"}, "spec": {"template": {"spec": {
    "containers": [{"name": "head", "image": "rayproject/ray:2.9.0"}]}}}}
api = client.CustomObjectsApi()
api.create_namespaced_custom_object("ray.io", "v1", "ml", "rayservices", body)
api.patch_namespaced_custom_object("ray.io", "v1", "ml", "rayservices", "r", body)
"""
    assert told(text) == [
        "resource ray.io/RayService r",
        "workload ray.io/RayService r",
        "container head",
        "image rayproject/ray",
    ]


def test_inference_services_of_the_sdk() -> None:
    text = """
from kubernetes.client import V1ObjectMeta
from kserve import V1beta1InferenceService, V1beta1InferenceServiceSpec, V1beta1PredictorSpec, V1beta1SKLearnSpec
from kserve import constants
V1beta1InferenceService(api_version=constants.KSERVE_V1BETA1, kind=constants.KSERVE_KIND,
    metadata=V1ObjectMeta(name="iris"), spec=V1beta1InferenceServiceSpec(
        predictor=V1beta1PredictorSpec(sklearn=V1beta1SKLearnSpec(storage_uri="gs://models/iris"))))
"""
    resource = one(text, "resource")
    assert resource.get("type") == "serving.kserve.io/InferenceService"
    assert resource.get("data")["spec"]["predictor"]["sklearn"] == {"storageUri": "gs://models/iris"}


def test_a_form_that_names_nothing_is_no_workload() -> None:
    text = """
from kubernetes import client
def start(name, image):
    client.V1Job(metadata=client.V1ObjectMeta(name=name), spec=client.V1JobSpec(template=client.V1PodTemplateSpec(
        spec=client.V1PodSpec(containers=[client.V1Container(name="c", image=image)]))))
"""
    assert read(text) == []


def test_calls_of_the_api_are_resources_that_name_each_other() -> None:
    text = """
import boto3
sm = boto3.client("sagemaker")
name = f"churn-{version}"
sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{"ModelName": "churn"}])
sm.create_endpoint(EndpointName="churn", EndpointConfigName=name)
"""
    config, endpoint = read(text)
    assert (config.get("type"), config.get("origin")) == ("AWS::SageMaker::EndpointConfig", "sdk")
    assert endpoint.get("data")["Properties"]["EndpointConfigName"]["ref"] == config.name == "churn"


@pytest.mark.parametrize(
    "text",
    [
        "import boto3\ndef create(sm, n, c):\n    sm.create_endpoint(EndpointName=n, EndpointConfigName=c)\n",
        "import boto3\nclass Wrapper:\n    def __init__(self):\n        self.sm = boto3.client('sagemaker')\n"
        "    def make(self, n, c):\n        self.sm.create_endpoint(EndpointName=n, EndpointConfigName=c)\n",
        "import boto3\nif False:\n    boto3.client('sagemaker').create_endpoint(EndpointName='a')\n",
        "sm.create_endpoint(EndpointName='a', EndpointConfigName='b')\n",
        "import boto3\nboto3.client('dynamodb').create_endpoint(EndpointName='a')\n",
        "from mine import V1Deployment\nV1Deployment(metadata={'name': 'x'})\n",
        "'''from kubernetes import client\nclient.V1Pod(metadata={'name': 'x'})'''\n",
    ],
)
def test_what_declares_nothing(text: str) -> None:
    assert read(text) == []


def test_a_client_of_unknown_origin_is_told_by_its_keywords() -> None:
    text = """
import boto3
def deploy(sm):
    sm.create_endpoint_config(EndpointConfigName="a", ProductionVariants=[])
    sm.create_endpoint_config(EndpointConfigName="a")
"""
    assert [fact.at.line for fact in read(text)] == [4]


def test_a_deployment_of_an_sdk_model() -> None:
    text = """
from sagemaker.sklearn import SKLearnModel
from sagemaker.model_monitor import DataCaptureConfig
capture = DataCaptureConfig(enable_capture=True)
SKLearnModel(name="m").deploy(1, "ml.m5.large", endpoint_name="churn", data_capture_config=capture)
"""
    config = next(fact for fact in read(text) if fact.get("type") == "AWS::SageMaker::EndpointConfig")
    properties = config.get("data")["Properties"]
    (variant,) = properties["ProductionVariants"]
    assert (config.name, variant["InstanceType"], variant["InitialInstanceCount"]) == ("churn", "ml.m5.large", 1)
    assert variant["ModelName"]["to"] == "infra/app.py#AWS::SageMaker::Model/m"
    assert properties["DataCaptureConfig"] == {"EnableCapture": True}


def test_entities_of_azure_have_the_keys_of_its_yaml() -> None:
    text = """
from azure.ai.ml.entities import CodeConfiguration, Environment, JobSchedule, ManagedOnlineDeployment, RecurrenceTrigger
ManagedOnlineDeployment(name="blue", endpoint_name="churn", instance_count=1,
    environment=Environment(image="mcr.microsoft.com/base:1"),
    code_configuration=CodeConfiguration(scoring_script="score.py"))
JobSchedule(name="weekly", trigger=RecurrenceTrigger(frequency="week", interval=2))
"""
    blue = one(text, "resource", "blue")
    assert (blue.get("platform"), blue.get("type")) == ("azureml", "managedOnlineDeployment")
    assert blue.get("data")["code_configuration"] == {"scoring_script": "score.py"}
    assert one(text, "schedule").name == "every 2 week"
    assert "image mcr.microsoft.com/base" in told(text)


def test_functions_of_an_app_of_another_file() -> None:
    text = """
import modal
from .common import app
image = modal.Image.from_registry("nvidia/cuda:12.8.0").pip_install("vllm")
@app.function(image=image, gpu="H100", schedule=modal.Cron("0 3 * * *"))
def retrain(): ...
@app.other(image=image)
def other(): ...
"""
    assert one(text, "workload").get("schedule") == "0 3 * * *"
    assert one(text, "container").get("limits") == {"gpu": "H100"}
    assert one(text, "image").get("tag") == "12.8.0"
    assert one(text, "schedule").get("where") == "python"


def test_decorators_with_and_without_brackets() -> None:
    text = """
from ray import serve
@serve.deployment(num_replicas=2, ray_actor_options={"num_gpus": 1})
class Model: ...
@serve.deployment
class Plain: ...
"""
    found = [fact for fact in read(text) if fact.kind == "workload"]
    assert [(fact.name, fact.get("replicas")) for fact in found] == [("Model", 2), ("Plain", None)]


def test_operators_start_pods_and_images() -> None:
    text = """
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.docker.operators.docker import DockerOperator
from kfp import dsl
KubernetesPodOperator(task_id="train", image="acme/train:1", cmds=["python", "train.py"])
DockerOperator(task_id="score", image="acme/score:2")
@dsl.component(base_image="python:3.12")
def prepare(): ...
"""
    assert sorted(told(text)) == [
        "container train",
        "image acme/score",
        "image acme/train",
        "image python",
        "resource core/Pod train",
        "workload core/Pod train",
    ]


def test_notebooks_say_the_cell() -> None:
    code = "import boto3\nboto3.client('sagemaker').create_model(ModelName='m', ExecutionRoleArn='r')"
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": ""}, {"cell_type": "code", "source": code}]
    text = json.dumps({"nbformat": 4, "cells": cells}, indent=1)
    found = [fact for fact in notebook.read("a.ipynb", text) if isinstance(fact, Fact) and fact.kind == "resource"]
    assert [(fact.name, fact.get("cell")) for fact in found] == [("m", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "from kubernetes import client\n" + "a = client.V1Pod(metadata=client.V1ObjectMeta(name='x'), spec=a)\n" * 4000,
        "from kubernetes import client\na0 = {'x': 1}\n"
        + "".join(f"a{i + 1} = [a{i}, a{i}, a{i}]\n" for i in range(60))
        + "client.V1Pod(metadata=client.V1ObjectMeta(name='x'), spec=a60)\n",
        "from kubernetes import client\ndef f(): return g()\ndef g(): return f()\n"
        "client.V1Pod(metadata=client.V1ObjectMeta(name='x'), spec=f())\n",
        "import boto3\n" + "x.create_endpoint_config(EndpointConfigName='a', ProductionVariants=[])\n" * 6000,
    ],
)
def test_bounded(text: str) -> None:
    began = time.process_time()
    read(text)
    assert in_time(time.process_time() - began, 5)


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("container_port", "containerPort"),
        ("_from", "from"),
        ("cluster_ip", "clusterIP"),
        ("external_i_ps", "externalIPs"),
    ],
)
def test_names_of_models(spelled: str, name: str) -> None:
    assert naming.camel(spelled) == name


@pytest.mark.parametrize(
    ("name", "platform", "kind"),
    [
        ("aws_cdk.aws_sagemaker.CfnEndpoint", "cloudformation", "AWS::SageMaker::Endpoint"),
        ("pulumi_aws.sagemaker.EndpointConfiguration", "terraform", "aws_sagemaker_endpoint_configuration"),
        ("pulumi_aws.lambda_.Function", "terraform", "aws_lambda_function"),
        ("pulumi_aws.s3.BucketV2", "terraform", "aws_s3_bucket"),
        ("pulumi_gcp.cloudrunv2.Service", "terraform", "google_cloud_run_v2_service"),
        ("pulumi_gcp.vertex.AiEndpoint", "terraform", "google_vertex_ai_endpoint"),
        ("pulumi_kubernetes.apps.v1.Deployment", "kubernetes", "Deployment"),
        ("kubeflow.training.KubeflowOrgV1PyTorchJob", "kubernetes", "PyTorchJob"),
        (
            "pulumi_azure_native.machinelearningservices.OnlineEndpoint",
            "arm",
            "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        ),
    ],
)
def test_types_by_name(name: str, platform: str, kind: str) -> None:
    found = mechanical.subject(name, tables.load())
    assert found is not None
    assert (found.platform, found.type) == (platform, kind)


def test_tables_say_what_was_read() -> None:
    for path in sorted((tables.FOLDER / "calls").glob("*.yaml")):
        assert "source:" in path.read_text(encoding="utf-8"), path.name
    known = tables.roots()
    for found in tables.load().calls.values():
        assert all(entry.root in known and (entry.makes or entry.joins) for entry in found)


def test_a_workspace_makes_endpoints_and_jobs() -> None:
    text = """
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import jobs, serving
w = WorkspaceClient()
w.serving_endpoints.create(name="churn", config=serving.EndpointCoreConfigInput(served_entities=[
    serving.ServedEntityInput(entity_name="ml.churn", entity_version="3")]))
w.jobs.create(name="retrain", schedule=jobs.CronSchedule(quartz_cron_expression="0 0 3 * * ?", timezone_id="UTC"))
"""
    endpoint = one(text, "resource", "churn")
    assert (endpoint.get("platform"), endpoint.get("type")) == ("databricks", "databricks_model_serving")
    assert endpoint.get("data")["config"]["served_entities"] == [{"entity_name": "ml.churn", "entity_version": "3"}]
    assert one(text, "schedule").get("owner") == one(text, "resource", "retrain").get("id")


def test_endpoints_that_a_notebook_tries_are_not_judged_like_declared_ones(tmp_path: Path) -> None:
    code = """import boto3
from sklearn.linear_model import Ridge
Ridge().fit([[0.0]], [0.0])
sm = boto3.client("sagemaker")
sm.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[{"InstanceType": "ml.m5.large"}])
sm.create_endpoint(EndpointName="e", EndpointConfigName="c")
"""
    cells = [{"cell_type": "code", "source": code}]
    (tmp_path / "try.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
    assert not [one.rule for one in scan(tmp_path, Config(jobs=1)).findings if one.rule.startswith("terraform-")]
    (tmp_path / "deploy.py").write_text(code)
    found = {one.rule for one in scan(tmp_path, Config(jobs=1)).findings if one.rule.startswith("terraform-")}
    assert found == {
        "terraform-endpoint-no-auto-rollback",
        "terraform-endpoint-no-autoscaling",
        "terraform-endpoint-no-data-capture",
    }


def test_a_helper_that_the_file_calls_itself_deploys() -> None:
    text = """
import boto3
def create(sagemaker, name, config):
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
def handler(event, context):
    create(boto3.client("sagemaker"), event["name"], event["config"])
"""
    endpoint = one(text, "resource")
    assert (endpoint.name, endpoint.get("type")) == ("name", "AWS::SageMaker::Endpoint")


def test_a_default_behind_or_is_known_by_its_name_too() -> None:
    text = (
        "import pulumi\nimport pulumi_kubernetes as k8s\nconfig = pulumi.Config()\n"
        'COUNT = config.get_int("replicas") or 3\n'
        'pod = {"spec": {"containers": [{"name": "a", "image": "a:1"}]}}\n'
        'k8s.apps.v1.Deployment("d", spec={"replicas": COUNT, "template": pod})\n'
    )
    assert one(text, "workload").get("replicas") == 3
