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
