"""Constructs of one's own: what their callers hand to the resources inside, and what those are called."""

from __future__ import annotations

import pytest

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


def test_a_name_that_several_callers_tell_otherwise_is_that_of_the_class(understand: Understand) -> None:
    calls = CALL + CALL.replace("Stack", "Other").replace('"Ranker"', '"Pricer"').replace("tgi", "vllm")
    graph = understand({"app.py": INSIDE + calls})
    assert [node.label for node in subjects(graph) if node.kind == "endpoint"] == ["Endpoint"]
