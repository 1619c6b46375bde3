"""The image that serves a model is a subject, whoever declares the model."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters: {Img: {Type: String, Default: acme/serve}}
Resources:
  Model:
    Type: AWS::SageMaker::Model
    Properties:
      PrimaryContainer: {Image: !Sub "${Img}:2", ModelDataUrl: "s3://b/m.tar.gz"}
"""
SEVERAL = """\
{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Model": {"Type": "AWS::SageMaker::Model",
 "Properties": {"Containers": [{"Image": "acme/prepare:1"}, {"Image": "acme/serve:2"}]}}}}
"""
CODE = """\
import boto3
client = boto3.client("sagemaker")
IMAGE = "acme/serve:2"
client.create_model(ModelName="churn", PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://b/m.tar.gz"})
"""
CONSTRUCT = """\
from aws_cdk import Stack, aws_sagemaker as sagemaker
class Serving(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        held = sagemaker.CfnModel.ContainerDefinitionProperty(image="acme/serve:2", model_data_url="s3://b/m.tar.gz")
        sagemaker.CfnModel(self, "Model", execution_role_arn="r", primary_container=held)
"""


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("template.yaml", TEMPLATE, {"acme/serve"}),
        ("template.json", SEVERAL, {"acme/prepare", "acme/serve"}),
        ("deploy.py", CODE, {"acme/serve"}),
        ("stack.py", CONSTRUCT, {"acme/serve"}),
    ],
)
def test_a_declared_model_runs_its_image(understand: Understand, path: str, text: str, names: set[str]) -> None:
    graph = understand({path: text})
    assert {one.name for one in graph.facts("image")} == names
    ends = {edge.target for edge in graph.edges("runs") if edge.source.startswith(f"resource:{path}#")}
    assert ends == {f"image:{name}" for name in names}
    assert not graph.facts("container", "workload")
