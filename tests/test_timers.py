"""Schedules that declared resources hold: what they start, what it is for, and whether they are switched off."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.catalog import tools
from mlops_scan.scanner.graph import Graph, is_off, purpose_of_schedule
from mlops_scan.scanner.graph.subjects import subjects
from mlops_scan.scanner.model import Node, Status
from tests.conftest import Understand

HANDLER = (
    "import joblib\nfrom sklearn.linear_model import Ridge\n\n\n"
    "def main(event, context):\n    joblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"
)
STEPS = '{"Version": "2020-12-01", "Steps": [{"Name": "Fit", "Type": "Training", "Arguments": {}}]}'
EVENT_RULE = """
resource "aws_cloudwatch_event_rule" "nightly" {
  schedule_expression = "rate(1 day)"
  %s
}
resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_sagemaker_pipeline.p.arn
}
resource "aws_sagemaker_pipeline" "p" {
  pipeline_name       = "train"
  pipeline_definition = file("${path.module}/pipe.json")
}
"""


def schedules(graph: Graph) -> dict[str, Node]:
    return {node.label: node for node in subjects(graph) if node.kind == "schedule"}


def retraining(graph: Graph) -> set[Status]:
    return {one.status for one in graph.capabilities() if one.capability == "retraining-trigger"}


@pytest.mark.parametrize(
    "resource",
    [
        'resource "aws_scheduler_schedule" "s" {\n  schedule_expression = "rate(1 day)"\n  %s\n}\n|state = "DISABLED"',
        'resource "aws_cloudwatch_event_rule" "s" {\n  schedule_expression = "rate(9 days)"\n  %s\n}\n'
        "|is_enabled = false",
        'resource "google_cloud_scheduler_job" "s" {\n  schedule = "0 3 * * *"\n  %s\n}\n|paused = true',
        'resource "azurerm_data_factory_trigger_schedule" "s" {\n  frequency = "Day"\n  %s\n}\n|activated = false',
        'resource "aws_glue_trigger" "s" {\n  schedule = "cron(0 3 * * ? *)"\n  %s\n}\n|enabled = var.on',
    ],
)
def test_an_attribute_switches_a_declared_schedule_off(understand: Understand, resource: str) -> None:
    text, _, switch = resource.partition("|")
    variable = 'variable "on" {\n  default = false\n}\n'
    off = understand({"off/main.tf": variable + text % switch, "on/main.tf": text % ""})
    states = {node.at.path: node.state for node in subjects(off) if node.kind == "schedule"}
    assert states == {"off/main.tf": "disabled", "on/main.tf": ""}
    assert {fact.at.path for fact in off.facts("schedule") if is_off(off, fact)} <= {"off/main.tf"}


def test_resources_that_code_declares_are_switched_off_by_the_same_attributes(understand: Understand) -> None:
    text = (
        "import pulumi_aws as aws\n"
        'aws.cloudwatch.EventRule("a", schedule_expression="rate(1 day)", state="DISABLED")\n'
        'aws.cloudwatch.EventRule("b", schedule_expression="rate(1 day)", is_enabled=False)\n'
        'aws.cloudwatch.EventRule("c", schedule_expression="rate(1 day)")\n'
        'aws.scheduler.Schedule("d", schedule_expression="rate(1 day)", state="DISABLED")\n'
    )
    found = schedules(understand({"__main__.py": text}))
    assert {name: node.state for name, node in found.items()} == {
        "a": "disabled",
        "b": "disabled",
        "c": "",
        "d": "disabled",
    }


@pytest.mark.parametrize(("switch", "status"), [("", Status.USED), ('state = "DISABLED"', Status.DISABLED)])
def test_a_rule_that_is_off_retrains_nothing(understand: Understand, switch: str, status: Status) -> None:
    graph = understand({"main.tf": EVENT_RULE % switch, "pipe.json": STEPS})
    assert retraining(graph) == {status}
    assert schedules(graph)["nightly"].purpose == "train"


def test_a_condition_on_a_resource_speaks_of_its_attributes() -> None:
    ((condition,),) = tools.off_conditions("tf:aws_scheduler_schedule", [".state=DISABLED"])
    assert condition.holds({"state": "DISABLED"})
    assert not condition.holds({"state": "ENABLED"})


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Fit:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: job.main
      Events: {T: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.yaml
      DefinitionSubstitutions: {FitArn: !GetAtt Fit.Arn}
      Events: {E: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(7 days)}}}
  Keep:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: clean.main
      Events: {T: {Type: Schedule, Properties: {Schedule: rate(2 days)}}}
"""
MACHINE = 'StartAt: Fit\nStates:\n  Fit: {Type: Task, Resource: "${FitArn}", End: true}\n'


def test_a_schedule_is_for_what_the_resource_that_holds_it_comes_to(understand: Understand) -> None:
    files = {"template.yaml": TEMPLATE, "machine.asl.yaml": MACHINE, "src/job.py": HANDLER}
    files["src/clean.py"] = "import shutil\n\n\ndef main(event, context):\n    shutil.rmtree('old')\n"
    graph = understand(files)
    meant = {fact.name: purpose_of_schedule(graph, fact) for fact in graph.facts("schedule")}
    assert meant == {"rate(1 day)": "train", "rate(7 days)": "train", "rate(2 days)": "maintenance"}


DELIVERY = """
Resources:
  Project:
    Type: AWS::CodeBuild::Project
    Properties: {Source: {Type: CODEPIPELINE, BuildSpec: buildspec.yml}}
  Delivery:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Stages: [{Name: Build, Actions: [{Name: B, Configuration: {ProjectName: !Ref Project}}]}]
  Weekly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(7 days)
      Targets: [{Arn: !Sub "arn:aws:codepipeline:${AWS::Region}:${AWS::AccountId}:${Delivery}", Id: p}]
"""


def test_a_rule_that_starts_a_delivery_pipeline_is_for_what_its_builds_run(understand: Understand) -> None:
    build = "version: 0.2\nphases:\n  build:\n    commands:\n      - python src/fit.py\n"
    script = "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm')\n"
    graph = understand({"pipeline.yaml": DELIVERY, "buildspec.yml": build, "src/fit.py": script})
    assert [one.label for one in subjects(graph) if one.kind == "pipeline"] == ["Delivery"]
    assert schedules(graph)["Weekly"].purpose == "train"
    assert retraining(graph) == {Status.USED}


STACK = """
from aws_cdk import Duration, Stack, aws_events as events, aws_events_targets as targets, aws_lambda as _lambda

class Retraining(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        code = _lambda.Code.from_asset("fn")
        fn = _lambda.Function(self, "Fit", handler="job.main", code=code)
        self.other = _lambda.Function(self, "Again", handler="job.main", code=code)
        events.Rule(self, "A", schedule=events.Schedule.rate(Duration.days(1)), targets=[targets.LambdaFunction(fn)])
        rule = events.Rule(self, "B", schedule=events.Schedule.rate(Duration.days(2)))
        rule.add_target(targets.LambdaFunction(self.other, retry_attempts=2))
        events.Rule(self, "C", schedule=events.Schedule.rate(Duration.days(3)),
                    targets=[targets.LambdaFunction(handler=fn)])
        events.Rule(self, "D", schedule=events.Schedule.rate(Duration.days(4)))
"""


def test_the_targets_of_a_rule_that_code_declares_are_followed(understand: Understand) -> None:
    graph = understand({"app.py": STACK, "fn/job.py": HANDLER})
    started = {}
    for name, node in schedules(graph).items():
        started[name] = [edge.target.rpartition("/")[2] for edge in graph.links_from(node.id, "triggers")]
    assert started == {"A": ["Fit"], "B": ["Again"], "C": ["Fit"], "D": []}
    assert {name: node.purpose for name, node in schedules(graph).items() if name != "D"} == dict.fromkeys(
        "ABC", "train"
    )


CRON = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: fit}
spec:
  entrypoint: main
  templates:
    - name: main
      dag: {tasks: [{name: train, template: train}]}
    - {name: train, container: {image: "reg.io/t:1", command: [python, src/train.py]}}
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec: {schedules: ["0 1 * * *"], suspend: %s, workflowSpec: {workflowTemplateRef: {name: fit}}}
"""
SCRIPT = "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"


@pytest.mark.parametrize(("suspend", "state", "status"), [("true", "disabled", "disabled"), ("false", "", "used")])
def test_a_workflow_by_the_clock_starts_its_template(
    understand: Understand, suspend: str, state: str, status: str
) -> None:
    graph = understand({"w.yaml": CRON % suspend, "src/train.py": SCRIPT})
    (node,) = schedules(graph).values()
    assert (node.detail, node.state, node.purpose) == ("0 1 * * *", state, "train")
    assert [edge.target for edge in graph.links_from(node.id, "starts")] == ["resource:w.yaml#WorkflowTemplate/fit"]
    assert {one.value for one in retraining(graph)} == {status}
    assert [one.id for one in subjects(graph) if one.kind == "pipeline"] == ["resource:w.yaml#WorkflowTemplate/fit"]


def test_what_waits_for_an_event_is_a_trigger_and_no_schedule(understand: Understand) -> None:
    text = (
        "from airflow import DAG, Dataset\nfrom airflow.operators.python import PythonOperator\n"
        "from sklearn.linear_model import Ridge\n\n\ndef fit():\n    Ridge().fit([[0]], [0])\n\n\n"
        "raw = Dataset('s3://b/raw')\n"
        "with DAG('fed', schedule=[raw]):\n    PythonOperator(task_id='a', python_callable=fit)\n"
        "with DAG('weekly', schedule='@weekly'):\n    PythonOperator(task_id='b', python_callable=fit)\n"
    )
    found = [node for node in subjects(understand({"dags/d.py": text})) if node.purpose]
    assert [(node.kind, node.label, node.detail, node.purpose) for node in found] == [
        ("trigger", "raw", "data", "train"),
        ("schedule", "@weekly", "python", "train"),
    ]
