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


GRUNTS = {
    "live/root.hcl": """
locals {
  common = read_terragrunt_config("${get_repo_root()}/live/common.hcl")
  name   = local.common.locals.name
}
inputs = {
  name     = local.name
  replicas = 9
  tags     = { team = "ml", from = "root" }
}
""",
    "live/common.hcl": 'locals { name = "ranker" }\n',
    "live/prod/env.hcl": 'locals { env = "prod" }\ninputs = {\n  env = local.env\n}\n',
    "apps/ranker.hcl": """
locals { env = read_terragrunt_config(find_in_parent_folders("env.hcl")) }
terraform { source = "${dirname(find_in_parent_folders("root.hcl"))}/../modules//ranker" }
inputs = { size = local.env.locals.env == "prod" ? 4 : 1 }
""",
    "live/prod/ranker/terragrunt.hcl": """
include "root" {
  path           = find_in_parent_folders("root.hcl")
  merge_strategy = "deep"
}
include "env" {
  path   = find_in_parent_folders("env.hcl")
  expose = true
}
include "app" { path = "${get_terragrunt_dir()}/../../../apps/ranker.hcl" }
locals { stage = include.env.locals.env }
inputs = {
  replicas = 3
  tags     = { from = "own" }
  stage    = local.stage
}
""",
    "modules/ranker/main.tf": """
variable "name" {}
variable "replicas" {}
variable "env" {}
variable "size" {}
variable "stage" {}
variable "tags" {}
resource "aws_sagemaker_endpoint_configuration" "c" {
  name = "${var.name}-${var.env}-${var.stage}"
  tags = var.tags
  production_variants {
    initial_instance_count = var.replicas
    weight = var.size
  }
}
""",
}


def test_what_a_configuration_includes_gives_inputs_and_the_source(tmp_path: Path) -> None:
    items = read(tmp_path, GRUNTS)
    (config,) = [item for item in items if isinstance(item, Fact) and item.kind == "resource"]
    assert config.says["data"] == {
        "name": "ranker-prod-prod",
        "tags": {"team": "ml", "from": "own"},
        "production_variants": {"initial_instance_count": 3, "weight": 4},
    }
    (call,) = [item for item in items if isinstance(item, Fact) and item.kind == "terraform-module"]
    assert (call.says["path"], str(call.at)) == ("modules/ranker", "live/prod/ranker/terragrunt.hcl:10")
    assert not [item for item in items if isinstance(item, Note)]


def test_a_source_that_another_file_makes(tmp_path: Path) -> None:
    grunt = """
include "common" {
  path   = "${dirname(find_in_parent_folders("root.hcl"))}/common.hcl"
  expose = true
}
terraform { source = "${include.common.locals.base}?ref=v1" }
inputs = { name = "n" }
"""
    common = 'locals { base = "git::https://example.org/modules.git//ranker" }\n'
    items = read(tmp_path, {"live/root.hcl": "", "live/common.hcl": common, "live/prod/terragrunt.hcl": grunt})
    (call,) = [item for item in items if isinstance(item, Fact) and item.kind == "terraform-module"]
    assert call.says["source"] == "git::https://example.org/modules.git//ranker?ref=v1"
    assert call.says["data"]["name"] == "n"


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        ("inputs = merge(include.env.inputs, local.common.locals, { replicas = 2 })", "ranker"),
        ("inputs = local.common.locals", "ranker"),
        ('inputs = merge(local.nothing.locals, include.other.inputs, { name = "own" })', "own"),
    ],
)
def test_inputs_that_are_those_of_other_files(tmp_path: Path, inputs: str, name: str) -> None:
    grunt = f"""
include "env" {{ path = find_in_parent_folders("env.hcl") }}
terraform {{ source = "../../..//modules/ranker" }}
locals {{ common = read_terragrunt_config("${{get_repo_root()}}/live/common.hcl") }}
{inputs}
"""
    items = read(tmp_path, {**GRUNTS, "live/prod/ranker/terragrunt.hcl": grunt, "modules/ranker/main.tf": MODULE})
    (config,) = [item for item in items if isinstance(item, Fact) and item.kind == "resource"]
    assert config.says["data"]["name"] == name


OF_ANOTHER = 'inputs = local.me.inputs\nlocals { me = read_terragrunt_config("${get_repo_root()}/live/%s.hcl") }\n'


@pytest.mark.parametrize(
    "files",
    [
        {
            "live/root.hcl": 'locals { a = read_terragrunt_config("${get_repo_root()}/live/b.hcl").locals.a }\n'
            "inputs = { name = local.a }\n",
            "live/b.hcl": 'locals { a = read_terragrunt_config("${get_repo_root()}/live/root.hcl").locals.a }\n',
        },
        {
            "live/root.hcl": "locals { a = 1 }\ninputs = {\n"
            '  name = read_terragrunt_config("${get_repo_root()}/live/root.hcl").inputs.name\n}\n'
        },
        {
            "live/root.hcl": OF_ANOTHER % "b",
            "live/b.hcl": OF_ANOTHER % "root",
        },
    ],
)
def test_configurations_that_read_each_other_end(tmp_path: Path, files: dict[str, str]) -> None:
    grunt = 'include { path = find_in_parent_folders("root.hcl") }\nterraform { source = "../../modules//r" }\n'
    items = read(tmp_path, {**files, "live/p/terragrunt.hcl": grunt, "modules/r/main.tf": MODULE})
    assert any("itself" in item.reason for item in items if isinstance(item, Note))


def test_a_configuration_that_includes_itself_ends(tmp_path: Path) -> None:
    grunt = 'include "x" { path = "terragrunt.hcl" }\nterraform { source = "../modules//r" }\ninputs = { name = "n" }\n'
    items = read(tmp_path, {"live/terragrunt.hcl": grunt, "modules/r/main.tf": MODULE})
    assert [item.says["data"]["name"] for item in items if isinstance(item, Fact) and item.kind == "resource"] == ["n"]
