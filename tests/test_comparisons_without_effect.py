"""Comparisons of a metric that stop nothing: each is named, with why."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.model import Status
from tests.conftest import Understand

TRAIN = (
    "import mlflow\nfrom sklearn.svm import SVC\nfrom sklearn.metrics import f1_score\n"
    "clf = SVC().fit([[1]], [1])\nf1 = f1_score([1], clf.predict([[1]]))\n{}"
    "mlflow.sklearn.log_model(clf, 'm', registered_model_name='c')\n"
)
JUDGE = "from sklearn.metrics import f1_score\ndef check():\n    f1 = f1_score([1], [1])\n    return f1 > 0.8\n"
LOG = "what follows is a line in a log"


def without_effect(understand: Understand, files: dict[str, str]) -> list[tuple[str, int, str]]:
    graph = understand(files)
    assert not graph.evidence("evaluation-gate", Status.USED)
    return [(one.what, one.at.line, one.why) for one in graph.evidence("evaluation-gate", Status.DISABLED)]


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("if f1 < 0.8:\n    print('bad model')\n", "f1 < 0.8"),
        ("if f1 < 0.8:\n    print(f'bad: {round(f1, 2)}')\nelse:\n    print('good')\n", "f1 < 0.8"),
        ("MIN = 0.8\nif f1 < MIN:\n    print('bad')\n", "f1 < MIN"),
        ("ok = f1 >= 0.8\nif not ok:\n    print('bad')\n", "not ok"),
    ],
)
def test_a_comparison_after_which_only_something_is_printed(understand: Understand, test: str, name: str) -> None:
    told = without_effect(understand, {"train.py": TRAIN.format(test)})
    assert told == [(f"'{name}' is asked", 5 + test[: test.index("if ")].count("\n") + 1, LOG)]


@pytest.mark.parametrize(
    "test",
    [
        "if f1 < 0.8:\n    f1 = 0.0\n",  # what follows is more than that
        "if f1 < 0.8:\n    pass\n",
        "best = [0.8]\nif f1 > best[0]:\n    print('better')\n    best[0] = f1\n",
        "count = 3\nif count < 5:\n    print('few')\n",  # no metric
        "print(f1 < 0.8)\n",
    ],
)
def test_what_is_no_comparison_for_show(understand: Understand, test: str) -> None:
    assert without_effect(understand, {"train.py": TRAIN.format(test)}) == []


def test_a_comparison_that_ends_the_run_has_an_effect(understand: Understand) -> None:
    graph = understand({"train.py": TRAIN.format("if f1 < 0.8:\n    print('bad')\n    raise SystemExit(1)\n")})
    assert [one.what for one in graph.evidence("evaluation-gate", Status.USED)] == ["'f1 < 0.8' decides"]


def test_a_function_returns_a_comparison_that_nobody_reads(understand: Understand) -> None:
    files = {"evaluate.py": JUDGE + "if __name__ == '__main__':\n    check()\n", "train.py": TRAIN.format("")}
    told = without_effect(understand, files)
    assert told == [("'f1 > 0.8' is asked", 4, "nobody reads what 'check' returns (evaluate.py:6)")]


@pytest.mark.parametrize(
    "rest",
    [
        "good = check()\n",
        "",  # who calls it is not known
        "print(check())\n",
        "def outer():\n    return check()\nouter()\n",
    ],
)
def test_a_comparison_that_somebody_may_read_is_not_called_unread(understand: Understand, rest: str) -> None:
    assert without_effect(understand, {"evaluate.py": JUDGE + rest, "train.py": TRAIN.format("")}) == []


def test_a_comparison_that_another_file_imports_is_not_called_unread(understand: Understand) -> None:
    files = {"evaluate.py": JUDGE + "check()\n", "train.py": TRAIN.format(""), "run.py": "from evaluate import check\n"}
    assert without_effect(understand, files) == []
