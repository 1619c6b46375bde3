# ruff: noqa: E501 - one call to a line
"""Steps of pipelines that functions of the repository make for those who call them."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.answering import answering
from mlops_scan.scanner.link.code import factories, moulds
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact
from tests.by_hand import call, fact, modules, named, use
from tests.conftest import Understand

FIT = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
POD = "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator\n"
BASH = "from airflow.operators.bash import BashOperator\n"
PYTHON = "from airflow.operators.python import PythonOperator\n"
DAG = "from airflow import DAG\nfrom dags.tools import step\nwith DAG(dag_id='nightly', schedule='0 3 * * *') as dag:\n"
MODULE = "def step(*, task_id, module):\n    return KubernetesPodOperator(task_id=task_id, name=f'run-{task_id}', image='acme/run:1.0', cmds=['python'], arguments=['-m', module])\n"
SHELL = "def step(name, command):\n    return BashOperator(task_id=name, bash_command=command)\n"

BOTH = {
    POD + MODULE: "    a = step(task_id='prep', module='ml.prep')\n    b = step(task_id='fit', module='ml.fit')\n    a >> b\n",
    BASH + SHELL: "    step('prep', 'python ml/prep.py')\n    step('fit', 'python -m ml.fit')\n",
    BASH + "def step(name):\n    made = BashOperator(task_id=name, bash_command=f'python ml/{name}.py')\n    made.pool = 'big'\n    return made\n": "    a = step('prep')\n    b = step('fit')\n    a >> b\n",
    BASH + "def bash(name, line):\n    return BashOperator(task_id=name, bash_command=line)\ndef step(name):\n    return bash(name, f'python ml/{name}.py')\n": "    a = step('prep')\n    b = step(name='fit')\n    a >> b\n",
    BASH + "def step(name, dag, **kwargs):\n    return BashOperator(task_id=name, dag=dag, **kwargs)\n": "    a = step('prep', dag, bash_command='python ml/prep.py')\n    b = step('fit', dag, bash_command='python ml/fit.py')\n    a >> b\n",
    BASH + "def step(name):\n    return BashOperator(task_id=name, bash_command='python ml/' + name + '.py')\n": "    last = None\n    for name in ['prep', 'fit']:\n        last = step(name)\n",
    POD + "def image():\n    return 'acme/run:1.0'\ndef step(task_id, module, more=None):\n    args: list[str] = ['-m', module]\n    if more:\n        args.extend(more)\n    return KubernetesPodOperator(task_id=task_id, image=image(), cmds=['python'], arguments=args)\n": "    a = step('prep', 'ml.prep')\n    b = step('fit', 'ml.fit', more=['-v'])\n    a >> b\n",
    PYTHON + "def step(task_id, function):\n    return PythonOperator(task_id=task_id, python_callable=function)\n": "    import ml.prep, ml.fit\n    a = step('prep', ml.prep.main)\n    b = step('fit', ml.fit.main)\n    a >> b\n",
}  # fmt: skip


def files(tools: str, dag: str) -> dict[str, str]:
    code = FIT + "def main(): ...\n"
    return {
        "dags/tools.py": tools,
        "dags/nightly.py": DAG + dag,
        "ml/__init__.py": "",
        "ml/prep.py": code,
        "ml/fit.py": code,
    }


def edges(graph: Graph, relation: str) -> set[tuple[str, str]]:
    return {(one.source, one.target) for one in graph.edges(relation)}


@pytest.mark.parametrize("tools", BOTH)
def test_each_call_of_the_function_is_a_step_of_the_pipeline_around_it(tools: str, understand: Understand) -> None:
    graph: Graph = understand(files(tools, BOTH[tools]))
    steps = {one.name: one for one in graph.facts("pipeline-step")}
    assert set(steps) == {"prep", "fit"}
    assert {one.at.path for one in steps.values()} == {"dags/nightly.py"}
    assert [one.name for one in graph.facts("pipeline")] == ["nightly"]
    for name in steps:
        assert (f"step:dags/nightly.py#{name}", f"file:ml/{name}.py") in edges(graph, "runs")
    if ">>" in BOTH[tools]:
        assert steps["fit"].get("needs") == ["prep"]


def test_the_function_may_stand_beside_the_pipeline(understand: Understand) -> None:
    code = (
        POD + MODULE + DAG.replace("from dags.tools import step\n", "") + "    step(task_id='fit', module='ml.fit')\n"
    )
    graph: Graph = understand(files("", "") | {"dags/nightly.py": code})
    assert [(one.name, str(one.at)) for one in graph.facts("pipeline-step")] == [("fit", "dags/nightly.py:6")]


def test_what_the_step_runs_is_a_workload_of_its_own_and_serves_nobody(understand: Understand) -> None:
    app = "import joblib\nfrom fastapi import FastAPI\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n\n@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
    graph: Graph = understand(files(POD + MODULE, BOTH[POD + MODULE]) | {"app.py": app})
    assert {one.id for one in graph.workloads()} == {"dags/nightly.py#Pod/prep", "dags/nightly.py#Pod/fit"}
    assert ("workload:dags/nightly.py#Pod/fit", "file:ml/fit.py") in edges(graph, "runs")
    assert {str(one.at) for one in graph.facts("image")} == {"dags/tools.py:3"}
    assert answering(graph) == ()


def test_a_pod_that_a_step_starts_serves_nobody(understand: Understand) -> None:
    dag = (
        "from airflow import DAG\n"
        + POD
        + "with DAG(dag_id='n'):\n    KubernetesPodOperator(task_id='prep', image='acme/run:1.0', cmds=['python', '-m', 'ml.prep'])\n"
    )
    graph: Graph = understand(files("", "") | {"dags/nightly.py": dag, "app.py": "from fastapi import FastAPI\napp = FastAPI()\n"})  # fmt: skip
    assert [one.id for one in graph.workloads()] == ["dags/nightly.py#Pod/prep"]
    assert answering(graph) == ()


@pytest.mark.parametrize(
    ("tools", "dag", "steps"),
    [
        # a function that defines the pipeline itself holds its steps
        (BASH + "from airflow import DAG\ndef step(name):\n    with DAG(dag_id='own'):\n        BashOperator(task_id='fit', bash_command='python ml/fit.py')\n", "    step('x')\n", {"dags/tools.py"}),
        # nobody calls it: it has no name
        (BASH + SHELL, "    pass\n", set()),
        (BASH + SHELL.replace("(name", "(name='fit'").replace("command)", "command='python ml/fit.py')", 1), "    pass\n", {"dags/tools.py"}),
        # what it does apart from its parameters, it does where it stands
        (BASH + "def step(name):\n    BashOperator(task_id='fit', bash_command='python ml/fit.py')\n    print(name)\n", "    step('x')\n", {"dags/tools.py"}),
    ],
)  # fmt: skip
def test_other_functions_keep_their_steps(tools: str, dag: str, steps: set[str], understand: Understand) -> None:
    graph: Graph = understand(files(tools, dag))
    assert {one.at.path for one in graph.facts("pipeline-step")} == steps


TASKS = {
    "kfp": ("from kfp import dsl\n@dsl.component\ndef fit(n: int):\n    print(n)\n", "fit(n=n).set_memory_limit('8G')", "from kfp import dsl\n", "@dsl.pipeline(name='nightly')"),
    "prefect": ("from prefect import task\n@task\ndef fit(n):\n    return n + 1\n", "fit.submit(n)", "from prefect import flow\n", "@flow(name='nightly')"),
}  # fmt: skip


@pytest.mark.parametrize("tool", TASKS)
@pytest.mark.parametrize("apart", [True, False])
def test_a_function_that_calls_a_step_makes_one_for_its_callers(tool: str, apart: bool, understand: Understand) -> None:
    tasks, body, head, decorator = TASKS[tool]
    tools = f"{tasks}def big(n):\n    return {body}\n"
    pipeline = f"{decorator}\ndef nightly():\n    big(3)\n    big(4)\n"
    code = {"tools.py": tools, "pipe.py": f"{head}from tools import big\n{pipeline}"}
    graph: Graph = understand(code if apart else {"pipe.py": head + tools + pipeline})
    steps = graph.facts("pipeline-step")
    assert {(one.name, one.get("of")) for one in steps} == {("fit", "pipe.py#nightly")}
    assert len(steps) == 2
    assert {one.get("function") for one in steps} == {"fit"}


def making(**says: object) -> tuple[list[Fact], list[Use]]:
    kwargs = {
        "task_id": {"expr": "name"},
        "bash_command": {"expr": "f'python {script}'"},
        "env": named("ENV"),
        "on_done": named("tell"),
    }
    made = call("airflow.Bash", "tools.py:3", function="step", returned=True, module="tools", kwargs=kwargs)
    facts = [
        *modules("tools.py", "dag.py", "tests/test_dag.py"),
        fact("function", "step", "tools.py:2-3", params=[{"name": "name"}, {"name": "script", "default": "fit.py"}]),
        fact("import", "tools", "dag.py:1", names=["step"]),
        fact("import", "tools", "tests/test_dag.py:1", names=["step"]),
        fact("function", "tell", "tools.py:9"),
        call("tools.step", "dag.py:4", "fit", **says),
        call("tools.step", "tests/test_dag.py:4", "try"),
        made,
    ]
    return facts, [use("pipeline-step", made, name=("task_id",))]


def test_the_call_of_a_caller_has_its_values_and_its_place() -> None:
    facts, uses = making(function="build", assigned="fit", kwargs={"script": "ml/fit.py"})
    gone, (made,) = factories.spread(Code(facts, ()), uses)
    assert gone == {id(facts[-1])}
    assert (made.name, str(made.at), made.get("function"), made.get("assigned")) == (
        "airflow.Bash",
        "dag.py:4",
        "build",
        "fit",
    )
    assert made.get("kwargs") == {
        "task_id": "fit",
        "bash_command": "python ml/fit.py",
        "env": named("ENV"),
        "on_done": {"expr": "tell", "name": "tools.tell"},
    }
    assert not made.get("returned")


def test_a_default_holds_where_nothing_is_handed_over() -> None:
    facts, uses = making()
    _, (made,) = factories.spread(Code(facts, ()), uses)
    assert made.get("kwargs")["bash_command"] == "python fit.py"


def test_the_code_with_the_steps_of_callers_is_that_of_all_facts() -> None:
    facts, uses = making(function="build")
    before = Code(facts, ())
    assert [len(calls) for calls in before.callers.values()] == [1]  # not that of a test
    gone, made = factories.spread(before, uses)
    again = call("tools.step", "dag.py:7", "again")
    now = [*(fact for fact in facts if id(fact) not in gone and fact.name != "tools.step"), *made, again]
    dropped = gone | {id(fact) for fact in facts if fact.name == "tools.step"}
    changed = before.with_steps(now, dropped, [*made, again])
    assert changed.callers == Code(now, ()).callers == {("tools.py", "step"): [again]}
    assert changed.facts("call") == Code(now, ()).facts("call")


def test_a_step_outside_of_functions_is_left_alone() -> None:
    alone = call("airflow.Bash", "dag.py:3", kwargs={"task_id": "fit"})
    code = Code([*modules("dag.py"), alone], ())
    assert factories.spread(code, [use("pipeline-step", alone, name=("task_id",))]) == (set(), [])


def test_texts_of_declared_objects_are_filled() -> None:
    given = {"name": "fit", "image": {"expr": "IMAGE", "const": "acme/fit:1"}, "size": {"expr": "size()"}, "none": None}
    text = "${name}/${f'run-{name}'}/${image}/${size}/${other}"
    assert moulds.poured(text, given) == "fit/run-fit/acme/fit:1/${size}/${other}"
    assert moulds.poured(["${name", {"a": {"expr": "name"}}], given) == ["${name", {"a": "fit"}]
    assert moulds.filled({"expr": "f'{size}-{name}'"}, given)["parts"] == ["", "-fit"]
    assert moulds.filled({"expr": "none"}, given) == {"expr": "none"}
    assert moulds.filled({"expr": "args", "holds": ["-m", {"expr": "name"}]}, given)["holds"] == ["-m", "fit"]
    assert moulds.names([{"expr": "f'{a}.b'"}, [{"x": {"expr": "c.d"}}], "e"]) >= {"a", "c"}
