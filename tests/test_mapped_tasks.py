"""Tasks of which one is made for each of several values."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from tests.conftest import Understand

HEAD = """from airflow import DAG
from airflow.decorators import task
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from datetime import datetime
def score(part):
    pass
with DAG("x", schedule="@daily", start_date=datetime(2024, 1, 1)) as d:
    start = BashOperator(task_id="start", bash_command="python -m ml.load")
"""
PROGRAM = "import joblib\njoblib.load('m.pkl').predict([[1]])\n"


def dag(understand: Understand, *lines: str) -> Graph:
    body = "".join(f"    {line}\n" for line in lines)
    return understand({"dags/d.py": HEAD + body, "ml/__init__.py": "", "ml/score.py": PROGRAM, "ml/load.py": PROGRAM})


def found(graph: Graph, source: str, relation: str) -> list[str]:
    return [edge.target for edge in graph.edges() if edge.source == source and edge.relation == relation]


@pytest.mark.parametrize(
    "call",
    [
        'KubernetesPodOperator.partial(task_id="fit", image="acme/score:1", cmds=["python", "-m", "ml.score"])'
        '.expand(arguments=[["a"], ["b"]])',
        'KubernetesPodOperator.partial(task_id="fit", image="acme/score:1")'
        '.expand(cmds=[["python", "-m", "ml.score"], ["python", "-m", "ml.other"]])',
        'KubernetesPodOperator.partial(task_id="fit", cmds=["python", "-m", "ml.score"])'
        '.expand_kwargs([{"image": "acme/score:1"}, {"image": "acme/score:2"}])',
        'KubernetesPodOperator.partial(task_id="fit", image="acme/score:1", cmds=["python", "-m", "ml.score"])'
        ".expand(arguments=start.output)",
    ],
)
def test_a_mapped_task_runs_what_each_of_its_tasks_runs(understand: Understand, call: str) -> None:
    graph = dag(understand, f"fit = {call}", "start >> fit")
    assert found(graph, "step:dags/d.py#fit", "runs") == ["file:ml/score.py"]
    assert found(graph, "step:dags/d.py#fit", "needs") == ["step:dags/d.py#start"]
    assert found(graph, "workload:dags/d.py#Pod/fit", "runs") == ["file:ml/score.py", "image:acme/score"]
    assert [one.name for one in graph.facts("pipeline-step")] == ["start", "fit"]
    assert graph.mark("file:ml/score.py") == "production"


def test_a_mapped_task_of_python_and_of_a_shell(understand: Understand) -> None:
    graph = dag(
        understand,
        'PythonOperator.partial(task_id="p", python_callable=score).expand(op_args=[[1], [2]])',
        'BashOperator.partial(task_id="b").expand(bash_command=["python -m ml.score", "python -m ml.load"])',
    )
    assert found(graph, "step:dags/d.py#b", "runs") == ["file:ml/score.py"]
    assert [one.get("function") for one in graph.facts("pipeline-step") if one.name == "p"] == ["score"]


def test_what_is_only_prepared_or_a_function_is_no_further_task(understand: Understand) -> None:
    graph = dag(
        understand,
        'KubernetesPodOperator.partial(task_id="fit", image="acme/score:1")',
        "@task",
        "def one(x):",
        "    return score(x)",
        "one.partial().expand(x=[1, 2])",
    )
    assert [one.name for one in graph.facts("pipeline-step")] == ["start", "one"]
    assert [one.name for one in graph.facts("workload")] == []


def test_a_task_with_a_command_and_arguments_runs_what_either_names(understand: Understand) -> None:
    pod = 'KubernetesPodOperator(task_id="{}", image="acme/score:1", cmds={}, arguments={})'
    graph = dag(
        understand,
        pod.format("a", '["python", "-m", "ml.score"]', '["--part", "1"]'),
        pod.format("b", '["python"]', '["-m", "ml.score"]'),
        pod.format("c", '["sh", "-c"]', '["echo done"]'),
    )
    runs = {name: found(graph, f"step:dags/d.py#{name}", "runs") for name in "abc"}
    assert runs == {"a": ["file:ml/score.py"], "b": ["file:ml/score.py"], "c": []}
