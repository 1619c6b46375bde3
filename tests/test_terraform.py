"""Terraform modules, Bicep and ARM templates as facts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from mlops_scan.scanner import files
from mlops_scan.scanner.link.build import build
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.bicep import ArmTemplate, Bicep
from mlops_scan.scanner.parsers.terraform import Terraform, TerraformValues


def read(root: Path, texts: dict[str, str], *parsers: Parser) -> list[Fact | Note]:
    for path, text in texts.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    sources = files.walk(root)
    tree = files.Tree(root, sources)
    return [
        item
        for parser in parsers or (Terraform(),)
        for source in sources
        if parser.reads(source, tree)
        for item in parser.parse(source, tree)
    ]


def facts(root: Path, texts: dict[str, str], kind: str, *parsers: Parser) -> list[Fact]:
    return [item for item in read(root, texts, *parsers) if isinstance(item, Fact) and item.kind == kind]


ENDPOINT = """
provider "aws" {
  region = "eu-west-1"
  default_tags { tags = { team = "ml" } }
}
terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "state"
  }
}
resource "aws_sagemaker_endpoint_configuration" "this" {
  name = "scoring"
  production_variants {
    variant_name = "a"
    model_name   = aws_sagemaker_model.this.name
  }
  production_variants {
    variant_name = "b"
  }
  dynamic "data_capture_config" {
    for_each = var.capture ? [1] : []
    content {
      enable_capture = true
    }
  }
}
variable "capture" { default = true }
data "aws_caller_identity" "me" {}
"""


def test_resources_blocks_and_lines(tmp_path: Path) -> None:
    found = {(fact.says["type"], fact.name): fact for fact in facts(tmp_path, {"infra/main.tf": ENDPOINT}, "resource")}
    endpoint = found["aws_sagemaker_endpoint_configuration", "this"]
    data = endpoint.says["data"]
    assert [variant["variant_name"] for variant in data["production_variants"]] == ["a", "b"]
    reference = {"expr": "aws_sagemaker_model.this.name", "ref": "aws_sagemaker_model.this"}
    assert data["production_variants"][0]["model_name"] == reference
    assert data["data_capture_config"] == {"enable_capture": True}
    assert endpoint.says["lines"]["production_variants.model_name"] == 16
    assert (endpoint.at.line, endpoint.at.end_line) == (12, 27)
    assert found["provider", "aws"].says["data"]["default_tags"] == {"tags": {"team": "ml"}}
    assert found["terraform", "terraform"].says["data"]["backend"] == {"s3": {"bucket": "state"}}
    assert found["aws_caller_identity", "me"].says["platform"] == "terraform-data"


def test_what_defaults_switch_off_is_disabled(tmp_path: Path) -> None:
    text = """
variable "on" { default = false }
variable "names" { default = [] }
variable "open" {}
resource "x" "counted" { count = var.on ? 1 : 0 }
resource "x" "each" { for_each = toset(var.names) }
resource "x" "unknown" { count = var.open ? 1 : 0 }
resource "x" "plain" {}
module "m" {
  source = "./m"
  count  = var.on ? 1 : 0
}
"""
    inner = 'resource "x" "inner" {}\n'
    found = facts(tmp_path, {"main.tf": text, "m/main.tf": inner}, "resource")
    assert {fact.name: fact.get("state", "") for fact in found} == {
        "counted": "disabled",
        "each": "disabled",
        "unknown": "",
        "plain": "",
        "inner": "disabled",
    }


def test_an_empty_address_of_what_is_made_first_switches_nothing_off(tmp_path: Path) -> None:
    text = """
variable "model_artifact_uri" { default = "" }
variable "image_url" { default = null }
variable "alert_email" { default = "" }
variable "model_name" { default = "" }
locals { serves = var.model_artifact_uri != "" }
resource "x" "model" { count = local.serves ? 1 : 0 }
resource "x" "service" { count = var.image_url != null ? 1 : 0 }
resource "x" "mail" { count = var.alert_email != "" ? 1 : 0 }
resource "x" "named" { count = var.model_name != "" ? 1 : 0 }
module "given" {
  source    = "./m"
  model_uri = ""
}
"""
    inner = 'variable "model_uri" {}\nresource "x" "inner" { count = var.model_uri == "" ? 0 : 1 }\n'
    found = facts(tmp_path, {"main.tf": text, "m/main.tf": inner}, "resource")
    assert {fact.name: fact.get("state", "") for fact in found} == {
        "model": "",
        "service": "",
        "mail": "disabled",
        "named": "disabled",
        "inner": "disabled",
    }


def test_a_module_is_evaluated_with_the_arguments_of_its_calls_once(tmp_path: Path) -> None:
    root = """
module "first" {
  source = "../modules/bucket"
  name   = "one"
  off    = true
}
module "second" {
  source = "../modules/bucket"
  name   = "two"
}
module "other" {
  source  = "terraform-aws-modules/eks/aws"
  version = "~> 20.0"
  tags    = { bucket = module.second.id }
}
"""
    bucket = """
variable "name" {}
variable "off" { default = false }
resource "aws_s3_bucket" "this" {
  count  = var.off ? 0 : 1
  bucket = var.name
}
output "id" { value = aws_s3_bucket.this[0].bucket }
"""
    texts = {"live/main.tf": root, "modules/bucket/main.tf": bucket, "tests/all/main.tf": root.replace("..", "../..")}
    items = read(tmp_path, texts)
    buckets = [item for item in items if isinstance(item, Fact) and item.kind == "resource"]
    assert [(fact.at.path, fact.says["data"]["bucket"]) for fact in buckets] == [("modules/bucket/main.tf", "two")]
    assert buckets[0].says["module"] == ["first", "second"]
    assert "state" not in buckets[0].says
    calls = {fact.name: fact for fact in items if isinstance(fact, Fact) and fact.kind == "terraform-module"}
    assert calls["first"].says["path"] == "modules/bucket"
    assert calls["other"].says["version"] == "~> 20.0"
    assert calls["other"].says["data"]["tags"]["bucket"] == {
        "expr": "aws_s3_bucket.this[0].bucket",
        "ref": "aws_s3_bucket.this",
        "folder": "modules/bucket",
        "module": "second",
        "const": "two",
    }


KUBERNETES = """
variable "image_tag" { default = "latest" }
locals { labels = { app = "api" } }
resource "kubernetes_namespace" "ns" {
  metadata { name = "serving" }
}
resource "kubernetes_deployment_v1" "api" {
  metadata {
    name      = "api"
    namespace = kubernetes_namespace.ns.metadata[0].name
  }
  spec {
    replicas = "2"
    selector { match_labels = local.labels }
    template {
      metadata { labels = local.labels }
      spec {
        container {
          name  = "api"
          image = "acme/api:${var.image_tag}"
          port { container_port = 8080 }
          env {
            name = "TOKEN"
            value_from {
              secret_key_ref {
                name = "hub"
                key  = "token"
              }
            }
          }
          resources {
            limits = { "nvidia.com/gpu" = 1 }
          }
          readiness_probe {
            http_get { path = "/health" }
          }
        }
      }
    }
  }
}
resource "kubectl_manifest" "hpa" {
  yaml_body = <<-YAML
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata:
      name: api
    spec:
      minReplicas: 1
      maxReplicas: ${var.most}
  YAML
}
variable "most" {}
resource "kubernetes_manifest" "job" {
  manifest = {
    apiVersion = "batch/v1"
    kind       = "CronJob"
    metadata   = { name = "retrain" }
    spec = {
      schedule = "0 3 * * *"
      jobTemplate = { spec = { template = { spec = {
        containers = [{
          name    = "train"
          image   = "acme/train:1.0"
          command = ["python", "train.py"]
        }]
      } } } }
    }
  }
}
resource "kubernetes_manifest" "tpl" {
  for_each = fileset("${path.module}/k8s", "*.tftpl")
  manifest = yamldecode(templatefile("${path.module}/k8s/${each.value}", { replicas = 3, extra = ["a"] }))
}
"""
TEMPLATE = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
spec:
  replicas: ${replicas}
  template:
    spec:
      volumes:
%{ for one in extra ~}
      - name: ${one}
%{ endfor ~}
      containers:
      - name: main
        image: acme/NAME:2.0
"""


def test_kubernetes_objects_that_terraform_writes(tmp_path: Path) -> None:
    texts = {"main.tf": KUBERNETES, "k8s/a.tftpl": TEMPLATE.replace("NAME", "one"), "k8s/b.tftpl": TEMPLATE}
    items = [item for item in read(tmp_path, texts) if isinstance(item, Fact)]
    workloads = {fact.name: fact for fact in items if fact.kind == "workload"}
    assert set(workloads) == {"api", "retrain", "one", "NAME"}
    api = workloads["api"]
    assert (api.says["replicas"], api.says["replicas_line"], api.says["namespace"]) == (2, 13, "serving")
    assert (api.says["labels"], api.says["origin"]) == ({"app": "api"}, "terraform")
    container = next(fact for fact in items if fact.kind == "container" and fact.name == "api")
    assert (container.at.line, container.says["end_line"]) == (18, 35)
    assert container.says["limits"] == {"nvidia.com/gpu": "1"}
    assert container.says["readiness"] == {"httpGet": {"path": "/health"}}
    assert container.says["ports"] == [{"name": "", "port": 8080}]
    image = next(fact for fact in items if fact.kind == "image" and fact.name == "acme/api")
    assert (image.says["tag"], image.at.line) == ("latest", 20)
    env = next(fact for fact in items if fact.kind == "env")
    assert env.says["secret_ref"] == "hub"
    hpa = next(fact for fact in items if fact.get("type") == "autoscaling/HorizontalPodAutoscaler")
    assert hpa.says["lines"]["spec.maxReplicas"] == KUBERNETES.split("\n").index("      maxReplicas: ${var.most}") + 1
    assert hpa.says["data"]["spec"]["maxReplicas"] == "${var.most}"
    assert [fact.name for fact in items if fact.kind == "schedule"] == ["0 3 * * *"]
    main = [fact for fact in items if fact.kind == "container" and fact.name == "main"]
    assert [(fact.at.path, fact.at.line) for fact in main] == [("k8s/a.tftpl", 14), ("k8s/b.tftpl", 14)]
    assert main[0].says["workload"] == "main.tf#kubernetes_manifest.tpl[a.tftpl]"


def test_a_manifest_that_stands_by_itself_is_left_to_its_own_parser(tmp_path: Path) -> None:
    text = 'resource "kubernetes_manifest" "x" { manifest = yamldecode(file("x.yaml")) }\n'
    manifest = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n"
    found = facts(tmp_path, {"main.tf": text, "x.yaml": manifest}, "resource")
    assert [fact.says["platform"] for fact in found] == ["terraform"]


def test_helm_releases_and_cloud_containers(tmp_path: Path) -> None:
    text = """
variable "host" {}
resource "helm_release" "mlflow" {
  chart      = "mlflow"
  repository = "https://charts.example.org"
  values = [
    yamlencode({ replicas = 2 }),
    <<-EOT
      ingress:
        host: ${var.host}
        enabled: true
    EOT
  ]
  set {
    name  = "a"
    value = "b"
  }
}
resource "aws_ecs_task_definition" "api" {
  container_definitions = jsonencode([{
    name  = "api"
    image = "${aws_ecr_repository.api.repository_url}:latest"
  }])
}
resource "aws_cloudwatch_event_rule" "nightly" {
  schedule_expression = "rate(1 day)"
}
resource "null_resource" "push" {
  provisioner "local-exec" {
    command = <<-EOT
      aws ecr get-login-password
      docker push x
    EOT
  }
}
"""
    items = [item for item in read(tmp_path, {"main.tf": text}) if isinstance(item, Fact)]
    release = next(item for item in items if item.get("type") == "helm_release")
    assert release.says["data"]["values"] == [{"replicas": 2}, {"ingress": {"host": "${var.host}", "enabled": True}}]
    task = next(item for item in items if item.get("type") == "aws_ecs_task_definition")
    assert task.says["data"]["container_definitions"][0]["name"] == "api"
    image = next(item for item in items if item.kind == "image")
    assert (image.says["tag"], image.says["unresolved"], image.at.line) == ("latest", True, 22)
    assert [(item.name, item.at.line) for item in items if item.kind == "schedule"] == [("rate(1 day)", 26)]
    commands = [(item.name, item.at.line) for item in items if item.kind == "command"]
    assert commands == [("aws", 31), ("docker", 32)]


def test_secret_defaults_and_values_are_constants(tmp_path: Path) -> None:
    texts = {
        "main.tf": 'variable "db_password" {\n  default = "battery9"\n}\nvariable "region" {\n  default = "eu"\n}\n',
        "prod.tfvars": 'api_token = "x1"\nsize = 3\n',
        "values.tfvars.json": '{\n  "db_password": "w", "n": 1\n}',
    }
    found = facts(tmp_path, texts, "constant", Terraform(), TerraformValues())
    assert [(fact.name, fact.at.path, fact.at.line) for fact in found] == [
        ("var.db_password", "main.tf", 2),
        ("var.api_token", "prod.tfvars", 1),
        ("var.db_password", "values.tfvars.json", 2),
    ]


def test_notes_name_the_cycle_and_the_broken_line(tmp_path: Path) -> None:
    text = 'locals {\n  a = local.b\n  b = local.a\n}\nresource "x" "y" {\n  z = local.a\n}\nresource "x" {{{\n'
    notes = [item for item in read(tmp_path, {"main.tf": text}) if isinstance(item, Note)]
    assert [(note.at.line, "refers to itself" in note.reason) for note in notes] == [(8, False), (2, True)]


def test_bicep(tmp_path: Path) -> None:
    text = """param name string
resource old 'Microsoft.Storage/storageAccounts@2022-09-01' existing = {
  name: name
}
resource ws 'Microsoft.MachineLearningServices/workspaces@2023-04-01' = {
  name: name
  tags: {
    team: 'ml' // owner
  }
  properties: {
    rules: [
      {
        port: 443
      }
      'x'
    ]
    on: true
  }
}
resource off 'Microsoft.Web/sites@2022-01-01' = if (false) {
}
"""
    found = facts(tmp_path, {"main.bicep": text}, "resource", Bicep())
    assert [(fact.name, fact.at.line, fact.at.end_line, fact.get("state")) for fact in found] == [
        ("ws", 5, 19, None),
        ("off", 20, 21, "disabled"),
    ]
    assert found[0].says["type"] == "Microsoft.MachineLearningServices/workspaces"
    assert found[0].says["data"] == {
        "name": {"expr": "name"},
        "tags": {"team": "ml"},
        "properties": {"rules": [{"port": 443}, "x"], "on": True},
    }
    assert found[0].says["lines"]["properties.on"] == 17


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        ({}, None),
        ({"infra/main.parameters.json": '{"parameters": {"watch": {"value": "${WATCH=false}"}}}'}, "disabled"),
        ({"infra/main.parameters.json": '{"parameters": {"watch": {"value": "${WATCH}"}}}'}, None),
        ({"infra/main.bicepparam": "using './main.bicep'\nparam watch = false\n"}, "disabled"),
        (
            {
                "infra/main.bicepparam": "param watch = false\n",
                "infra/prod/main.parameters.json": '{"parameters": {"watch": {"value": true}}}',
            },
            None,
        ),
    ],
)
def test_modules_of_bicep_that_parameters_switch_off(tmp_path: Path, texts: dict[str, str], state: str | None) -> None:
    main = """param watch bool = true
param spare bool = false
module monitor 'core/monitor.bicep' = if (watch) {
}
module never 'core/spare.bicep' = if (spare) {
}
module always './core/both.bicep' = if (!spare) {
}
module asked 'core/unknown.bicep' = if (!empty(name)) {
}
"""
    inner = "resource {} 'Microsoft.Insights/components@2020-02-02' = {{\n}}\n"
    files = {f"infra/core/{name}.bicep": inner.format(name) for name in ("insights", "spare", "both", "unknown")}
    files |= {"infra/main.bicep": main, "infra/core/monitor.bicep": "module one 'insights.bicep' = {\n}\n", **texts}
    found = facts(tmp_path, files, "resource", Bicep())
    assert {fact.name: fact.get("state") for fact in found} == {
        "insights": state,
        "spare": "disabled",
        "both": None,
        "unknown": None,
    }


def test_arm_templates(tmp_path: Path) -> None:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    inner = {"resources": [{"type": "Microsoft.KeyVault/vaults", "name": "kv"}]}
    template = {
        "$schema": schema,
        "resources": [
            {
                "type": "Microsoft.MachineLearningServices/workspaces",
                "name": "ws",
                "resources": [{"type": "onlineEndpoints", "name": "ep", "condition": False}],
            },
            {"type": "Microsoft.Resources/deployments", "name": "d", "properties": {"template": inner}},
        ],
    }
    text = json.dumps(template, indent=1)
    found = facts(tmp_path, {"a.json": text, "b.json": text, "b.bicep": ""}, "resource", ArmTemplate())
    assert [(fact.at.path, fact.says["type"], fact.get("state")) for fact in found] == [
        ("a.json", "Microsoft.MachineLearningServices/workspaces", None),
        ("a.json", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "disabled"),
        ("a.json", "Microsoft.Resources/deployments", None),
        ("a.json", "Microsoft.KeyVault/vaults", None),
    ]


TEAMS = """
variable "teams" {
  type = map(object({ image = string, models = map(string), replicas = optional(number, 2) }))
  default = {
    nlp = { image = "acme/nlp:1", models = { a = "acme/a:1", b = "acme/b:2" } }
    cv  = { image = "acme/cv:3", models = { c = "acme/c:1" }, replicas = 3 }
  }
}
module "team" {
  source   = "./team"
  for_each = var.teams
  name     = each.key
  cfg      = each.value
}
module "pair" {
  source = "./pair"
  count  = 2
  name   = "pair-${count.index}"
}
resource "aws_ecs_task_definition" "t" {
  for_each              = { for key, one in var.teams : key => one }
  container_definitions = jsonencode([{ name = each.key, image = each.value.image }])
}
resource "aws_ecs_service" "s" {
  for_each        = aws_ecs_task_definition.t
  name            = each.key
  task_definition = each.value.arn
}
resource "aws_cloudwatch_event_rule" "r" {
  for_each            = toset(["rate(1 day)", "rate(7 days)"])
  schedule_expression = each.value
}
resource "aws_cloudwatch_event_target" "weekly" {
  rule = aws_cloudwatch_event_rule.r["rate(7 days)"].name
  arn  = module.team["nlp"].arn
}
resource "aws_iam_role" "same" {
  count = 3
  name  = "one"
}
"""
TEAM = """
variable "name" {}
variable "cfg" {}
module "model" {
  source   = "../model"
  for_each = var.cfg.models
  name     = "${var.name}-${each.key}"
  image    = each.value
  replicas = var.cfg.replicas
}
resource "aws_sagemaker_pipeline" "p" { pipeline_name = "train-${var.name}" }
output "arn" { value = aws_sagemaker_pipeline.p.arn }
"""
MODEL = """
variable "name" {}
variable "image" {}
variable "replicas" {}
resource "kubernetes_deployment" "d" {
  metadata { name = var.name }
  spec {
    replicas = var.replicas
    template {
      spec {
        container {
          name  = "main"
          image = var.image
        }
      }
    }
  }
}
"""


def test_each_instance_of_a_module_and_of_a_resource_is_told(tmp_path: Path) -> None:
    pair = 'variable "name" {}\nresource "aws_sagemaker_endpoint" "e" {\n  name = var.name\n}\n'
    texts = {"main.tf": TEAMS, "team/main.tf": TEAM, "model/main.tf": MODEL, "pair/main.tf": pair}
    items = [item for item in read(tmp_path, texts) if isinstance(item, Fact)]
    workloads = {fact.name: (fact.get("replicas"), fact.get("id")) for fact in items if fact.kind == "workload"}
    where = "model/main.tf#kubernetes_deployment.d"
    assert workloads == {
        "cv-c": (3, f"{where}[team.cv/model]"),
        "nlp-a": (2, f"{where}[team.nlp/model.a]"),
        "nlp-b": (2, f"{where}[team.nlp/model.b]"),
        "s[cv]": (None, "terraform:#aws_ecs_task_definition.t"),
        "s[nlp]": (None, "terraform:#aws_ecs_task_definition.t[nlp]"),
    }
    images = sorted(f"{fact.name}:{fact.get('tag')}" for fact in items if fact.kind == "image")
    assert images == ["acme/a:1", "acme/b:2", "acme/c:1", "acme/cv:3", "acme/nlp:1"]
    assert sorted(fact.name for fact in items if fact.kind == "schedule") == ["rate(1 day)", "rate(7 days)"]
    resources = [fact for fact in items if fact.kind == "resource" and fact.get("platform") == "terraform"]
    by_id = {str(fact.get("id")): fact for fact in resources}
    endpoints = {
        key: fact.says["data"]["name"] for key, fact in by_id.items() if fact.get("type").endswith("_endpoint")
    }
    assert endpoints == {
        "terraform:pair[pair.0]#aws_sagemaker_endpoint.e": "pair-0",
        "terraform:pair[pair.1]#aws_sagemaker_endpoint.e": "pair-1",
    }
    assert by_id["terraform:team[team.nlp]#aws_sagemaker_pipeline.p"].says["data"]["pipeline_name"] == "train-nlp"
    weekly = by_id["terraform:#aws_cloudwatch_event_target.weekly"].says["data"]
    assert weekly["rule"]["key"] == "rate(7_days)"
    assert (weekly["arn"]["folder"], weekly["arn"]["module"]) == ("team", "team.nlp")
    assert [fact.get("instance") for fact in resources if fact.name == "same"] == ["0"]


def test_two_calls_of_one_module_in_one_root_are_two_of_each(tmp_path: Path) -> None:
    call = 'module "%s" {\n  source = "../model"\n  name = "%s"\n  image = "acme/%s:1"\n  replicas = 1\n}\n'
    calls = "".join(call % (name, name, name) for name in ("api", "worker"))
    texts = {"dev/main.tf": calls, "prod/main.tf": calls, "model/main.tf": MODEL}
    found = facts(tmp_path, texts, "workload")
    assert [(fact.name, str(fact.get("id")).partition("#")[2]) for fact in found] == [
        ("api", "kubernetes_deployment.d[api]"),
        ("worker", "kubernetes_deployment.d[worker]"),
    ]


def test_links_lead_to_the_instance_that_is_meant(tmp_path: Path) -> None:
    texts = {"main.tf": TEAMS, "team/main.tf": TEAM, "model/main.tf": MODEL}
    items = tuple(item for item in read(tmp_path, texts) if isinstance(item, Fact))
    graph = build(items, tuple(texts), None, ())
    refers = {(edge.source, edge.target) for edge in graph.edges("refers to")}
    home = "resource:terraform:"
    assert (f"{home}#aws_ecs_service.s[nlp]", f"{home}#aws_ecs_task_definition.t[nlp]") in refers
    assert (f"{home}#aws_ecs_service.s", f"{home}#aws_ecs_task_definition.t") in refers
    assert (f"{home}#aws_cloudwatch_event_target.weekly", f"{home}team[team.nlp]#aws_sagemaker_pipeline.p") in refers
    assert (f"{home}#aws_cloudwatch_event_target.weekly", f"{home}#aws_cloudwatch_event_rule.r[rate(7_days)]") in refers


def test_very_many_instances_are_a_note(tmp_path: Path) -> None:
    text = """
resource "aws_x" "counted" {
  count = 1000000
  name  = "n${count.index}"
}
resource "aws_x" "each" {
  for_each = toset([for i in range(1000000) : tostring(i)])
  name     = each.key
}
module "m" {
  source   = "./m"
  for_each = toset([for i in range(400) : tostring(i)])
  name     = each.key
}
"""
    inner = 'variable "name" {}\nresource "aws_y" "inner" {\n  count = 1000\n  name = "${var.name}-${count.index}"\n}\n'
    items = read(tmp_path, {"main.tf": text, "m/main.tf": inner})
    found = [item for item in items if isinstance(item, Fact) and item.kind == "resource"]
    counted = Counter(f"{fact.get('type')}.{fact.name}" for fact in found)
    assert counted == {"aws_x.counted": 20, "aws_x.each": 1, "aws_y.inner": 20}
    notes = {(item.at.path, item.at.line): item.reason for item in items if isinstance(item, Note)}
    assert "999980 instances more" in notes["main.tf", 2]
    assert "more elements than are kept" in notes["main.tf", 7]
    assert "380 instances more" in notes["main.tf", 10]
    assert "980 instances more" in notes["m/main.tf", 2]
