"""Which folder of declared infrastructure a command or an action means, on facts given by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import roots
from mlops_scan.scanner.model import Fact
from tests.by_hand import fact

CI = ".github/workflows/ci.yml"
FILES = (CI, "deploy.sh", "envs/dev/main.tf", "envs/prod/main.tf", "envs/prod/notes.md", "infra/main.tf")
DECLARED = tuple(
    fact("resource", "a", f"{path}:1", platform="terraform", type="aws_a", id=f"{path}#aws_a.a")
    for path in FILES
    if path.endswith(".tf")
)


def _edges(*facts: Fact) -> list[str]:
    found = roots.edges(Graph(facts, FILES, ()))
    return sorted(f"{one.source} | {one.relation} | {one.target}" for one in found if one.relation != "defines")


def _command(words: str, place: str = f"{CI}:4", where: str = "ci", **says: Any) -> Fact:
    argv = words.split()
    return fact("command", argv[0], place, argv=argv, raw=words, where=where, owner=f"{CI}#d", **says)


@pytest.mark.parametrize(
    ("words", "says", "relation", "paths"),
    [
        ("terraform apply", {"cwd": "infra"}, "applies", ["infra/main.tf"]),
        ("terraform -chdir=infra apply -auto-approve", {}, "applies", ["infra/main.tf"]),
        ("terraform -chdir=envs/${ENV} apply", {}, "applies", ["envs/dev/main.tf", "envs/prod/main.tf"]),
        ("terraform plan", {"into": "envs/prod"}, "reads", ["envs/prod/main.tf"]),
        ("terraform apply -destroy", {"cwd": "infra"}, "", []),  # takes away what it names
        ("terraform init", {"cwd": "infra"}, "", []),
        ("terraform apply", {"into": "?"}, "", []),
        ("terraform apply", {}, "", []),  # the root of the repository declares nothing
        ("terraform -chdir=../infra apply", {}, "", []),
        ("terraform -chdir=$DIR apply", {}, "", []),  # any folder at all
        ("kubectl apply", {"cwd": "infra"}, "", []),
    ],
)
def test_the_folder_that_a_command_means(words: str, says: dict[str, Any], relation: str, paths: list[str]) -> None:
    found = _edges(*DECLARED, _command(words, **says))
    assert found == [f"job:{CI}#d | {relation} | file:{path}" for path in paths]


def test_an_action_names_its_folder_and_what_it_does() -> None:
    def action(name: str, **given: str) -> Fact:
        return fact("action", name, f"{CI}:7", owner=f"{CI}#d", **{"with": given})

    assert _edges(*DECLARED, action("dflook/terraform-apply", path="infra")) == [
        f"job:{CI}#d | applies | file:infra/main.tf"
    ]
    assert _edges(*DECLARED, action("dflook/terraform-plan", path="infra")) == [
        f"job:{CI}#d | reads | file:infra/main.tf"
    ]
    assert _edges(*DECLARED, action("TerraformTaskV4", workingDirectory="infra", command="init")) == []


def test_nothing_is_applied_where_nothing_is_declared() -> None:
    assert _edges(_command("terraform apply", cwd="infra")) == []


def test_modules_come_with_the_root_that_calls_them_also_in_a_circle() -> None:
    def module(place: str, path: str) -> Fact:
        return fact("terraform-module", "m", place, local=True, path=path)

    calls = (module("infra/main.tf:5", "envs/dev"), module("envs/dev/main.tf:5", "infra"))
    assert _edges(*DECLARED, *calls, _command("terraform apply", cwd="infra")) == [
        "file:envs/dev/main.tf | includes | file:infra/main.tf",
        "file:infra/main.tf | includes | file:envs/dev/main.tf",
        f"job:{CI}#d | applies | file:infra/main.tf",
    ]
