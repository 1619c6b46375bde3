"""What a release lays over the objects of its chart: patches and images, as the controller applies them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.files import Tree, walk
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.reading import Reading, read

CHART = {
    "charts/llm/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 0.1.0\n",
    "charts/llm/values.yaml": "replicas: 1\ntag: v1\n",
    "charts/llm/templates/llm.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{ .Release.Name }}-server}
        spec:
          replicas: {{ .Values.replicas }}
          selector: {matchLabels: {app: llm}}
          template:
            metadata: {labels: {app: llm}}
            spec:
              containers:
              - name: vllm
                image: vllm/vllm-openai:{{ .Values.tag }}
                ports: [{containerPort: 8000}]
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: llm}
        spec: {minReplicas: 2, maxReplicas: 4, scaleTargetRef: {kind: Deployment, name: llm-server}}
        """,
}
SERVICE = (
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: llm}\nspec: {selector: {app: llm}, ports: [{port: 80}]}\n"
)
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: llm}
spec:
  %s
  chart: {spec: {chart: ./charts/llm, sourceRef: {kind: GitRepository, name: llm}}}
  postRenderers:
"""
SCALED = (
    "- kustomize: {patches: [{target: {kind: Deployment%s}, patch: '[{op: add, path: /spec/replicas, value: 3}]'}]}"
)
IMAGES = "- kustomize: {images: [{name: vllm/vllm-openai, newName: reg/vllm, newTag: v2}]}"
MERGED = """\
- kustomize:
    patchesStrategicMerge:
    - {apiVersion: apps/v1, kind: Deployment, metadata: {name: llm-server}, spec: {replicas: 5}}
"""
DELETED = """\
- kustomize:
    patches:
    - patch: |
        $patch: delete
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: llm}
"""


def write(root: Path, over: str, says: str = "interval: 1h") -> None:
    release = RELEASE % says + textwrap.indent(over, "  ")
    for path, text in {**CHART, "flux/llm.yaml": release}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8")


def reading(root: Path, over: str, says: str = "interval: 1h") -> Reading:
    write(root, over, says)
    return read(Tree(root, walk(root)), jobs=1)


def released(found: Reading, kind: str) -> list[Fact]:
    return [one for one in found.facts if one.kind == kind and one.get("environment") == "flux/llm.yaml"]


@pytest.mark.parametrize(
    ("over", "says", "replicas"),
    [
        (SCALED % "", "interval: 1h", 3),
        (SCALED % ", name: big-server", "releaseName: big", 3),
        (SCALED % ", name: ml-llm-server", "targetNamespace: ml", 3),
        (SCALED % ", name: llm-server", "releaseName: big", 1),
        (SCALED % ", name: other", "interval: 1h", 1),
        (MERGED, "interval: 1h", 5),
        (f"{SCALED % ''}\n{MERGED}", "interval: 1h", 5),
        ("- exec: {command: patch}", "interval: 1h", None),
    ],
)
def test_patches_change_what_the_release_runs(tmp_path: Path, over: str, says: str, replicas: int | None) -> None:
    found = reading(tmp_path, over, says)
    assert [one.get("replicas") for one in released(found, "workload")] == ([replicas] if replicas else [])
    assert {one.get("id") for one in found.facts if one.kind == "workload"} == {
        "charts/llm/Chart.yaml#Deployment/llm-server"
    }


def test_values_come_before_what_is_laid_over(tmp_path: Path) -> None:
    found = reading(tmp_path, IMAGES, "values: {replicas: 4, tag: latest}")
    (image,) = released(found, "image")
    assert (image.get("raw"), str(image.at)) == ("reg/vllm:v2", "flux/llm.yaml:8")
    assert [one.get("replicas") for one in released(found, "workload")] == [4]


def test_an_object_that_is_deleted_is_switched_off(tmp_path: Path) -> None:
    found = reading(tmp_path, DELETED)
    told = [one for one in released(found, "resource") if one.get("type") == "autoscaling/HorizontalPodAutoscaler"]
    assert [(one.get("state"), one.get("why")) for one in told] == [
        ("disabled", "a patch removes it (flux/llm.yaml:11)")
    ]


def test_one_replica_of_the_chart_is_none_of_the_release(tmp_path: Path) -> None:
    write(tmp_path / "a", SCALED % "")
    write(tmp_path / "b", SCALED % ", name: other")
    for name in "ab":
        (tmp_path / name / "charts/llm/templates/llm.yaml").write_text(
            textwrap.dedent(CHART["charts/llm/templates/llm.yaml"])
            .replace("{{ .Values.replicas }}", "1")
            .partition("---")[0]
            + SERVICE,
            encoding="utf-8",
        )
    rules = [{one.rule for one in scan(tmp_path / name, Config(jobs=1)).findings} for name in "ab"]
    assert ["single-replica" in one for one in rules] == [False, True]
