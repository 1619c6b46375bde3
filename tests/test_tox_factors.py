"""Conditions of tox: a line of commands holds in the environments that have its factors."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

SECTION = """
[testenv:{train,score}]
commands =
    train: python train.py
    score: python score.py
    python both.py
"""
BASE = """
[tox]
envlist = {a,b}-{fit,check}, c

[testenv]
commands =
    a-fit,b-check: python train.py
    !fit: python score.py
    c : python both.py
"""


@pytest.mark.parametrize(
    ("text", "environment", "runs"),
    [
        (SECTION, "train", {"train.py", "both.py"}),
        (SECTION, "score", {"score.py", "both.py"}),
        (BASE, "a-fit", {"train.py"}),
        (BASE, "b-fit", set()),
        (BASE, "b-check", {"train.py", "score.py"}),
        (BASE, "a-check", {"score.py"}),
        (BASE, "c", {"score.py", "both.py"}),
    ],
)
def test_a_line_holds_where_its_factors_do(text: str, environment: str, runs: set[str], understand: Understand) -> None:
    files = dict.fromkeys(("train.py", "score.py", "both.py"), "print(1)\n")
    graph = understand({**files, "tox.ini": text})
    assert {edge.target for edge in graph.links_from(f"target:tox.ini#{environment}", "runs")} == {
        f"file:{path}" for path in runs
    }


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("[testenv:fit]\nchangedir = ml\ncommands = python -m pkg.train\n", {"ml/pkg/train.py"}),
        ("[testenv:fit]\nchange_dir = {toxinidir}/ml\ncommands = python pkg/train.py\n", {"ml/pkg/train.py"}),
        ("[testenv:fit]\nchangedir = ml\ncommands = python {toxinidir}/top.py\n", {"top.py"}),
        ("[testenv:fit]\nchangedir = ml\ncommands = {envpython} pkg/train.py\n", {"ml/pkg/train.py"}),
        ("[testenv]\nchangedir = ml\n[testenv:fit]\ncommands = python pkg/train.py\n", {"ml/pkg/train.py"}),
        (
            "[testenv:{fit,look}]\nchangedir =\n    fit: ml\n"
            "commands =\n    fit: python pkg/train.py\n    look: python top.py\n",
            {"ml/pkg/train.py"},
        ),
        ("[testenv:fit]\nchangedir = {envtmpdir}\ncommands = python {toxinidir}/top.py\n", {"top.py"}),
        ("[testenv:fit]\ncommands = python -m pkg.train\n", set()),
    ],
)
def test_an_environment_runs_in_the_folder_that_it_states(text: str, runs: set[str], understand: Understand) -> None:
    files = {"ml/pkg/__init__.py": "", "ml/pkg/train.py": "print(1)\n", "top.py": "print(1)\n"}
    graph = understand({**files, "tox.ini": text})
    assert {one.target[5:] for one in graph.links_from("target:tox.ini#fit", "runs")} == runs


def test_tables_state_their_folder_too(understand: Understand) -> None:
    text = '[env_run_base]\nchange_dir = "ml"\n[env.fit]\ncommands = [["python", "pkg/train.py"]]\n'
    graph = understand({"ml/pkg/train.py": "print(1)\n", "tox.toml": text})
    assert [one.target for one in graph.links_from("target:tox.toml#fit", "runs")] == ["file:ml/pkg/train.py"]
