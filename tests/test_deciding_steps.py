"""Steps that decide on others: what stands after them, what they wait for, and what deploying does not register."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

HEAD = """\
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.functions import JsonGet
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.model_step import ModelStep

train = TrainingStep(name="Train", step_args=None)
check = ProcessingStep(name="Check", processor=None, code="check.py", depends_on=[train])
register = ModelStep(name="Register", step_args=None)
"""
TAIL = 'Pipeline(name="p", steps=[train, check, gate])\n'
INLINE = """\
gate = ConditionStep(
    name="Gate",
    conditions=[ConditionGreaterThanOrEqualTo(left=JsonGet(step_name="Check", property_file="e"), right=2)],
    if_steps=[register],
    else_steps=[FailStep(name="Fail", error_message="low")],
)
"""
APART = """\
fail = FailStep(name="Fail", error_message="low")
enough = ConditionGreaterThanOrEqualTo(left=JsonGet(step_name=check.name, property_file="e", json_path="a"), right=1)
gate = ConditionStep(name="Gate", conditions=[enough], if_steps=[register], else_steps=[fail])
"""
BY_NAME = """\
fail = FailStep(name="Fail", error_message="low")
enough = ConditionGreaterThanOrEqualTo(left=JsonGet(step_name="Check", property_file="e", json_path="a"), right=1)
gate = ConditionStep(name="Gate", conditions=[enough], if_steps=[register], else_steps=[fail])
"""


@pytest.mark.parametrize("gate", [INLINE, APART, BY_NAME])
def test_a_condition_stands_after_what_it_reads_and_before_what_it_decides_on(
    understand: Understand, gate: str
) -> None:
    graph = understand({"pipeline.py": HEAD + gate + TAIL})
    needs = {one.name: one.get("needs", []) for one in graph.facts("pipeline-step")}
    assert needs == {"Train": [], "Check": ["Train"], "Gate": ["Check"], "Register": ["Gate"], "Fail": ["Gate"]}


def test_an_endpoint_that_code_makes_is_no_registered_model(understand: Understand) -> None:
    text = """\
import boto3
client = boto3.client("sagemaker")
client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[{"VariantName": "a", "ModelName": "churn"}])
client.create_endpoint(EndpointName="churn-endpoint", EndpointConfigName="c")
client.update_endpoint(EndpointName="churn-endpoint", EndpointConfigName="c")
"""
    graph = understand({"deploy.py": text})
    assert [edge.target for edge in graph.edges("registers")] == []
    assert [one.label for one in graph.nodes() if one.kind == "endpoint"] == ["churn-endpoint"]
    assert not [one for one in graph.nodes() if one.kind == "model" and one.label == "churn-endpoint"]
