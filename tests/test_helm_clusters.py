"""Charts that ask the cluster: what they print on some clusters alone is conditional, and not switched off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.reports.graph import Graph
from mlops_scan.reports.json import Json
from mlops_scan.reports.sarif import Sarif
from mlops_scan.reports.text import Text
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.files import Tree, walk
from mlops_scan.scanner.formats.charts.cluster import condition
from mlops_scan.scanner.formats.charts.identities import identity
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.helm import HelmCharts
from mlops_scan.scanner.result import Result

CHART = "apiVersion: v2\nname: app\nversion: 1.0.0\n"
MONITOR = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: sm}\nspec: {endpoints: []}\n"
BUDGET = "kind: PodDisruptionBudget\nmetadata:\n  name: app\nspec: {minAvailable: 1}\n"
HAS_IT = '$.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor"'
CRD = 'lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "servicemonitors.monitoring.coreos.com"'
HAS = '.Capabilities.APIVersions.Has "monitoring.coreos.com/v1"'
OPERATOR = "the cluster has monitoring.coreos.com/v1"
NEW = 'semverCompare ">=1.25-0" .Capabilities.KubeVersion.GitVersion'
OLD = 'semverCompare "<1.21-0" .Capabilities.KubeVersion.Version'


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in {"Chart.yaml": CHART, "values.yaml": "on: true\noff: false\n", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def read(root: Path, files: Mapping[str, str]) -> list[Fact | Note]:
    write(root, files)
    tree = Tree(root, walk(root))
    source = tree.get("Chart.yaml")
    assert source is not None
    return list(HelmCharts().parse(source, tree))


def told(root: Path, files: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """(kind, condition, state, environment) of each object."""
    found = [one for one in read(root, files) if isinstance(one, Fact) and one.kind == "resource"]
    return [
        (str(one.get("type")).rpartition("/")[2], of(one, "only_where"), of(one, "state"), of(one, "environment"))
        for one in found
    ]


def of(fact: Fact, key: str) -> str:
    return str(fact.get(key) or "")


def gated(test: str, body: str = MONITOR) -> str:
    return f"{{{{- if {test} }}}}\n{body}{{{{- end }}}}\n"


@pytest.mark.parametrize(
    ("template", "only_where"),
    [
        (gated(HAS), OPERATOR),
        (gated(f"and .Values.on ({HAS})"), OPERATOR),
        (gated('has "monitoring.coreos.com/v1" .Capabilities.APIVersions'), OPERATOR),
        (gated(HAS_IT), f"{OPERATOR}/ServiceMonitor"),
        ("{{- $can := " + HAS + " }}\n" + gated("$can"), OPERATOR),
        ('{{- define "can" }}{{ if ' + HAS + ' }}true{{ end }}{{ end }}\n' + gated('include "can" .'), OPERATOR),
        ('{{- define "sm" }}' + gated(HAS) + '{{ end }}{{ include "sm" . }}\n', OPERATOR),
        (gated(HAS).replace("{{- end }}", "{{- else }}\n" + BUDGET + "{{- end }}"), OPERATOR),
        (
            gated(CRD),
            "the cluster has CustomResourceDefinition 'servicemonitors.monitoring.coreos.com'",
        ),
        (gated('(lookup "v1" "Node" "" "").items'), "the cluster has Node"),
        (gated(OLD), "the version of the cluster is <1.21-0"),
        (gated(f"not ({NEW})"), "the version of the cluster is not >=1.25-0"),
        (gated("lt (int .Capabilities.KubeVersion.Minor) 25"), "the cluster is of an older version"),
        (gated(f"and ({OLD}) ({HAS})"), f"{OPERATOR} and its version is <1.21-0"),
    ],
)  # fmt: skip
def test_what_hangs_on_the_cluster_alone(tmp_path: Path, template: str, only_where: str) -> None:
    found = told(tmp_path, {"templates/sm.yaml": template})
    assert [one for one in found if one[0] == "ServiceMonitor"] == [("ServiceMonitor", only_where, "", "")]


def test_a_kind_of_kubernetes_itself_is_there_whatever_helm_knows(tmp_path: Path) -> None:
    has = '.Capabilities.APIVersions.Has "policy/v1/PodDisruptionBudget"'
    chosen = gated(has, "apiVersion: policy/v1\n").replace(
        "{{- end }}", "{{- else }}\napiVersion: policy/v1beta1\n{{- end }}"
    )
    files = {
        "templates/pdb.yaml": chosen + BUDGET,
        "templates/own.yaml": gated(has, f"apiVersion: policy/v1\n{BUDGET}"),
    }
    assert told(tmp_path, files) == [("PodDisruptionBudget", "", "", "")]
    alone = {"templates/pdb.yaml": "", "templates/own.yaml": files["templates/own.yaml"]}
    assert told(tmp_path, alone) == [("PodDisruptionBudget", "", "", "")]
    other = {**alone, "templates/own.yaml": gated(has.replace("v1/", "v1beta1/"), f"apiVersion: policy/v1\n{BUDGET}")}
    assert told(tmp_path, other)[0][1] == "the cluster has policy/v1beta1/PodDisruptionBudget"


@pytest.mark.parametrize("test", [f"and .Values.off ({HAS})", f"and ({HAS}) .Values.off", f"and ({OLD}) .Values.off"])
def test_what_a_value_switches_off_is_off_whatever_the_cluster_has(tmp_path: Path, test: str) -> None:
    assert told(tmp_path, {"templates/sm.yaml": gated(test)}) == [("ServiceMonitor", "", "disabled", "")]


def test_one_of_two_versions_is_not_switched_off(tmp_path: Path) -> None:
    new = gated(OLD.replace("<", ">="), f"---\napiVersion: policy/v1\n{BUDGET}")
    old = gated(OLD, f"---\napiVersion: policy/v1beta1\n{BUDGET}")
    assert told(tmp_path, {"templates/pdb.yaml": new + old}) == [("PodDisruptionBudget", "", "", "")]
    files = {"templates/pdb.yaml": new, "templates/pdb-old.yaml": old}
    assert told(tmp_path, files) == [("PodDisruptionBudget", "", "", "")]


def test_each_object_says_what_its_own_condition_asks(tmp_path: Path) -> None:
    route = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: r}\ndata: {a: b}\n"
    text = gated(HAS, f"---\n{MONITOR}") + gated(
        '.Capabilities.APIVersions.Has "route.openshift.io/v1"', f"---\n{route}"
    )
    assert told(tmp_path, {"templates/all.yaml": text}) == [
        ("ServiceMonitor", OPERATOR, "", ""),
        ("ConfigMap", "the cluster has route.openshift.io/v1", "", ""),
    ]


def test_an_environment_has_it_where_the_cluster_can(tmp_path: Path) -> None:
    files = {"templates/sm.yaml": gated(f"and .Values.off ({HAS})"), "values-prod.yaml": "off: true\n"}
    assert told(tmp_path, files) == [("ServiceMonitor", OPERATOR, "", "values-prod.yaml")]


def test_an_endless_template_for_another_cluster_is_told(tmp_path: Path) -> None:
    endless = '{{- define "a" }}{{ include "a" . }}{{ end }}' + gated(HAS, '{{ include "a" . }}\n' + MONITOR)
    notes = [one.reason for one in read(tmp_path, {"templates/sm.yaml": endless}) if isinstance(one, Note)]
    assert notes == ["rendering stopped: templates call each other too deeply"]
    asks = '{{ range until 900 }}{{ if $.Capabilities.APIVersions.Has (printf "a%d" .) }}{{ end }}{{ end }}\n' + gated(
        HAS
    )
    assert ("ServiceMonitor", OPERATOR, "", "") in told(tmp_path, {"templates/sm.yaml": asks})


APP = """\
import joblib
from fastapi import FastAPI

app = FastAPI()
model = joblib.load("model.joblib")


@app.post("/predict")
def predict(x: float) -> float:
    return float(model.predict([[x]])[0])
"""
ROLLOUT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  template:
    metadata: {labels: {app: llm}}
    spec:
      containers:
        - {name: api, image: "vllm/vllm-openai:latest", ports: [{containerPort: 80}]}
"""


def scanned(root: Path, files: Mapping[str, str]) -> Result:
    write(root, {"app.py": APP, "templates/sm.yaml": gated(f"and .Values.on ({HAS})"), **files})
    return scan(root, Config(jobs=1))


def test_it_is_a_safeguard_and_every_report_says_on_what_it_hangs(tmp_path: Path) -> None:
    result = scanned(tmp_path, {"templates/d.yaml": gated('.Capabilities.APIVersions.Has "acme.io/v1"', ROLLOUT)})
    found = [one for one in result.capabilities if one.capability == "infra-monitoring"]
    assert [(one.status.value, one.why, one.only_where) for one in found] == [("used", "", OPERATOR)]
    assert "missing-serving-monitoring" not in {one.rule for one in result.findings}
    assert f"templates/sm.yaml:2 (only where {OPERATOR})" in Text().render(result)
    seen = [one for one in json.loads(Json().render(result))["capabilities"] if one["capability"] == "infra-monitoring"]
    assert [each["what"].partition(", ")[2] for one in seen for each in one["evidence"]] == [f"only where {OPERATOR}"]
    nodes = {one["label"]: one.get("only_where") for one in json.loads(Graph().render(result))["nodes"]}
    assert nodes["Chart.yaml#Deployment/llm"] == "the cluster has acme.io/v1"
    messages = [one["message"]["text"] for one in json.loads(Sarif().render(result))["runs"][0]["results"]]
    assert any("Deployment 'llm' (only where the cluster has acme.io/v1)" in one for one in messages)


def test_production_that_switches_it_off_does_without(tmp_path: Path) -> None:
    result = scanned(tmp_path, {"values-prod.yaml": "on: false\n"})
    found = [one for one in result.capabilities if one.capability == "infra-monitoring"]
    assert [(one.status.value, one.why) for one in found] == [
        ("disabled", "'on' switches it off in production (values-prod.yaml:1)")
    ]


def test_conditions_in_words() -> None:
    asked = [("version", ""), ("api", "a.io/v1"), ("api", "b.io/v1"), ("object", "Secret 's'"), ("version", "<1.2")]
    assert condition(asked, "b.io/v1") == "the cluster has b.io/v1 and its version is <1.2"
    assert condition(asked, "apps/v1") == "the cluster has a.io/v1 and b.io/v1 and Secret 's' and its version is <1.2"
    assert condition([("api", "batch/v1/CronJob")], "batch/v1") == ""
    assert condition([("version", "")], "v1") == "the cluster is of an older version"


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("kind: A\nmetadata:\n  labels:\n    name: no\n  name: yes-1\n", ("A", "yes-1")),
        ("kind: A\nmetadata: {labels: {a: b}, name: x}\n", ("A", "x")),
        ("kind: 'A'\nmetadata:\n\n  # name: no\n  'name': \"x\"\nspec: 1\n", ("A", "x")),
        ("kind: A\nmetadata:\nspec:\n  name: no\n", ("A", "")),
        ("a: 1\n", ("", "")),
    ],
)
def test_which_object_a_document_is(document: str, found: tuple[str, str]) -> None:
    assert identity(document) == found
