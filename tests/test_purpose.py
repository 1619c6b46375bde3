"""What schedules, jobs and targets are for, by what they come to run."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import purpose, purpose_of_schedule
from mlops_scan.scanner.graph.purpose import purposes
from tests.conftest import Understand

TRAIN = (
    "import joblib\nfrom sklearn.linear_model import Ridge\n\n\n"
    "def train():\n    joblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"
)
STARTED = TRAIN + "\n\nif __name__ == '__main__':\n    train()\n"
SCORE = (
    "import joblib\n\n\ndef score(frame):\n    model = joblib.load('m.joblib')\n"
    "    frame['y'] = model.predict(frame)\n    frame.to_parquet('out.parquet')\n"
)
# a package whose one module trains and whose other scores, and a program that only calls the second
PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/fitting.py": TRAIN,
    "pkg/scoring.py": "from pkg.fitting import train\n" + SCORE,
    "score.py": "import pandas as pd\nfrom pkg.scoring import score\n\nscore(pd.read_csv('in.csv'))\n",
    "fit.py": "from pkg.fitting import train\n\ntrain()\n",
    "clean.py": "import shutil\nfrom pkg import fitting\n\nshutil.rmtree('old')\n",
}


def nightly(*runs: str, name: str = "nightly", when: str = "") -> str:
    steps = "".join(f"      - run: {run}\n" for run in runs)
    condition = f"    if: {when}\n" if when else ""
    return (
        f"name: {name}\non:\n  push:\n  schedule:\n    - cron: '0 3 * * *'\njobs:\n  go:\n    runs-on: ubuntu-24.04\n"
        f"{condition}    steps:\n{steps}"
    )


@pytest.mark.parametrize(
    ("expected", "files", "runs"),
    [
        ("train", {"train.py": STARTED}, ["python train.py"]),
        ("train", PACKAGE, ["python fit.py"]),
        ("train", PACKAGE, ["pytest", "python fit.py"]),
        ("score", PACKAGE, ["python score.py"]),
        ("maintenance", PACKAGE, ["python clean.py"]),
        ("test", PACKAGE, ["pytest tests"]),
        ("test", PACKAGE, ["ruff check .", "mypy pkg"]),
        ("test", {**PACKAGE, "tests/test_fit.py": "from pkg.fitting import train\ntrain()\n"}, ["pytest"]),
        ("deploy", PACKAGE, ["kubectl apply -f k8s/"]),
        ("train", {"train.py": STARTED, "Makefile": "model:\n\tpython train.py\n"}, ["make model"]),
        ("train", {"train.py": STARTED, "run.sh": "set -e\npython train.py\n"}, ["bash run.sh"]),
        ("test", {"Makefile": "check:\n\truff check .\n"}, ["make check"]),
        ("maintenance", {}, ["git gc"]),
    ],
)
def test_a_nightly_job_is_for_what_it_comes_to_run(
    understand: Understand, expected: str, files: dict[str, str], runs: list[str]
) -> None:
    graph = understand({**files, ".github/workflows/nightly.yml": nightly(*runs)})
    (schedule,) = graph.facts("schedule")
    assert purpose_of_schedule(graph, schedule) == expected
    assert purpose(graph, "job:.github/workflows/nightly.yml#go") == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("github.event_name == 'push'", ""),
        ("github.event_name != 'schedule'", ""),
        ("${{ github.event_name == 'schedule' }}", "train"),
        ("github.event_name == 'push' || github.event_name == 'schedule'", "train"),
        ("github.event_name == 'push' || inputs.force", "train"),
        ("github.event.schedule == '0 3 * * *'", "train"),
        ("github.event.schedule == '0 4 * * *'", ""),
        ("github.event.schedule != '0 4 * * *'", "train"),
        ("github.event.schedule != '0 3 * * *'", ""),
        ("github.event.schedule == '0 4 * * *' || github.event.schedule == '0 3 * * *'", "train"),
        ("github.repository == 'acme/models'", "train"),
    ],
)
def test_a_job_for_other_events_is_not_the_schedules(understand: Understand, when: str, expected: str) -> None:
    graph = understand(
        {"train.py": STARTED, ".github/workflows/nightly.yml": nightly("python train.py", when=f'"{when}"')}
    )
    (schedule,) = graph.facts("schedule")
    assert purpose_of_schedule(graph, schedule) == expected


def test_what_is_trained_to_test_the_code_is_no_retraining(understand: Understand) -> None:
    graph = understand({"train.py": STARTED, ".github/workflows/ci.yml": nightly("python train.py", name="CI")})
    (schedule,) = graph.facts("schedule")
    assert purpose_of_schedule(graph, schedule) == "test"
    assert not graph.has("retraining-trigger")


def test_all_purposes_are_told_in_their_order(understand: Understand) -> None:
    graph = understand(
        {**PACKAGE, ".github/workflows/n.yml": nightly("pytest", "kubectl apply -f k8s", "python fit.py")}
    )
    assert purposes(graph, "job:.github/workflows/n.yml#go") == ("train", "deploy", "test")
    assert purpose(graph, "file:score.py") == "score"
    assert purpose(graph, "job:nobody") == ""


CLICK = (
    "import click\nfrom pkg.fitting import train\nfrom pkg.scoring import score\n\n\n"
    "@click.group()\ndef cli(): ...\n\n\n"
    "@cli.command()\ndef fit_model():\n    train()\n\n\n@cli.command('predict')\ndef run():\n    score([])\n\n\n"
    "@cli.command()\ndef tidy():\n    print('done')\n"
)
ARGUMENTS = (
    "import argparse\nfrom pkg.fitting import train\nfrom pkg.scoring import score\n\n\ndef main():\n"
    "    args = argparse.ArgumentParser().parse_args()\n    if args.mode == 'fit':\n        train()\n"
    "    elif args.mode == 'predict':\n        score([])\n    if args.refit:\n        train()\n\n\nmain()\n"
)


@pytest.mark.parametrize(
    ("expected", "program", "words"),
    [
        ("train", CLICK, "fit-model --lr 1"),
        ("score", CLICK, "predict"),
        ("maintenance", CLICK, "tidy"),
        ("train", CLICK, ""),
        ("train", ARGUMENTS, "--mode fit"),
        ("score", ARGUMENTS, "--mode=predict"),
        ("maintenance", ARGUMENTS, "--mode tidy"),
        ("train", ARGUMENTS, "--refit"),
        ("train", ARGUMENTS, ""),
    ],
)
def test_of_a_program_with_commands_the_named_one_runs(
    understand: Understand, expected: str, program: str, words: str
) -> None:
    graph = understand(
        {**PACKAGE, "main.py": program, ".github/workflows/nightly.yml": nightly(f"python main.py {words}")}
    )
    assert purpose(graph, "job:.github/workflows/nightly.yml#go") == expected


DAGS = """
from airflow import DAG
from airflow.decorators import dag, task
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from work import fit

def clean(): ...
with DAG("classic", schedule="@daily"):
    PythonOperator(task_id="fit", python_callable=fit)
with DAG("bash", schedule="0 1 * * *"):
    BashOperator(task_id="go", bash_command="python score.py")
with DAG("tidy", schedule="0 2 * * *"):
    PythonOperator(task_id="clean", python_callable=clean)
@dag(schedule="@weekly")
def flow():
    @task
    def pull(): return 1
    pull()
@dag(schedule="@monthly")
def own():
    @task
    def learn():
        fit()
    learn()
"""
MONITORED = """
from sagemaker.model_monitor import CronExpressionGenerator, DefaultModelMonitor
from sagemaker.sklearn import SKLearn
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import TrainingStep
from sagemaker.workflow.triggers import PipelineSchedule
est = SKLearn(entry_point="job.py")
fit = TrainingStep(name="T", estimator=est)
p = Pipeline(name="weekly", steps=[fit])
p.put_triggers(triggers=[PipelineSchedule(cron="0 13 * * ? *")], role_arn="x")
DefaultModelMonitor(role="x").create_monitoring_schedule(
    monitor_schedule_name="mon", endpoint_input="e", schedule_cron_expression=CronExpressionGenerator.hourly())
"""


def test_a_schedule_of_code_is_for_its_own_pipeline_not_for_its_file(understand: Understand) -> None:
    work = "from sklearn.svm import SVC\n\n\ndef fit():\n    SVC().fit([[1]], [1])\n"
    graph = understand({"dags/d.py": DAGS, "dags/work.py": work, "score.py": SCORE + "\nscore(1)\n"})
    found = {
        str(one.get("owner")).partition("#")[2]: purpose_of_schedule(graph, one) for one in graph.facts("schedule")
    }
    assert found == {
        "classic": "train",
        "bash": "score",
        "tidy": "maintenance",
        "flow": "maintenance",
        "own": "train",
    }


def test_a_pipeline_beside_a_monitor_trains(understand: Understand) -> None:
    graph = understand({"s.py": MONITORED, "job.py": "print(1)\n"})
    assert [purpose_of_schedule(graph, one) for one in graph.facts("schedule")] == ["train", "monitor"]
