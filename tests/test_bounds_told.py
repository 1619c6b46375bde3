"""Every bound that cuts what is told says so, at its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config

HEAD = "trigger: [main]\nsteps:\n"
JOBS = "jobs:\n  a:\n    docker: [{image: 'cimg/python:3.12'}]\n    steps: [c11]\nworkflows: {w: {jobs: [a]}}\n"
APPLICATIONS = (
    "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  generators:\n"
    "  - matrix:\n      generators:\n"
    + "".join(f"      - list: {{elements: [{', '.join(f'{{k{n}: v{m}}}' for m in range(18))}]}}\n" for n in range(2))
    + "  template: {metadata: {name: '{{k0}}-{{k1}}'}, spec: {source: {path: x, repoURL: y}}}\n"
)
TERRAFORM = """\
locals {
  a = range(100)
  b = setproduct(local.a, local.a)
  c = setproduct(["x", "y"], ["z"])
}
resource "aws_instance" "x" {
  for_each      = toset([for p in local.b : "${p[0]}-${p[1]}"])
  instance_type = each.key
}
resource "aws_instance" "y" {
  for_each      = toset([for p in local.c : "${p[0]}-${p[1]}"])
  instance_type = each.key
}
"""
CASES: dict[str, tuple[Mapping[str, str], set[tuple[str, int, str]]]] = {
    "azure templates": (
        {
            "azure-pipelines.yml": f"{HEAD}  - template: t1.yml\n",
            **{f"t{n}.yml": f"steps:\n  - script: make\n  - template: t{n + 1}.yml\n" for n in range(1, 12)},
            "t12.yml": "steps:\n  - script: make\n",
        },
        {("t9.yml", 3, "a template more than 9 templates deep")},
    ),
    "azure templates, not too deep": (
        {
            "azure-pipelines.yml": f"{HEAD}  - template: t1.yml\n",
            **{f"t{n}.yml": f"steps:\n  - script: make\n  - template: t{n + 1}.yml\n" for n in range(1, 9)},
            "t9.yml": "steps:\n  - script: make\n",
        },
        set(),
    ),
    "azure templates, many": (
        {
            "azure-pipelines.yml": HEAD + "  - template: t.yml\n" * 60,
            "t.yml": "steps:\n" + "  - script: make\n" * 100,
        },
        {("t.yml", 52, "more than 5000 items")},
    ),
    "commands of CircleCI": (
        {
            ".circleci/config.yml": "version: 2.1\ncommands:\n  c0: {steps: [{run: make}]}\n"
            + "".join(f"  c{n}: {{steps: [c{n - 1}]}}\n" for n in range(1, 12))
            + JOBS
        },
        {(".circleci/config.yml", 7, "'c3' is a command more than 8 commands deep")},
    ),
    "commands of CircleCI, many": (
        {
            ".circleci/config.yml": "version: 2.1\ncommands:\n  c0: {steps: [{run: make}]}\n"
            + "".join(f"  c{n}: {{steps: [{', '.join([f'c{n - 1}'] * 9)}]}}\n" for n in range(1, 5))
            + JOBS.replace("c11", "c4")
        },
        {(".circleci/config.yml", 9, "'a' runs more than 5000 things")},
    ),
    "a line of extended jobs": (
        {
            ".gitlab-ci.yml": ".b0: {script: [make]}\n"
            + "".join(f".b{n}: {{extends: .b{n - 1}}}\n" for n in range(1, 60))
            + "j: {extends: .b59}\n"
        },
        {(".gitlab-ci.yml", 45, "'.b44' extends more than 43 jobs")},
    ),
    "applications": ({"a.yaml": APPLICATIONS}, {("a.yaml", 1, "'a' makes more than 300 applications")}),
    "stages of a loop": (
        {
            "dvc.yaml": f"stages:\n  a:\n    foreach: {list(range(200))}\n    do: {{cmd: 'echo ${{item}}'}}\n"
            + "  b:\n    matrix: {x: [1, 2], y: [1, 2]}\n    cmd: echo\n"
            + f"  c:\n    matrix: {{x: {list(range(20))}, y: {list(range(20))}}}\n    cmd: echo\n"
        },
        {("dvc.yaml", 2, "'a' has 200 items: 16 of them"), ("dvc.yaml", 8, "'c' has 400 items: 16 of them")},
    ),
    "elements of a product": ({"main.tf": TERRAFORM}, {("main.tf", 3, "comes to more elements than are kept")}),
    "elements that are written down": (
        {"main.tf": f'resource "aws_instance" "x" {{\n  subnets = [{", ".join(["1"] * 5_001)}]\n}}\n'},
        {("main.tf", 2, "comes to more elements than are kept")},
    ),
}


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_what_a_bound_cuts_is_told(
    tmp_path: Path, files: Mapping[str, str], expected: set[tuple[str, int, str]]
) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    words = [one for *_, one in expected]
    notes = scan(tmp_path, Config(jobs=1)).coverage.unreadable
    found = {
        (one.at.path, one.at.line, next((word for word in words if one.reason.startswith(word)), one.reason))
        for one in notes
    }
    assert found == expected
