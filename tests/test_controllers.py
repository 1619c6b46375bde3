"""GitOps controllers: applications that sets generate from files, and what is laid over a folder that is applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.link.build import build
from mlops_scan.scanner.reading import Reading

Read = Callable[[Mapping[str, str]], Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reader(files: Mapping[str, str]) -> Reading:
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return reading.read(walk.discover(tmp_path).tree, 1)

    return reader


FILES_SET = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: models}
spec:
  goTemplate: %s
  generators:
  - matrix:
      generators:
      - git: {repoURL: https://x, files: [{path: "envs/*/config.%s"}]}
      - list: {elements: [{region: a}, {region: b}]}
  template:
    metadata: {name: 'm-%s-%s'}
    spec:
      source:
        path: '%s'
        helm:
          valueFiles: ['../../envs/%s/values.yaml']
          parameters: [{name: tag, value: '%s'}]
"""
CHART = {
    "charts/m/Chart.yaml": "apiVersion: v2\nname: m\nversion: 1.0.0\n",
    "charts/m/values.yaml": 'tag: "0"\nreplicas: 1\n',
    "charts/m/templates/d.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec:\n  replicas: {{ .Values.replicas }}\n"
        '  template: {spec: {containers: [{name: m, image: "acme/m:{{ .Values.tag }}"}]}}\n'
    ),
    "charts/other/Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n",
    "envs/eu/values.yaml": "replicas: 5\n",
    "envs/us/values.yaml": "replicas: 2\n",
}


@pytest.mark.parametrize("templates", ["go", "fast"])
def test_a_set_takes_what_the_files_of_the_repository_say(read: Read, templates: str) -> None:
    written = ("cluster.name", "region", "chart", "cluster.name", 'cluster.tag | default "9"')
    if templates == "go":
        set_ = FILES_SET % ("true", "json", *("{{ .KEY }}".replace("KEY", one) for one in written))
        files = {f"envs/{one}/config.json": FILE % (one, tag) for one, tag in (("eu", "2.1"), ("us", "2.2"))}
    else:
        set_ = FILES_SET % ("false", "yaml", *("{{KEY}}".replace("KEY", one.partition(" ")[0]) for one in written))
        files = {
            f"envs/{one}/config.yaml": f"chart: charts/m\ncluster:\n  name: {one}\n  tag: '{tag}'\n"
            for one, tag in (("eu", "2.1"), ("us", "2.2"))
        }
    result = read({"set.yaml": set_, **CHART, **files})
    assert [fact.name for fact in result.facts if fact.kind == "application"] == [
        "m-eu-a",
        "m-eu-b",
        "m-us-a",
        "m-us-b",
    ]
    told = {(fact.get("environment"), fact.get("tag")) for fact in result.facts if fact.kind == "image"}
    assert {("m-eu-a", "2.1"), ("m-us-a", "2.2"), (None, "0")} <= told
    replicas = {fact.get("replicas") for fact in result.facts if fact.kind == "workload"}
    assert replicas == {1, 2, 5}
    assert not [note for note in result.notes if "applications" in note.reason]
    graph = build(result.facts, ("set.yaml", *CHART, *files), None, ())
    applied = [edge.target for edge in graph.edges("applies")]
    assert applied == ["file:charts/m/Chart.yaml"]


FILE = '{"chart": "charts/m", "cluster": {"name": "%s", "tag": "%s"}}'


def test_files_of_another_repository_are_a_note_once(read: Read) -> None:
    written = "{{ .x }}"
    result = read({"set.yaml": FILES_SET % ("true", "json", *[written] * 5), **CHART})
    notes = [note for note in result.notes if "makes applications" in note.reason]
    assert [(note.at.path, note.at.line) for note in notes] == [("set.yaml", 2)]


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: emb}
spec:
  template:
    spec:
      containers:
      - {name: emb, image: "acme/emb:1"}
"""
FLUX = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s}
spec:
  path: ./app
  namePrefix: %s-
  images:
  - {name: acme/emb, newTag: "%s"}
  components: [../parts/gpu]
  patches:
  - target: {kind: Deployment, name: emb}
    patch: |
      - op: replace
        path: /spec/template/spec/containers/0/name
        value: renamed
"""
COMPONENT = """apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- target: {kind: Deployment}
  patch: |
    - {op: add, path: /spec/replicas, value: 7}
"""
PARTS = {"parts/gpu/kustomization.yaml": COMPONENT}


APPLIES = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s}
spec: {path: ./%s, targetNamespace: %s}
"""


def test_the_namespace_into_which_a_controller_puts_a_folder(read: Read) -> None:
    two = {"clusters/a/two.yaml": APPLIES % ("x", "b", "one"), "clusters/b/two.yaml": APPLIES % ("x", "b", "two")}
    own = "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"
    files = {"c/app.yaml": APPLIES % ("a", "a", "llms"), **two, "a/d.yaml": DEPLOYMENT, "a/in/n.yaml": own}
    facts = read({**files, "b/d.yaml": DEPLOYMENT, "d/d.yaml": DEPLOYMENT}).facts
    told = {fact.at.path: fact.get("namespace") for fact in facts if fact.kind in ("workload", "resource")}
    assert {path: told[path] for path in ("a/d.yaml", "a/in/n.yaml", "b/d.yaml", "d/d.yaml")} == {
        "a/d.yaml": "llms",
        "a/in/n.yaml": None,
        "b/d.yaml": None,
        "d/d.yaml": None,
    }


@pytest.mark.parametrize("listed", [False, True])
def test_what_a_controller_lays_over_a_folder_is_what_runs(read: Read, listed: bool) -> None:
    files = {"clusters/prod/app.yaml": FLUX % ("emb", "prod", "9"), "app/d.yaml": DEPLOYMENT, **PARTS}
    if listed:
        files["app/kustomization.yaml"] = "resources: [d.yaml]\n"
    facts = read(files).facts
    workloads = [fact for fact in facts if fact.kind == "workload"]
    assert [(fact.name, fact.get("replicas"), fact.get("environment")) for fact in workloads] == [("prod-emb", 7, None)]
    assert [(fact.name, fact.at.path, fact.at.line) for fact in facts if fact.kind == "container"] == [
        ("renamed", "app/d.yaml", 8)
    ]
    image = next(fact for fact in facts if fact.kind == "image")
    assert (image.get("tag"), str(image.at)) == ("9", "clusters/prod/app.yaml:8")


def test_two_controllers_of_one_folder_are_two_environments(read: Read) -> None:
    files = {
        "clusters/prod/app.yaml": FLUX % ("prod", "p", "9"),
        "clusters/dev/app.yaml": FLUX % ("dev", "d", "8"),
        "app/d.yaml": DEPLOYMENT,
        **PARTS,
    }
    facts = read(files).facts
    assert {(fact.get("environment"), fact.name) for fact in facts if fact.kind == "workload"} == {
        (None, "emb"),
        ("prod", "p-emb"),
        ("dev", "d-emb"),
    }
    assert len({fact.get("id") for fact in facts if fact.kind == "workload"}) == 1


def test_an_application_names_the_images_of_a_kustomization(read: Read) -> None:
    application = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: emb}
spec:
  source:
    path: app
    kustomize:
      nameSuffix: -blue
      images: ["acme/emb=reg.example.com/emb:7"]
"""
    files = {"argo/app.yaml": application, "app/kustomization.yaml": "resources: [d.yaml]\n", "app/d.yaml": DEPLOYMENT}
    facts = read(files).facts
    assert [(fact.name, fact.get("tag")) for fact in facts if fact.kind == "image"] == [("reg.example.com/emb", "7")]
    assert [fact.name for fact in facts if fact.kind == "workload"] == ["emb-blue"]


def test_a_kustomization_below_another_is_taken_once(read: Read) -> None:
    files = {
        "cluster.yaml": FLUX % ("emb", "prod", "9"),
        "app/x/kustomization.yaml": "resources: [y, ../z.yaml]\n",
        "app/x/y/kustomization.yaml": "resources: [d.yaml]\n",
        "app/x/y/d.yaml": DEPLOYMENT,
        **PARTS,
    }
    workloads = [fact.name for fact in read(files).facts if fact.kind == "workload"]
    assert workloads == ["prod-emb"]
