"""Uses of one Terraform module: what each holds, and that a reference stays in the use in which it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Status

Understand = Callable[[Mapping[str, str]], Graph]

MODULE = """
variable "name" {}
variable "enabled" { default = true }
variable "schedules" { default = {} }
variable "upstream" { default = "" }
resource "aws_iam_role" "r" { name_prefix = "endpoint" }
resource "aws_sagemaker_model" "m" {
  execution_role_arn = aws_iam_role.r.arn
  primary_container { image = "acme/${var.name}:1" }
}
resource "aws_sagemaker_endpoint_configuration" "c" {
  production_variants { model_name = aws_sagemaker_model.m.name }
}
resource "aws_sagemaker_endpoint" "e" {
  count                = var.enabled ? 1 : 0
  endpoint_config_name = aws_sagemaker_endpoint_configuration.c.name
}
resource "aws_cloudwatch_event_rule" "r" {
  for_each            = var.schedules
  name                = "${var.name}-${each.key}"
  schedule_expression = each.value
}
resource "aws_cloudwatch_event_target" "t" {
  for_each = aws_cloudwatch_event_rule.r
  rule     = each.value.name
  arn      = aws_sagemaker_endpoint.e[0].arn
  role_arn = aws_iam_role.r.arn
}
resource "aws_ssm_parameter" "p" { value = var.upstream }
output "endpoint" { value = one(aws_sagemaker_endpoint.e[*].name) }
output "model" { value = aws_sagemaker_model.m.name }
"""
TWO = """
module "a" {
  source    = "./m"
  name      = "aaa"
  enabled   = false
  schedules = { nightly = "cron(0 1 * * ? *)" }
}
module "b" {
  source    = "./m"
  name      = "bbb"
  upstream  = module.a.model
  schedules = { nightly = "cron(0 3 * * ? *)", weekly = "rate(7 days)" }
}
resource "aws_cloudwatch_metric_alarm" "b" { alarm_name = module.b.endpoint }
resource "aws_cloudwatch_metric_alarm" "m" { alarm_name = module.b.model }
"""
EACH = """
module "use" {
  for_each  = { a = false, b = true }
  source    = "./m"
  name      = "${each.key}${each.key}${each.key}"
  enabled   = each.value
  schedules = { nightly = "cron(0 3 * * ? *)", weekly = "rate(7 days)" }
}
"""
COUNTED = """
module "use" {
  count     = 2
  source    = "./m"
  name      = count.index == 0 ? "aaa" : "bbb"
  enabled   = count.index == 1
  schedules = { nightly = "cron(0 3 * * ? *)", weekly = "rate(7 days)" }
}
"""


def led(graph: Graph, source: str) -> set[str]:
    """All that a node leads to by what resources name and run."""
    edges = list(graph.edges("refers to", "runs"))
    found, waiting = set[str](), [source]
    while waiting:
        one = waiting.pop()
        new = {edge.target for edge in edges if edge.source == one} - found
        found |= new
        waiting += sorted(new)
    return {one.removeprefix("resource:terraform:") for one in found}


@pytest.mark.parametrize(
    ("root", "off", "live"), [(TWO, "a", "b"), (EACH, "use.a", "use.b"), (COUNTED, "use.0", "use.1")]
)
def test_the_endpoint_of_the_use_that_has_one_serves_the_model_of_that_use(
    understand: Understand, root: str, off: str, live: str
) -> None:
    graph = understand({"main.tf": root, "m/main.tf": MODULE})
    endpoints = [one.get("id") for one in graph.facts("resource") if one.get("type") == "aws_sagemaker_endpoint"]
    assert endpoints == [f"terraform:m[{live}]#aws_sagemaker_endpoint.e"]
    found = led(graph, f"resource:{endpoints[0]}")
    assert {f"m[{live}]#aws_sagemaker_model.m", f"m[{live}]#aws_iam_role.r", "image:acme/bbb"} <= found
    assert all(one.startswith((f"m[{live}]#", "image:")) for one in found)
    without = led(graph, f"resource:terraform:m[{off}]#aws_sagemaker_endpoint_configuration.c")
    assert {"image:acme/aaa", f"m[{off}]#aws_iam_role.r"} <= without
    assert all(one.startswith((f"m[{off}]#", "image:")) for one in without)


def test_a_schedule_of_a_use_starts_what_that_use_holds(understand: Understand) -> None:
    graph = understand({"main.tf": TWO, "m/main.tf": MODULE})
    home = "resource:terraform:m[b]#aws_cloudwatch_event_"
    weekly = led(graph, f"{home}target.t[weekly]")
    assert {"m[b]#aws_cloudwatch_event_rule.r[weekly]", "m[b]#aws_sagemaker_endpoint.e", "image:acme/bbb"} <= weekly
    assert not any(one.startswith("m[a]#") for one in weekly)
    off = led(graph, "resource:terraform:m[a]#aws_cloudwatch_event_target.t")
    assert off == {"m[a]#aws_cloudwatch_event_rule.r", "m[a]#aws_iam_role.r"}


def test_what_another_use_hands_over_is_that_of_the_other(understand: Understand) -> None:
    graph = understand({"main.tf": TWO, "m/main.tf": MODULE})
    assert "m[a]#aws_sagemaker_model.m" in led(graph, "resource:terraform:m[b]#aws_ssm_parameter.p")
    assert "m[b]#aws_sagemaker_endpoint.e" in led(graph, "resource:terraform:#aws_cloudwatch_metric_alarm.b")
    assert "m[b]#aws_sagemaker_model.m" in led(graph, "resource:terraform:#aws_cloudwatch_metric_alarm.m")


def test_a_use_keeps_its_name_whatever_it_holds(understand: Understand) -> None:
    one = {str(fact.get("id")) for fact in understand({"main.tf": TWO, "m/main.tf": MODULE}).facts("resource")}
    on = TWO.replace("enabled   = false", "enabled   = true")
    other = {str(fact.get("id")) for fact in understand({"main.tf": on, "m/main.tf": MODULE}).facts("resource")}
    assert one < other
    assert other - one == {"terraform:m[a]#aws_sagemaker_endpoint.e"}


def test_a_use_of_another_root_leads_to_the_environment_that_is_told(understand: Understand) -> None:
    call = 'module "{name}" {{\n  source = "../m"\n  name = "{name}"\n}}\n'
    alarm = 'resource "aws_cloudwatch_metric_alarm" "x" { alarm_name = module.c.endpoint }\n'
    dev = call.format(name="a") + call.format(name="b")
    graph = understand({"dev/main.tf": dev, "prod/main.tf": call.format(name="c") + alarm, "m/main.tf": MODULE})
    assert "m[a]#aws_sagemaker_endpoint.e" in led(graph, "resource:terraform:prod#aws_cloudwatch_metric_alarm.x")


def test_a_rule_that_one_use_switches_off_does_not_switch_off_that_of_another(understand: Understand) -> None:
    module = """
variable "enabled" { default = true }
resource "aws_sagemaker_pipeline" "retrain" { pipeline_name = "retrain" }
resource "aws_cloudwatch_event_rule" "r" {
  is_enabled          = var.enabled
  schedule_expression = "rate(1 day)"
}
resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.r.name
  arn  = aws_sagemaker_pipeline.retrain.arn
}
"""
    root = 'module "a" {\n  source = "./m"\n  enabled = false\n}\nmodule "b" {\n  source = "./m"\n}\n'
    train = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.pkl')\n"
    graph = understand({"main.tf": root, "m/main.tf": module, "train.py": train})
    assert Status.USED in {one.status for one in graph.evidence("retraining-trigger", *Status)}
