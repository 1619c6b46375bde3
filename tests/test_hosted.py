"""Containers and workflows that clouds run: the same facts from Terraform, CloudFormation and files of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]

TERRAFORM = """
variable "tag" { default = "1.2" }
resource "aws_ecs_task_definition" "api" {
  family = "api"
  container_definitions = jsonencode([{
    name         = "api"
    image        = "me/api:${var.tag}"
    portMappings = [{ containerPort = 8000 }]
    environment  = [{ name = "MODEL", value = "s3://m" }]
    secrets      = [{ name = "KEY", valueFrom = aws_secretsmanager_secret.k.arn }]
    command      = ["uvicorn", "app:app"]
    memory       = 512
    privileged   = true
    healthCheck  = { command = ["CMD", "true"] }
  }])
}
resource "aws_ecs_service" "front" {
  task_definition = aws_ecs_task_definition.api.arn
  desired_count   = 2
}
"""
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Tag: {Type: String, Default: "1.2"}
Resources:
  Api:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - Name: api
          Image: !Sub me/api:${Tag}
          PortMappings: [{ContainerPort: 8000}]
          Environment: [{Name: MODEL, Value: s3://m}]
          Secrets: [{Name: KEY, ValueFrom: !Ref Secret}]
          Command: [uvicorn, "app:app"]
          Memory: 512
          Privileged: true
          HealthCheck: {Command: [CMD, "true"]}
  Front:
    Type: AWS::ECS::Service
    Properties: {TaskDefinition: !Ref Api, DesiredCount: 2}
"""


@pytest.mark.parametrize(("name", "text", "line"), [("main.tf", TERRAFORM, 5), ("stack.yaml", TEMPLATE, 9)])
def test_a_task_and_its_service_are_one_workload(understand: Understand, name: str, text: str, line: int) -> None:
    graph = understand({name: text})
    (workload,) = graph.workloads()
    assert (workload.name, workload.origin, workload.fact.get("replicas")) == (
        "front" if line == 5 else "Front",
        "cloud",
        2,
    )
    (container,) = workload.containers
    assert (container.image, container.at.line) == ("me/api:1.2", line)
    assert container.fact.get("env") == {"MODEL": "s3://m", "KEY": None}
    assert container.fact.get("ports") == [{"name": "", "port": 8000}]
    assert container.fact.get("limits") == {"memory": "512"}
    assert container.fact.get("privileged") is True
    assert container.fact.get("healthcheck")
    (image,) = graph.facts("image")
    assert (image.name, image.get("tag"), image.get("owner")) == ("me/api", "1.2", workload.id)
    (command,) = graph.facts("command")
    assert command.get("argv") == ["uvicorn", "app:app"]
    secret = next(one for one in graph.facts("env") if one.name == "KEY")
    assert secret.get("secret_ref") and secret.get("value") is None
    assert graph.long_running() == ()  # the platform gives what a pod must ask for


def test_services_of_the_clouds(understand: Understand) -> None:
    graph = understand(
        {
            "main.tf": """
resource "google_cloud_run_v2_service" "run" {
  template {
    containers {
      image = "gcr.io/p/serve:v1"
      ports { container_port = 8080 }
      env {
        name = "TOKEN"
        value_source {
          secret_key_ref { secret = "tok" }
        }
      }
      liveness_probe { http_get { path = "/health" } }
    }
  }
}
resource "google_cloud_run_v2_job" "score" {
  template { template { containers { image = "gcr.io/p/score:v1" } } }
}
resource "aws_apprunner_service" "ar" {
  source_configuration {
    image_repository {
      image_identifier = "public.ecr.aws/x/serve:2"
      image_configuration {
        port = "8000"
        runtime_environment_variables = { B = "c" }
      }
    }
  }
}
resource "aws_lambda_function" "fn" { image_uri = "me/fn:3" }
resource "azurerm_container_app" "ca" {
  template {
    container {
      name   = "web"
      image  = "x.azurecr.io/web:1"
      memory = "1Gi"
    }
  }
}
resource "aws_sagemaker_model" "m" {
  primary_container { image = "d/e:f" }
}
"""
        }
    )
    found = {one.name: [(c.name, c.image) for c in one.containers] for one in graph.workloads()}
    assert found == {
        "run": [("run", "gcr.io/p/serve:v1")],
        "score": [("score", "gcr.io/p/score:v1")],
        "ar": [("ar", "public.ecr.aws/x/serve:2")],
        "fn": [("fn", "me/fn:3")],
        "ca": [("web", "x.azurecr.io/web:1")],
    }
    by_name = {one.name: one.containers[0].fact for one in graph.workloads()}
    assert by_name["run"].get("liveness")
    assert by_name["run"].get("env") == {"TOKEN": None}
    assert by_name["ar"].get("env") == {"B": "c"}
    assert by_name["ar"].get("ports") == [{"name": "", "port": 8000}]
    assert {one.name for one in graph.facts("image")} >= {"d/e"}  # a model's image is told, but runs nothing by itself


def test_definitions_in_a_file_of_their_own_are_told_at_its_lines(understand: Understand) -> None:
    graph = understand(
        {
            "infra/main.tf": 'resource "aws_ecs_task_definition" "t" {\n'
            '  container_definitions = templatefile("${path.module}/c.json.tpl", { image = "x/y:3", cpu = a_b.c.d })\n'
            "}\n",
            "infra/c.json.tpl": '[{\n "name": "w",\n "image": "${image}",\n "cpu": ${cpu}\n}]\n',
        }
    )
    (image,) = graph.facts("image")
    assert (image.name, image.get("tag"), image.at.path, image.at.line) == ("x/y", "3", "infra/c.json.tpl", 3)


MACHINE = """{
 "StartAt": "Train",
 "States": {
  "Train": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "Next": "Good enough?"},
  "Good enough?": {"Type": "Choice",
   "Choices": [{"Variable": "$.trainingMetrics[0].Value", "NumericGreaterThanEquals": 0.9, "Next": "Deploy"}],
   "Default": "Stop"},
  "Deploy": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createEndpoint", "End": true},
  "Stop": {"Type": "Fail"}
 }
}
"""


def _gates(graph: Graph) -> list[tuple[str, int]]:
    return [(one.at.path, one.at.line) for one in graph.capabilities() if one.capability == "evaluation-gate"]


def test_a_choice_on_a_metric_is_a_gate(understand: Understand) -> None:
    graph = understand({"flows/train.asl.json": MACHINE})
    assert [one.name for one in graph.facts("pipeline-step")] == ["Train", "Good enough?", "Deploy"]
    deploy = next(one for one in graph.facts("pipeline-step") if one.name == "Deploy")
    assert deploy.get("deps") == ["Good enough?"]
    assert [use.at.line for use in graph.uses("trains")] == [4]
    assert _gates(graph) == [("flows/train.asl.json", 6)]


@pytest.mark.parametrize(
    "changed",
    [
        MACHINE.replace('"Default": "Stop"', '"Default": "Deploy"'),  # either way it is deployed
        MACHINE.replace("trainingMetrics[0].Value", "retries"),
    ],
)
def test_a_choice_that_stops_no_model_is_none(understand: Understand, changed: str) -> None:
    assert _gates(understand({"train.asl.json": changed})) == []


def test_steps_with_a_condition(understand: Understand) -> None:
    graph = understand(
        {
            "pipeline.json": """{"Version": "2020-12-01", "Steps": [
 {"Name": "Fit", "Type": "Training", "Arguments": {"AlgorithmSpecification": {"TrainingImage": "me/train:1"}}},
 {"Name": "Check", "Type": "Condition", "Arguments": {
  "Conditions": [
   {"Type": "LessThanOrEqualTo", "LeftValue": {"Std:JsonGet": {"Path": "metrics.mse.value"}}, "RightValue": 6.0}],
  "IfSteps": [{"Name": "Register", "Type": "RegisterModel", "Arguments": {}}],
  "ElseSteps": []}}
]}
"""
        }
    )
    assert {one.name for one in graph.facts("pipeline-step")} == {"Fit", "Check", "Register"}
    assert _gates(graph) == [("pipeline.json", 5)]
    assert [(one.name, one.at.line) for one in graph.facts("image")] == [("me/train", 2)]


def test_a_workflow_inside_a_template_and_beside_it(understand: Understand) -> None:
    inline = "\n".join(f"        {line}" for line in MACHINE.splitlines())
    graph = understand(
        {
            "template.yaml": f"""\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Inline:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: |
{inline}
  Beside:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flows/train.asl.json
      Events:
        Nightly: {{Type: Schedule, Properties: {{Schedule: rate(1 day), Enabled: false}}}}
        Weekly: {{Type: ScheduleV2, Properties: {{ScheduleExpression: rate(7 days)}}}}
""",
            "flows/train.asl.json": MACHINE,
        }
    )
    assert _gates(graph) == [("flows/train.asl.json", 6), ("template.yaml", 13)]
    schedules = {one.name: one.get("state") for one in graph.facts("schedule")}
    assert schedules == {"rate(1 day)": "disabled", "rate(7 days)": None}
    assert "flows/train.asl.json" in graph.files_run_by("file:template.yaml")


def test_intrinsics(understand: Understand) -> None:
    graph = understand(
        {
            "stack.yaml": """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Env: {Type: String, Default: dev}
  Ami: {Type: "AWS::SSM::Parameter::Value<String>", Default: /aws/ami}
Mappings:
  Sizes: {dev: {Type: ml.t3.medium}, prod: {Type: ml.g5.xlarge}}
  Regions: {us: {Acc: "1"}, eu: {Acc: "1"}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [{Condition: IsProd}]
Resources:
  A:
    Type: AWS::X::A
    Condition: IsProd
    Properties: {Name: a}
  B:
    Type: AWS::X::B
    Condition: IsDev
    Properties:
      Join: !Join ["-", [x, !Ref Env]]
      Half: !Join ["-", [x, !Ref A]]
      Sub: !Sub "${Env}/${AWS::Region}"
      Whole: {"Fn::Sub": ["${Env}-${Own}", {Own: z}]}
      Map: !FindInMap [Sizes, !Ref Env, Type]
      Any: !FindInMap [Regions, !Ref "AWS::Region", Acc]
      If: !If [IsProd, big, small]
      Gone: !If [IsProd, x, !Ref "AWS::NoValue"]
      Pick: !Select [1, !Split [",", "a,b"]]
      Ami: !Ref Ami
      Imported: !ImportValue other
"""
        }
    )
    resources = {one.name: one for one in graph.facts("resource")}
    assert resources["A"].get("state") == "disabled"
    assert resources["B"].get("state") is None
    properties: dict[str, Any] = resources["B"].get("data")["Properties"]
    assert properties == {
        "Join": "x-dev",
        "Half": {"expr": "!Join [-, [x, A]]"},
        "Sub": {"expr": "!Sub ${Env}/${AWS::Region}"},
        "Whole": "dev-z",
        "Map": "ml.t3.medium",
        "Any": "1",
        "If": "small",
        "Pick": "b",
        "Ami": {"expr": "!Ref Ami"},
        "Imported": {"expr": "!ImportValue other"},
    }


def test_a_function_built_from_a_dockerfile_and_one_from_code(understand: Understand) -> None:
    graph = understand(
        {
            "template.yaml": """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Timeout: 30, Environment: {Variables: {STAGE: prod}}}}
Resources:
  Score:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: me/score:1}
    Metadata: {DockerContext: ./score, Dockerfile: Dockerfile}
  Start:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: start/, Handler: app.handler}
""",
            "score/Dockerfile": "FROM python:3.12\n",
            "start/app.py": "def handler(event, context): ...\n",
        }
    )
    (score,) = graph.workloads()
    assert (score.name, score.fact.get("build_context")) == ("Score", "./score")
    assert any(edge.target == "stage:score/Dockerfile#0" for edge in graph.links_from(score.node))
    start = next(one for one in graph.facts("resource") if one.name == "Start")
    assert start.get("data")["Properties"]["Timeout"] == 30
    assert "start/app.py" in graph.files_run_by(f"resource:{start.get('id')}")


def test_odd_definitions_cost_nothing(understand: Understand) -> None:
    graph = understand(
        {
            "a.asl.json": '{"StartAt": 1, "States": []}',
            "b.asl.json": '{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [[], 1, {"And": {}}], '
            '"Next": "A"}, "B": 3}}',
            "c.asl.json": '{"StartAt": ',
            "main.tf": 'resource "aws_ecs_task_definition" "t" {\n  container_definitions = "[{ {"\n}\n'
            'resource "aws_ecs_service" "s" {\n  task_definition = var.x\n}\n',
            "stack.yaml": "AWSTemplateFormatVersion: x\nConditions: {A: !Not [{Condition: A}]}\n"
            "Resources: {R: {Type: 'A::B', Condition: A, Properties: !If [A]}, "
            "S: {Type: 'A::C', Properties: !Join 3}}\n",
        }
    )
    assert [one.name for one in graph.facts("pipeline-step")] == ["A"]
    assert {one.name for one in graph.facts("resource")} == {"R", "S", "s", "t"}


VARIABLES = """
variable "tag" { default = "none" }
variable "watch" { default = false }
resource "aws_lambda_function" "score" { image_uri = "me/score:${var.tag}" }
resource "aws_sagemaker_monitoring_schedule" "watch" { count = var.watch ? 1 : 0 }
"""


@pytest.mark.parametrize(
    ("script", "tag"),
    [
        ("on: push\njobs: {a: {steps: [{run: terraform apply -var-file=env/prod.tfvars}]}}\n", "v2"),
        ("on: push\njobs: {a: {steps: [{run: 'terraform apply -var-file env/${{ inputs.env }}.tfvars'}]}}\n", "v2"),
        ("on: push\njobs: {a: {steps: [{run: terraform plan -var-file=./env/dev.tfvars}]}}\n", "v1"),
        ("on: push\njobs: {a: {steps: [{run: terraform apply}]}}\n", "none"),
    ],
)
def test_the_values_that_a_pipeline_names(understand: Understand, script: str, tag: str) -> None:
    graph = understand(
        {
            "infra/main.tf": VARIABLES,
            "infra/env/prod.tfvars": 'tag = "v2"\nwatch = true\n',
            "infra/env/dev.tfvars": 'tag = "v1"\n',
            "other/prod.tfvars": 'unknown = "x"\n',
            ".github/workflows/deploy.yml": script,
        }
    )
    assert [one.get("tag") for one in graph.facts("image")] == [tag]
    (watch,) = [one for one in graph.facts("resource") if one.name == "watch"]
    assert watch.get("state") == (None if tag == "v2" else "disabled")


def test_a_deployment_with_blanks_to_fill_in(understand: Understand) -> None:
    graph = understand(
        {
            "deploy.yml": "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\n"
            "name: blue\nendpoint_name: {{ENDPOINT}}\nenvironment:\n"
            "  image: {{ACR_NAME}}.azurecr.io/score:1  # filled in\ninstance_count: 1\n",
        }
    )
    (deployment,) = graph.facts("resource")
    assert (deployment.get("type"), deployment.get("data")["endpoint_name"]) == (
        "managedOnlineDeployment",
        "{{ENDPOINT}}",
    )
    (image,) = graph.facts("image")
    assert (image.get("raw"), image.get("tag")) == ("{{ACR_NAME}}.azurecr.io/score:1", "1")


def test_container_apps_of_bicep_and_arm(understand: Understand) -> None:
    graph = understand(
        {
            "main.bicep": """\
param tag string = 'v3'
param registry string
resource web 'Microsoft.App/containerApps@2024-03-01' = {
  name: 'web'
  properties: {
    template: {
      containers: [
        {
          name: 'chat'
          image: '${registry}.azurecr.io/chat:${tag}'
          env: [
            {
              name: 'MODEL'
              value: 'gpt'
            }
            {
              name: 'KEY'
              secretRef: 'key'
            }
          ]
        }
      ]
    }
  }
}
""",
            "arm.json": """{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
 "resources": [{"type": "Microsoft.ContainerInstance/containerGroups", "name": "batch", "properties": {
   "containers": [{"name": "score", "properties": {"image": "me/score:1", "ports": [{"port": 80}]}}]}}]}
""",
        }
    )
    found = {one.name: one for one in graph.workloads()}
    assert found.keys() == {"web", "batch"}
    (chat,) = found["web"].containers
    assert (chat.name, chat.image, chat.at.line) == ("chat", "${registry}.azurecr.io/chat:v3", 8)
    assert chat.fact.get("env") == {"MODEL": "gpt", "KEY": None}
    image = next(one for one in graph.facts("image") if one.get("tag") == "v3")
    assert (image.at.line, image.get("unresolved")) == (10, None)
    assert [one.image for one in found["batch"].containers] == ["me/score:1"]


def test_modules_in_a_circle_end_in_a_note(tmp_path: Path) -> None:
    files = {"a": "../b", "b": "../a", "self": "./", "top": "../leaf", "leaf": ""}
    for folder, called in files.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.tf").write_text(f'module "m" {{\n  source = "{called}"\n}}\n' if called else "")
    notes = reading.read(walk.discover(tmp_path).tree, 1).notes
    assert {(note.at.path, note.reason) for note in notes} == {
        (f"{folder}/main.tf", "module 'm' leads back to itself: not followed") for folder in ("a", "b", "self")
    }


@pytest.mark.parametrize(
    ("actions", "told"), [("[aws_sns_topic.x.arn]", True), ("[aws_sns_topic.x.arn]\n  actions_enabled = false", False)]
)
def test_an_alarm_that_tells_nobody_is_none(understand: Understand, actions: str, told: bool) -> None:
    graph = understand({"main.tf": f'resource "aws_cloudwatch_metric_alarm" "a" {{\n  alarm_actions = {actions}\n}}\n'})
    found = [one for one in graph.capabilities() if one.capability == "alerting" and one.status.value == "used"]
    assert bool(found) is told
