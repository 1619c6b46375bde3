"""Constructs of one's own: what their callers hand to the resources inside, and what those are called."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.subjects import subjects
from tests.conftest import Understand

INSIDE = """
from aws_cdk import aws_ecs as ecs, aws_sagemaker as sm
from constructs import Construct


class ModelEndpoint(Construct):
    def __init__(self, scope, construct_id, *, image, instance, name, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
        self.image = image
        primary = sm.CfnModel.ContainerDefinitionProperty(image=image)
        model = sm.CfnModel(self, "Model", execution_role_arn="arn", primary_container=primary)
        variant = sm.CfnEndpointConfig.ProductionVariantProperty(model_name=model.ref, instance_type=instance)
        config = sm.CfnEndpointConfig(self, "Config", production_variants=[variant])
        sm.CfnEndpoint(self, construct_id, endpoint_name=name, endpoint_config_name=config.attr_endpoint_config_name)
        task = ecs.FargateTaskDefinition(self, "Task")
        task.add_container(
            "web", image=ecs.ContainerImage.from_registry(self.image), environment={"MODEL": name}
        )
"""
CALL = """
REPOSITORY = "registry.example/tgi"


class Stack(Base):
    def __init__(self, scope, id):
        ModelEndpoint(self, "Ranker", image=f"{REPOSITORY}:2", instance="ml.g5.xlarge", name="ranker")
"""
PULUMI = """
import pulumi
import pulumi_aws as aws


class Endpoint(pulumi.ComponentResource):
    def __init__(self, name, instance, time="rate(1 day)"):
        super().__init__("own:Endpoint", name)
        variants = [{"variant_name": "a", "instance_type": instance}]
        config = aws.sagemaker.EndpointConfiguration("config", production_variants=variants)
        aws.sagemaker.Endpoint(name, endpoint_config_name=config.name)
        aws.cloudwatch.EventRule("nightly", schedule_expression=time)


Endpoint("ranker", "ml.g5.xlarge", "rate(2 days)")
"""


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": INSIDE + CALL},
        {"own/endpoint.py": INSIDE, "app.py": "from own.endpoint import ModelEndpoint\n" + CALL},
    ],
)
def test_arguments_of_a_construct_are_followed_to_its_call(understand: Understand, files: dict[str, str]) -> None:
    graph = understand(files)
    images = {(one.name, one.get("tag")) for one in graph.facts("image") if not one.get("unresolved")}
    assert images == {("registry.example/tgi", "2")}
    (config,) = [one for one in graph.facts("resource") if str(one.get("type")).endswith("EndpointConfig")]
    variant = config.get("data")["Properties"]["ProductionVariants"][0]
    assert variant["InstanceType"] == "ml.g5.xlarge"
    (container,) = graph.facts("container")
    assert (container.get("image"), container.get("env")) == ("registry.example/tgi:2", {"MODEL": "ranker"})
    endpoints = [node.label for node in subjects(graph) if node.kind == "endpoint"]
    assert endpoints == ["Ranker"]
    assert not [node for node in graph.nodes() if "${" in node.id]


def test_arguments_of_a_component_are_followed_to_its_call(understand: Understand) -> None:
    graph = understand({"__main__.py": PULUMI})
    found = {node.kind: (node.label, node.detail) for node in subjects(graph) if node.kind in ("endpoint", "schedule")}
    assert found == {"endpoint": ("ranker", "aws_sagemaker_endpoint"), "schedule": ("nightly", "rate(2 days)")}


def test_a_construct_that_is_used_twice_is_told_for_each_use(understand: Understand) -> None:
    calls = CALL + CALL.replace("Stack", "Other").replace('"Ranker"', '"Pricer"').replace("tgi", "vllm")
    graph = understand({"app.py": INSIDE + calls})
    assert [node.label for node in subjects(graph) if node.kind == "endpoint"] == ["Pricer", "Ranker"]


def test_a_name_that_several_callers_in_other_files_tell_otherwise_is_that_of_the_class(understand: Understand) -> None:
    calls = CALL + CALL.replace("Stack", "Other").replace('"Ranker"', '"Pricer"').replace("tgi", "vllm")
    graph = understand({"own.py": INSIDE, "app.py": "from own import ModelEndpoint\n" + calls})
    assert [node.label for node in subjects(graph) if node.kind == "endpoint"] == ["Endpoint"]


SERVICE = """
from dataclasses import dataclass
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s


@dataclass
class Options:
    image: str
    replicas: int = 1


class Service(pulumi.ComponentResource):
    def __init__(self, name, options, opts=None):
        super().__init__("own:Service", name, None, opts)
        labels = {"app": name}
        self.image = options.image
        pod = {"containers": [{"name": name, "image": self.image}]}
        spec = {"replicas": options.replicas, "template": {"metadata": {"labels": labels}, "spec": pod}}
        self.made = k8s.apps.v1.Deployment(f"{name}-server", spec=spec, opts=pulumi.ResourceOptions(parent=self))
        k8s.core.v1.Service(name, spec={"selector": labels, "ports": [{"port": 80}]})


Service("api", Options(image="own/api:3", replicas=3))
Service("worker", options=Options(image="own/worker:4"))
"""
HELPER = """
import pulumi_kubernetes as k8s


def serve(name, image="own/base:1"):
    pod = {"containers": [{"name": name, "image": image}]}
    return k8s.apps.v1.Deployment(name, spec={"replicas": 2, "template": {"spec": pod}})


"""
JOBS = """
import pulumi
import pulumi_aws as aws


def job(name, handler, rate):
    fn = aws.lambda_.Function(name, handler=handler, code=pulumi.FileArchive("./fit"))
    rule = aws.cloudwatch.EventRule(f"{name}-rule", schedule_expression=rate)
    aws.cloudwatch.EventTarget(f"{name}-target", rule=rule.name, arn=fn.arn)


def nightly(env):
    job(f"{env}-fit", "train.handler", "rate(1 day)")


job("check", "check.handler", "rate(1 hour)")
nightly("dev")
nightly("prod")
"""


def _images(graph: Graph) -> set[tuple[str, str]]:
    return {(one.source.rpartition("/")[2], one.target[6:]) for one in graph.edges("runs") if "image:" in one.target}


def test_a_component_used_twice_is_filled_for_each_use(understand: Understand) -> None:
    graph = understand({"__main__.py": SERVICE})
    assert _images(graph) == {("api-server", "own/api"), ("worker-server", "own/worker")}
    assert {(one.name, one.get("replicas")) for one in graph.facts("workload")} == {
        ("api-server", 3),
        ("worker-server", 1),
    }
    assert {(one.source, one.target) for one in graph.edges("selects")} == {
        ("resource:__main__.py#Service/api", "workload:__main__.py#Deployment/api-server"),
        ("resource:__main__.py#Service/worker", "workload:__main__.py#Deployment/worker-server"),
    }


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ('serve("api", "own/api:3")', {("api", "own/api")}),
        ('serve("api", "own/api:3")\nserve("worker", image="own/w:1")', {("api", "own/api"), ("worker", "own/w")}),
        ('serve("api")\nserve("worker", "own/w:1")', {("api", "own/base"), ("worker", "own/w")}),
        (
            'for name, image in [("api", "own/api:1"), ("worker", "own/w:1")]:\n    serve(name, image)',
            {("api", "own/api"), ("worker", "own/w")},
        ),
        (
            'for name in ("api", "worker"):\n    serve(name, f"own/{name}:1")',
            {("api", "own/api"), ("worker", "own/worker")},
        ),
        ('serve("api", "own/api:3")\nserve("api", "own/api:3")', {("api", "own/api")}),
    ],
)
def test_a_helper_is_filled_for_each_use(understand: Understand, calls: str, expected: set[tuple[str, str]]) -> None:
    graph = understand({"__main__.py": f"{HELPER}{calls}\n"})
    assert _images(graph) == expected
    assert sorted(one.name for one in graph.facts("workload")) == sorted(name for name, _ in expected)


def test_resources_of_one_use_refer_to_each_other(understand: Understand) -> None:
    graph = understand({"__main__.py": JOBS, "fit/train.py": "", "fit/check.py": ""})
    triggered = {(one.source.rpartition("/")[2], one.target.rpartition("/")[2]) for one in graph.edges("triggers")}
    assert triggered == {("check-rule", "check"), ("dev-fit-rule", "dev-fit"), ("prod-fit-rule", "prod-fit")}
    started = {(one.source.rpartition("/")[2], one.target) for one in graph.edges("starts")}
    assert started == {
        ("check", "file:fit/check.py"),
        ("dev-fit", "file:fit/train.py"),
        ("prod-fit", "file:fit/train.py"),
    }


def test_a_stack_used_for_each_environment_is_one_system(understand: Understand) -> None:
    stack = CALL.replace("Stack(Base)", "Own(core.Stack)").replace("class", "import aws_cdk as core\nclass")
    graph = understand({"app.py": f'{INSIDE}{stack}\nOwn(app, "dev")\nOwn(app, "prod")\n'})
    assert [node.label for node in subjects(graph) if node.kind == "endpoint"] == ["Ranker"]


def test_functions_that_use_each_other_come_to_an_end(understand: Understand) -> None:
    body = "    b(name)\n    a(name)\n" * 20
    code = HELPER + f"def a(name):\n    serve(name)\n{body}\n\ndef b(name):\n    serve(name)\n{body}\n"
    graph = understand({"__main__.py": code + 'a("x")\nb("y")\n' * 20})
    assert {one.name for one in graph.facts("workload")} >= {"x", "y"}


@pytest.mark.parametrize(
    ("calls", "expected", "container"),
    [
        ('serve("api", "own/api:3")\nserve("worker", image="own/w:1")', {"own/api", "own/w"}, "${image}"),
        ('serve("api", "own/api:3")', {"own/api"}, "own/api:3"),
        ("serve(name, image)", set(), "${image}"),
    ],
)
def test_a_workload_that_other_files_name_goes_by_its_variable_and_runs_their_images(
    understand: Understand, calls: str, expected: set[str], container: str
) -> None:
    helper = HELPER.replace('image="own/base:1"', "image")
    graph = understand({"own.py": helper, "__main__.py": f"from own import serve\n{calls}\n"})
    assert _images(graph) == {("name", image) for image in expected}
    assert [one.name for one in graph.facts("workload")] == ["name"]
    assert [one.get("image") for one in graph.facts("container")] == [container]
    assert not [node for node in graph.nodes() if "${" in node.id]


def test_a_clients_model_that_only_hands_on_is_no_workload(understand: Understand) -> None:
    code = """
from kubernetes import client


def deployment(name, image):
    pod = client.V1PodSpec(containers=[client.V1Container(name=name, image=image)])
    spec = client.V1DeploymentSpec(template=client.V1PodTemplateSpec(spec=pod))
    return client.V1Deployment(metadata=client.V1ObjectMeta(name=name), spec=spec)
"""
    assert not understand({"own.py": code}).facts("workload")
