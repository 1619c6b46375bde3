# ruff: noqa: E501 - one call to a line
"""Programs that functions of one's own start for their callers, and programs of loops over literals."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.purpose import purpose
from mlops_scan.scanner.link.code import wrapped
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact
from tests.by_hand import at, call, fact, modules
from tests.conftest import Understand

FIT = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
HEAD = "import os, runpy, shlex, subprocess, sys\nfrom pathlib import Path\nHERE = Path(__file__).parent\n"
ARGV = "def run(m):\n    subprocess.run([sys.executable, '-m', m], check=True)\n"
TEXT = "def run(cmd):\n    print(cmd)\n    subprocess.run(cmd, shell=True, check=True)\n"

RUNS = {  # code -> line at which it starts the program
    ARGV + "run('src.train')": 6,
    ARGV.replace("sys.executable", "interpreter()") + "run('src.train')": 6,
    "subprocess.run([interpreter(), 'src/train.py'])": 4,
    ARGV + "def main():\n    run(m='src.train')": 7,
    ARGV.replace("(m)", "(m='src.train')") + "run()": 5,
    ARGV + "MODULE = 'src.train'\nrun(MODULE)": 7,
    ARGV + "for one in ['src.prep', 'src.train']:\n    run(one)": 7,
    ARGV + "STEPS = {'prep': 'src.prep', 'fit': 'src.train'}\n[run(one) for one in STEPS.values()]": 7,
    ARGV + "STEPS = [{'m': 'src.prep'}, {'m': 'src.train'}]\nfor one in STEPS:\n    run(one['m'])": 8,
    ARGV + "def step(name):\n    run(f'src.{name}')\nstep('train')": 8,
    ARGV + "def step(m, args):\n    run(m)\ndef main(args):\n    step('src.train', args)": 9,
    ARGV.replace("[sys.executable, '-m', m]", "[sys.executable, '-m'] + [m]") + "run('src.train')": 6,
    "def run(m, args=None):\n    cmd = ['python', '-m', m, *(args or [])]\n    subprocess.Popen(cmd).wait()\nrun('src.train', ['-v'])": 7,
    "def run(m, *args):\n    cmd = ['python', '-m', m]\n    cmd.extend(args)\n    subprocess.call(cmd)\nrun('src.train', '-v')": 8,
    "def run(*cmd):\n    subprocess.run(cmd)\nrun('python', 'src/train.py')": 6,
    "def run(cmd):\n    subprocess.run(cmd)\nrun(['python', str(HERE / 'src' / 'train.py')])": 6,
    "def run(cmd):\n    subprocess.run(cmd)\nfor one in (['python', 'src/prep.py'], ['python', 'src/train.py']):\n    run(one)": 7,
    "def run(script):\n    subprocess.check_call(['python', f'src/{script}.py'])\nrun('train')": 6,
    "def run(script):\n    subprocess.check_call(['python', os.path.join('src', script)])\nrun('train.py')": 6,
    "def run(script):\n    os.system(f'python src/{script}.py')\nrun('train')": 6,
    "def run(script):\n    os.system('python ' + script)\nrun('src/train.py')": 6,
    "def run(script):\n    runpy.run_path(script, run_name='__main__')\nrun('src/train.py')": 6,
    "class Runner:\n    def start(self, m):\n        runpy.run_module(m)\n    def all(self):\n        self.start('src.train')": 8,
    TEXT + "run('python src/train.py --epochs 3')": 7,
    TEXT.replace("cmd, shell=True", "shlex.split(cmd)") + "run('python src/train.py')": 7,
    TEXT.replace("cmd, shell=True", "cmd.split()") + "run('python src/train.py')": 7,
    "def run(cmd):\n    subprocess.run(cmd)\nrun('python src/train.py'.split())": 6,
    "def run(cmd):\n    subprocess.run(cmd)\ncmd = ['python', '-u', 'src/train.py']\nrun(cmd)": 7,
    "for one in ['src/prep.py', 'src/train.py']:\n    subprocess.run(['python', one])": 5,
    "for name, one in [('a', 'prep'), ('b', 'train')]:\n    os.system(f'python src/{one}.py --fast')": 5,
    "for cmd in [['python', 'src/prep.py'], ['python', 'src/train.py']]:\n    subprocess.run(cmd, check=True)": 5,
    "runpy.run_module('src.train', run_name='__main__')": 4,
    "subprocess.run(['python', '-m', 'src.train'] + sys.argv[1:])": 4,
}  # fmt: skip


def runs(graph: Graph, path: str = "run.py") -> list[tuple[str, int]]:
    return [(one.target, one.at.line) for one in graph.links_from(f"file:{path}", "runs")]


@pytest.mark.parametrize("code", RUNS)
def test_the_caller_runs_the_program_that_it_hands_over(code: str, understand: Understand) -> None:
    graph: Graph = understand({"run.py": HEAD + code + "\n", "src/train.py": FIT})
    assert ("file:src/train.py", RUNS[code]) in runs(graph)


def test_the_function_may_stand_in_another_module(understand: Understand) -> None:
    tools = HEAD + ARGV
    graph: Graph = understand(
        {"tools/shell.py": tools, "run.py": "from tools.shell import run\nrun('src.train')\n", "src/train.py": FIT}
    )
    assert runs(graph) == [("file:src/train.py", 2)]
    assert runs(graph, "tools/shell.py") == []


@pytest.mark.parametrize(
    "code",
    [
        ARGV + "run(sys.argv[1])",
        ARGV + "if False:\n    run('src.train')",
        ARGV + "def step(m):\n    run(m)\ndef stage(m):\n    step(m)\ndef phase(m):\n    stage(m)\nphase('src.train')",
        ARGV.replace("m]", "other]") + "run('src.train')",
        ARGV + "def other(m): ...\nother('src.train')",
        "for one in sys.argv:\n    subprocess.run(['python', one])",
    ],
)
def test_nothing_is_started_that_nobody_hands_over(code: str, understand: Understand) -> None:
    assert runs(understand({"run.py": HEAD + code + "\n", "src/train.py": FIT})) == []


def test_a_test_hands_over_what_it_likes(understand: Understand) -> None:
    graph: Graph = understand(
        {"run.py": HEAD + ARGV, "tests/test_run.py": "from run import run\nrun('src.train')\n", "src/train.py": FIT}
    )
    assert runs(graph, "tests/test_run.py") == []


def test_a_task_runs_what_its_function_starts(understand: Understand) -> None:
    dag = (
        "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\nfrom tools import run\n\n"
        "def fit(**context):\n    return run('src.train')\n\n"
        "with DAG(dag_id='nightly', schedule='0 3 * * *'):\n    PythonOperator(task_id='fit', python_callable=fit)\n"
    )
    graph: Graph = understand({"tools.py": HEAD + ARGV, "dags/nightly.py": dag, "src/train.py": FIT})
    assert [str(one.at) for one in graph.links_from("step:dags/nightly.py#fit", "runs")] == ["dags/nightly.py:6"]
    assert purpose(graph, "step:dags/nightly.py#fit") == "train"


def starting(*words: Any, **says: Any) -> tuple[list[Fact], list[Fact]]:
    one = fact("wrapper", "subprocess.run", "tools.py:3", function="run", words=list(words), **says)
    return [one], [
        *modules("tools.py", "run.py"),
        fact("function", "run", "tools.py:2-4", params=[{"name": "name"}, {"name": "rest", "rest": True}]),
        fact("import", "tools", "run.py:1", names=["run"]),
        one,
    ]


def test_a_command_is_made_of_each_call() -> None:
    wrappers, facts = starting("python", {"expr": "f'src/{name}.py'"}, {"expr": "rest", "spread": True})
    facts += [call("tools.run", "run.py:4", "train", "--fast", "-n"), call("tools.run", "run.py:5", {"expr": "x"})]
    (made,) = wrapped.commands(wrappers, Code(facts, ()))
    assert (made.name, made.get("argv"), made.at) == (
        "python",
        ["python", "src/train.py", "--fast", "-n"],
        at("run.py:4"),
    )


def test_a_list_that_may_have_grown_tells_a_program_or_nothing() -> None:
    one = fact("wrapper", "subprocess.run", "tools.py:3", function="run", text={"expr": "name"})
    _, facts = starting()
    told = {"expr": "argv", "holds": ["launch", "-n", "1"]}
    assert list(wrapped.commands([one], Code([*facts, call("tools.run", "run.py:4", told)], ()))) == []
    facts = [*facts, call("tools.run", "run.py:4", {**told, "holds": ["launch", "a.py"]})]
    (made,) = wrapped.commands([one], Code(facts, ()))
    assert made.get("argv") == ["launch", "a.py"]


def test_a_switched_off_call_starts_nothing() -> None:
    wrappers, facts = starting("python", {"expr": "name"})
    off = call("tools.run", "run.py:4", "train.py", state="disabled")
    assert list(wrapped.commands(wrappers, Code([*facts, off], ()))) == []
