"""What commands apply of declared infrastructure, on facts given by hand."""

from __future__ import annotations

from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import roots
from mlops_scan.scanner.model import Fact
from tests.by_hand import fact


def command(place: str, *argv: str, **says: Any) -> Fact:
    return fact("command", argv[0], place, argv=list(argv), where="ci", owner="w.yml#up", **says)


def test_a_command_applies_the_files_of_its_folder() -> None:
    declared = fact("resource", "x", "infra/main.tf:2", platform="terraform", type="aws_s3_bucket", id="infra#x")
    facts = [
        declared,
        command("w.yml:5", "terraform", "apply", cwd="infra"),
        command("w.yml:6", "terraform", "plan", cwd="infra"),
        command("w.yml:7", "terraform", "apply", cwd="other"),  # holds no such file
        command("w.yml:8", "terraform", "fmt", cwd="infra"),  # does neither
    ]
    found = roots.edges(Graph(facts, ("infra/main.tf", "infra/vars.tf", "other/a.py"), ()))
    told = {(one.source, one.relation, one.target, one.at.line) for one in found}
    assert {one for one in told if one[0] == "job:w.yml#up"} == {
        ("job:w.yml#up", relation, f"file:infra/{name}.tf", line)
        for relation, line in (("applies", 5), ("reads", 6))
        for name in ("main", "vars")
    }
    assert not list(roots.edges(Graph(facts[1:], ("infra/main.tf",), ())))  # nothing is declared
