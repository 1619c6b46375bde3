"""Kubernetes manifests as facts: pods by shape, exact places, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.scanner import bounds, files
from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.formats import kube, yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.graph import purpose_of_schedule
from mlops_scan.scanner.model import Fact, Location, Note, Place
from mlops_scan.scanner.parsers.kubernetes import KubernetesManifests
from tests.conftest import Understand

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: model
  namespace: ml
  annotations: {a: "1"}
spec:
  replicas: 2
  selector:
    matchLabels: {app: model}
  template:
    metadata:
      labels: {app: model}
      annotations: {prometheus.io/scrape: "true"}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 1000}
      volumes:
        - name: cache
          persistentVolumeClaim: {claimName: models}
      initContainers:
        - name: fetch
          image: busybox
      containers:
        - name: server
          image: registry:5000/team/server:1.2@sha256:abc
          command: ["/bin/bash", "-c"]
          args:
            - |
              cd /app
              uv run vllm serve m --port 80
          ports:
            - {name: http, containerPort: 8000}
          env:
            - {name: LEVEL, value: "1"}
            - name: TOKEN
              valueFrom: {secretKeyRef: {name: hub, key: token}}
          readinessProbe: {httpGet: {path: /health, port: http}}
          livenessProbe: {}
          resources:
            limits: {nvidia.com/gpu: 1, memory: 4Gi}
          securityContext: {privileged: true, runAsUser: 0}
          volumeMounts:
            - {name: cache, mountPath: /models}
"""


def tree(root: Path, texts: dict[str, str]) -> Tree:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Tree(root, files.walk(root))


def read(root: Path, texts: dict[str, str]) -> list[Fact | Note]:
    all_files, parser = tree(root, texts), KubernetesManifests()
    sources = [source for path in all_files.paths if (source := all_files.get(path)) is not None]
    return [item for source in sources if parser.reads(source, all_files) for item in parser.parse(source, all_files)]


def facts(items: list[Fact | Note], kind: str) -> list[Fact]:
    return [item for item in items if isinstance(item, Fact) and item.kind == kind]


def test_a_deployment_says_what_it_runs(tmp_path: Path) -> None:
    items = read(tmp_path, {"k8s/a.yaml": DEPLOYMENT})
    (workload,) = facts(items, "workload")
    assert workload.says["id"] == "k8s/a.yaml#Deployment/model"
    assert (workload.get("replicas"), workload.get("replicas_line"), workload.get("kind_line")) == (2, 8, 2)
    assert workload.get("labels") == workload.get("selector") == {"app": "model"}
    assert workload.get("annotations") == {"a": "1", "prometheus.io/scrape": "true"}
    assert workload.get("volumes") == [{"name": "cache", "type": "persistentVolumeClaim", "source": "models"}]
    assert (workload.get("type"), workload.get("namespace"), workload.get("origin")) == ("apps/Deployment", "ml", "raw")

    fetch, server = facts(items, "container")
    assert (fetch.get("init"), fetch.get("run_as_user"), fetch.get("run_as_non_root")) == (True, 1000, True)
    assert (server.at.line, server.at.column, server.get("end_line")) == (24, 11, len(DEPLOYMENT.splitlines()))
    assert server.get("readiness") == {"httpGet": {"path": "/health", "port": "http"}}
    assert server.get("liveness") is None
    assert server.get("limits") == {"nvidia.com/gpu": "1", "memory": "4Gi"}
    assert (server.get("privileged"), server.get("run_as_user")) == (True, 0)
    assert server.get("env") == {"LEVEL": "1", "TOKEN": None}
    assert server.get("ports") == [{"name": "http", "port": 8000}]
    assert server.get("volume_mounts") == [{"name": "cache", "path": "/models"}]
    assert server.get("lines")["privileged"] == 41

    images = {image.name: image for image in facts(items, "image")}
    assert images["registry:5000/team/server"].get("tag") == "1.2"
    assert images["registry:5000/team/server"].get("digest") == "sha256:abc"
    assert (images["busybox"].get("tag"), images["busybox"].at.line) == (None, 22)
    assert [(c.get("argv"), c.at.line) for c in facts(items, "command")] == [
        (["cd", "/app"], 29),
        (["vllm", "serve", "m", "--port", "80"], 30),
    ]
    assert [(e.name, e.get("value"), e.get("secret_ref"), e.at.line) for e in facts(items, "env")] == [
        ("LEVEL", "1", None, 34),
        ("TOKEN", None, "hub", 35),
    ]
    (resource,) = facts(items, "resource")
    assert resource.get("lines")["spec.template.spec"] == 15
    assert resource.get("data")["spec"]["replicas"] == 2


HOLDERS = {
    "Pod": "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers: [{name: c, image: i}]\n",
    "CronJob": "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec:\n  schedule: '0 1 * * *'\n"
    "  suspend: true\n  jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: i}]}}}}\n",
    "InferenceService": "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: x}\n"
    "spec: {predictor: {containers: [{name: c, image: i}]}}\n",
    "SeldonDeployment": "apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nmetadata: {name: x}\n"
    "spec: {predictors: [{componentSpecs: [{spec: {containers: [{name: c, image: i}]}}], replicas: 1}]}\n",
    "RayCluster": "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: x}\n"
    "spec: {headGroupSpec: {template: {spec: {containers: [{name: c, image: i}]}}}}\n",
    "PyTorchJob": "apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: {name: x}\n"
    "spec: {pytorchReplicaSpecs: {Master: {replicas: 1, template: {spec: {containers: [{name: c, image: i}]}}}}}\n",
    "Workflow": "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: x}\n"
    "spec: {templates: [{name: c, container: {image: i, command: [python, a.py]}}]}\n",
    "Made": "apiVersion: unheard.of/v1\nkind: Made\nmetadata: {name: x}\n"
    "spec: {a: [{b: {containers: [{image: i}]}}]}\n",
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_pods_are_found_by_shape(tmp_path: Path, kind: str) -> None:
    items = read(tmp_path, {"a.yaml": HOLDERS[kind]})
    (workload,) = facts(items, "workload")
    assert (workload.name, workload.get("kind")) == ("x", kind)
    (container,) = facts(items, "container")
    assert container.get("workload") == workload.get("id")
    assert [image.name for image in facts(items, "image")] == ["i"]


def test_schedules_and_replicas_stand_where_they_are_written(tmp_path: Path) -> None:
    items = read(tmp_path, {"a.yaml": HOLDERS["CronJob"], "b.yaml": HOLDERS["SeldonDeployment"]})
    (schedule,) = facts(items, "schedule")
    assert (schedule.name, schedule.at.line, schedule.get("owner")) == ("0 1 * * *", 5, "a.yaml#CronJob/x")
    cron, seldon = facts(items, "workload")
    assert (cron.get("suspend"), cron.get("replicas"), cron.get("replicas_line")) == (True, None, None)
    assert (seldon.get("replicas"), seldon.get("replicas_line")) == (1, 4)


def test_a_model_server_without_containers_is_a_workload_only(tmp_path: Path) -> None:
    text = (
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: iris}\n"
        "spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: 's3://b/m'}}}\n"
    )
    items = read(tmp_path, {"a.yaml": text})
    assert [fact.name for fact in facts(items, "workload")] == ["iris"]
    assert not facts(items, "container")


def test_a_list_is_opened_and_equal_names_are_told_apart(tmp_path: Path) -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, image: i}]}}"
    items = read(tmp_path, {"a.yaml": f"apiVersion: v1\nkind: List\nitems: [{pod}, {pod}, 1, null]\n"})
    assert [fact.get("id") for fact in facts(items, "workload")] == ["a.yaml#Pod/x", "a.yaml#Pod/x~2"]
    assert {fact.get("workload") for fact in facts(items, "container")} == {"a.yaml#Pod/x", "a.yaml#Pod/x~2"}


def test_json_manifests_and_placeholders(tmp_path: Path) -> None:
    text = """{"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "x"},
 "spec": {"replicas": "${REPLICAS}", "template": {"spec": {"containers": [{"name": "c", "image": "r/i:$TAG"}]}}}}"""
    items = read(tmp_path, {"a.json": text, "other.json": '{"kind": "x"}', "package.json": '{"apiVersion": 1}'})
    (workload,) = facts(items, "workload")
    assert (workload.get("replicas"), workload.get("replicas_line")) == (None, 2)
    (image,) = facts(items, "image")
    assert (image.name, image.get("unresolved")) == ("r/i", True)


def test_a_json_template_is_no_manifest(tmp_path: Path) -> None:
    text = '{"kind": "Pod", "apiVersion": "v1", # comment\n"spec": {"containers": [{"name": "x", "image": <image>}]}}'
    (note,) = read(tmp_path, {"a.json": text})
    assert isinstance(note, Note)


def test_a_placeholder_before_the_name_hides_no_version(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec: {{containers: [{{name: c, image: '{}'}}]}}\n"
    wanted = {"<user>/app": None, "${REG}/app:1": None, "r/$APP": True, "r/app:${TAG}": True, "${IMAGE:-a/b:1}": True}
    for reference, unresolved in wanted.items():
        (image,) = facts(read(tmp_path, {"a.yaml": pod.format(reference)}), "image")
        assert image.get("unresolved") is unresolved, reference


def test_arguments_alone_are_no_command_line(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: i, args: %s}]}\n"
    assert not facts(read(tmp_path, {"a.yaml": pod % '["--model", "m"]'}), "command")
    items = read(tmp_path, {"a.yaml": pod % "[python, -m, server]"})
    assert [fact.get("argv") for fact in facts(items, "command")] == [["python", "-m", "server"]]


def test_secrets_never_leave_their_object(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: hunter2}\ndata: {key: aHVudGVyMg==}\n"
    )
    items = read(tmp_path, {"a.yaml": text})
    (resource,) = facts(items, "resource")
    assert resource.get("data") == {"stringData": {"token": None}, "data": {"key": None}}


def test_rules_inside_objects_become_alerts_at_their_line(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: rules}
data:
  other: "alert: not yaml: ["
  rules.yml: |
    groups:
      - name: g
        rules:
          - alert: Slow
            expr: latency > 1
            labels: {severity: page}
          - record: r
            expr: sum(x)
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: more}
spec:
  groups:
    - name: g
      rules:
        - alert: Down
          expr: up == 0
---
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: c}
spec:
  route: {receiver: nobody}
  receivers:
    - name: nobody
    - name: team
      slackConfigs: [{channel: x}]
"""
    items = read(tmp_path, {"a.yaml": text})
    assert [(f.name, f.at.line, f.get("type")) for f in facts(items, "alert")] == [
        ("Slow", 10, "alert"),
        ("r", 13, "record"),
        ("Down", 23, "alert"),
    ]
    assert [(f.name, f.get("empty"), f.get("configs")) for f in facts(items, "receiver")] == [
        ("nobody", True, []),
        ("team", False, ["slackConfigs"]),
    ]


def test_left_alone(tmp_path: Path) -> None:
    definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: [\n"
    items = read(
        tmp_path,
        {
            "crd.yaml": definition,
            "chart/Chart.yaml": "apiVersion: v2\nname: c\n",
            "chart/templates/deploy.yaml": DEPLOYMENT,
            "chart/charts/sub/templates/deploy.yaml": DEPLOYMENT,
            "values.yaml": "kind: x\nimage: y\n",
            "app/kustomization.yaml": "resources: [deploy.yaml]\n",
            "app/deploy.yaml": DEPLOYMENT,
            ".github/workflows/ci.yaml": "on: push\njobs: {}\n",
        },
    )
    assert items == []


def test_templates_of_other_tools(tmp_path: Path) -> None:
    """Jinja inside quotes parses; what does not is noted once, and only when it looks like an object."""
    readable = DEPLOYMENT.replace('value: "1"', 'value: "{{ level }}"').replace("busybox", '"{{ image }}"')
    broken = (
        "{% if x %}\n" + DEPLOYMENT + "---\n{% endif %}\n" + DEPLOYMENT.replace("replicas: 2", "replicas: {{ n }} x")
    )
    items = read(tmp_path, {"a.yaml": readable, "b.yaml": broken, "c.yaml": "apiVersion kind {{ a }}: [\n"})
    assert {fact.at.path for fact in facts(items, "workload")} == {"a.yaml"}
    assert [fact.get("unresolved") for fact in facts(items, "image")] == [True, None]
    notes = [item for item in items if isinstance(item, Note)]
    assert [(note.at.path, "template language" in note.reason) for note in notes] == [("b.yaml", True)]


@pytest.mark.parametrize(
    "spec",
    [
        "{containers: null}",
        "{containers: [null, 1, {name: [a]}, {image: {a: b}}]}",
        "{template: [{spec: {containers: [{name: c, image: '', command: {a: b}, args: 5, env: x, ports: 1}]}}]}",
        "{template: {spec: {containers: [{image: i, env: [1, {name: A}], resources: [], securityContext: no}]}}}",
        "{selector: 1, replicas: [1], template: {metadata: x, spec: {volumes: {a: b}, containers: [{image: i}]}}}",
        "{predictor: [], schedule: {a: b}, schedules: [[1]], trigger: x}",
    ],
)
def test_odd_shapes_raise_nothing(tmp_path: Path, spec: str) -> None:
    text = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: x, labels: [a], annotations: 5}}\nspec: {spec}\n"
    assert facts(read(tmp_path, {"a.yaml": text}), "resource")


def test_facts_are_bounded(tmp_path: Path) -> None:
    long = "x" * (bounds.FACT_TEXT * 3)
    entries = "".join(f"  k{i}: v\n" for i in range(bounds.FACT_NODES * 2))
    items = read(
        tmp_path,
        {"a.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {long}}}\ndata:\n  l: {long}\n{entries}"},
    )
    (resource,) = facts(items, "resource")
    assert len(resource.get("data")["data"]["l"]) == bounds.FACT_TEXT
    assert len(resource.get("data")["data"]) <= bounds.FACT_NODES


def test_another_place_of_the_text_and_what_fed_it() -> None:
    """What a renderer gives: a locate of its own, an overlay, a state, an identity that names the chart."""
    (document,) = yamlnodes.parse(DEPLOYMENT)
    fed = (Place(Location("values.yaml", 3), "value"),)

    def locate(line: int, column: int) -> tuple[Location, tuple[Place, ...]]:
        return Location("templates/d.yaml", line + 100, column), fed

    assert isinstance(document, Mapping)
    found = list(
        kube.facts(document, locate, origin="helm", chart="c", environment="prod", state="disabled", anchor="charts/c")
    )
    assert {fact.says["environment"] for fact in found} == {"prod"}
    assert {fact.says["state"] for fact in found} == {"disabled"}
    assert {fact.at.path for fact in found} == {"templates/d.yaml"}
    (workload,) = [fact for fact in found if fact.kind == "workload"]
    assert (workload.get("id"), workload.get("chart"), workload.also) == ("charts/c#Deployment/model", "c", fed)
    assert (workload.get("replicas_line"), workload.get("kind_line")) == (108, 102)


def test_what_is_no_object_yields_nothing() -> None:
    (document,) = yamlnodes.parse("a: 1\n")
    assert isinstance(document, Mapping)
    assert list(kube.facts(document, lambda line, column: (Location("f", line, column), ()), origin="raw")) == []


@pytest.mark.parametrize("group", ["kyverno.io/v1", "policies.kyverno.io/v1alpha1", "mutations.gatekeeper.sh/v1"])
def test_a_policy_that_matches_pods_runs_none(tmp_path: Path, group: str) -> None:
    pods = "{spec: {containers: [{image: '!*:latest', securityContext: {privileged: true}}]}}"
    head = f"apiVersion: {group}\nkind: Policy\nmetadata: {{name: p}}\n"
    text = f"{head}spec:\n  rules: [{{validate: {{pattern: {pods}}}}}]\n"
    found = read(tmp_path, {"k8s/policy.yaml": text})
    assert [one.kind for one in found if isinstance(one, Fact)] == ["resource"]


_SUBMITTED = "{apiVersion: argoproj.io/v1alpha1, kind: Workflow, spec: {workflowTemplateRef: {name: %s}}}"


@pytest.mark.parametrize(
    ("trigger", "kinds", "purposes"),
    [
        ("argoWorkflow: {operation: submit, source: {resource: %s}}" % (_SUBMITTED % "fit"), ["trigger"], ["train"]),
        ("k8s: {operation: create, source: {resource: %s}}" % (_SUBMITTED % "fit"), ["trigger"], ["train"]),
        ("argoWorkflow: {operation: submit, source: {resource: %s}}" % (_SUBMITTED % "gone"), ["trigger"], [""]),
        ("http: {url: 'http://x.example'}", [], []),
    ],
)
def test_an_event_submits_a_workflow_by_its_template(
    understand: Understand, trigger: str, kinds: list[str], purposes: list[str]
) -> None:
    sensor = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Sensor\nmetadata: {name: s}\nspec:\n"
        "  dependencies: [{name: d, eventSourceName: minio, eventName: new}]\n"
        f"  triggers: [{{template: {{name: x, {trigger}}}}}]\n"
    )
    template = (
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: fit}\nspec:\n  templates:\n"
        "    - {name: m, container: {image: 'python:3.12', command: [python, train.py]}}\n"
    )
    train = "import joblib\nfrom sklearn.svm import SVC\njoblib.dump(SVC().fit([[1]], [1]), 'm.pkl')\n"
    graph = understand({"ops/sensor.yaml": sensor, "ops/wt.yaml": template, "train.py": train})
    nodes = [node for node in graph.nodes() if node.id == "resource:ops/sensor.yaml#Sensor/s"]
    assert [node.kind for node in nodes if node.kind == "trigger"] == kinds
    assert [purpose_of_schedule(graph, fact) for fact in graph.all_facts("schedule")] == purposes
