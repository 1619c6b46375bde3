"""Compose files: services with their places, variables and defaults, overrides, and what is no Compose file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.scanner import files
from mlops_scan.scanner.formats.interpolation import dotenv, interpolate
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.compose import ComposeFiles

MAIN = """\
x-common: &common
  restart: always
  environment:
    LEVEL: info
services:
  model:
    <<: *common
    image: ${REGISTRY:-team}/server:${TAG:-latest}
    command: >-
      python -m vllm.entrypoints.openai.api_server
      --model ${MODEL}
    environment:
      - HF_TOKEN=${HF_TOKEN}
      - MODE=fast
      - INHERITED
    ports: ["127.0.0.1:8080:80/tcp", "9000"]
    devices: ["/dev/kfd:/dev/kfd"]
    runtime: nvidia
    deploy:
      replicas: 2
      resources:
        limits: {cpus: "2", memory: 4g}
        reservations:
          devices: [{driver: nvidia, count: all, capabilities: [gpu]}]
    healthcheck: {test: [CMD, curl, localhost], interval: 5s}
    depends_on: {db: {condition: service_healthy}}
    volumes: ["./models:/models:ro", "cache:/cache", {type: bind, source: /a, target: /b}]
    profiles: [gpu]
    privileged: true
    user: "1000:1000"
  db:
    image: postgres@sha256:abc
    healthcheck: {disable: true}
  api:
    build: {context: ./api, dockerfile: Dockerfile.prod, target: run, args: {A: "1"}}
    image: team/api:latest
    entrypoint: ["/bin/sh", "-c"]
    command:
      - |
        echo start
        exec uvicorn app:app
"""


def read(root: Path, texts: dict[str, str]) -> list[Fact | Note]:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    tree, parser = files.Tree(root, files.walk(root)), ComposeFiles()
    sources = [source for path in tree.paths if (source := tree.get(path)) is not None]
    return [item for source in sources if parser.reads(source, tree) for item in parser.parse(source, tree)]


def facts(items: list[Fact | Note], kind: str) -> dict[str, Fact]:
    return {item.name: item for item in items if isinstance(item, Fact) and item.kind == kind}


def test_services_say_what_they_run(tmp_path: Path) -> None:
    items = read(tmp_path, {"deploy/docker-compose.yml": MAIN})
    workloads = facts(items, "workload")
    model = workloads["model"]
    assert model.get("id") == "deploy/docker-compose.yml#service/model"
    assert (model.at.line, model.get("kind_line"), model.get("replicas"), model.get("replicas_line")) == (6, 6, 2, 20)
    assert (model.get("depends_on"), model.get("profiles")) == (["db"], ["gpu"])
    assert [(one["type"], one["source"]) for one in model.get("volumes")] == [
        ("bind", "./models"),
        ("volume", "cache"),
        ("bind", "/a"),
    ]
    api = workloads["api"]
    assert (api.get("build_context"), api.get("dockerfile"), api.get("build_target")) == (
        "./api",
        "Dockerfile.prod",
        "run",
    )
    assert api.get("build_args") == {"A": "1"}

    containers = facts(items, "container")
    server = containers["model"]
    assert server.get("ports") == [{"port": 80, "published": 8080}, {"port": 9000}]
    assert server.get("limits") == {"cpus": "2", "memory": "4g"}
    assert server.get("devices") == ["/dev/kfd:/dev/kfd", "nvidia gpu all", "runtime nvidia"]
    assert server.get("env") == {"HF_TOKEN": None, "MODE": "fast", "INHERITED": None}
    assert (server.get("privileged"), server.get("run_as_user"), server.get("end_line")) == (True, 1000, 30)
    assert server.get("healthcheck")["interval"] == "5s"
    assert containers["db"].get("healthcheck") is None


def test_images_and_the_default_of_a_variable(tmp_path: Path) -> None:
    images = facts(read(tmp_path, {"compose.yaml": MAIN}), "image")
    server = images["team/server"]
    assert (server.get("tag"), server.get("default_tag"), server.get("unresolved")) == ("latest", "latest", None)
    assert (server.at.line, server.get("raw")) == (8, "${REGISTRY:-team}/server:${TAG:-latest}")
    assert images["postgres"].get("digest") == "sha256:abc"
    assert images["team/api"].get("local_build") is True


def test_the_environment_file_beside_it_wins_over_a_default(tmp_path: Path) -> None:
    items = read(tmp_path, {"compose.yaml": MAIN, ".env": "TAG=1.4 # pinned\nexport REGISTRY='r.io/x'\nMODEL=m\n"})
    image = facts(items, "image")["r.io/x/server"]
    assert (image.get("tag"), image.get("default_tag")) == ("1.4", None)
    assert facts(items, "command")["python"].get("argv")[-2:] == ["--model", "m"]


def test_commands_stand_at_their_line(tmp_path: Path) -> None:
    items = read(tmp_path, {"compose.yaml": MAIN})
    found = [(fact.get("argv")[0], fact.at.line) for fact in items if isinstance(fact, Fact) and fact.kind == "command"]
    assert found == [("python", 9), ("echo", 40), ("uvicorn", 41)]


def test_an_override_is_an_environment_of_the_same_workload(tmp_path: Path) -> None:
    override = """\
services:
  db:
    image: postgres:16
    environment: {A: "1"}
"""
    gpu = "services:\n  model:\n    environment: [MODE=slow]\n    ports: ['1:1']\n    command: [serve]\n"
    texts = {"docker-compose.yml": MAIN, "docker-compose.override.yml": override, "docker-compose.gpu.yml": gpu}
    items = read(tmp_path, texts)
    workloads = [item for item in items if isinstance(item, Fact) and item.kind == "workload"]
    ids = sorted((fact.get("id"), fact.get("environment") or "", fact.at.path) for fact in workloads)
    assert ids == [
        ("docker-compose.yml#service/api", "", "docker-compose.yml"),
        ("docker-compose.yml#service/db", "", "docker-compose.yml"),
        ("docker-compose.yml#service/db", "docker-compose.override", "docker-compose.override.yml"),
        ("docker-compose.yml#service/model", "", "docker-compose.yml"),
        ("docker-compose.yml#service/model", "docker-compose.gpu", "docker-compose.gpu.yml"),
    ]
    merged = [
        item
        for item in items
        if isinstance(item, Fact) and item.kind == "container" and item.get("environment") == "docker-compose.gpu"
    ]
    assert [len(fact.get("ports")) for fact in merged] == [3]
    assert merged[0].get("env") == {"HF_TOKEN": None, "MODE": "slow", "INHERITED": None}
    assert merged[0].get("args") == ["serve"]
    (image,) = [
        item
        for item in items
        if isinstance(item, Fact) and item.kind == "image" and item.get("environment") == "docker-compose.gpu"
    ]
    assert (image.at.path, image.at.line) == ("docker-compose.yml", 8)


def test_extends_here_and_in_another_file(tmp_path: Path) -> None:
    texts = {
        "compose.yaml": "services:\n  a: {extends: {file: common/base.yml, service: b}, command: [x]}\n"
        "  c: {extends: a, image: 'own:1'}\n  loop: {extends: loop, image: i}\n"
        "  gone: {extends: {file: ../no.yml, service: x}}\n",
        "common/base.yml": "services:\n  b: {image: 'base:2', environment: {A: '1'}}\n",
    }
    items = read(tmp_path, texts)
    images = [
        item for item in items if isinstance(item, Fact) and item.kind == "image" and item.at.path != "compose.yaml"
    ]
    assert {(fact.name, fact.at.path, fact.get("owner")) for fact in images} == {
        ("base", "common/base.yml", "compose.yaml#service/a"),
        ("base", "common/base.yml", "common/base.yml#service/b"),
    }
    containers = facts(items, "container")
    assert (containers["c"].get("image"), containers["c"].get("args")) == ("own:1", ["x"])
    assert containers["c"].get("env") == {"A": "1"}


def test_tags_of_an_override_reset_and_replace(tmp_path: Path) -> None:
    over = "services:\n  model:\n    ports: !override ['1:1']\n    healthcheck: !reset null\n"
    items = read(tmp_path, {"compose.yaml": MAIN, "compose.override.yaml": over})
    (container,) = [
        item for item in items if isinstance(item, Fact) and item.kind == "container" and item.get("environment")
    ]
    assert (container.get("ports"), container.get("healthcheck")) == ([{"port": 1, "published": 1}], None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.yaml", "services:\n  web: {image: {repository: x}}\n"),
        ("values.yaml", "image: x\nservices:\n  web: {image: x}\n"),
        ("ci.yml", "services:\n  - docker:dind\n"),
        ("apps.yml", "services:\n  web: {port: 1}\n"),
        ("compose.yaml", "services: []\n"),
        ("compose.yaml", "apiVersion: v1\nkind: X\nservices: {a: {image: x}}\n"),
    ],
)
def test_no_compose_file(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, {name: text}) == []


def test_a_compose_file_by_its_shape(tmp_path: Path) -> None:
    items = read(tmp_path, {"stack.yml": "version: '3'\nx-a: 1\nservices:\n  web: {image: 'x:1'}\n"})
    assert list(facts(items, "workload")) == ["web"]


def test_a_broken_compose_file_is_noted(tmp_path: Path) -> None:
    (note,) = read(tmp_path, {"docker-compose.yml": "services:\n  a: {image: x\n  b: [\n"})
    assert isinstance(note, Note)
    assert note.at.line >= 2


@pytest.mark.parametrize(
    "service",
    [
        "null",
        "{image: [a]}",
        "{image: '', build: []}",
        "{image: i, command: {a: b}, entrypoint: 5, environment: 7, ports: {a: b}, volumes: x, devices: 1}",
        "{image: i, deploy: [], healthcheck: x, depends_on: 3, profiles: {a: 1}, user: [a], labels: [a, b=c]}",
        "{image: 'i', command: 'a \"unfinished', gpus: [{count: 1}]}",
        "{image: i, deploy: {resources: {reservations: {devices: [1]}}}}",
        "{image: '${A:-${B:-${C}}', extends: [x]}",
    ],
)
def test_odd_services_raise_nothing(tmp_path: Path, service: str) -> None:
    items = read(tmp_path, {"compose.yaml": f"services:\n  a: {service}\n  b: {{image: x}}\n"})
    assert "b" in facts(items, "workload")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", ("a", False, False)),
        ("$A-${A}", ("1-1", False, False)),
        ("$$A $", ("$A $", False, False)),
        ("${B:-x}", ("x", False, True)),
        ("${EMPTY:-x}${EMPTY-x}", ("x", False, True)),
        ("${B:-${C:-y}}z", ("yz", False, True)),
        ("${B:-$C}", ("$C", True, True)),
        ("${B}", ("${B}", True, False)),
        ("${B:?needed}", ("${B:?needed}", True, False)),
        ("${A:?needed}", ("1", False, False)),
        ("${A:+y}${B:+y}", ("y", False, False)),
        ("${", ("${", True, False)),
        ("${{ A }}", ("${{ A }}", True, False)),
    ],
)
def test_variables(text: str, found: tuple[str, bool, bool]) -> None:
    result = interpolate(text, {"A": "1", "EMPTY": ""})
    assert (result.text, result.unresolved, result.defaulted) == found


def test_environment_files() -> None:
    text = '# c\nA=1\nexport B = \'two # 2\' # c\nC="x\\" y"\nD=a#b\nE=\n=f\nno line\n'
    assert dotenv(text) == {"A": "1", "B": "two # 2", "C": "x\\", "D": "a#b", "E": ""}
