"""Kustomizations: what they render to, where each node of it was written, and which files they claim."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner import bounds, files
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.formats import kustomize, yamlnodes
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.kubernetes import KubernetesManifests
from mlops_scan.scanner.parsers.kustomize import Kustomizations
from tests.slowness import in_time

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: model
spec:
  replicas: 1
  selector:
    matchLabels: {app: model}
  template:
    metadata:
      labels: {app: model}
    spec:
      containers:
        - name: server
          image: team/server:dev
          args: [a, b]
          env:
            - {name: KEEP, value: "1"}
            - {name: CHANGE, value: "1"}
            - {name: DROP, value: "1"}
          ports:
            - containerPort: 80
        - name: helper
          image: helper
      volumes:
        - name: config
          configMap: {name: settings}
---
apiVersion: v1
kind: Service
metadata:
  name: model
spec:
  selector: {app: model}
  ports: [{port: 80}]
"""
OVERLAY = {
    "base/kustomization.yaml": "resources: [deploy.yaml]\nconfigMapGenerator: [{name: settings, literals: [A=1]}]\n",
    "base/deploy.yaml": BASE,
    "prod/kustomization.yaml": """\
resources:
  - ../base
namePrefix: p-
namespace: prod
labels:
  - pairs: {tier: gold}
    includeSelectors: true
commonAnnotations: {owner: ml}
patches:
  - path: patch.yaml
  - target: {kind: Deployment, name: mod.*}
    patch: |
      - op: add
        path: /spec/template/spec/containers/1/resources
        value: {limits: {cpu: "1"}}
      - op: replace
        path: /spec/template/spec/containers/1/image
        value: helper:2
images:
  - name: team/server
    newName: registry/server
    newTag: "9"
replicas:
  - name: model
    count: 4
configMapGenerator:
  - name: settings
    behavior: merge
    literals: [B=2]
""",
    "prod/patch.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: model
  labels: {patched: "yes"}
spec:
  template:
    spec:
      containers:
        - name: server
          args: [c]
          env:
            - {name: CHANGE, value: "2"}
            - {name: NEW, value: "3"}
            - {name: DROP, $patch: delete}
          readinessProbe:
            httpGet: {path: /ready, port: 80}
""",
}


def tree(root: Path, texts: dict[str, str]) -> Tree:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Tree(root, files.walk(root))


def read(root: Path, texts: dict[str, str]) -> list[Fact | Note]:
    all_files, found = tree(root, texts), []
    for parser in (KubernetesManifests(), Kustomizations()):
        for path in all_files.paths:
            source = all_files.get(path)
            if source is not None and parser.reads(source, all_files):
                found += list(parser.parse(source, all_files))
    return found


def facts(items: list[Fact | Note], kind: str) -> list[Fact]:
    return [item for item in items if isinstance(item, Fact) and item.kind == kind]


def rendered(root: Path, texts: dict[str, str], path: str) -> dict[str, Any]:
    all_files = tree(root, texts)
    out = kustomize.render(all_files, kustomize.kustomizations(all_files)[path])
    assert out.notes == []
    return {f"{one.kind}/{one.current_name}": yamlnodes.plain(one.node) for one in out.variants}


def test_an_overlay_renders_as_kustomize_renders_it(tmp_path: Path) -> None:
    objects = rendered(tmp_path, OVERLAY, "prod/kustomization.yaml")
    assert sorted(objects) == ["ConfigMap/p-settings", "Deployment/p-model", "Service/p-model"]
    deployment = objects["Deployment/p-model"]
    server, helper = deployment["spec"]["template"]["spec"]["containers"]
    assert (server["image"], server["args"], server["ports"]) == ("registry/server:9", ["c"], [{"containerPort": 80}])
    assert {one["name"]: one["value"] for one in server["env"]} == {"KEEP": "1", "CHANGE": "2", "NEW": "3"}
    assert (helper["image"], helper["resources"]) == ("helper:2", {"limits": {"cpu": "1"}})
    assert deployment["spec"]["replicas"] == 4
    assert deployment["metadata"] == {
        "name": "p-model",
        "namespace": "prod",
        "labels": {"patched": "yes", "tier": "gold"},
        "annotations": {"owner": "ml"},
    }
    assert deployment["spec"]["selector"]["matchLabels"] == {"app": "model", "tier": "gold"}
    assert deployment["spec"]["template"]["metadata"]["labels"] == {"app": "model", "tier": "gold"}
    assert deployment["spec"]["template"]["spec"]["volumes"][0]["configMap"] == {"name": "p-settings"}
    assert objects["Service/p-model"]["spec"]["selector"] == {"app": "model", "tier": "gold"}
    assert objects["ConfigMap/p-settings"]["data"] == {"A": "1", "B": "2"}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is the oracle of this test")
def test_the_real_kustomize_agrees(tmp_path: Path) -> None:
    ours = rendered(tmp_path, OVERLAY, "prod/kustomization.yaml")
    command = ["kubectl", "kustomize", str(tmp_path / "prod")]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    theirs = [yamlnodes.plain(node) for _, part in yamlnodes.split(text) for node in yamlnodes.parse(part)]
    wanted = {f"{one['kind']}/{one['metadata']['name']}": one for one in theirs if one["kind"] != "ConfigMap"}
    suffix = wanted["Deployment/p-model"]["spec"]["template"]["spec"]["volumes"][0]["configMap"]
    suffix["name"] = suffix["name"].rpartition("-")[0]  # the hash of the contents
    assert {key: ours[key] for key in wanted} == wanted


def test_every_node_keeps_the_place_where_it_was_written(tmp_path: Path) -> None:
    items = read(tmp_path, OVERLAY)
    (workload,) = facts(items, "workload")
    assert (workload.get("id"), workload.name) == ("base/deploy.yaml#Deployment/model", "p-model")
    assert (workload.at.path, workload.at.line, workload.get("kind_line")) == ("base/deploy.yaml", 1, 2)
    assert (workload.get("replicas"), workload.get("replicas_path")) == (4, "prod/kustomization.yaml")
    assert workload.get("replicas_line") == 25
    server, helper = facts(items, "container")
    assert (server.at.path, server.at.line, server.get("end_line")) == ("base/deploy.yaml", 14, 22)
    assert server.get("readiness") == {"httpGet": {"path": "/ready", "port": 80}}
    assert helper.get("limits") == {"cpu": "1"}
    images = {fact.name: fact.at for fact in facts(items, "image")}
    assert (images["registry/server"].path, images["registry/server"].line) == ("prod/kustomization.yaml", 22)
    assert (images["helper"].path, images["helper"].line) == ("prod/kustomization.yaml", 18)
    env = {fact.name: (fact.at.path, fact.at.line) for fact in facts(items, "env")}
    assert env == {"KEEP": ("base/deploy.yaml", 18), "CHANGE": ("prod/patch.yaml", 13), "NEW": ("prod/patch.yaml", 14)}
    assert {fact.get("environment") for fact in items if isinstance(fact, Fact)} == {None}


def test_two_roots_over_one_base_are_two_environments_of_one_workload(tmp_path: Path) -> None:
    texts = {**OVERLAY, "dev/kustomization.yaml": "resources: [../base, own.yaml]\n"}
    texts["dev/own.yaml"] = BASE.replace("name: model", "name: own").split("---")[0]
    items = read(tmp_path, texts)
    found = {(fact.get("id"), fact.get("environment")) for fact in facts(items, "workload")}
    assert found == {
        ("base/deploy.yaml#Deployment/model", "dev"),
        ("base/deploy.yaml#Deployment/model", "prod"),
        ("dev/own.yaml#Deployment/own", None),
    }
    roots = {fact.name: fact.get("root") for fact in facts(items, "kustomization")}
    assert roots == {"base/kustomization.yaml": False, "dev/kustomization.yaml": True, "prod/kustomization.yaml": True}


def test_files_are_claimed_once(tmp_path: Path) -> None:
    texts = {**OVERLAY, "base/other.yaml": BASE.replace("name: model", "name: other")}
    items = read(tmp_path, texts)
    assert kustomize.claimed(tree(tmp_path, texts)) == frozenset(OVERLAY)
    assert sorted((fact.name, fact.get("origin")) for fact in facts(items, "workload")) == [
        ("other", "raw"),
        ("p-model", "kustomize"),
    ]


def test_components_change_what_is_there(tmp_path: Path) -> None:
    component = "kind: Component\nimages: [{name: team/server, newTag: c}]\nresources: [more.yaml]\n"
    texts = {
        "app/kustomization.yaml": "components: [../part]\nresources: [deploy.yaml]\n",
        "app/deploy.yaml": BASE,
        "part/kustomization.yaml": component,
        "part/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n",
    }
    objects = rendered(tmp_path, texts, "app/kustomization.yaml")
    assert objects["Deployment/model"]["spec"]["template"]["spec"]["containers"][0]["image"] == "team/server:c"
    assert "ConfigMap/more" in objects


PATCHES = {
    "delete the object": ("kind: Service\nmetadata: {name: model}\n$patch: delete\n", {"Deployment/model"}),
    "delete a container": (
        "kind: Deployment\nmetadata: {name: model}\n"
        "spec: {template: {spec: {containers: [{name: helper, $patch: delete}]}}}\n",
        {"Deployment/model", "Service/model"},
    ),
    "remove a key": (
        "kind: Deployment\nmetadata: {name: model}\nspec: {replicas: null}\n",
        {"Deployment/model", "Service/model"},
    ),
}


@pytest.mark.parametrize("name", PATCHES)
def test_old_style_patches_that_take_away(tmp_path: Path, name: str) -> None:
    patch, kept = PATCHES[name]
    version = "v1" if "Service" in patch else "apps/v1"
    body = "".join(f"    {line}\n" for line in f"apiVersion: {version}\n{patch}".splitlines())
    texts = {
        "kustomization.yml": f"bases: []\nresources: [d.yaml]\npatchesStrategicMerge:\n  - |-\n{body}",
        "d.yaml": BASE,
    }
    objects = rendered(tmp_path, texts, "kustomization.yml")
    assert set(objects) == kept
    containers = objects["Deployment/model"]["spec"]["template"]["spec"]["containers"]
    assert len(containers) == (1 if "container" in name else 2)
    assert ("replicas" in objects["Deployment/model"]["spec"]) == ("key" not in name)


def test_lists_of_custom_types_are_replaced(tmp_path: Path) -> None:
    service = (
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: m}\nspec:\n  predictor:\n"
    )
    texts = {
        "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n",
        "a.yaml": f"{service}    containers: [{{name: a, image: i}}]\n",
        "p.yaml": f"{service}    containers: [{{name: b}}]\n",
    }
    objects = rendered(tmp_path, texts, "kustomization.yaml")
    assert objects["InferenceService/m"]["spec"]["predictor"]["containers"] == [{"name": "b"}]


def test_what_cannot_be_followed_is_noted_once(tmp_path: Path) -> None:
    texts = {
        "base/kustomization.yaml": "resources: [d.yaml, gone.yaml, 'https://github.com/a/b?ref=v1']\n"
        "patches: [{path: nowhere.yaml}]\n",
        "base/d.yaml": BASE,
        "one/kustomization.yaml": "resources: [../base, ../../outside]\n",
        "two/kustomization.yaml": "resources: [../base]\n"
        "patchesJson6902: [{target: {kind: Deployment}, path: bad.yaml}]\n",
        "two/bad.yaml": "- {op: replace, path: /spec/none/9, value: 1}\n- {op: remove, path: ''}\n",
        "round/a/kustomization.yaml": "resources: [../b]\n",
        "round/b/kustomization.yaml": "resources: [../a]\n",
        "broken/kustomization.yaml": "resources: [\n",
    }
    notes = sorted(f"{item.at} {item.reason}" for item in read(tmp_path, texts) if isinstance(item, Note))
    assert notes == [
        "base/kustomization.yaml:1 'gone.yaml' of a kustomization is not in the repository",
        "base/kustomization.yaml:1 'https://github.com/a/b?ref=v1' of a kustomization is remote and not read",
        "base/kustomization.yaml:2 patch 'nowhere.yaml' is not in the repository",
        "broken/kustomization.yaml:2 not readable as YAML: did not find expected node content",
        "one/kustomization.yaml:1 '../../outside' of a kustomization is not in the repository",
        "round/b/kustomization.yaml:1 kustomizations include each other in a circle or too deeply",
        "two/kustomization.yaml:2 patch operation 'remove' at '' does not fit",
        "two/kustomization.yaml:2 patch operation 'replace' at '/spec/none/9' does not fit",
    ]


def test_a_widening_tree_of_bases_ends_with_a_note(tmp_path: Path) -> None:
    texts = {
        f"k{level}{side}/kustomization.yaml": f"resources: [../k{level + 1}a, ../k{level + 1}b]\n"
        for level in range(25)
        for side in "ab"
    }
    notes = [item for item in read(tmp_path, texts) if isinstance(item, Note)]
    assert any(str(bounds.KUSTOMIZE_INCLUDES) in note.reason for note in notes)


@pytest.mark.parametrize(
    "text",
    [
        "[]\n",
        "resources: {a: b}\npatches: x\nimages: 1\nlabels: [1, {pairs: 2}]\nreplicas: [{name: model}]\n",
        "resources: [d.yaml]\nimages: [{name: team/server}, {newTag: 1}]\nnamespace: [a]\nnamePrefix: {a: b}\n",
        "resources: [d.yaml, d.yaml]\npatches: [{patch: 'x'}, {patch: '[1, {op: add}, {op: copy, path: /a, from: /b}]',"
        " target: {name: '(((a+)+)+)+$'}}]\n",
        "resources: [d.yaml]\nconfigMapGenerator: [1, {name: a, literals: 5, files: [x, y=z], envs: e}]\n"
        "secretGenerator: [{name: s, literals: [A=hunter2]}]\nreplicas: [{name: model, count: {a: b}}]\n",
    ],
)
def test_odd_kustomizations_raise_nothing(tmp_path: Path, text: str) -> None:
    items = read(tmp_path, {"kustomization.yaml": text, "d.yaml": BASE})
    assert items
    assert "hunter2" not in repr(items)


REPLACEMENTS = {
    "kustomization.yaml": """\
resources: [deploy.yaml]
configMapGenerator:
  - {name: params, envs: [params.env]}
replacements:
  - source: {kind: ConfigMap, name: params, fieldPath: data.tag}
    targets:
      - select: {kind: Deployment}
        fieldPaths: ["spec.template.spec.containers.[name=server].image"]
        options: {delimiter: ":", index: 1}
      - select: {kind: Service, name: model}
        reject: [{name: other}]
        fieldPaths: [metadata.annotations.version]
        options: {create: true}
  - path: more.yaml
""",
    "more.yaml": """\
- source: {kind: Service, name: model}
  targets:
    - select: {kind: Deployment}
      fieldPaths: ["spec.template.spec.containers.*.env.[name=KEEP].value", spec.missing.field]
""",
    "params.env": "# versions\n\ntag=2.1\n",
    "deploy.yaml": BASE,
}


def test_replacements_and_where_their_values_stand(tmp_path: Path) -> None:
    made = rendered(tmp_path, REPLACEMENTS, "kustomization.yaml")
    deployment, service = made["Deployment/model"], made["Service/model"]
    server, helper = deployment["spec"]["template"]["spec"]["containers"]
    assert (server["image"], helper["image"], server["env"][0]["value"]) == ("team/server:2.1", "helper", "model")
    assert service["metadata"]["annotations"] == {"version": "2.1"}
    assert "missing" not in deployment["spec"]
    images = [(one.name, str(one.at)) for one in facts(read(tmp_path, {}), "image")]
    assert images == [
        ("team/server", "params.env:3"),
        ("helper", "deploy.yaml:24"),
    ]


def test_a_replacement_without_its_source_is_noted(tmp_path: Path) -> None:
    rule = REPLACEMENTS["kustomization.yaml"].replace("data.tag", "data.none").replace("  - path: more.yaml\n", "")
    items = read(tmp_path, {**REPLACEMENTS, "kustomization.yaml": rule})
    notes = [(str(one.at), one.reason) for one in items if isinstance(one, Note)]
    assert notes == [("kustomization.yaml:5", "a replacement finds no field 'data.none' of 'params'")]


def test_variables_stand_for_what_the_root_has(tmp_path: Path) -> None:
    texts = {
        "base/kustomization.yaml": """\
resources: [deploy.yaml]
configMapGenerator: [{name: params, envs: [params.env]}]
vars:
  - {name: BUCKET, objref: {kind: ConfigMap, name: params, apiVersion: v1}, fieldref: {fieldpath: data.bucket}}
  - {name: SERVICE, objref: {kind: Service, name: model, apiVersion: v1}}
""",
        "base/params.env": "bucket=dev\n",
        "base/deploy.yaml": BASE.replace("[a, b]", "[--bucket=$(BUCKET), $(SERVICE), $(POD_NAME)]"),
        "prod/kustomization.yaml": """\
resources: [../base]
namePrefix: p-
configMapGenerator: [{name: params, behavior: merge, literals: [bucket=live]}]
""",
    }
    made = rendered(tmp_path, texts, "prod/kustomization.yaml")
    server = made["Deployment/p-model"]["spec"]["template"]["spec"]["containers"][0]
    assert server["args"] == ["--bucket=live", "p-model", "$(POD_NAME)"]


CHART = {
    "charts/llm/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 1.0.0\n",
    "charts/llm/values.yaml": "image: {repository: reg/llm, tag: latest}\nreplicas: 1\n",
    "charts/llm/templates/d.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-server
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: server
          image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
""",
    "live/kustomization.yaml": """\
helmGlobals: {chartHome: ../charts}
helmCharts:
  - name: llm
    releaseName: blue
    valuesFile: values.yaml
    valuesInline: {replicas: 3}
patches:
  - target: {kind: Deployment, name: blue-server}
    patch: |
      - {op: add, path: /spec/paused, value: true}
""",
    "live/values.yaml": "image: {tag: v2}\nreplicas: 2\n",
}


def test_a_chart_of_the_repository_is_inflated_as_another_environment_of_it(tmp_path: Path) -> None:
    made = rendered(tmp_path, CHART, "live/kustomization.yaml")
    assert made["Deployment/blue-server"]["spec"]["paused"] is True
    (workload,) = facts(read(tmp_path, {}), "workload")
    assert (workload.get("id"), workload.get("environment")) == ("charts/llm/Chart.yaml#Deployment/llm-server", "live")
    assert (workload.get("replicas"), workload.get("origin"), workload.get("chart")) == (3, "helm", "llm")
    (image,) = facts(read(tmp_path, {}), "image")
    assert (image.get("raw"), str(image.at)) == ("reg/llm:v2", "charts/llm/templates/d.yaml:11")
    assert "live/values.yaml:1" in [str(place.at) for place in image.also]


def test_a_remote_chart_is_a_note_and_a_release(tmp_path: Path) -> None:
    text = "helmCharts:\n  - name: qdrant\n    valuesInline: {image: {repository: q, tag: v1}}\n"
    items = read(tmp_path, {"kustomization.yaml": text})
    assert [one.reason for one in items if isinstance(one, Note)] == [
        "chart 'qdrant' of a kustomization is remote and not read"
    ]
    (release,) = facts(items, "release")
    assert (release.name, release.get("values")) == ("qdrant", [{"image": {"repository": "q", "tag": "v1"}}])


def test_one_base_with_twelve_overlays_is_one_system_with_one_finding(tmp_path: Path) -> None:
    overlays = {
        f"overlays/{number}/kustomization.yaml": f"resources: [../../base]\nnameSuffix: -{number}\n"
        for number in range(12)
    }
    base = BASE.replace("helper\n", "helper:1\n").replace("team/server:dev", "vllm/vllm-openai:latest")
    texts = {**overlays, "base/kustomization.yaml": "resources: [deploy.yaml]\n", "base/deploy.yaml": base}
    tree(tmp_path, texts)
    result = scan(tmp_path, Config())
    assert [str(one.at) for one in result.findings if one.rule == "image-tag-latest"] == ["base/deploy.yaml:15"]
    per_rule = Counter((one.rule, one.subject) for one in result.findings)
    assert per_rule and set(per_rule.values()) == {1}
    assert not [one for one in result.findings if "overlays/" in one.at.path]
    assert {one.get("environment") for one in facts(read(tmp_path, {}), "workload")} == {
        f"overlays/{number}" for number in range(12)
    }


def test_what_only_a_user_has_is_not_missing(tmp_path: Path) -> None:
    patch = "patches: [{target: {kind: Deployment}, patch: '- {op: remove, path: /spec/replicas}'}]\n"
    texts = {
        "component/kustomization.yaml": f"kind: Component\n{patch}",
        "crd/kustomization.yaml": "resources: [a.yaml]\n" + patch.replace("Deployment", "CustomResourceDefinition"),
        "crd/a.yaml": BASE,
        "empty/kustomization.yaml": "resources: [../crd/a.yaml]\npatchesStrategicMerge:\npatches: [{path: }]\n",
    }
    assert [one for one in read(tmp_path, texts) if isinstance(one, Note)] == []


def test_replacements_without_end_are_a_note(tmp_path: Path) -> None:
    rule = "  - {source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [a, b, c, d, e, f, g]}]}\n"
    objects = "---\n".join(f"apiVersion: v1\nkind: Service\nmetadata: {{name: s{number}}}\n" for number in range(3000))
    texts = {"kustomization.yaml": "resources: [a.yaml]\nreplacements:\n" + rule * 3000, "a.yaml": objects}
    started = time.process_time()
    notes = [one.reason for one in read(tmp_path, texts) if isinstance(one, Note)]
    assert notes == [f"kustomization replaces in more than {bounds.KUSTOMIZE_FIELDS} fields"]
    assert in_time(time.process_time() - started, 4)


def test_more_charts_than_the_bound_are_a_note(tmp_path: Path) -> None:
    many = "helmGlobals: {chartHome: ../charts}\nhelmCharts:\n" + "  - name: llm\n" * 500
    notes = [one.reason for one in read(tmp_path, {**CHART, "live/kustomization.yaml": many}) if isinstance(one, Note)]
    assert notes == [f"kustomization inflates more than {bounds.KUSTOMIZE_CHARTS} charts"]


def test_a_variable_that_holds_itself_ends(tmp_path: Path) -> None:
    texts = {
        "kustomization.yaml": "resources: [a.yaml]\nvars: [{name: A, objref: {kind: ConfigMap, name: c},"
        " fieldref: {fieldpath: data.a}}]\n",
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '" + "$(A)" * 10_000 + "'}\n",
    }
    made = rendered(tmp_path, texts, "kustomization.yaml")
    assert len(made["ConfigMap/c"]["data"]["a"]) < 50_000


def test_programs_of_a_kustomization_are_notes(tmp_path: Path) -> None:
    text = "generators:\n- secrets.yaml\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: Label\n- ../team\n"
    secrets = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: x}\n"
    (tmp_path / "kustomization.yaml").write_text(text)
    (tmp_path / "secrets.yaml").write_text(secrets)
    sources = files.walk(tmp_path)
    tree = Tree(tmp_path, sources)
    parser = Kustomizations()
    items = [item for one in sources if parser.reads(one, tree) for item in parser.parse(one, tree)]
    notes = [(item.at.line, item.reason.partition(" of ")[0]) for item in items if isinstance(item, Note)]
    assert notes == [(2, "'secrets.yaml'"), (4, "an inline one"), (7, "'../team'")]


GENERATOR = """\
apiVersion: builtin
kind: HelmChartInflationGenerator
metadata: {name: any}
name: llm
chartHome: ../charts
releaseName: blue
valuesFile: values.yaml
valuesInline: {replicas: 4}
---
apiVersion: builtin
kind: ConfigMapGenerator
metadata: {name: settings}
literals: [A=b]
"""
TRANSFORMERS = """\
generators: [chart.yaml]
transformers:
- patch.yaml
- |-
  apiVersion: builtin
  kind: ImageTagTransformer
  metadata: {name: i}
  imageTag: {name: reg/llm, newTag: v3}
- |-
  apiVersion: builtin
  kind: ReplicaCountTransformer
  metadata: {name: r}
  replica: {name: blue-server, count: 6}
- |-
  apiVersion: builtin
  kind: PrefixTransformer
  metadata: {name: p}
  prefix: eu-
- |-
  apiVersion: builtin
  kind: NamespaceTransformer
  metadata: {name: n, namespace: llms}
- |-
  apiVersion: builtin
  kind: LabelTransformer
  metadata: {name: l}
  labels: {team: ml}
"""
PATCH = """\
apiVersion: builtin
kind: PatchTransformer
metadata: {name: any}
target: {kind: Deployment, name: blue-server}
patch: '[{"op": "add", "path": "/spec/paused", "value": true}]'
"""


def test_generators_and_transformers_of_kustomize_itself(tmp_path: Path) -> None:
    live = {"live/kustomization.yaml": TRANSFORMERS, "live/chart.yaml": GENERATOR, "live/patch.yaml": PATCH}
    texts = {**CHART, **live}
    made = rendered(tmp_path, texts, "live/kustomization.yaml")
    assert sorted(made) == ["ConfigMap/eu-settings", "Deployment/eu-blue-server"]
    assert made["ConfigMap/eu-settings"]["data"] == {"A": "b"}
    deployment = made["Deployment/eu-blue-server"]
    assert (deployment["spec"]["replicas"], deployment["spec"]["paused"]) == (6, True)
    assert (deployment["metadata"]["namespace"], deployment["metadata"]["labels"]["team"]) == ("llms", "ml")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "reg/llm:v3"
    items = read(tmp_path, {})
    assert not [one for one in items if isinstance(one, Note)]
    (workload,) = facts(items, "workload")
    assert workload.get("id") == "charts/llm/Chart.yaml#Deployment/llm-server"


def test_charts_in_the_words_of_earlier_versions(tmp_path: Path) -> None:
    entry = "{chartName: llm, chartHome: ../charts, releaseName: blue, values: values.yaml}"
    old = f"helmChartInflationGenerator:\n- {entry}\n"
    made = rendered(tmp_path, {**CHART, "live/kustomization.yaml": old}, "live/kustomization.yaml")
    assert made["Deployment/blue-server"]["spec"]["replicas"] == 2
    remote = GENERATOR.replace("name: llm\n", "name: qdrant\nrepo: https://x\n")
    items = read(tmp_path, {"live/kustomization.yaml": "generators: [chart.yaml]\n", "live/chart.yaml": remote})
    notes = [(str(one.at), one.reason) for one in items if isinstance(one, Note)]
    assert notes == [("live/kustomization.yaml:1", "chart 'qdrant' of a kustomization is remote and not read")]
    assert [one.get("values") for one in facts(items, "release")] == [[{"replicas": 4}]]


def test_configurations_that_name_themselves_end(tmp_path: Path) -> None:
    text = "generators: [kustomization.yaml, ., broken.yaml]\ntransformers: [kustomization.yaml]\n"
    items = read(tmp_path, {"kustomization.yaml": text, "broken.yaml": "a: [\n"})
    assert [one.reason.rpartition(" of ")[0] for one in items if isinstance(one, Note)] == [
        "'kustomization.yaml'",
        "'.'",
        "'broken.yaml'",
        "'kustomization.yaml'",
    ]
