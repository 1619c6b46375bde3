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
