# ruff: noqa: E501 - one form to a line
"""A verdict that a function gives under a name, beside what it measured, and what it stops."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.model import Status
from tests.conftest import Understand

HEAD = "import joblib, mlflow\nfrom sklearn.linear_model import Ridge\nfrom sklearn.metrics import mean_squared_error\n"
COMPARE = "def compare_models(new, old, X, y):\n    a, b = score(new), score(old)\n    return a < b, {'new': a}\n"
HIDDEN = "def decide(new, X, y):\n    rmse = mean_squared_error(y, new.predict(X))\n    if rmse < 3.5:\n        return True, rmse\n    return False, rmse\n"
RUN = "def run(X, y, old):\n    m = Ridge().fit(X, y)\n    %s\n"
KEEP = "mlflow.sklearn.log_model(m, 'model', registered_model_name='x')\n"

GATES = {
    "a pair, and an early end": "accepted, metrics = compare_models(m, old, X, y)\n    if not accepted:\n        return\n    " + KEEP,
    "an error": "accepted, _ = compare_models(m, old, X, y)\n    if not accepted:\n        raise ValueError\n    " + KEEP,
    "the other way": "metrics, is_better = compare_models(m, old, X, y)\n    if is_better:\n        " + KEEP,
    "alone": "passed = evaluate_model(m, X, y)\n    if not passed:\n        return None\n    joblib.dump(m, 'm.pkl')\n",
    "by what the function does": "promote, rmse = decide(m, X, y)\n    if not promote:\n        return\n    " + KEEP,
}  # fmt: skip
NO_GATES = {
    "of data": "passed, report = check_data(X)\n    if not passed:\n        return\n    " + KEEP,
    "too late": KEEP.rstrip() + "\n    accepted, metrics = compare_models(m, old, X, y)\n    if not accepted:\n        return\n",
    "nothing follows": "accepted, metrics = compare_models(m, old, X, y)\n    if not accepted:\n        print('no')\n    " + KEEP,
    "an option": "deploy = old\n    if deploy:\n        " + KEEP,
}  # fmt: skip


def _used(understand: Understand, body: str) -> list[tuple[str, int]]:
    graph = understand({"fit.py": HEAD + COMPARE + (HIDDEN if "decide(" in body else "") + RUN % body})
    gates = [one for one in graph.capabilities() if one.capability == "evaluation-gate"]
    return [(one.at.path, one.at.line) for one in gates if one.status is Status.USED]


@pytest.mark.parametrize("form", GATES)
def test_a_verdict_of_a_comparison_is_a_gate(form: str, understand: Understand) -> None:
    found = _used(understand, GATES[form])
    assert len(found) == 1 + ("decide(" in GATES[form])  # what that one compares itself


@pytest.mark.parametrize("form", NO_GATES)
def test_another_verdict_is_none(form: str, understand: Understand) -> None:
    assert _used(understand, NO_GATES[form]) == []
