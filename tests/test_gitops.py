"""GitOps: sources to folders, sets of applications, substituted variables, encrypted files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.formats.applicationsets import Folders, applications
from mlops_scan.scanner.formats.holes import filled
from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  replicas: 1
  selector: {matchLabels: {app: llm}}
  template:
    metadata: {labels: {app: llm}}
    spec:
      containers:
        - name: vllm
          image: vllm/vllm-openai:${LLM_TAG}
          env:
            - {name: LOG, value: "${LEVEL:=info}"}
            - {name: KEEP, value: "${UNKNOWN}"}
"""
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: llm, namespace: flux-system}
spec:
  path: ./apps/llm
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild:
    substitute: {LLM_TAG: v0.10.0}
    substituteFrom: [{kind: ConfigMap, name: settings}, {kind: Secret, name: keys}]
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {LLM_TAG: other, LEVEL: debug}
"""
APPLICATION_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps}
spec:
  goTemplate: %(go)s
  generators:
%(generators)s
  template:
    metadata: {name: x}
    spec:
      %(source)s
"""


def applied(graph: Graph, name: str) -> list[str]:
    return sorted(edge.target for edge in graph.edges("applies") if edge.source.endswith(f"/{name}"))


def test_variables_of_the_controller(understand: Understand) -> None:
    graph = understand(
        {"clusters/a/llm.yaml": FLUX, "clusters/a/settings.yaml": SETTINGS, "apps/llm/deploy.yaml": DEPLOYMENT}
    )
    (image,) = graph.facts("image")
    assert (image.get("tag"), image.get("unresolved")) == ("v0.10.0", None)  # its own wins over the map's
    (container,) = graph.facts("container")
    assert container.get("env") == {"LOG": "debug", "KEEP": "${UNKNOWN}"}
    assert applied(graph, "llm") == ["file:apps/llm/deploy.yaml"]


def test_variables_in_what_a_kustomization_renders(understand: Understand) -> None:
    graph = understand(
        {
            "clusters/a/llm.yaml": FLUX,
            "apps/llm/kustomization.yaml": "resources: [deploy.yaml]\n",
            "apps/llm/deploy.yaml": DEPLOYMENT,
        }
    )
    (image,) = graph.facts("image")
    assert (image.get("tag"), image.at.path, image.at.line) == ("v0.10.0", "apps/llm/deploy.yaml", 12)
    assert graph.facts("container")[0].get("env")["LOG"] == "info"


def test_clusters_that_differ_leave_the_text(understand: Understand) -> None:
    other = FLUX.replace("v0.10.0", "v0.11.0")
    graph = understand({"clusters/a/llm.yaml": FLUX, "clusters/b/llm.yaml": other, "apps/llm/deploy.yaml": DEPLOYMENT})
    (image,) = graph.facts("image")
    assert image.get("unresolved") is True
    outside = understand({"apps/web/deploy.yaml": DEPLOYMENT})
    assert [one.get("unresolved") for one in outside.facts("image") if one.at.path.startswith("apps/web")] == [True]


def test_a_source_without_a_kustomization_reads_folders_below(understand: Understand) -> None:
    graph = understand(
        {
            "clusters/llm.yaml": FLUX,
            "apps/llm/a.yaml": SETTINGS,
            "apps/llm/deep/b.yaml": SETTINGS,
            "apps/llm/own/kustomization.yaml": "resources: [c.yaml]\n",
            "apps/llm/own/c.yaml": SETTINGS,
        }
    )
    expected = ["file:apps/llm/a.yaml", "file:apps/llm/deep/b.yaml", "file:apps/llm/own/kustomization.yaml"]
    assert applied(graph, "llm") == expected


TREE = {
    "apps/chat/overlays/dev/kustomization.yaml": "resources: []\n",
    "apps/chat/overlays/prod/kustomization.yaml": "resources: []\n",
    "apps/embed/overlays/prod/kustomization.yaml": "resources: []\n",
    "apps/old/overlays/prod/kustomization.yaml": "resources: []\n",
    "envs/eu/config.json": "{}",
    "envs/us/config.json": "{}",
    "charts/llm/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 1.0.0\n",
}
_LIST = "    - list: {elements: [{app: chat, env: prod}, {app: embed, env: prod}]}"
_GIT = """\
    - git:
        repoURL: https://example.org/me/deploy
        directories: [{path: apps/*/overlays/prod}, {path: apps/old/*/*, exclude: true}]"""
_MATRIX = """\
    - matrix:
        generators:
          - list: {elements: [{app: chat}]}
          - clusters: {}"""
_FILES = "    - git: {repoURL: x, files: [{path: envs/*/config.json}]}"
_MERGE = """\
    - merge:
        mergeKeys: [app]
        generators:
          - list: {elements: [{app: chat, env: dev}, {app: embed, env: prod}]}
          - list: {elements: [{app: chat, env: prod}]}"""
CHAT, EMBED = "file:apps/chat/overlays/prod/kustomization.yaml", "file:apps/embed/overlays/prod/kustomization.yaml"
CHAT_DEV = "file:apps/chat/overlays/dev/kustomization.yaml"


@pytest.mark.parametrize(
    ("go", "generators", "source", "expected"),
    [
        ("false", _LIST, "source: {path: 'apps/{{app}}/overlays/{{env}}'}", [CHAT, EMBED]),
        ("true", _LIST, "source: {path: 'apps/{{ .app }}/overlays/{{ .env | lower }}'}", [CHAT, EMBED]),
        ("false", _GIT, "source: {path: '{{path}}'}", [CHAT, EMBED]),
        ("true", _GIT, "source: {path: '{{.path.path}}'}", [CHAT, EMBED]),
        ("true", _GIT, "source: {path: 'apps/{{index .path.segments 1}}/overlays/prod'}", [CHAT, EMBED]),
        ("false", _MATRIX, "source: {path: 'apps/{{app}}/overlays/{{metadata.labels.env}}'}", [CHAT_DEV, CHAT]),
        ("false", _FILES, "source: {path: 'charts/llm', x: '{{path.basename}}'}", ["file:charts/llm/Chart.yaml"]),
        ("false", _MERGE, "source: {path: 'apps/{{app}}/overlays/{{env}}'}", [CHAT, EMBED]),
        ("false", _MATRIX, "source: {path: '{{name}}'}", []),  # any folder at all: none
        ("false", _LIST, "sources: [{path: 'apps/{{app}}/overlays/{{env}}'}, {ref: values}]", [CHAT, EMBED]),
    ],
)
def test_sets_of_applications(
    understand: Understand, go: str, generators: str, source: str, expected: list[str]
) -> None:
    text = APPLICATION_SET % {"go": go, "generators": generators, "source": source}
    assert applied(understand({**TREE, "argo/set.yaml": text}), "apps") == expected


def test_odd_generators_end() -> None:
    folders = Folders(("a/b/c.yaml",))
    assert (
        applications({"generators": [None, {"matrix": {"generators": []}}, {"git": 3}, {"merge": None}]}, folders) == []
    )
    many = {"list": {"elements": [{"n": number} for number in range(200)]}}
    assert len(applications({"generators": [{"matrix": {"generators": [many, many]}}]}, folders)) == 300
    nested: dict[str, object] = {"list": {}}
    for _ in range(50):
        nested = {"matrix": {"generators": [nested]}}
    assert applications({"generators": [nested]}, folders) == []
    assert folders.matching("*" * 40) == []
    assert filled("{{ a }}/{{unclosed", {"a": "x"}) == "x/{{unclosed"


def test_an_application_of_applications_and_its_recursion(understand: Understand) -> None:
    root = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: root}\n"
        "spec: {source: {path: argo/apps, directory: {recurse: true}}}\n"
    )
    leaf = root.replace("root", "leaf").replace("argo/apps, directory: {recurse: true}", "k8s/llm")
    graph = understand({"argo/root.yaml": root, "argo/apps/team/leaf.yaml": leaf, "k8s/llm/deploy.yaml": DEPLOYMENT})
    chain = graph.path("resource:argo/root.yaml#Application/root", "workload:k8s/llm/deploy.yaml#Deployment/llm")
    assert [edge.relation for edge in chain] == ["applies", "defines", "applies", "defines"]


ENCRYPTED = """\
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData:
  API_KEY: ENC[AES256_GCM,data:Tm90aGluZw==,iv:9f3hJ2kLmQ0=,tag:Zx81kPw==,type:str]
sops:
  mac: ENC[AES256_GCM,data:q8Zx81kPw9f3hJ2kLmQ0,iv:x,tag:y,type:str]
  version: 3.8.1
"""
SEALED = """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: keys}
spec: {encryptedData: {API_KEY: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq8Zx81kPw9f3hJ2kLmQ0v}}
"""
EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: keys}
spec: {data: [{secretKey: API_KEY, remoteRef: {key: prod/api-key}}]}
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("k8s/secret.yaml", ENCRYPTED),
        ("secrets.json", '{"api_key": "ENC[AES256_GCM,data:Tm90aGluZw==]", "sops": {"mac": "ENC[AES256_GCM,data:x]"}}'),
        ("prod.env", "API_KEY=ENC[AES256_GCM,data:Tm90aGluZw==,iv:9f3hJ2kLmQ0=,type:str]\nsops_version=3.8.1\n"),
        ("k8s/sealed.yaml", SEALED),
        ("k8s/external.yaml", EXTERNAL),
    ],
)
def test_ciphertext_is_kept_by_a_secret_manager(understand: Understand, path: str, text: str) -> None:
    graph = understand({path: text})
    found = [one for one in graph.capabilities() if one.capability == "secrets-management"]
    assert [(one.status.value, one.at.path) for one in found] == [("used", path)]
    assert graph.facts("secret") == ()
    assert all(one.get("value") is None for one in graph.facts("env") if one.name == "API_KEY")


def test_what_only_speaks_of_encryption_is_not_encrypted(understand: Understand) -> None:
    graph = understand({"notes.yaml": "how: 'values begin with ENC[AES256_GCM'\n", "a.yaml": "sops: {mac: x}\n"})
    assert graph.facts("encrypted") == ()
