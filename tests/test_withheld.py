"""Safeguards that production does without: patches remove them, values of charts and of variables switch them off."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.result import Result

API = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  replicas: 3
  selector: {matchLabels: {app: llm}}
  template:
    metadata: {labels: {app: llm}}
    spec:
      containers:
        - name: api
          image: vllm/vllm-openai:v0.10.0
          ports: [{containerPort: 8000}]
          readinessProbe: {httpGet: {path: /health, port: 8000}}
          livenessProbe: {httpGet: {path: /health, port: 8000}}
          resources: {limits: {memory: 1Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: llm}
spec: {selector: {app: llm}, ports: [{port: 80, targetPort: 8000}]}
"""
SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: llm}
spec: {minReplicas: 2, maxReplicas: 6, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: llm}}
"""
MONITOR = """\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: llm}
spec: {selector: {matchLabels: {app: llm}}, endpoints: [{port: http}]}
"""
BASE = {
    "base/api.yaml": API,
    "base/hpa.yaml": SCALER,
    "base/sm.yaml": MONITOR,
    "base/kustomization.yaml": "resources: [api.yaml, hpa.yaml, sm.yaml]\n",
}
DELETE = """\
resources: [../../base]
patches:
  - path: gone.yaml
  - target: {kind: ServiceMonitor, name: llm}
    patch: |-
      $patch: delete
      kind: ServiceMonitor
      metadata: {name: llm}
"""
GONE = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: llm}\n$patch: delete\n"
PLAIN = "resources: [../../base]\n"
PROBES = """\
resources: [../../base]
replicas: [{name: llm, count: 1}]
patches:
  - target: {kind: Deployment}
    patch: |-
      - {op: remove, path: /spec/template/spec/containers/0/readinessProbe}
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: llm}
      spec: {template: {spec: {containers: [{name: api, livenessProbe: null, resources: {$patch: delete}}]}}}
"""


def scanned(root: Path, files: dict[str, str]) -> Result:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return scan(root, Config(jobs=1))


def states(result: Result) -> dict[str, str]:
    wanted = ("autoscaling", "infra-monitoring", "health-checks")
    return {one.capability: one.status.value for one in reversed(result.capabilities) if one.capability in wanted}


def overlay(name: str, text: str) -> dict[str, str]:
    more = {f"overlays/{name}/gone.yaml": GONE} if "gone.yaml" in text else {}
    return {f"overlays/{name}/kustomization.yaml": text, **more}


@pytest.mark.parametrize(
    ("overlays", "state"),
    [
        ({"dev": PLAIN, "prod": DELETE}, "disabled"),
        ({"staging": PLAIN, "prod-eu": DELETE, "prod-us": DELETE}, "disabled"),
        ({"staging": PLAIN, "prod-eu": DELETE, "prod-us": PLAIN}, "used"),
        ({"dev": DELETE, "prod": PLAIN}, "used"),
        ({"staging": DELETE, "eu": PLAIN}, "used"),
        ({"prod": DELETE}, "disabled"),
        ({"only": DELETE}, "disabled"),
        ({"dev": PLAIN, "staging": DELETE}, "disabled"),
    ],
)
def test_what_a_patch_removes_where_it_counts(tmp_path: Path, overlays: dict[str, str], state: str) -> None:
    files = dict(BASE)
    for name, text in overlays.items():
        files |= overlay(name, text)
    result = scanned(tmp_path, files)
    assert states(result) == {"autoscaling": state, "infra-monitoring": state, "health-checks": "used"}
    found = {one.rule: one.message for one in result.findings}
    assert ("missing-autoscaler" in found) == (state == "disabled")
    assert ("missing-serving-monitoring" in found) == (state == "disabled")


def test_the_patch_that_removes_it_is_told(tmp_path: Path) -> None:
    result = scanned(tmp_path, {**BASE, **overlay("dev", PLAIN), **overlay("prod", DELETE)})
    found = {one.rule: one.message for one in result.findings}
    assert found["missing-autoscaler"] == (
        "Nothing scales Deployment 'llm': a patch removes it (overlays/prod/gone.yaml:4)."
    )
    whys = {one.why for one in result.capabilities if one.capability == "infra-monitoring"}
    assert whys == {"a patch removes it (overlays/prod/kustomization.yaml:6)"}
    assert "a patch removes it (overlays/prod/kustomization.yaml:6)" in found["missing-serving-monitoring"]


def test_what_is_removed_and_made_anew_is_there(tmp_path: Path) -> None:
    anew = {"overlays/prod/hpa.yaml": SCALER.replace("6", "9")}
    above = overlay("prod", "resources: [../bare, hpa.yaml]\n")
    result = scanned(tmp_path, {**BASE, **overlay("dev", PLAIN), **overlay("bare", DELETE), **above, **anew})
    assert states(result)["autoscaling"] == "used"


@pytest.mark.parametrize(
    ("overlays", "fires"),
    [
        ({"staging": PLAIN, "prod": PROBES}, True),
        ({"staging": PLAIN, "prod-a": PROBES, "prod-b": PLAIN}, False),
        ({"staging": PROBES, "prod": PLAIN}, False),
    ],
)
def test_what_patches_take_from_a_container(tmp_path: Path, overlays: dict[str, str], fires: bool) -> None:
    files = {path: text for path, text in BASE.items() if "hpa" not in path}
    files["base/kustomization.yaml"] = "resources: [api.yaml, sm.yaml]\n"
    for name, text in overlays.items():
        files |= overlay(name, text)
    result = scanned(tmp_path, files)
    found = {one.rule: (one.message, str(one.at)) for one in result.findings}
    told = {
        "missing-readiness-probe": "Container 'api' of Deployment 'llm' has no readiness probe",
        "missing-liveness-probe": "Container 'api' of Deployment 'llm' has no liveness probe",
        "missing-resource-limits": "Container 'api' of Deployment 'llm' has no resource limits",
        "single-replica": "Deployment 'llm' runs one replica",
    }
    messages = {rule: f"{text} in production (overlays/prod)." for rule, text in told.items()}
    assert {rule: found[rule][0] for rule in told if rule in found} == (messages if fires else {})
    assert states(result)["health-checks"] == ("disabled" if fires else "used")
    if fires:
        assert found["single-replica"][1] == "overlays/prod/kustomization.yaml:2"


def test_production_values_of_a_chart_take_probes(tmp_path: Path) -> None:
    probe = "readinessProbe: {httpGet: {path: /health, port: 8000}}\n"
    chart = {
        "chart/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 1.0.0\n",
        "chart/values.yaml": "probe: true\n",
        "chart/templates/d.yaml": API.replace(probe, "{{- if .Values.probe }}\n          " + probe + "{{- end }}\n"),
        "chart/values-prod.yaml": "probe: false\n",
    }
    messages = {one.rule: one.message for one in scanned(tmp_path, chart).findings}
    assert messages["missing-readiness-probe"] == (
        "Container 'api' of Deployment 'llm' has no readiness probe in production (chart/values-prod.yaml)."
    )
    other = {**chart, "chart/values-prod-us.yaml": "other: 1\n"}
    assert "missing-readiness-probe" not in {one.rule for one in scanned(tmp_path / "two", other).findings}


MODULE = """\
variable "enable_monitoring" { default = true }
variable "size" { default = 1 }
locals { watched = var.enable_monitoring ? 1 : 0 }
resource "aws_sagemaker_endpoint" "llm" { endpoint_config_name = "x" }
resource "aws_sagemaker_monitoring_schedule" "watch" {
  count = local.watched
  name  = "watch"
  monitoring_schedule_config { monitoring_type = "DataQuality" }
}
"""
NAMED = "terraform apply -var-file env/$E.tfvars\n"
OFF = "size = 2\nenable_monitoring = false\n"


@pytest.mark.parametrize(
    ("files", "state", "why"),
    [
        ({"infra/main.tf": MODULE}, "used", ""),
        (
            {"infra/main.tf": MODULE, "infra/env/prod.tfvars": OFF, "infra/env/dev.tfvars": "size = 1\n"},
            "disabled",
            "'enable_monitoring' switches it off (infra/env/prod.tfvars:2)",
        ),
        (
            {"infra/main.tf": MODULE, "infra/env/prod.tfvars": OFF, "run.sh": NAMED},
            "disabled",
            "'enable_monitoring' switches it off (infra/env/prod.tfvars:2)",
        ),
        ({"infra/main.tf": MODULE, "infra/dev.tfvars": OFF}, "used", ""),
        ({"infra/main.tf": MODULE, "infra/prod.tfvars": OFF, "run.sh": "cd infra\nterraform apply\n"}, "used", ""),
        ({"infra/main.tf": MODULE.replace("= true", "= false")}, "disabled", ""),
        (
            {
                "m/main.tf": MODULE,
                "prod/main.tf": 'variable "on" {}\nmodule "m" {\n  source = "../m"\n  enable_monitoring = var.on\n}\n',
                "prod/terraform.tfvars": "on = false\n",
            },
            "disabled",
            "'on' switches it off (prod/terraform.tfvars:1)",
        ),
        (
            {
                "m/main.tf": MODULE,
                "envs/staging/main.tf": 'module "m" { source = "../../m" }\n',
                "envs/prod/main.tf": 'module "m" {\n  source = "../../m"\n  enable_monitoring = false\n}\n',
            },
            "disabled",
            "production has none of it (envs/prod)",
        ),
        (
            {
                "m/main.tf": MODULE,
                "envs/staging/main.tf": 'module "m" {\n  source = "../../m"\n  count = 1\n}\n',
                "envs/prod/main.tf": 'module "m" {\n  source = "../../m"\n  count = 0\n}\n',
            },
            "disabled",
            "production has none of it (envs/prod)",
        ),
        (
            {
                "m/main.tf": MODULE,
                "envs/prod-eu/main.tf": 'module "m" { source = "../../m" }\n',
                "envs/prod-us/main.tf": 'module "m" {\n  source = "../../m"\n  enable_monitoring = false\n}\n',
            },
            "used",
            "",
        ),
    ],
)  # fmt: skip
def test_what_variables_switch_off_in_production(tmp_path: Path, files: dict[str, str], state: str, why: str) -> None:
    found = [one for one in scanned(tmp_path, files).capabilities if one.capability == "model-monitoring"]
    assert [(one.status.value, one.why) for one in found] == [(state, why)]


def test_variables_in_circles_are_not_followed_for_ever(tmp_path: Path) -> None:
    text = MODULE.replace("var.enable_monitoring ? 1 : 0", "local.other && var.enable_monitoring ? 1 : 0")
    circle = text.replace("locals {", "locals {\n  other = local.third\n  third = local.other\n ")
    result = scanned(tmp_path, {"main.tf": circle, "prod.tfvars": OFF})
    assert any("refers to itself" in one.reason for one in result.coverage.unreadable)
