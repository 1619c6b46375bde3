# ruff: noqa: E501 - one program to a line
"""Rows that a step of a training pipeline draws and writes: without a seed the model is another one each time."""

from __future__ import annotations

import pytest

from mlops_scan.rules.reproducibility.no_random_seed import NoRandomSeed
from tests.conftest import Understand

FIT = (
    "import joblib, pandas as pd\nfrom sklearn.linear_model import Ridge\ndef fit():\n    df = pd.read_csv('rows.csv')\n"
    "    joblib.dump(Ridge().fit(df[['a']], df['b']), 'm.pkl')\n"
)
DAG = (
    "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\nfrom airflow.operators.bash import BashOperator\n"
    "from pipe.rows import draw\nfrom pipe.fit import fit\nwith DAG('t', schedule='@daily') as dag:\n"
    "    a = PythonOperator(task_id='draw', python_callable=draw)\n"
    "    b = BashOperator(task_id='more', bash_command='python pipe/more.py')\n"
    "    c = PythonOperator(task_id='fit', python_callable=%s)\n    a >> b >> c\n"
)
DRAW = "import json, random\ndef draw():\n    rows = json.load(open('r.json'))\n    json.dump(random.sample(rows, 9), open('rows.csv', 'w'))\n"
PLAIN = "def draw():\n    pass\n"
MORE = "import csv, random\nrows = list(csv.reader(open('r.csv')))\nrandom.shuffle(rows)\ncsv.writer(open('rows.csv', 'w')).writerows(rows)\n"
STAGES = "stages:\n  more: {cmd: python pipe/more.py, outs: [rows.csv]}\n  fit: {cmd: python -m pipe.fit, deps: [rows.csv], outs: [m.pkl]}\n"
PIPE = {"pipe/__init__.py": "", "pipe/fit.py": FIT, "pipe/rows.py": PLAIN, "pipe/more.py": "print(1)\n"}

DRAWN = {
    "a function": {"dags/t.py": DAG % "fit", "pipe/rows.py": DRAW},
    "a script": {"dags/t.py": DAG % "fit", "pipe/more.py": MORE},
    "a stage": {"dvc.yaml": STAGES, "pipe/more.py": MORE},
    "an array": {
        "dvc.yaml": STAGES,
        "pipe/more.py": "import json, numpy as np\nat = np.random.permutation(9)\njson.dump(list(at), open('rows.csv', mode='w'))\n",
    },
}
NOT_DRAWN = {
    "a seed": {"dvc.yaml": STAGES, "pipe/more.py": MORE.replace("rows = ", "random.seed(3)\nrows = ")},
    "nothing is written": {"dvc.yaml": STAGES, "pipe/more.py": "import random\nprint(random.sample(range(9), 2))\n"},
    "another pipeline": {"dags/t.py": DAG % "draw", "pipe/rows.py": DRAW},
    "no step": {"pipe/more.py": MORE, "pipe/rows.py": DRAW},
    "a number": {
        "dvc.yaml": STAGES,
        "pipe/more.py": "import random\nopen('rows.csv', 'w').write(str(random.random()))\n",
    },
}


@pytest.mark.parametrize("form", DRAWN)
def test_rows_that_a_step_draws_and_writes_need_a_seed(form: str, understand: Understand) -> None:
    found = [str(one.at) for one in NoRandomSeed().check(understand(PIPE | DRAWN[form]))]
    assert [at.partition(":")[0] for at in found] == ["pipe/rows.py" if form == "a function" else "pipe/more.py"]


@pytest.mark.parametrize("form", NOT_DRAWN)
def test_other_draws_do_not(form: str, understand: Understand) -> None:
    assert list(NoRandomSeed().check(understand(PIPE | NOT_DRAWN[form]))) == []
