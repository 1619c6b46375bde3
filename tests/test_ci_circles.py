"""Includes and tasks that lead back to themselves, and matrices and variables without end: each ends in a note."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.formats import circles
from tests.slowness import in_time

MATRIX = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
BOMB = "A0 = python x.py\n" + "".join(f"A{n + 1} = {f'$(A{n})' * 10}\n" for n in range(8)) + "all:\n\t$(A8)\n"
CASES: dict[str, tuple[dict[str, str], set[tuple[str, int, str]]]] = {
    "gitlab include": (
        {
            ".gitlab-ci.yml": "include: [{local: /ci/a.yml}]\na: {script: [make]}\n",
            "ci/a.yml": "b: {script: [make]}\ninclude:\n  - local: /.gitlab-ci.yml\n",
        },
        {("ci/a.yml", 2, "'.gitlab-ci.yml'")},
    ),
    "gitlab extends": (
        {
            ".gitlab-ci.yml": ".x: {extends: .y}\n.y: {extends: .x}\n"
            "j: {extends: .x, script: [!reference [j, script]]}\n"
        },
        {(".gitlab-ci.yml", 2, "'.x'"), (".gitlab-ci.yml", 3, "'j script'")},
    ),
    "github workflows": (
        {
            ".github/workflows/a.yml": "on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml}\n",
            ".github/workflows/b.yml": "on: {workflow_call: {}}\njobs: {b: {uses: ./.github/workflows/a.yml}}\n",
        },
        {(".github/workflows/b.yml", 2, "'.github/workflows/a.yml'")},
    ),
    "composite action": (
        {".github/actions/x/action.yml": "runs:\n  using: composite\n  steps:\n    - uses: ./.github/actions/x\n"},
        {(".github/actions/x/action.yml", 4, "'.github/actions/x/action.yml'")},
    ),
    "azure template": (
        {
            "azure-pipelines.yml": "trigger: [main]\nstages:\n  - template: ci/t.yml\n",
            "ci/t.yml": "stages:\n  - stage: a\n    jobs: [{job: b, steps: [{script: make}]}]\n  - template: t.yml\n",
        },
        {("ci/t.yml", 4, "'ci/t.yml'")},
    ),
    "circleci command": (
        {
            ".circleci/config.yml": "commands:\n  go:\n    steps: [run: make, back]\n  back:\n    steps: [go]\n"
            "jobs:\n  a:\n    docker: [{image: x}]\n    steps: [go]\nworkflows: {w: {jobs: [a]}}\n"
        },
        {(".circleci/config.yml", 5, "'go'")},
    ),
    "makefiles": (
        {"Makefile": "a: b\n\techo\nb: a\n\techo\n-include more.mk\n", "more.mk": "include Makefile\nc:\n\tmake c\n"},
        {("Makefile", 3, "'a'"), ("more.mk", 1, "'Makefile'"), ("more.mk", 3, "'c'")},
    ),
    "make variables": ({"Makefile": BOMB}, {("Makefile", 11, "variables")}),
    "justfiles": (
        {"justfile": "import 'b.just'\na:\n    just a\n", "b.just": "import 'justfile'\n"},
        {("justfile", 3, "'a'"), ("justfile", 1, "'b.just'")},
    ),
    "npm scripts": (
        {"package.json": '{\n  "scripts": {\n    "a": "npm run b",\n    "b": "yarn a"\n  }\n}\n'},
        {("package.json", 4, "'a'")},
    ),
    "task files": (
        {
            "Taskfile.yml": "includes:\n  x: ./x\ntasks:\n  a: {cmds: [{task: a}]}\n",
            "x/Taskfile.yml": "includes:\n  up:\n    taskfile: ../Taskfile.yml\ntasks: {}\n",
        },
        {("Taskfile.yml", 4, "'a'"), ("x/Taskfile.yml", 3, "'Taskfile.yml'")},
    ),
    "matrix": (
        {
            ".github/workflows/m.yml": "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n"
            + "".join(f"        {key}: {MATRIX}\n" for key in "abcdef")
            + "    steps: [{run: 'python ${{ matrix.a }}${{ matrix.f }}.py'}]\n"
        },
        {(".github/workflows/m.yml", 6, "a matrix of 1000000 jobs")},
    ),
    "none": (
        {
            "Makefile": "all: a b\na:\n\tmake -C sub a\nb: a\n\tnpm run b\ninclude x.mk\n",
            "x.mk": "V = $(W)\n",
            "package.json": '{"scripts": {"b": "npm run b --workspaces", "c": "npm run b"}}',
            ".gitlab-ci.yml": "include: [/a.yml, /b.yml]\nj: {extends: .x}\n.x: {script: [make]}\n",
            "a.yml": "include: /c.yml\n",
            "b.yml": "include: /c.yml\n",
            "c.yml": "k: {script: [make]}\n",
        },
        set(),
    ),
}


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_circle(tmp_path: Path, files: dict[str, str], expected: set[tuple[str, int, str]]) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    begun = time.process_time()
    notes = reading.read(walk.discover(tmp_path).tree, 1).notes
    assert in_time(time.process_time() - begun, 2)
    words = [one for *_, one in expected]
    found = {
        (one.at.path, one.at.line, next((word for word in words if one.reason.startswith(word)), one.reason))
        for one in notes
    }
    assert found == expected


def test_a_way_that_closes_a_circle() -> None:
    ways = {"a": [("b", 1), ("c", 2)], "b": [("a", 3), ("c", 4)], "c": [("c", 5), ("d", 6)]}
    assert sorted(circles.closing(ways)) == [("b", 3, ["a", "b", "a"]), ("c", 5, ["c", "c"])]
    long = {str(one): [(str(one + 1), one)] for one in range(50_000)}
    assert list(circles.closing(long)) == []
    assert (
        circles.told(list("abcdefgh")) == "'h' leads back to itself (a -> b -> c -> d -> e -> f -> ...): followed once"
    )
