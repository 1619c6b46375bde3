"""Commands to the workloads that they change, and what is served to its runtime, on facts given by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import changed, runtimes
from mlops_scan.scanner.model import Fact
from tests.by_hand import fact

API, TWICE = "workload:k.yaml#Deployment/api", ("a.yaml", "b.yaml")


def _workload(name: str, path: str = "k.yaml", kind: str = "Deployment", **says: Any) -> Fact:
    return fact("workload", name, f"{path}:1", id=f"{path}#{kind}/{name}", kind=kind, **{"origin": "raw", **says})


def _command(words: str) -> Fact:
    argv = words.split()
    return fact("command", argv[0], "ci.yml:4", argv=argv, raw=words, where="ci", owner="ci.yml#d")


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("kubectl set image deployment/api api=acme/api:2", [API]),
        ("kubectl -n ml set image deployment api api=acme/api:2", [API]),
        ("kubectl rollout restart deployment/api", [API]),
        ("kubectl get deployment/api", []),
        ("kubectl set image deployment/gone api=acme/api:2", []),
        ("kubectl set image deployment/twice api=acme/api:2", []),  # nobody says which
        ("kubectl set image deployment/local api=acme/api:2", []),  # no object of a cluster
        ("echo set image deployment/api", []),
    ],
)
def test_the_workload_that_a_command_changes(words: str, changes: list[str]) -> None:
    given = [
        _workload("api"),
        *(_workload("twice", path) for path in TWICE),
        _workload("local", origin="compose"),
    ]
    found = list(changed.edges(Graph((*given, _command(words)), ("ci.yml",), ())))
    assert [(one.source, one.relation, one.target) for one in found] == [
        ("job:ci.yml#d", "deploys", o) for o in changes
    ]


@pytest.mark.parametrize(("runtime", "found"), [("vllm", True), ("gone", False)])
def test_what_is_served_names_its_runtime(runtime: str, found: bool) -> None:
    data = {"spec": {"predictor": {"model": {"runtime": runtime}}}}
    place = "workload:i.yaml#InferenceService/llm"
    service = fact("resource", "llm", "i.yaml:1", type="serving.kserve.io/InferenceService", data=data)
    offered = _workload("vllm", "r.yaml", "ServingRuntime")
    image = fact("image", "acme/vllm", "r.yaml:5", role="run", owner="r.yaml#ServingRuntime/vllm")
    graph = Graph((service, _workload("llm", "i.yaml", "InferenceService"), offered, image), (), ())

    def named(of: Fact, kind: str, name: str) -> list[Fact]:
        return [offered] if (kind, name) == ("ServingRuntime", "vllm") else []

    drawn = {(one.source, one.relation, one.target) for one in runtimes.edges(graph, named)}
    includes = (place, "includes", "workload:r.yaml#ServingRuntime/vllm")
    assert drawn == ({includes, (place, "runs", "image:acme/vllm")} if found else set())
