"""Which Dockerfile and which names a build has, on facts given by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.imagebuilds import builds
from mlops_scan.scanner.model import Fact, Location

_STAGES = [
    Fact("stage", "0", Location("Dockerfile", 1), {"final": True}),
    Fact("stage", "0", Location("svc/Dockerfile", 1), {"final": True}),
    Fact("stage", "0", Location("docker/svc.Dockerfile", 1), {"final": True}),
]


def _found(*facts: Fact) -> list[tuple[str, str]]:
    return [
        (one.reference, one.stage.removeprefix("stage:").partition("#")[0])
        for one in builds(Graph([*_STAGES, *facts], ()))
    ]


@pytest.mark.parametrize(
    ("words", "says", "found"),
    [
        ("docker build -t a .", {}, [("a", "Dockerfile")]),
        ("docker build . --no-cache -ta --tag=b", {}, [("a", "Dockerfile"), ("b", "Dockerfile")]),
        ("docker build -t a .", {"cwd": "svc"}, [("a", "svc/Dockerfile")]),
        ("docker build -t a .", {"cwd": "none"}, []),
        ("docker build -t a .", {"into": "?"}, []),
        ("docker build -t a svc", {"into": "?"}, [("a", "svc/Dockerfile")]),
        ("docker build --build-arg X=1 -t a -f docker/svc.Dockerfile .", {}, [("a", "docker/svc.Dockerfile")]),
        ("az acr build -r reg -t a -f Dockerfile svc", {}, [("a", "svc/Dockerfile")]),
        ("executor -c dir://$HOME/svc -d a -d b", {}, [("a", "svc/Dockerfile"), ("b", "svc/Dockerfile")]),
        ("--context=/workspace/src/svc --destination=a", {}, [("a", "svc/Dockerfile")]),
        ("docker build -t a https://example.org/x.git", {}, []),
        ("docker push a", {}, []),
        ("docker build .", {}, []),
    ],
)
def test_words_of_a_command(words: str, says: dict[str, Any], found: list[tuple[str, str]]) -> None:
    argv = words.split()
    assert _found(Fact("command", argv[0], Location("ci.yml", 3), {"argv": argv, "where": "ci", **says})) == found


def test_inputs_of_an_action() -> None:
    meta = {"owner": "ci#b", "id": "meta", "with": {"images": "reg.io/a\nname=reg.io/b"}}
    push = {"owner": "ci#b", "with": {"context": "svc", "tags": "${{ steps.meta.outputs.tags }}"}}
    other = {"owner": "ci#other", "with": {"tags": "${{ steps.meta.outputs.tags }}"}}
    at = Location("ci.yml", 3)
    found = _found(
        Fact("action", "docker/metadata-action", at, meta),
        Fact("action", "docker/build-push-action", at, push),
        Fact("action", "docker/build-push-action", at, other),
        Fact("action", "actions/checkout", at, {"with": {"tags": "x"}}),
    )
    assert found == [("reg.io/a", "svc/Dockerfile"), ("reg.io/b", "svc/Dockerfile")]
