"""Which Dockerfile and which names a build has, on facts given by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import named, packs
from mlops_scan.scanner.link.dockerfiles import Dockerfiles
from mlops_scan.scanner.link.imagebuilds import builds
from mlops_scan.scanner.link.repositories import Repositories
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
        ("docker build .", {}, [("", "Dockerfile")]),  # under no name
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
    assert found == [("reg.io/a", "svc/Dockerfile"), ("reg.io/b", "svc/Dockerfile"), ("", "Dockerfile")]


@pytest.mark.parametrize(
    ("file", "context", "folder", "inside", "found"),
    [
        ("", ".", "svc", False, "svc/Dockerfile"),
        ("", "$ROOT/svc", "", False, "svc/Dockerfile"),
        ("svc.Dockerfile", "docker", "", True, "docker/svc.Dockerfile"),
        ("", "/workspace/src/svc", "", False, "svc/Dockerfile"),
        ("", "https://example.org/x.git", "", False, ""),
    ],
)
def test_the_dockerfile_of_a_build(file: str, context: str, folder: str, inside: bool, found: str) -> None:
    places = Dockerfiles({one.at.path: f"stage:{one.at.path}#0" for one in _STAGES})
    stage = places.find(file, context, [folder], inside=inside)
    assert stage == (f"stage:{found}#0" if found else "")


def test_options_and_operands_of_a_form() -> None:
    form = {
        "words": ["tool", "make"],
        "names": ["-n", 1],
        "pools": ["--pool"],
        "module": ["module"],
        "file": [0, "--file"],
        "folder": ["at"],
        "package": ["--package"],
        "flags": ["-v"],
    }
    argv = ["tool", "make", "-v", "main.py", "--pool=a=1,module=pkg.fit,at=svc", "-n", "x", "tag", "--file=gone.py"]
    assert [named.values(form, "names", one) for one in named.spoken(form, argv)] == [[], ["x", "tag"]]
    files = {"svc/pkg/fit.py", "ci/main.py", "ci/pkg/score.py"}
    assert list(named.code(form, argv, "ci", {*files, "ci/svc/pkg/fit.py"})) == ["ci/svc/pkg/fit.py", "ci/main.py"]
    packed = [*["tool", "make", "--package", "lib/pkg", "--pool", "module=pkg.score.Cls"]]
    assert list(named.code(form, packed, "ci", files)) == ["ci/pkg/score.py"]


def test_what_a_tool_packs() -> None:
    def command(words: str) -> Fact:
        return Fact("command", words.split()[0], Location("go.sh", 3), {"argv": words.split(), "where": "shell"})

    says = {"value": "Rank", "where": "dotenv"}
    facts = [
        command("mlflow models build-docker -m models:/churn/1 -n reg/churn"),
        command("mlflow models build-docker -m $MODEL -n reg/other"),
        command("s2i build svc builder reg/rank"),
        Fact("env", "MODEL_NAME", Location("svc/.s2i/environment", 1), says),
    ]
    found = packs.packs(Graph(facts, ("svc/Rank.py", "go.sh")))
    assert [(one.reference, one.relation, one.target) for one in found] == [
        ("reg/churn", "serves", "model:churn"),
        ("reg/rank", "starts", "file:svc/Rank.py"),
    ]


@pytest.mark.parametrize(
    ("reference", "path", "found"),
    [
        ("${aws_ecr_repository.one.repository_url}:1", "infra/x.tf", "acme/one:1"),
        ("${data.aws_ecr_repository.one.repository_url}", "infra/x.tf", "acme/one"),
        ("${aws_ecr_repository.one.repository_url}", "far/x.tf", "${aws_ecr_repository.one.repository_url}"),  # which?
        ('${aws_ecr_repository.many["b"].repository_url}', "far/x.tf", "acme/b"),
        ("${aws_ecr_repository.open.repository_url}", "far/x.tf", "aws_ecr_repository/open"),
        ("${aws_ecr_repository.one.arn}", "infra/x.tf", "${aws_ecr_repository.one.arn}"),
        ("$REG/x:1", "infra/x.tf", "$REG/x:1"),
    ],
)
def test_a_repository_goes_by_its_address(reference: str, path: str, found: str) -> None:
    def declared(name: str, path: str, called: Any, instance: str = "") -> Fact:
        says = {"platform": "terraform", "type": "aws_ecr_repository", "data": {"name": called}, "instance": instance}
        return Fact("resource", name, Location(path, 1), says)

    facts = [
        declared("one", "infra/a.tf", "acme/one"),
        declared("one", "other/a.tf", "acme/other"),
        declared("many", "infra/a.tf", "acme/a", '["a"]'),
        declared("many", "infra/a.tf", "acme/b", '["b"]'),
        declared("open", "infra/a.tf", {"expr": "var.name"}),
    ]
    assert Repositories(Graph(facts, ())).spelled(reference, path) == found
