"""What only the values of an environment switch on is there."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.subjects import subjects
from tests.conftest import Understand

CHART = {
    "charts/llm/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 1.0.0\n",
    "charts/llm/values.yaml": "enabled: false\n",
    "charts/llm/templates/a.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: llm}\n"
    "spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}},"
    " spec: {containers: [{name: b, image: 'vllm/vllm-openai:v1'}]}}}\n",
    "charts/llm/templates/b.yaml": "{{- if .Values.enabled }}\napiVersion: monitoring.coreos.com/v1\n"
    "kind: ServiceMonitor\nmetadata: {name: llm}\nspec: {selector: {matchLabels: {app: a}}}\n---\n"
    "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: own}\n"
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: 's3://m/own'}}}\n{{- end }}\n",
}
COMMAND = "deploy:\n\thelm upgrade --install llm charts/llm -f envs/%s.yaml\n"
INFLATES = "helmGlobals: {chartHome: ../charts}\nhelmCharts:\n- {name: llm, valuesInline: {enabled: %s}}\n"
MONITOR = "resource:charts/llm/Chart.yaml#ServiceMonitor/llm"


def marks(graph: Graph) -> dict[str, tuple[str, str]]:
    return {one.id: (one.state, one.reach) for one in subjects(graph)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Makefile": COMMAND % "prod", "envs/prod.yaml": "enabled: true\n"}, ("", "production")),
        ({"o/kustomization.yaml": INFLATES % "true"}, ("", "production")),
        ({"o/kustomization.yaml": INFLATES % "false"}, ("disabled", "development")),
        ({"Makefile": COMMAND % "prod", "envs/prod.yaml": "enabled: false\n"}, ("disabled", "development")),
        ({"Makefile": COMMAND % "dev", "envs/dev.yaml": "enabled: true\n"}, ("disabled", "development")),
        ({}, ("disabled", "development")),
    ],
    ids=["command", "inflated", "inflated-off", "off", "trial", "defaults"],
)
def test_an_object_that_an_environment_switches_on_is_there(
    understand: Understand, files: dict[str, str], expected: tuple[str, str]
) -> None:
    assert marks(understand({**CHART, **files}))[MONITOR] == expected
