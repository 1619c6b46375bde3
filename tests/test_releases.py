"""Values given elsewhere than in a chart: each way is an environment of the same chart, and what it changes is told."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.files import Tree, walk
from mlops_scan.scanner.formats.charts.setvalues import assigned
from mlops_scan.scanner.model import Fact, Location
from mlops_scan.scanner.reading import Reading, read
from mlops_scan.scanner.result import Result

CHART = "apiVersion: v2\nname: llm\nversion: 0.1.0\n"
VALUES = "replicas: 1\nimage: {repository: vllm/vllm-openai, tag: latest}\nautoscaling: {enabled: false}\n"
TEMPLATES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  selector: {matchLabels: {app: llm}}
  template:
    metadata: {labels: {app: llm}}
    spec:
      containers:
        - name: vllm
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          args: [--model, {{ .Values.model | default "tiny" | quote }}]
          ports: [{containerPort: 8000}]
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
"""
SCALER = """\
{{- if .Values.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: llm}
spec:
  minReplicas: 2
  maxReplicas: 6
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: llm}
{{- end }}
"""
REPOSITORY = {
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": VALUES,
    "chart/templates/deployment.yaml": TEMPLATES,
    "chart/templates/hpa.yaml": SCALER,
}


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in {**REPOSITORY, **files}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8")


def reading(root: Path, files: Mapping[str, str]) -> Reading:
    write(root, files)
    return read(Tree(root, walk(root)), jobs=1)


def scanned(root: Path, files: Mapping[str, str]) -> Result:
    write(root, files)
    return scan(root, Config())


def images(found: Reading) -> list[tuple[str, str, str]]:
    """(image, environment, the first line that feeds it) of those that do not come from the defaults."""
    return [
        (str(fact.get("raw")), str(fact.get("environment")), str(fact.also[0].at) if fact.also else "")
        for fact in found.facts
        if fact.kind == "image" and fact.get("environment")
    ]


def workloads(found: Reading) -> set[str]:
    return {str(fact.get("id")) for fact in found.facts if fact.kind == "workload"}


WORKFLOW = """\
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: |
          helm upgrade --install llm ./chart -n prod \\
            -f deploy/live.yaml --set image.tag=v0.10.0 --set-string replicas=3
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: llm}
spec:
  source:
    repoURL: https://git.example.org/llm.git
    path: chart
    helm:
      valueFiles: [../deploy/live.yaml]
      valuesObject: {image: {tag: v0.9.0}}
      parameters:
        - {name: image.tag, value: v0.10.0}
"""
SOURCES = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: llm}
spec:
  sources:
    - repoURL: https://git.example.org/llm.git
      ref: values
    - repoURL: https://git.example.org/llm.git
      path: chart
      helm:
        valueFiles: [$values/deploy/live.yaml]
        values: |
          image:
            tag: v0.10.0
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: llm}
spec:
  chart:
    spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: llm}}
  valuesFrom:
    - {kind: ConfigMap, name: llm-values}
  values:
    image: {tag: v0.10.0}
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: llm-values}
data:
  values.yaml: |
    image: {tag: v0.9.0}
    model: big
"""
HELMFILE = """\
{{ $stage := env "STAGE" }}
environments:
  live: {}
releases:
  - name: llm
    chart: ./chart
    values:
      - deploy/{{ .Environment.Name }}.yaml
      - image: {tag: v0.10.0}
"""
SKAFFOLD = """\
apiVersion: skaffold/v4beta11
kind: Config
profiles:
  - name: live
    deploy:
      helm:
        releases:
          - name: llm
            chartPath: chart
            valuesFiles: [deploy/live.yaml]
            setValues: {image.tag: v0.10.0}
"""
TERRAFORM = """\
resource "helm_release" "llm" {
  name   = "llm"
  chart  = "${path.module}/../chart"
  values = [yamlencode({ image = { tag = "v0.10.0" } })]
}
"""
MAKEFILE = "deploy:\n\thelm upgrade llm chart --values deploy/live.yaml --set image.tag=v0.10.0\n"


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({".github/workflows/deploy.yml": WORKFLOW}, "deploy/live.yaml"),
        ({"Makefile": MAKEFILE}, "deploy/live.yaml"),
        ({"apps/llm.yaml": APPLICATION}, "deploy/live.yaml"),
        ({"apps/llm.yaml": SOURCES}, "deploy/live.yaml"),
        ({"apps/llm.yaml": RELEASE, "apps/values.yaml": CONFIG_MAP}, "apps/llm.yaml"),
        ({"helmfile.yaml": HELMFILE}, "deploy/live.yaml"),
        ({"skaffold.yaml": SKAFFOLD}, "deploy/live.yaml"),
        ({"infra/main.tf": TERRAFORM}, "infra/main.tf"),
    ],
    ids=["command", "make", "application", "sources", "release", "helmfile", "skaffold", "terraform"],
)
def test_each_way_is_an_environment_of_the_same_chart(
    tmp_path: Path, files: Mapping[str, str], environment: str
) -> None:
    found = reading(tmp_path, {**files, "deploy/live.yaml": "model: big\n"})
    assert [(raw, where) for raw, where, _ in images(found)] == [("vllm/vllm-openai:v0.10.0", environment)]
    assert workloads(found) == {"chart/Chart.yaml#Deployment/llm"}
    assert not found.notes


def test_values_of_a_generated_config_map_of_an_overlay(tmp_path: Path) -> None:
    base = {
        "base/kustomization.yaml": "resources: [release.yaml]\n",
        "base/release.yaml": RELEASE.replace("    image: {tag: v0.10.0}\n", "    replicas: 2\n"),
    }
    overlays = {
        f"{name}/{file}": text
        for name, tag in (("prod", "v1"), ("stage", "v2"))
        for file, text in {
            "kustomization.yaml": "resources: [../base]\nconfigMapGenerator:\n"
            "  - {name: llm-values, files: [values.yaml=llm.yaml]}\n",
            "llm.yaml": f"image: {{tag: {tag}}}\n",
        }.items()
    }
    found = reading(tmp_path, {**base, **overlays})
    assert images(found) == [
        ("vllm/vllm-openai:v1", "prod", "prod/llm.yaml:1"),
        ("vllm/vllm-openai:v2", "stage", "stage/llm.yaml:1"),
    ]


def test_a_variable_means_each_file_that_fits(tmp_path: Path) -> None:
    job = WORKFLOW.replace("deploy/live.yaml --set image.tag=v0.10.0 --set-string replicas=3", "deploy/$STAGE/llm.yaml")
    files = {f"deploy/{stage}/llm.yaml": f"image: {{tag: {stage}-1}}\n" for stage in ("prod", "stage")}
    found = reading(tmp_path, {**files, "deploy/other.yaml": "image: {tag: x}", ".github/workflows/d.yml": job})
    assert [one[:2] for one in images(found)] == [
        ("vllm/vllm-openai:prod-1", "deploy/prod/llm.yaml"),
        ("vllm/vllm-openai:stage-1", "deploy/stage/llm.yaml"),
    ]


def test_values_for_tests_and_files_that_are_missing(tmp_path: Path) -> None:
    steps = ", ".join(f"{{run: helm install llm ./chart -f {path}}}" for path in ("tests/v.yaml", "no.yaml"))
    job = f"jobs: {{x: {{steps: [{steps}]}}}}"
    found = reading(tmp_path, {"tests/v.yaml": "image: {tag: v9}\n", ".github/workflows/t.yml": f"on: push\n{job}\n"})
    assert images(found) == []
    assert [note.reason for note in found.notes] == ["values file 'no.yaml' is not in the repository"]


def test_images_named_for_somebody_elses_chart(tmp_path: Path) -> None:
    release = RELEASE.replace("./chart", "vllm-stack").replace(
        "    image: {tag: v0.10.0}", "    engine: {repository: reg/engine, tag: latest}"
    )
    found = reading(tmp_path, {"apps/llm.yaml": release})
    told = [fact for fact in found.facts if fact.kind == "image" and "release" in str(fact.get("owner"))]
    assert [(fact.get("raw"), str(fact.at), fact.get("owner")) for fact in told] == [
        ("reg/engine:latest", "apps/llm.yaml:9", "apps/llm.yaml#release/llm")
    ]


def test_a_safeguard_of_production_alone_is_one(tmp_path: Path) -> None:
    safe = "image: {tag: v0.10.0}\nautoscaling: {enabled: true}\nresources: {limits: {memory: 8Gi}}\n"
    with_prod = {"chart/values-prod.yaml": safe}
    names = {finding.rule for finding in scanned(tmp_path / "prod", with_prod).findings}
    assert not names & {"image-tag-latest", "missing-autoscaler", "missing-resource-limits", "single-replica"}
    trial = {"chart/values-dev.yaml": with_prod["chart/values-prod.yaml"]}
    names = {finding.rule for finding in scanned(tmp_path / "dev", trial).findings}
    assert names >= {"image-tag-latest", "missing-resource-limits"}


def test_what_production_alone_does_says_so(tmp_path: Path) -> None:
    template = (
        TEMPLATES
        + "          {{- if .Values.debug }}\n          securityContext: {privileged: true}\n          {{- end }}\n"
    )
    files = {"chart/templates/deployment.yaml": "{{- if .Values.on }}\n" + template + "{{- end }}\n"}
    result = scanned(tmp_path, {**files, "chart/values-prod.yaml": "on: true\ndebug: true\n"})
    found = [finding.message for finding in result.findings if finding.rule == "privileged-container"]
    assert found == ["Container 'vllm' of Deployment 'llm' (with 'chart/values-prod.yaml') is privileged."]
    autoscaler = scanned(tmp_path / "b", {"chart/values-prod.yaml": "autoscaling: {enabled: true}\n"})
    evidence = [one for one in autoscaler.capabilities if one.capability == "autoscaling"]
    assert evidence and evidence[0].what.endswith("with 'chart/values-prod.yaml'")


@pytest.mark.parametrize(
    ("text", "how", "expected"),
    [
        ("a.b=1,c=true", "", {"a": {"b": 1.0}, "c": True}),
        ("a.b=1,c=true", "string", {"a": {"b": "1"}, "c": "true"}),
        ("l={x,y},m[1].n=2", "", {"l": ["x", "y"], "m": [None, {"n": 2.0}]}),
        (r"s.io/x\.y=a\,b,z=null", "", {"s": {"io/x.y": "a,b"}, "z": None}),
        ("a[99999999]=1,=2,b,c[0][0]=1", "", {"a": [], "c": [[1.0]]}),
        ("a.b=x,y=1", "literal", {"a": {"b": "x,y=1"}}),
        ('a.b={"n": 2, "l": [true]},c=null', "json", {"a": {"b": {"n": 2.0, "l": [True]}}, "c": None}),
        ('{"a": {"b": "x"}}', "json", {"a": {"b": "x"}}),
        ("a={", "json", {}),
        ("a=" + "[" * 5_000, "json", {}),
    ],
)
def test_values_of_a_command_line(text: str, how: str, expected: object) -> None:
    assert assigned(text, Location("x"), how=how) == expected


def facts_of(found: Reading, kind: str) -> list[Fact]:
    return [fact for fact in found.facts if fact.kind == kind]


def test_reading_in_processes_says_the_same(tmp_path: Path) -> None:
    write(tmp_path, {"apps/llm.yaml": APPLICATION, "deploy/live.yaml": "model: big\n"})
    tree = Tree(tmp_path, walk(tmp_path))
    one, two = read(tree, jobs=1), read(Tree(tmp_path, walk(tmp_path)), jobs=2)
    assert one.facts == two.facts
    assert two.matches is not None
    served = [fact for fact in facts_of(two, "image") if fact.get("environment")]
    assert served and all(two.matches[id(fact)] for fact in served)


MONITORED = {
    **REPOSITORY,
    "chart/values.yaml": VALUES.replace("enabled: false", "enabled: true") + "metrics: {enabled: true}\n",
    "chart/templates/monitor.yaml": "{{- if .Values.metrics.enabled }}\napiVersion: monitoring.coreos.com/v1\n"
    "kind: ServiceMonitor\nmetadata: {name: llm}\nspec: {endpoints: [{port: http}]}\n{{- end }}\n",
}
OFF = "replicas: 3\nautoscaling:\n  enabled: false\nmetrics: {enabled: false}\n"


@pytest.mark.parametrize(
    ("files", "states"),
    [
        ({"chart/values-prod.yaml": OFF}, {"autoscaling": "disabled", "infra-monitoring": "disabled"}),
        (
            {"chart/values-prod.yaml": OFF, "chart/values-staging.yaml": "replicas: 2\n"},
            {"autoscaling": "disabled", "infra-monitoring": "disabled"},
        ),
        ({"chart/values-dev.yaml": OFF}, {"autoscaling": "used", "infra-monitoring": "used"}),
        ({"chart/values-preprod.yaml": OFF}, {"autoscaling": "used", "infra-monitoring": "used"}),
        (
            {"chart/values-prod-eu.yaml": OFF, "chart/values-prod-us.yaml": "replicas: 2\n"},
            {"autoscaling": "used", "infra-monitoring": "used"},
        ),
        (
            {
                "deploy/production/v.yaml": "metrics: {enabled: false}\n",
                "deploy.sh": "helm upgrade --install llm chart -f deploy/production/v.yaml\n",
            },
            {"autoscaling": "used", "infra-monitoring": "disabled"},
        ),
    ],
)
def test_a_safeguard_that_production_switches_off(
    tmp_path: Path, files: dict[str, str], states: dict[str, str]
) -> None:
    write(tmp_path, {**MONITORED, **files})
    made = scan(tmp_path, Config(jobs=1))
    found = {one.capability: one.status.value for one in made.capabilities if one.capability in states}
    assert found == states


def test_the_value_that_switches_it_off_is_told(tmp_path: Path) -> None:
    write(tmp_path, {**MONITORED, "chart/values-prod.yaml": OFF})
    whys = {one.capability: one.why for one in scan(tmp_path, Config(jobs=1)).capabilities if one.why}
    assert whys == {
        "autoscaling": "'autoscaling.enabled' switches it off in production (chart/values-prod.yaml:3)",
        "infra-monitoring": "'metrics.enabled' switches it off in production (chart/values-prod.yaml:4)",
    }


def test_values_set_as_json_from_files_and_as_text(tmp_path: Path) -> None:
    command = (
        "deploy:\n\thelm upgrade llm chart --set-file model=conf/model.txt --set image.tag=7"
        ' --set-json \'image={"tag":"0","repository":"acme/llm"}\' --set-string replicas=4\n'
    )
    found = reading(tmp_path, {**REPOSITORY, "Makefile": command, "conf/model.txt": "acme/big"})
    (container,) = [one for one in facts_of(found, "container") if one.get("environment")]
    assert container.get("image") == "acme/llm:7"  # --set after --set-json, whatever the order
    assert container.get("args") == ["--model", "acme/big"]
    missing = reading(tmp_path / "b", {**REPOSITORY, "Makefile": command})
    assert [note.at.path for note in missing.notes if "'conf/model.txt' that sets a value" in note.reason] == [
        "Makefile"
    ]


def test_values_of_the_environments_of_a_helmfile(tmp_path: Path) -> None:
    helmfile = """environments:
  dev:
    values: [env/dev.yaml]
  prod:
    values:
      - env/prod.yaml
      - llm: {enabled: true}
---
releases:
  - name: llm
    chart: ./chart
    condition: llm.enabled
    values:
      - image: {tag: '{{ .Values.llm.tag | default "1" }}'}
    set:
      - {name: replicas, value: "{{ .Values.llm.replicas }}"}
"""
    files = {
        "helmfile.yaml": helmfile,
        "env/dev.yaml": "llm: {enabled: false, replicas: 1}\n",
        "env/prod.yaml": "llm: {enabled: false, replicas: 5, tag: v9}\n",
    }
    found = reading(tmp_path, {**REPOSITORY, **files})
    releases = {one.get("environment"): one.get("state") for one in facts_of(found, "release")}
    assert releases == {"dev": "disabled", "prod": None}
    (workload,) = [one for one in facts_of(found, "workload") if one.get("environment")]
    assert (workload.get("environment"), workload.get("replicas")) == ("prod", 5)
    assert {one.get("tag") for one in facts_of(found, "image") if one.get("environment")} == {"v9"}
