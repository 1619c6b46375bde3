"""Variables from ConfigMaps tell code what literal variables of a manifest tell it."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import configmaps
from tests.by_hand import fact
from tests.conftest import Understand

APP = 'import os, joblib\nmodel = joblib.load(os.environ["MODEL_URI"])\n'
WHOLE = "envFrom: [{configMapRef: {name: cfg}}]"
PREFIXED = "envFrom: [{prefix: MODEL_, configMapRef: {name: cfg}}]"
SINGLE = "env: [{name: MODEL_URI, valueFrom: {configMapKeyRef: {name: cfg, key: %s}}}]"


def _deployment(env: str, namespace: str = "") -> str:
    meta = f"{{name: api{', namespace: ' + namespace if namespace else ''}}}"
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {meta}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n"
        f"  template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      containers:\n        - name: api\n"
        f"          image: acme/api:1\n          {env}\n"
    )


def _map(data: str, name: str = "cfg", namespace: str = "") -> str:
    meta = f"{{name: {name}{', namespace: ' + namespace if namespace else ''}}}"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {meta}\ndata: {{{data}}}\n"


def _read(graph: Graph) -> set[str]:
    return {edge.target for edge in graph.edges("reads") if edge.target.startswith("model:")}


CHART = {
    "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
    "c/values.yaml": "model: s3://b/m.joblib\n",
    "c/templates/d.yaml": _deployment("envFrom: [{configMapRef: {name: '{{ .Release.Name }}-cfg'}}]"),
    "c/templates/m.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-cfg\n"
        "data:\n  MODEL_URI: {{ .Values.model | quote }}\n"
    ),
}
GENERATED = {
    "k/d.yaml": _deployment(WHOLE),
    "k/kustomization.yaml": (
        "resources: [d.yaml]\nconfigMapGenerator:\n  - name: cfg\n    literals: [MODEL_URI=s3://b/m.joblib]\n"
    ),
}
FROM_FILE = {
    "k/d.yaml": _deployment(WHOLE),
    "k/app.env": "MODEL_URI=s3://b/m.joblib\n",
    "k/kustomization.yaml": (
        "namePrefix: prod-\nresources: [d.yaml]\nconfigMapGenerator:\n  - name: cfg\n    envs: [app.env]\n"
    ),
}


@pytest.mark.parametrize(
    "files",
    [
        {"k.yaml": _deployment(WHOLE) + "---\n" + _map("MODEL_URI: s3://b/m.joblib")},
        {"d.yaml": _deployment(WHOLE, "ml"), "m.yaml": _map("MODEL_URI: s3://b/m.joblib", namespace="ml")},
        {"d.yaml": _deployment(PREFIXED), "m.yaml": _map("URI: s3://b/m.joblib")},
        {"d.yaml": _deployment(SINGLE % "uri"), "m.yaml": _map("uri: s3://b/m.joblib, other: s3://b/n.joblib")},
        CHART,
        GENERATED,
        FROM_FILE,
    ],
)
def test_code_reads_the_model_that_a_config_map_names(files: dict[str, str], understand: Understand) -> None:
    assert _read(understand({"app.py": APP, **files})) == {"model:m.joblib"}


@pytest.mark.parametrize(
    "files",
    [
        {"m.yaml": _map("MODEL_URI: s3://b/m.joblib")},  # nobody takes it
        {"d.yaml": _deployment(WHOLE), "m.yaml": _map("MODEL_URI: s3://b/m.joblib", name="other")},
        {"d.yaml": _deployment(WHOLE, "a"), "m.yaml": _map("MODEL_URI: s3://b/m.joblib", namespace="b")},
        {"d.yaml": _deployment(SINGLE % "other"), "m.yaml": _map("MODEL_URI: s3://b/m.joblib")},
        {"d.yaml": _deployment("envFrom: [{secretRef: {name: cfg}}]"), "m.yaml": _map("MODEL_URI: s3://b/m.joblib")},
        {
            "x/d.yaml": _deployment(WHOLE),
            "y/m.yaml": _map("MODEL_URI: s3://b/m.joblib"),
            "z/m.yaml": _map("MODEL_URI: s3://b/n.joblib"),
        },
    ],
)
def test_a_config_map_that_is_not_the_one_meant_tells_nothing(files: dict[str, str], understand: Understand) -> None:
    assert _read(understand({"app.py": APP, **files})) == set()


def test_variables_by_hand() -> None:
    pod = {"spec": {"template": {"spec": {"containers": [{"envFrom": [{"configMapRef": {"name": "cfg"}}]}]}}}}
    says = {"type": "core/ConfigMap", "lines": {"data.A": 4}}
    near = fact("resource", "cfg", "a/m.yaml:1", data={"data": {"A": "1", "app.yaml": "x: 1", "B": "x\ny"}}, **says)
    far = fact("resource", "cfg", "b/m.yaml:1", data={"data": {"A": "2"}}, **says)
    owner = fact("resource", "api", "a/d.yaml:1", type="apps/Deployment", id="a/d.yaml#Deployment/api", data=pod)
    (found,) = configmaps.variables([far, near, owner])
    assert (found.name, str(found.at), found.get("value")) == ("A", "a/m.yaml:4", "1")
    assert found.get("owner") == "a/d.yaml#Deployment/api"
    assert not list(configmaps.variables([owner]))
