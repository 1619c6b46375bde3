"""Programs that are run once for each of their stacks: with what the configuration of each gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact
from tests.conftest import Understand

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
cfg = pulumi.Config()
{}
k8s.apps.v1.Deployment("llm", spec={{"replicas": {}, "template": {{"spec": {{"containers": [
    {{"name": "llm", "image": {}}}]}}}}}})
"""
PROJECT = "name: llm\nruntime: python\n"
PROD = """config:
  llm:image: acme/llm:2
  llm:tag: "3"
  llm:replicas: 4
  llm:app: {image: acme/app:5, ports: [80]}
  llm:token: {secure: AAABAKz}
  llm:repo:
    secure: AAABAKz
  other:image: acme/other:9
"""
FILES = {"infra/Pulumi.yaml": PROJECT, "infra/Pulumi.prod.yaml": PROD}


def facts(graph: Graph, kind: str) -> list[Fact]:
    return [one for one in graph.all_facts(kind) if one.at.path.endswith(".py")]


def program(image: str, before: str = "", replicas: str = "1") -> dict[str, str]:
    return {"infra/__main__.py": PROGRAM.format(before, replicas, image)}


IMAGES = {
    'cfg.require("image")': "acme/llm:2",
    'cfg.get("image") or "acme/default:1"': "acme/llm:2",
    'cfg.get("gone") or "acme/default:1"': "acme/default:1",
    'cfg.get("gone", "acme/default:1")': "acme/default:1",
    "f\"acme/llm:{cfg.require('tag')}\"": "acme/llm:3",
    'cfg.require_object("app")["image"]': "acme/app:5",
    'pulumi.Config("other").get("image")': "acme/other:9",
    "pulumi.Config(pulumi.get_project()).require(key='image')": "acme/llm:2",
    "image": "acme/llm:2",
    'from_class.get("image")': "acme/other:9",
    # no values of this program
    'cfg.require("gone")': "",
    'cfg.require("repo")': "",
    'cfg.require_secret("image")': "",
    'pulumi.Config("third").require("image")': "",
    'pulumi.Config(name).require("image")': "",
    'settings.require("image")': "",
    'cfg.require("app")': "",
}
BEFORE = 'from pulumi import Config as Asks\nfrom_class = Asks("other")\nimage = cfg.require("image")'


@pytest.mark.parametrize("image", IMAGES)
def test_what_a_program_asks_for_is_what_its_stack_gives(image: str, understand: Understand) -> None:
    found = facts(understand(FILES | program(image, BEFORE)), "image")
    known = [str(one.get("raw")) for one in found if not one.get("unresolved")]
    assert known == ([IMAGES[image]] if IMAGES[image] else [])
    assert len(found) == 1
    asked = IMAGES[image] and not image.startswith('cfg.get("gone") or')  # that is so without any stack
    assert found[0].get("environment") == ("infra/Pulumi.prod.yaml" if asked else None)


def test_each_stack_is_an_environment_of_the_same_workload(understand: Understand) -> None:
    dev = "config:\n  # comes first\n  llm:image: acme/llm:latest\n"
    files = (
        FILES
        | {"infra/Pulumi.dev.yaml": dev}
        | program('cfg.require("image")', replicas='cfg.get_int("replicas") or 1')
    )
    graph: Graph = understand(files)
    (workload,) = graph.workloads()
    assert workload.node == "workload:infra/__main__.py#Deployment/llm"
    told = {
        one.get("environment"): (one.get("raw"), [str(two.at) for two in one.also]) for one in facts(graph, "image")
    }
    assert told == {
        "infra/Pulumi.dev.yaml": ("acme/llm:latest", ["infra/Pulumi.dev.yaml:3"]),
        "infra/Pulumi.prod.yaml": ("acme/llm:2", ["infra/Pulumi.prod.yaml:2"]),
    }
    assert {one.get("environment"): one.get("replicas") for one in workload.variants} == {
        "infra/Pulumi.prod.yaml": 4,
        "infra/Pulumi.dev.yaml": 1,
    }
    assert [one.get("image") for one in workload.containers[0].production] == ["acme/llm:2"]


def test_a_name_of_the_configuration_makes_no_other_workload(understand: Understand) -> None:
    text = program('"acme/llm:1"')["infra/__main__.py"].replace('Deployment("llm"', 'Deployment(cfg.require("name")')
    files: dict[str, Any] = {
        f"infra/Pulumi.{name}.yaml": f"config:\n  llm:name: llm-{name}\n" for name in ("dev", "prod")
    }
    graph: Graph = understand({"infra/Pulumi.yaml": PROJECT, "infra/__main__.py": text} | files)
    assert len(graph.workloads()) == 1


ELSEWHERE = {
    "a program in a folder below": {"Pulumi.yaml": PROJECT + "main: infra/\n", "Pulumi.prod.yaml": PROD},
    "configuration in a folder of its own": {
        "infra/Pulumi.yaml": PROJECT + "stackConfigDir: stacks\n",
        "infra/stacks/Pulumi.prod.yml": PROD,
    },
    "keys without a namespace": {"infra/Pulumi.yaml": PROJECT, "infra/Pulumi.x.yaml": "config: {image: acme/llm:2}\n"},
    "what the project says for all": {
        "infra/Pulumi.yaml": PROJECT + "config:\n  image: {type: string, default: acme/llm:2}\n",
        "infra/Pulumi.x.yaml": "config: {aws:region: eu-west-1}\n",
    },
    "a project without stacks": {"infra/Pulumi.yaml": PROJECT + "config: {image: {value: acme/llm:2}}\n"},
}


@pytest.mark.parametrize("about", ELSEWHERE)
def test_where_the_configuration_stands(about: str, understand: Understand) -> None:
    found = facts(understand(ELSEWHERE[about] | program('cfg.require("image")')), "image")
    assert [one.get("raw") for one in found] == ["acme/llm:2"]


NOT_MEANT = {
    "no project": {"infra/Pulumi.prod.yaml": PROD},
    "another project": {"other/Pulumi.yaml": PROJECT, "other/Pulumi.prod.yaml": PROD},
    "broken": {"infra/Pulumi.yaml": PROJECT, "infra/Pulumi.prod.yaml": "config: [\n"},
    "a secret of the project": {"infra/Pulumi.yaml": PROJECT + "config: {image: {value: x/y:1, secret: true}}\n"},
}


@pytest.mark.parametrize("about", NOT_MEANT)
def test_what_gives_nothing(about: str, understand: Understand) -> None:
    found = facts(understand(NOT_MEANT[about] | program('cfg.require("image")')), "image")
    assert [one.get("unresolved") for one in found] == [True]
    assert not any(one.get("environment") for one in found)


def test_of_a_large_program_production_is_told(tmp_path: Path) -> None:
    text = program('cfg.require("image")')["infra/__main__.py"] + "# more\n" * 30_000
    (tmp_path / "__main__.py").write_text(text)
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    for number, name in enumerate(("a", "b", "prod")):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(f"config:\n  llm:image: acme/llm:{number}\n")
    result = scan(tmp_path, Config(jobs=1))
    assert [one.target for one in result.edges if one.target.startswith("image:")] == ["image:acme/llm"]
    notes = [one.reason for one in result.coverage.unreadable if one.at.path == "__main__.py"]
    assert notes == ["3 stacks of a large program: 1 of them are told"]


APPLIED = """
import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.kustomize.v2 import Directory
k8s.yaml.ConfigFile("a", file="k8s/d.yaml")
k8s.yaml.v2.ConfigGroup("g", files=["k8s/g*.yaml"])
Directory("b", directory="./kz")
k8s.helm.v4.Chart("c", chart="./chart", values={"image": {"tag": "1.2", "pull": mode}, "count": count})
"""
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec: {template: {spec: {containers: [CON]}}}\n"
)


def deployment(name: str, image: str = "acme/x:1") -> str:
    return DEPLOYMENT.replace("NAME", name).replace("CON", f'{{name: c, image: "{image}"}}')


def test_what_a_program_applies_from_files(understand: Understand) -> None:
    graph: Graph = understand(
        {
            "Pulumi.yaml": PROJECT,
            "infra/__main__.py": APPLIED,
            "k8s/d.yaml": deployment("d"),
            "k8s/g1.yaml": deployment("g"),
            "k8s/x.yaml": deployment("x"),
            "kz/kustomization.yaml": "resources: [e.yaml]\n",
            "kz/e.yaml": deployment("e"),
            "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
            "chart/values.yaml": "image: {tag: latest, pull: Always}\ncount: 3\n",
            "chart/templates/z.yaml": deployment("z", "acme/z:{{ .Values.image.tag }}-{{ .Values.count }}"),
        }
    )
    applied = {
        (edge.source.rpartition("/")[2], edge.target)
        for node in ("applied/a", "applied/g", "applied/b", "helm_release/c")
        for edge in graph.links_from(f"resource:infra/__main__.py#{node}", "applies")
    }
    assert applied == {
        ("a", "file:k8s/d.yaml"),
        ("g", "file:k8s/g1.yaml"),
        ("b", "file:kz/kustomization.yaml"),
        ("c", "file:chart/Chart.yaml"),
    }
    tags = {one.get("environment"): one.get("tag") for one in graph.all_facts("image") if one.name == "acme/z"}
    assert "1.2-3" in tags.values()  # what is not known of the values leaves those of the chart
