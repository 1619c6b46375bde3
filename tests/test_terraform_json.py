"""The JSON syntax of Terraform, and what Terragrunt calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner import files
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.terraform import Terraform


def read(root: Path, texts: Mapping[str, str]) -> list[Fact | Note]:
    for path, text in texts.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    sources = files.walk(root)
    tree = files.Tree(root, sources)
    parser = Terraform()
    return [item for source in sources if parser.reads(source, tree) for item in parser.parse(source, tree)]


HCL = """
variable "replicas" {
  type    = number
  default = 3
}
locals {
  tags = { team = "ml" }
}
provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = local.tags
  }
}
resource "kubernetes_deployment" "api" {
  for_each = { one = "acme/one:1", two = "acme/two:2" }
  metadata {
    name   = "api-${each.key}"
    labels = { app_kind = "x" }
  }
  spec {
    replicas = var.replicas
    template {
      spec {
        container {
          name  = "main"
          image = each.value
          env {
            name  = "A_B"
            value = "${local.tags["team"]}-x"
          }
        }
      }
    }
  }
}
resource "aws_ecs_task_definition" "t" {
  family                = "t"
  container_definitions = jsonencode([{ name = "c", image = "acme/c:1" }])
}
resource "aws_cloudwatch_event_rule" "r" {
  schedule_expression = "rate(1 day)"
  count               = var.replicas > 5 ? 1 : 0
}
module "m" {
  source = "./m"
  name   = upper("x")
}
"""
JSON: dict[str, Any] = {
    "//": "written by a generator",
    "variable": {"replicas": {"type": "number", "default": "3"}},
    "locals": {"tags": {"team": "ml"}},
    "provider": {"aws": [{"region": "eu-west-1", "default_tags": {"tags": "${local.tags}"}}]},
    "resource": {
        "kubernetes_deployment": {
            "api": {
                "for_each": {"one": "acme/one:1", "two": "acme/two:2"},
                "metadata": {"name": "api-${each.key}", "labels": {"app_kind": "x"}},
                "spec": [
                    {
                        "replicas": "${var.replicas}",
                        "template": {
                            "spec": {
                                "container": [
                                    {
                                        "name": "main",
                                        "image": "${each.value}",
                                        "env": {"name": "A_B", "value": '${local.tags["team"]}-x'},
                                    }
                                ]
                            }
                        },
                    }
                ],
            }
        },
        "aws_ecs_task_definition": {
            "t": {
                "family": "t",
                "container_definitions": '${jsonencode([{ name = "c", image = "acme/c:1" }])}',
            }
        },
        "aws_cloudwatch_event_rule": {
            "r": {"schedule_expression": "rate(1 day)", "count": "${var.replicas > 5 ? 1 : 0}"}
        },
    },
    "module": {"m": {"source": "./m", "name": '${upper("x")}'}},
}
INNER = 'variable "name" {}\nresource "aws_sagemaker_endpoint" "e" {\n  name = var.name\n}\n'
_PLACES = ("lines", "kind_line", "replicas_line", "end_line")


def told(items: list[Fact | Note]) -> set[tuple[str, str, str]]:
    return {
        (item.kind, item.name, json.dumps({k: v for k, v in item.says.items() if k not in _PLACES}, sort_keys=True))
        for item in items
        if isinstance(item, Fact)
    }


def test_both_syntaxes_say_the_same(tmp_path: Path) -> None:
    one = read(tmp_path / "a", {"main.tf": HCL, "m/x.tf": INNER})
    other = read(tmp_path / "b", {"main.tf.json": json.dumps(JSON, indent=1), "m/x.tf": INNER})
    assert not [item for item in (*one, *other) if isinstance(item, Note)]
    moved = {(kind, name, says.replace("main.tf.json", "main.tf")) for kind, name, says in told(other)}
    assert moved == told(one)
    images = {item.name: item.at for item in other if isinstance(item, Fact) and item.kind == "image"}
    assert set(images) == {"acme/one", "acme/two", "acme/c"}
    line = next(number for number, text in enumerate(json.dumps(JSON, indent=1).split("\n"), 1) if "each.value" in text)
    assert images["acme/one"].line == line


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"resource": 3}', '{"resource": {"x": {"y": [[[]]]}}}', '{"locals": "${"}']
)
def test_odd_json_raises_nothing(tmp_path: Path, text: str) -> None:
    assert all(isinstance(item, (Fact, Note)) for item in read(tmp_path, {"main.tf.json": text}))


GRUNT = """
include "root" { path = find_in_parent_folders() }
terraform { source = %s }
locals { size = 4 }
inputs = {
  name     = "ranker"
  replicas = local.size
}
"""
MODULE = """
variable "name" {}
variable "replicas" { default = 1 }
resource "aws_sagemaker_endpoint_configuration" "c" {
  name = var.name
  production_variants { initial_instance_count = var.replicas }
}
"""


@pytest.mark.parametrize(
    "source",
    [
        '"../../modules//ranker"',
        '"${get_terragrunt_dir()}/../../modules//ranker"',
        '"${get_repo_root()}//modules/ranker"',
    ],
)
def test_terragrunt_calls_a_module_with_its_inputs(tmp_path: Path, source: str) -> None:
    items = read(tmp_path, {"live/prod/terragrunt.hcl": GRUNT % source, "modules/ranker/main.tf": MODULE})
    facts = [item for item in items if isinstance(item, Fact)]
    (config,) = [fact for fact in facts if fact.kind == "resource"]
    assert config.says["data"] == {"name": "ranker", "production_variants": {"initial_instance_count": 4}}
    (call,) = [fact for fact in facts if fact.kind == "terraform-module"]
    assert (call.says["path"], call.at.path) == ("modules/ranker", "live/prod/terragrunt.hcl")


def test_terragrunt_beside_a_module_gives_it_values(tmp_path: Path) -> None:
    grunt = 'inputs = merge({}, {\n  name = "beside"\n})\n'
    items = read(tmp_path, {"live/terragrunt.hcl": grunt, "live/main.tf": MODULE})
    (config,) = [item for item in items if isinstance(item, Fact) and item.kind == "resource"]
    assert config.says["data"]["name"] == "beside"
