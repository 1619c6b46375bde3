"""Deployments inside workflows of states, and those into clusters that CI makes only to try them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Status

Understand = Callable[[Mapping[str, str]], Graph]
MACHINE: dict[str, Any] = {
    "StartAt": "Train",
    "States": {
        "Train": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
            "Parameters": {"AlgorithmSpecification": {"TrainingImage": "IMAGE"}},
            "Next": "Config",
        },
        "Config": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createEndpointConfig",
            "Parameters": {"EndpointConfigName": "c", "ProductionVariants": [{"ModelName": "m"}]},
            "Next": "Deploy",
        },
        "Deploy": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:updateEndpoint",
            "Parameters": {"EndpointName": "prices", "EndpointConfigName.$": "$.cfg"},
            "End": True,
        },
    },
}
TERRAFORM = """resource "aws_sfn_state_machine" "retrain" {
  name       = "retrain"
  definition = DEFINITION
}
resource "aws_cloudwatch_event_rule" "weekly" {
  schedule_expression = "rate(7 days)"
}
resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.weekly.name
  arn  = aws_sfn_state_machine.retrain.arn
}
"""
OLD = """data "template_file" "machine" {
  template = file("${path.module}/machine.json.tpl")
  vars     = { image = "acme/train:1", seconds = 60 }
}
"""
TEXT = json.dumps(MACHINE, indent=1)
FILLED = TEXT.replace("IMAGE", "${image}").replace('"End": true', '"TimeoutSeconds": ${seconds}, "End": true')
VARIABLES = '{ image = "acme/train:1", seconds = 60 }'
FORMS: dict[str, dict[str, str]] = {
    "object": {"main.tf": TERRAFORM.replace("DEFINITION", f"jsonencode({TEXT.replace('IMAGE', 'acme/train:1')})")},
    "heredoc": {"main.tf": TERRAFORM.replace("DEFINITION", f"<<EOF\n{TEXT.replace('IMAGE', 'acme/train:1')}\nEOF")},
    "file": {
        "main.tf": TERRAFORM.replace("DEFINITION", 'file("${path.module}/machine.asl.json")'),
        "machine.asl.json": TEXT.replace("IMAGE", "acme/train:1"),
    },
    "template": {
        "main.tf": TERRAFORM.replace("DEFINITION", f'templatefile("${{path.module}}/machine.json.tpl", {VARIABLES})'),
        "machine.json.tpl": FILLED,
    },
    "template of a data source": {
        "main.tf": OLD + TERRAFORM.replace("DEFINITION", "data.template_file.machine.rendered"),
        "machine.json.tpl": FILLED,
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_a_machine_of_states_trains_and_deploys(understand: Understand, form: str) -> None:
    graph = understand(FORMS[form])
    assert [(fact.name, fact.get("tag")) for fact in graph.facts("image")] == [("acme/train", "1")]
    assert sorted(fact.name for fact in graph.facts("pipeline-step")) == ["Config", "Deploy", "Train"]
    (endpoint,) = [node for node in graph.nodes() if node.kind == "endpoint"]
    assert (endpoint.label, endpoint.detail) == ("prices", "AWS::SageMaker::Endpoint")
    for capability in ("serving", "training-framework", "deployment-automation", "retraining-trigger"):
        assert graph.has(capability), capability


WORKFLOW = """on: {push: {branches: [main]}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - %s
    - run: helm upgrade --install llm ./chart
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 1.0.0\n",
    "chart/templates/d.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: llm}\nspec:\n"
        "  template: {spec: {containers: [{name: llm, image: 'vllm/vllm-openai:v0.10.0'}]}}\n"
    ),
}


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("uses: helm/kind-action@v1", Status.DISABLED),
        ("run: minikube start --cpus 4", Status.DISABLED),
        ("run: make cluster", Status.DISABLED),
        ("run: ./hack/cluster.sh", Status.DISABLED),
        ("uses: azure/setup-helm@v4", Status.USED),
    ],
)
def test_a_cluster_that_the_job_makes_is_a_test(understand: Understand, step: str, status: Status) -> None:
    files = {
        ".github/workflows/ci.yml": WORKFLOW % step,
        "Makefile": "cluster:\n\tk3d cluster create test\n",
        "hack/cluster.sh": "#!/bin/sh\nkind create cluster --name test\n",
        **CHART,
    }
    graph = understand(files)
    found = [one for each in Status for one in graph.evidence("deployment-automation", each)]
    assert [one.status for one in found] == [status]
    assert bool(found[0].why) == (status is Status.DISABLED)
