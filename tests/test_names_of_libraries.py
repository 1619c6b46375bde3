"""Files and packages of a repository that are called like a library."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph.modules import LocalModules
from tests.by_hand import fact
from tests.conftest import Understand

DAG = """from datetime import datetime
from {root}.airflow.u import DAG, BashOperator
with DAG(dag_id="nightly", start_date=datetime(2024, 1, 1), schedule="30 3 * * *") as dag:
    BashOperator(task_id="t", bash_command="python -m ml.train")
"""
HELPER = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
TRAINING = {"ml/__init__.py": "", "ml/train.py": "from sklearn.svm import SVC\nSVC().fit([[1]], [1])\n"}


@pytest.mark.parametrize(
    "packages",
    [
        ("src/orch", "src/orch/airflow", "src/orch/airflow/dags"),
        ("src/orch/airflow",),  # a package of a folder without `__init__.py`
        (),
    ],
)
def test_a_package_called_like_a_library_is_not_the_library(understand: Understand, packages: tuple[str, ...]) -> None:
    files = {
        **TRAINING,
        **{f"{one}/__init__.py": "" for one in packages},
        "src/orch/airflow/u.py": HELPER,
        "src/orch/airflow/dags/d.py": DAG.format(root="orch"),
    }
    graph = understand(files)
    assert [(one.name, one.get("tool")) for one in graph.facts("pipeline")] == [("nightly", "airflow")]
    assert [one.name for one in graph.facts("schedule")] == ["30 3 * * *"]
    imported = {edge.target for edge in graph.edges() if edge.source == "file:src/orch/airflow/u.py"}
    assert "package:apache-airflow" in imported
    assert "file:src/orch/airflow/__init__.py" not in imported


def test_a_file_beside_a_package_called_like_a_library_takes_what_that_does_not_know_from_the_library(
    understand: Understand,
) -> None:
    files = {
        **TRAINING,
        "orch/__init__.py": "",
        "orch/airflow/__init__.py": "TEAM = 'ml'\n",
        "orch/u.py": HELPER,
        "orch/d.py": DAG.format(root="orch").replace("orch.airflow.u", "orch.u"),
    }
    assert [one.name for one in understand(files).facts("schedule")] == ["30 3 * * *"]


@pytest.mark.parametrize(
    ("paths", "name", "origin", "expected"),
    [
        (("ml/__init__.py", "ml/evaluate.py"), "evaluate", "ml/train.py", "ml/evaluate.py"),  # started there
        (("src/__init__.py", "src/mlflow/__init__.py"), "mlflow", "src/app/main.py", "src/mlflow/__init__.py"),
        (("svc/api/feast/__init__.py",), "feast", "svc/api/app/main.py", "svc/api/feast/__init__.py"),
        (("airflow/__init__.py",), "airflow", "tests/test_x.py", "airflow/__init__.py"),  # the library itself
        (("a/__init__.py", "a/steps/__init__.py"), "steps", "a/b/c.py", "a/steps/__init__.py"),  # of no library
        (("a/__init__.py", "a/logging/__init__.py"), "logging", "a/b/c.py", None),
        (("a/__init__.py", "a/logging/__init__.py"), "a.logging", "a/b/c.py", "a/logging/__init__.py"),
        (("a/__init__.py", "a/mlflow.py", "mlflow.py"), "mlflow", "a/b/c.py", "mlflow.py"),
    ],
)
def test_a_bare_name_means_what_lies_where_modules_are_imported_from(
    paths: tuple[str, ...], name: str, origin: str, expected: str | None
) -> None:
    called = ((path.removesuffix(".py").removesuffix("/__init__").replace("/", "."), path) for path in paths)
    modules = LocalModules([fact("module", one, f"{path}:1") for one, path in called])
    assert modules.find(name, origin) == expected
