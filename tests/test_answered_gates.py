# ruff: noqa: E501 - one form to a line
"""Conditions on what an earlier step answers, where that is whether a metric is high enough; and those of other answers."""

from __future__ import annotations

import ast

import pytest

from mlops_scan.scanner.formats.python import answers
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Scope
from mlops_scan.scanner.model import Evidence, Status
from tests.conftest import Understand

COMPONENTS = """
from typing import NamedTuple
from kfp import dsl
from kfp.components import create_component_from_func

@dsl.component
def train(model: dsl.Output[dsl.Model]):
    import joblib
    from sklearn.linear_model import Ridge
    joblib.dump(Ridge().fit([[1]], [1]), model.path)

%s

@dsl.component
def register(model: dsl.Input[dsl.Model]):
    from google.cloud import aiplatform
    aiplatform.Model.upload(display_name="ranker", artifact_uri=model.uri)

@dsl.pipeline(name="ranker")
def pipeline(threshold: float = 0.6):
    t = train()
    e = check(metrics=t.outputs["metrics"], threshold=threshold)
    with %s:
        register(model=t.outputs["model"])
"""
READ = "    value = json.load(open(metrics.path))['ndcg']\n"
CHECK = "@dsl.component\ndef check(metrics: dsl.Input[dsl.Metrics], threshold: float)%s:\n    import json\n" + READ
PAIR = " -> NamedTuple('Outputs', [('deploy', str)])"
TRUE = "dsl.Condition(e.output == True)"
TEXT = 'dsl.If(e.output == "true", name="gate")'
PART = 'dsl.Condition(e.outputs["deploy"] == "true")'

GATES = {
    "a truth": (CHECK % " -> bool" + "    return value >= threshold\n", TRUE),
    "a truth under a name": (CHECK % " -> bool" + "    passed = bool(value >= threshold)\n    return passed\n", TEXT),
    "a text": (CHECK % " -> str" + "    return 'true' if value >= threshold else 'false'\n", TEXT),
    "a text of a truth": (CHECK % " -> str" + "    return str(value >= threshold).lower()\n", TEXT),
    "a text under a name": (CHECK % PAIR + "    deploy = 'true' if value >= threshold else 'false'\n    return (deploy,)\n", PART),
    "set in branches": (CHECK % PAIR + "    if value >= threshold:\n        deploy = 'true'\n    else:\n        deploy = 'false'\n    return (deploy,)\n", PART),
    "a tuple with names": (CHECK % PAIR + "    from collections import namedtuple\n    return namedtuple('Outputs', ['deploy'])('true' if value >= threshold else 'false')\n", PART),
    "an early end": (CHECK % " -> bool" + "    if value < threshold:\n        return False\n    return True\n", TRUE),
    "a file": (CHECK % "" + "    with open(out, 'w') as f:\n        f.write(str(value >= threshold))\n", TEXT),
    "a file in branches": (CHECK % "" + "    with open(out, 'w') as f:\n        if value >= threshold:\n            f.write('true')\n        else:\n            f.write('false')\n", TEXT),
    "a function inside": (CHECK % " -> str" + "    def threshold_check(a, b):\n        cond = 'false'\n        if a >= b:\n            cond = 'true'\n        return cond\n    deploy = threshold_check(value, threshold)\n    return deploy\n", TEXT),
    "made from a function": ("def judge(metrics, threshold: float) -> str:\n    import json\n" + READ + "    return 'true' if value >= threshold else 'false'\n\ncheck = create_component_from_func(judge)\n", TEXT),
    "elif": (CHECK % " -> str" + "    return 'true' if value >= threshold else 'false'\n", 'dsl.Elif(e.output == "true")'),
}  # fmt: skip
NO_GATES = {
    "compares nothing": (CHECK % " -> bool" + "    return True\n", TRUE),
    "hands on": (CHECK % " -> str" + "    return value\n", TEXT),
    "of data": ("@dsl.component\ndef check(rows: dsl.Input[dsl.Dataset], least: int) -> bool:\n    import pandas as pd\n    return len(pd.read_csv(rows.path)) > least\n", TRUE),
    "a constant of an output": (CHECK % PAIR + "    return ('true',)\n", PART),
    "measures, and answers a constant": (CHECK % " -> str" + "    from sklearn.metrics import accuracy_score\n    print(accuracy_score([1], [1]))\n    return 'true'\n", TEXT),
    "another use of a metric": (CHECK % " -> str" + "    if value >= threshold:\n        print('good')\n    return 'true'\n", TEXT),
}  # fmt: skip


def gates(understand: Understand, files: dict[str, str]) -> list[Evidence]:
    graph = understand(files)
    found = [one for one in graph.capabilities() if one.capability == "evaluation-gate"]
    return [one for one in found if one.status is Status.USED]


def asking(understand: Understand, files: dict[str, str]) -> list[Evidence]:
    """Those that follow an answer to its comparison."""
    return [one for one in gates(understand, files) if ": '" in one.what]


@pytest.mark.parametrize("form", GATES)
def test_a_condition_on_the_answer_of_a_step(form: str, understand: Understand) -> None:
    (found, *_) = asking(understand, {"pipe.py": COMPONENTS % GATES[form]})
    text = COMPONENTS % GATES[form]
    lines = text.split("\n")
    assert "    with dsl." in lines[found.at.line - 1] and "asks what" in found.what
    told = int(found.what.rpartition(":")[2].rstrip(")"))
    assert ("value" in lines[told - 1] or "a >= b" in lines[told - 1]) and told < found.at.line


@pytest.mark.parametrize("form", NO_GATES)
def test_other_answers_stay_declared(form: str, understand: Understand) -> None:
    graph = understand({"pipe.py": COMPONENTS % NO_GATES[form]})
    assert [one.status for one in graph.capabilities() if one.capability == "evaluation-gate"] == [Status.DECLARED]


def test_a_component_in_another_file(understand: Understand) -> None:
    body, condition = GATES["a truth"]
    text = (COMPONENTS % ("from parts.checks import check", condition)).replace("import NamedTuple", "import Any")
    part = "from kfp import dsl\n\n" + body
    (found,) = gates(understand, {"pipe.py": text, "parts/checks.py": part, "parts/__init__.py": ""})
    assert found.at.path == "pipe.py" and "(parts/checks.py:" in found.what


def test_what_ships_stands_elsewhere(understand: Understand) -> None:
    text = COMPONENTS % GATES["a truth"]
    apart = text.replace("        register(model", "        print(1)\n    register(model")
    assert gates(understand, {"pipe.py": apart}) == []


def test_the_other_branch_ships(understand: Understand) -> None:
    body = CHECK % " -> str" + "    return 'low' if value < threshold else 'high'\n"
    text = COMPONENTS % (body, 'dsl.If(e.output == "low")')
    text = text.replace("        register(model", "        train()\n    with dsl.Else():\n        register(model")
    assert len(gates(understand, {"pipe.py": text})) == 1


CALLED = """
import mlflow
from sklearn.linear_model import Ridge
from checks import good_enough
from zenml import pipeline, step

@step
def fit(X, y):
    return Ridge().fit(X, y)

%s
"""
CHECKS = {
    "ordered": "def good_enough(model, X, y):\n    score = model.score(X, y)\n    return score >= 0.8\n",
    "handed on": "from deep import above\n\ndef good_enough(model, X, y):\n    return above(model.score(X, y))\n",
    "counted": "def good_enough(model, X, y):\n    return len(X) > 3\n",
    "always": "def good_enough(model, X, y):\n    return True\n",
}
DEEP = "def above(score, least=0.8):\n    if score > least:\n        return True\n    return False\n"
KEEP = "mlflow.register_model('runs:/x/model', 'ranker')"
FORMS = {
    "if": f"@pipeline\ndef run(X, y):\n    m = fit(X, y)\n    if good_enough(m, X, y):\n        {KEEP}\n",
    "if not": f"def run(X, y):\n    m = fit(X, y)\n    if not good_enough(m, X, y):\n        return\n    {KEEP}\n",
    "raise": f"def run(X, y):\n    m = fit(X, y)\n    if good_enough(m, X, y) is False:\n        raise SystemExit(1)\n    {KEEP}\n",
    "name": f"def run(X, y):\n    m = fit(X, y)\n    ok = good_enough(m, X, y)\n    if ok:\n        {KEEP}\n",
    "later": f"def run(X, y):\n    m = fit(X, y)\n    ok = good_enough.submit(m, X, y).result()\n    if ok == True:\n        {KEEP}\n",
    "deeper": f"def keep():\n    {KEEP}\n\ndef run(X, y):\n    m = fit(X, y)\n    if good_enough(m, X, y):\n        keep()\n",
    "assert": f"def run(X, y):\n    m = fit(X, y)\n    assert good_enough(m, X, y)\n    {KEEP}\n",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("check", CHECKS)
def test_a_call_of_another_file_decides(form: str, check: str, understand: Understand) -> None:
    files = {"flow.py": CALLED % FORMS[form], "checks.py": CHECKS[check], "deep.py": DEEP}
    found = gates(understand, files)
    if check in ("ordered", "handed on"):
        (one,) = found
        assert one.at.path == "flow.py"
        assert one.what.endswith("(checks.py:3)" if check == "ordered" else "(deep.py:2)")
    else:
        assert found == []


def test_what_is_no_gate_of_a_model(understand: Understand) -> None:
    text = CALLED % FORMS["if"].replace(KEEP, "print('well done')")
    assert gates(understand, {"flow.py": text, "checks.py": CHECKS["ordered"]}) == []


DAG = """
from airflow import DAG
from airflow.decorators import task
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
import mlflow
from sklearn.linear_model import Ridge

def train():
    mlflow.sklearn.log_model(Ridge().fit([[1]], [1]), "model")

def register():
    mlflow.register_model("runs:/x/model", "ranker")

def choose(ti):
    %s

with DAG("weekly", schedule="@weekly") as dag:
    a = PythonOperator(task_id="train", python_callable=train)
    b = %s(task_id="choose", python_callable=choose)
    c = PythonOperator(task_id="%s", python_callable=%s)
    a >> b >> c
"""
PULL = "accuracy = ti.xcom_pull(task_ids='train', key='accuracy')\n    "
CHOICES = {
    "branch": (PULL + "if accuracy > 0.8:\n        return 'register'\n    return 'stop'", "BranchPythonOperator"),
    "ternary": (PULL + "return 'register' if accuracy > 0.8 else 'stop'", "BranchPythonOperator"),
    "truth": (PULL + "return accuracy > 0.8", "ShortCircuitOperator"),
    "name": (PULL + "enough = accuracy > 0.8\n    return enough", "ShortCircuitOperator"),
}  # fmt: skip


@pytest.mark.parametrize("form", CHOICES)
def test_a_step_that_chooses(form: str, understand: Understand) -> None:
    (found,) = asking(understand, {"dag.py": DAG % (*CHOICES[form], "register", "register")})
    assert "step 'choose' decides whether step 'register' comes: 'accuracy > 0.8' (dag.py:" in found.what.replace(
        "step 'step", "step"
    )


@pytest.mark.parametrize(
    ("body", "step"),
    [
        ("return 'register' if ti.try_number > 1 else 'stop'", "register"),
        (PULL + "print(accuracy > 0.8)\n    return True", "register"),
        (PULL + "return accuracy > 0.8", "train"),
    ],
)
def test_a_step_that_chooses_by_something_else(body: str, step: str, understand: Understand) -> None:
    assert gates(understand, {"dag.py": DAG % (body, "ShortCircuitOperator", step, step)}) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bool(a > b)", ["a > b"]),
        ("(x, 'yes' if a > b else 'no')", ["a > b"]),
        ("{'deploy': a > b, 'x': 1}", ["a > b"]),
        ("Outputs(deploy=str(a > b))", ["a > b"]),
        ("where(a > b)", []),
        ("model", []),
    ],
)
def test_tests_in_an_answer(text: str, found: list[str]) -> None:
    value = ast.parse(text, mode="eval").body
    assert [ast.unparse(one) for one in answers.within(value, Resolver().resolve, Scope())] == found
