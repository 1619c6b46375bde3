"""Rules of makefiles with several names, names in variables, and patterns."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.formats import maketext
from mlops_scan.scanner.formats.makefilling import Filling
from mlops_scan.scanner.formats.makerules import targets
from tests.conftest import Understand


def made(text: str) -> dict[str, tuple[tuple[str, ...], list[str]]]:
    """Target -> what it needs, and its recipe."""
    rules, variables = maketext.read(text)
    made = targets(rules, Filling(variables))
    return {one.names[0]: (one.needs, [recipe.text for recipe in one.recipe]) for one in made}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b: c\n\tx $@\n", {"a": (("c",), ["x $@"]), "b": (("c",), ["x $@"])}),
        ("S := a b\n$(S): c\n\tx\n", {"a": (("c",), ["x"]), "b": (("c",), ["x"])}),
        ("all: $(S)\nS = a b\n", {"all": (("a", "b"), [])}),
        ("all: go-x\ngo-%: %.py\n\tpython $*.py\n", {"all": (("go-x",), []), "go-x": (("x.py",), ["python x.py"])}),
        (
            "all:\n\t$(MAKE) go-x\ngo-%:\n\tpython $*.py\n",
            {"all": ((), ["$(MAKE) go-x"]), "go-x": ((), ["python x.py"])},
        ),
        ("go-%:\n\tpython $*.py\n", {"go-%": ((), ["python $*.py"])}),
        ("all: go-x\ngo-x:\n\ty\ngo-%:\n\tz\n", {"all": (("go-x",), []), "go-x": ((), ["y"]), "go-%": ((), ["z"])}),
        (
            "all: go-x\ngo-%: in-%\nin-%:\n\ty $*\n",
            {"all": (("go-x",), []), "go-x": (("in-x",), []), "in-x": ((), ["y x"])},
        ),
    ],
)
def test_each_name_is_a_target_and_patterns_are_made_where_they_are_needed(
    text: str, expected: dict[str, tuple[tuple[str, ...], list[str]]]
) -> None:
    assert made(text) == expected


def test_patterns_that_need_themselves_come_to_an_end() -> None:
    assert len(made("all: a\n%: x%\n\ty\n")) < 1_000


def test_a_job_runs_what_a_pattern_makes(understand: Understand) -> None:
    graph = understand(
        {
            "Makefile": "ci: run-train\nrun-%: src/%.py\n\tpython $<\n",
            "src/train.py": "import sklearn\n",
            ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: make ci\n",
        }
    )
    assert ("target:Makefile#run-train", "file:src/train.py") in {
        (edge.source, edge.target) for edge in graph.edges("runs")
    }
