"""What counts as read: what readers take, and what charts and modules are made of; sentences that begin with a type."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.rules.base import _begun
from mlops_scan.scanner.config import Config

MONITOR = (
    "{{ if .Values.watch }}\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m}\n"
    "spec: {selector: {matchLabels: {app: a}}, podMetricsEndpoints: [{port: http}]}\n{{ end }}\n"
)
SERVE = "import joblib\nfrom fastapi import FastAPI\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\n"
    "spec: {template: {spec: {containers: [{name: api, image: 'r.example/api:1'}]}}}\n"
)


def test_templates_and_values_of_a_chart_are_read(tmp_path: Path) -> None:
    files = {
        "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "chart/values.yaml": "watch: false\n",
        "chart/values-prod.yaml": "watch: false\n",
        "chart/templates/_names.tpl": '{{ define "n" }}a{{ end }}',
        "chart/templates/m.yaml": MONITOR,
        "chart/templates/d.yaml": DEPLOYMENT,
        "infra/main.tf": 'resource "aws_s3_bucket" "b" {}\n',
        "infra/variables.tf": 'variable "x" {}\n',
        "notes/values.yaml.bak": "x",
        "serve.py": SERVE,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    result = scan(tmp_path, Config(jobs=1))
    assert (result.coverage.parsed, result.coverage.files) == (9, 10)


@pytest.mark.parametrize(
    ("what", "begun"),
    [
        ("a gate", "A gate"),
        ("monitoring.coreos.com/PodMonitor 'm'", "monitoring.coreos.com/PodMonitor 'm'"),
        ("aws_sagemaker_endpoint 'a'", "aws_sagemaker_endpoint 'a'"),
        ("joblib.load", "joblib.load"),
        ("workflow on schedule, manual", "Workflow on schedule, manual"),
        ("evaluate-only step of p.yaml", "Evaluate-only step of p.yaml"),
    ],
)
def test_a_sentence_keeps_the_case_of_a_type(what: str, begun: str) -> None:
    assert _begun(what) == begun
