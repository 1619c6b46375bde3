"""An image of a chart's defaults is none that runs where every release of the chart names another one."""

from __future__ import annotations

import pytest

from mlops_scan.rules.serving.image_tag_latest import ImageTagLatest
from mlops_scan.scanner.graph.subjects import links
from tests.conftest import Understand

CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "image: {repository: nginx, tag: latest}\nside: {tag: latest}\n",
    "charts/web/templates/d.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [\n"
    "  {name: b, image: '{{ .Values.image.repository }}:{{ .Values.image.tag }}'}]}}}\n",
}
PUBLISHED = "home: https://x.example\nsources: [https://x.example]\nmaintainers: [{name: x}]\n"
SET = "\thelm upgrade --install %s charts/web --set image.repository=acme/llm,image.tag=%s\n"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source:
    path: charts/web
    helm:
      parameters: [{name: image.repository, value: acme/llm}, {name: image.tag, value: v2}]
"""
TERRAFORM = """\
resource "helm_release" "q" {
  name   = "q"
  chart  = "${path.module}/../charts/web"
  values = [yamlencode({ image = { repository = "acme/llm", tag = "v3" } })]
}
"""


@pytest.mark.parametrize(
    ("files", "runs_default"),
    [
        ({"Makefile": "a:\n" + SET % ("a", "v1")}, False),
        ({"app.yaml": APPLICATION}, False),
        ({"infra/main.tf": TERRAFORM}, False),
        ({"Makefile": "a:\n" + SET % ("a", "v1"), "app.yaml": APPLICATION}, False),
        ({}, True),
        ({"Makefile": "a:\n\thelm install a charts/web\n"}, True),
        ({"Makefile": "a:\n\thelm install a charts/web --set side.tag=v1\n"}, True),
        ({"Makefile": "a:\n\thelm install a charts/web\n", "app.yaml": APPLICATION}, True),
        ({"Makefile": "a:\n" + SET % ("a", "v1") + "\thelm install b charts/web --set side.tag=v1\n"}, True),
        (
            {
                "Makefile": "a:\n" + SET % ("a", "v1"),
                "charts/web/Chart.yaml": CHART["charts/web/Chart.yaml"] + PUBLISHED,
            },
            True,
        ),
    ],
    ids=["set", "application", "terraform", "two", "none", "bare", "other", "one-bare", "one-file", "published"],
)
def test_a_default_that_every_release_replaces_does_not_run(
    understand: Understand, files: dict[str, str], runs_default: bool
) -> None:
    graph = understand({**CHART, **files})
    run = {edge.target for edge in links(graph) if edge.relation == "runs"}
    assert ("image:nginx" in run) is runs_default
    found = [one for one in ImageTagLatest().check(graph) if "'nginx'" in one.message]
    assert bool(found) is runs_default


def test_what_a_release_runs_instead_is_judged(understand: Understand) -> None:
    graph = understand({**CHART, "Makefile": "a:\n" + SET % ("a", "latest")})
    found = [one.message for one in ImageTagLatest().check(graph)]
    assert len(found) == 1 and "'acme/llm' is ':latest'" in found[0]
