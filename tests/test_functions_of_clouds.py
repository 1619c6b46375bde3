"""Functions that a cloud runs: to the file of their handler, from whatever packs it, and so to what a clock is for."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.subjects import subjects
from mlops_scan.scanner.link.functions import Packed, beside
from mlops_scan.scanner.model import Node
from tests.by_hand import fact
from tests.conftest import Understand

TRAIN = """
import joblib
from sklearn.linear_model import LogisticRegression
def handler(event, context):
    joblib.dump(LogisticRegression().fit([[1], [2]], [0, 1]), "/tmp/m.joblib")
"""
RULE = """
resource "aws_cloudwatch_event_rule" "r" { schedule_expression = "rate(1 day)" }
resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.r.name
  arn  = %s
}
"""
FUNCTION = """
resource "aws_lambda_function" "job" {
  %s
  handler = "train.handler"
}
data "archive_file" "z" {
  type        = "zip"
  %s
  output_path = "z.zip"
}
"""
OF_FOLDER = 'source_dir = "${path.module}/fit"'
BY_ARCHIVE = "filename = data.archive_file.z.output_path"
STORE = """
resource "aws_s3_object" "o" {
  source = data.archive_file.z.output_path
}
"""
MODULE = """
module "fn" {
  source      = "terraform-aws-modules/lambda/aws"
  handler     = "train.handler"
  source_path = %s
}
"""


def _edges(graph: Graph, relation: str) -> set[tuple[str, str]]:
    return {(one.source, one.target) for one in graph.edges(relation)}


def _clock(graph: Graph) -> Node:
    (found,) = [one for one in subjects(graph) if one.kind == "schedule"]
    return found


@pytest.mark.parametrize(
    ("filename", "source"),
    [
        (BY_ARCHIVE, OF_FOLDER),
        (BY_ARCHIVE, 'source_file = "fit/train.py"'),
        (BY_ARCHIVE, 'source_dir = "../infra/fit"'),
        (BY_ARCHIVE, 'source {\n    filename = "train.py"\n    content = file("fit/train.py")\n  }'),
        ('filename = "z.zip"', OF_FOLDER),
    ],
)
def test_an_archive_leads_to_the_file_of_the_handler(understand: Understand, filename: str, source: str) -> None:
    files = {"infra/fit/train.py": TRAIN, "infra/main.tf": FUNCTION % (filename, source)}
    graph = understand({**files, "infra/rule.tf": RULE % "aws_lambda_function.job.arn"})
    assert ("resource:terraform:infra#aws_lambda_function.job", "file:infra/fit/train.py") in _edges(graph, "starts")
    assert _clock(graph).purpose == "train"


@pytest.mark.parametrize(
    ("filename", "source"),
    [('filename = "other.zip"', OF_FOLDER), (BY_ARCHIVE, 'source_dir = "gone"'), (BY_ARCHIVE, "source_dir = var.x")],
)
def test_another_archive_tells_nothing_of_a_function(understand: Understand, filename: str, source: str) -> None:
    graph = understand({"fit/train.py": TRAIN, "main.tf": FUNCTION % (filename, source)})
    assert not [one for one in _edges(graph, "starts") if one[0].startswith("resource:")]


def test_an_archive_is_found_through_the_object_of_a_store(understand: Understand) -> None:
    main = FUNCTION % ("s3_key = aws_s3_object.o.key", OF_FOLDER) + STORE
    graph = understand({"fit/train.py": TRAIN, "main.tf": main})
    assert ("resource:terraform:#aws_lambda_function.job", "file:fit/train.py") in _edges(graph, "starts")


def test_a_function_that_names_its_entry_starts_the_main_file_of_its_archive(understand: Understand) -> None:
    main = """
data "archive_file" "z" {
  type        = "zip"
  source_dir  = "fit"
  output_path = "z.zip"
}
resource "google_storage_bucket_object" "o" {
  name   = "o.zip"
  source = data.archive_file.z.output_path
}
resource "google_cloudfunctions2_function" "g" {
  build_config {
    runtime     = "python311"
    entry_point = "handler"
    source {
      storage_source {
        object = google_storage_bucket_object.o.name
      }
    }
  }
}
"""
    graph = understand({"fit/main.py": TRAIN, "main.tf": main})
    assert ("resource:terraform:#google_cloudfunctions2_function.g", "file:fit/main.py") in _edges(graph, "starts")


@pytest.mark.parametrize("path", ['"${path.module}/fit"', '[{ path = "fit" }]', '"fit/train.py"'])
def test_a_module_that_makes_a_function_leads_to_its_handler(understand: Understand, path: str) -> None:
    main = MODULE % path + RULE % "module.fn.lambda_function_arn"
    graph = understand({"fit/train.py": TRAIN, "main.tf": main})
    assert ("file:main.tf", "file:fit/train.py") in _edges(graph, "starts")
    assert ("resource:terraform:#aws_cloudwatch_event_rule.r", "file:fit/train.py") in _edges(graph, "triggers")
    assert _clock(graph).purpose == "train"


PULUMI = """
import os
import pulumi
import pulumi_aws as aws
from pulumi import AssetArchive, FileArchive, FileAsset, Output

role = aws.iam.Role("role")
model = aws.sagemaker.Model("m", execution_role_arn=role.arn, primary_container=%s)
config = aws.sagemaker.EndpointConfiguration("c", production_variants=[{"model_name": %s}])
endpoint = aws.sagemaker.Endpoint("e", endpoint_config_name=config.name)
fn = aws.lambda_.Function("f", role=role.arn, handler="train.handler", code=%s)
rule = aws.cloudwatch.EventRule("r", schedule_expression="rate(1 day)")
target = aws.cloudwatch.EventTarget("t", %s)
"""
DICT, FOLDER, ARN = '{"image": "1.dkr/x:1"}', 'FileArchive("./fit")', "rule=rule.name, arn=fn.arn"
HOME = "resource:__main__.py#"


@pytest.mark.parametrize(
    ("container", "name", "code", "target"),
    [
        (DICT, "model.name", FOLDER, ARN),
        ('aws.sagemaker.ModelPrimaryContainerArgs(image="1.dkr/x:1")', "model.name.apply(lambda x: x)", FOLDER, ARN),
        (DICT, 'Output.concat(model.name, "")', 'AssetArchive({".": FileArchive("fit")})', ARN),
        (DICT, "model.id", 'AssetArchive({"train.py": FileAsset("fit/train.py")})', ARN),
        (DICT, "model.name", 'pulumi.FileArchive(os.path.join(os.path.dirname(__file__), "fit"))', ARN),
        (DICT, "model.name", FOLDER, "aws.cloudwatch.EventTargetArgs(rule=rule.name, arn=fn.arn)"),
        (DICT, "model.name", FOLDER, "rule=rule.name, arn=Output.all(role.arn, fn.arn).apply(lambda a: a[1])"),
    ],
)
def test_resources_of_code_refer_to_each_other_by_attributes(
    understand: Understand, container: str, name: str, code: str, target: str
) -> None:
    graph = understand({"__main__.py": PULUMI % (container, name, code, target), "fit/train.py": TRAIN})
    short = {(a.removeprefix(HOME), b.removeprefix(HOME)) for a, b in _edges(graph, "refers to")}
    assert short >= {
        ("aws_sagemaker_endpoint/e", "aws_sagemaker_endpoint_configuration/c"),
        ("aws_sagemaker_endpoint_configuration/c", "aws_sagemaker_model/m"),
        ("aws_sagemaker_model/m", "aws_iam_role/role"),
        ("aws_cloudwatch_event_target/t", "aws_cloudwatch_event_rule/r"),
        ("aws_cloudwatch_event_target/t", "aws_lambda_function/f"),
    }
    assert (f"{HOME}aws_sagemaker_model/m", "image:1.dkr/x") in _edges(graph, "runs")
    assert (f"{HOME}aws_lambda_function/f", "file:fit/train.py") in _edges(graph, "starts")
    assert (f"{HOME}aws_cloudwatch_event_rule/r", f"{HOME}aws_lambda_function/f") in _edges(graph, "triggers")
    assert _clock(graph).purpose == "train"


def test_code_of_an_unknown_place_is_no_file(understand: Understand) -> None:
    main = PULUMI % (DICT, "model.name", "FileArchive(folder)", ARN)
    graph = understand({"__main__.py": main, "train.py": TRAIN})
    assert not [one for one in _edges(graph, "starts") if one[0].startswith("resource:")]


SAM = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, CodeUri: src/}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Events:
        Ask:
          Type: %s
"""
PREDICT = "Api\n          Properties: {Path: /predict, Method: post}"
OFF = "Conditions:\n  Never: !Equals [a, b]\nResources:\n  Fn:\n    Condition: Never"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (PREDICT, "POST /predict"),
        ('HttpApi\n          Properties: {Path: "/v1/{id}", Method: ANY}', "ANY /v1/{id}"),
        ("HttpApi", "ANY $default"),
    ],
)
def test_requests_that_a_template_tells_are_answered_by_the_handler(
    understand: Understand, event: str, expected: str
) -> None:
    graph = understand({"template.yaml": SAM % event, "src/app.py": "def handler(e, c): ...\n"})
    assert _edges(graph, "answers") == {("file:src/app.py", f"endpoint:template.yaml#{expected}")}
    (found,) = [one for one in subjects(graph) if one.kind == "endpoint"]
    assert (found.label, found.at.path, found.at.line) == (expected, "template.yaml", 11)


def test_requests_to_a_function_of_an_image_are_answered_by_what_runs_it(understand: Understand) -> None:
    template = (SAM % PREDICT).replace("Handler: app.handler", "PackageType: Image\n      ImageUri: own/fn:1")
    graph = understand({"template.yaml": template})
    assert _edges(graph, "answers") == {("workload:template.yaml#Fn", "endpoint:template.yaml#POST /predict")}


def test_a_function_that_is_off_answers_nothing_in_production(understand: Understand) -> None:
    template = (SAM % PREDICT).replace("Resources:\n  Fn:", OFF)
    graph = understand({"template.yaml": template, "src/app.py": "def handler(e, c): ...\n"})
    (found,) = [one for one in subjects(graph) if one.kind == "endpoint"]
    assert found.state == "disabled"


@pytest.mark.parametrize("event", ["SQS\n          Properties: {Queue: q}", "S3\n          Properties: {Path: /x}"])
def test_other_events_are_no_requests(understand: Understand, event: str) -> None:
    graph = understand({"template.yaml": SAM % event, "src/app.py": "def handler(e, c): ...\n"})
    assert not [one for one in subjects(graph) if one.kind == "endpoint"]


@pytest.mark.parametrize("path", ["stacks/app.py", "app.py"])
def test_code_of_a_construct_stands_where_its_program_starts(understand: Understand, path: str) -> None:
    code = """
from aws_cdk import Stack, aws_lambda as fn


class Own(Stack):
    def __init__(self, scope, id):
        fn.Function(self, "F", handler="train.handler", code=fn.Code.from_asset("./fit"))
"""
    graph = understand({path: code, "fit/train.py": TRAIN})
    assert _edges(graph, "starts") == {(f"resource:{path}#AWS::Lambda::Function/F", "file:fit/train.py")}


def test_packed_code_by_hand() -> None:
    files = frozenset(("app/fit/train.py", "app/a.py", "lib/fit/train.py"))
    archive = fact(
        "resource", "z", "app/x.tf:9", id="terraform:app[one]#data.archive_file.z", data={"source_dir": "./app/fit"}
    )

    def found(**data: object) -> str:
        one = fact("resource", "f", "app/x.tf:1", id="terraform:app[two]#aws_lambda_function.f", data=data)
        return Packed([archive, one], files).handler(one)

    led = {"expr": "data.archive_file.z.output_path", "ref": "data.archive_file.z"}
    assert found(handler="train.run", filename=led) == "app/fit/train.py"
    assert found(handler="fit/train.run", code=".") == "app/fit/train.py"
    assert found(handler="train.run", code={"expr": "f(folder)", "parts": ["", "/fit"]}) == ""
    assert found(handler="own/train.run", code={"own": "fit"}) == "app/fit/train.py"
    assert found(handler="other.run", filename=led) == ""
    assert found(filename=led) == ""
    assert beside("app/x.tf", "a.py", files) == "app/a.py"
    assert beside("app/x.tf", None, files) == ""
