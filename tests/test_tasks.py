"""Task runners: the commands of each task, and which task a command means."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph, purpose
from tests.conftest import Understand

TRAIN = "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"


def argvs(graph: Graph) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for fact in graph.all_facts("command"):
        found.setdefault(str(fact.get("owner")), []).append(fact.get("argv"))
    return found


def test_tox_environments(understand: Understand) -> None:
    graph = understand(
        {
            "tox.ini": "[tox]\nenvlist = py{311,312}, lint\n\n[testenv]\ndeps = pytest\ncommands =\n"
            "    pytest {posargs:tests} \\\n      -q\n    - {envbindir}/coverage report\n\n"
            "[testenv:lint]\ncommands = {[checks]all}\n\n[checks]\nall =\n    ruff check {toxinidir}/pkg\n"
            "    py311: mypy .\n"
        }
    )
    assert argvs(graph) == {
        "tox.ini#env_list": [["tox", "-e", "py311"], ["tox", "-e", "py312"], ["tox", "-e", "lint"]],
        "tox.ini#testenv": [["pytest", "tests", "-q"], ["coverage", "report"]],
        "tox.ini#lint": [["ruff", "check", "pkg"]],  # what holds for py311 is none of its commands
    }
    assert [fact.get("soft") for fact in graph.all_facts("command") if fact.name == "coverage"] == [True]
    assert [fact.at.line for fact in graph.all_facts("command") if fact.name in ("pytest", "ruff")] == [7, 16]


def test_tox_in_toml(understand: Understand) -> None:
    graph = understand(
        {
            "pyproject.toml": "[tool.tox]\nenv_list = ['fit']\n\n[tool.tox.env_run_base]\ncommands = [['pytest']]\n\n"
            "[tool.tox.env.fit]\ncommands = [\n  ['python', 'train.py'],\n]\n"
        }
    )
    assert argvs(graph)["pyproject.toml#fit"] == [["python", "train.py"]]
    assert argvs(graph)["pyproject.toml#testenv"] == [["pytest"]]


def test_tox_settings_inside_a_project_file_keep_their_lines(understand: Understand) -> None:
    text = '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ncommands = pytest\n"""\n'
    (fact,) = understand({"pyproject.toml": text}).all_facts("command")
    assert (fact.at.line, fact.get("owner")) == (4, "pyproject.toml#testenv")


def test_nox_sessions(understand: Understand) -> None:
    graph = understand(
        {
            "noxfile.py": "import nox\nfrom pathlib import Path\n\nSCRIPTS = Path(__file__).parent / 'scripts'\n"
            "CHECK = ['ruff', 'check']\n\n\n@nox.session(name='fit', python='3.12')\ndef train_model(session):\n"
            "    session.install('.')\n    session.run('python', SCRIPTS / 'fit.py', '--fast')\n"
            "    session.notify('lint')\n\n\n@nox.session\ndef lint(session):\n    session.run(*CHECK, '.')\n\n\n"
            "def helper(session):\n    session.run('nothing')\n"
        }
    )
    assert argvs(graph)["noxfile.py#fit"] == [["python", "scripts/fit.py", "--fast"], ["nox", "-s", "lint"]]
    assert argvs(graph)["noxfile.py#lint"] == [["ruff", "check", "."]]
    assert not any(fact.name == "nothing" for fact in graph.all_facts("command"))


def test_invoke_tasks(understand: Understand) -> None:
    graph = understand(
        {
            "tasks.py": "from invoke import task\n\nNAME = 'churn'\n\n\n"
            "@task\ndef clean(c):\n    c.run('rm -rf out')\n\n\n"
            "@task(pre=[clean])\ndef fit_model(ctx, epochs=1):\n"
            "    ctx.run(f'uv run python src/{NAME}/train.py --epochs {epochs}', echo=True)\n"
        }
    )
    found = argvs(graph)
    assert found["tasks.py#fit_model"] == [
        ["invoke", "clean"],
        ["python", "src/churn/train.py", "--epochs", "?"],
    ]
    assert found["tasks.py#fit-model"] == [["invoke", "fit_model"]]


def test_pixi_and_hatch_tables(understand: Understand) -> None:
    graph = understand(
        {
            "ml/pixi.toml": "[tasks]\nprep = 'python prep.py'\n"
            "fit = {cmd = ['python', 'train.py'], depends-on = ['prep'], cwd = 'src'}\n"
            "[feature.gpu.tasks]\nbig = {cmd = 'python big.py', depends-on = [{task = 'prep'}]}\n",
            "pyproject.toml": "[tool.hatch.envs.default.scripts]\n"
            "lint = ['ruff check .', 'mypy .']\nall = ['lint', 'pytest']\n",
        }
    )
    found = argvs(graph)
    assert found["ml/pixi.toml#fit"] == [["python", "train.py"], ["prep"]]
    assert found["ml/pixi.toml#big"] == [["python", "big.py"], ["prep"]]
    assert found["pyproject.toml#lint"] == [["ruff", "check", "."], ["mypy", "."]]
    links = {(edge.source, edge.target) for edge in graph.edges("runs")}
    assert ("target:ml/pixi.toml#fit", "target:ml/pixi.toml#prep") in links
    assert ("target:pyproject.toml#all", "target:pyproject.toml#lint") in links


FIT = "python train.py"
HOLDERS = {
    "Makefile": f"help:\n\t@echo usage\nfit:\n\t{FIT}\n",
    "justfile": f"fit:\n  {FIT}\n",
    "Taskfile.yml": f"version: '3'\ntasks:\n  fit:\n    cmds: ['{FIT}']\n",
    "mise.toml": f"[tasks.fit]\nrun = '{FIT}'\n",
    "package.json": f'{{"scripts": {{"fit": "{FIT}"}}}}\n',
    "pixi.toml": f"[tasks]\nfit = '{FIT}'\n",
    "tox.ini": f"[testenv:fit]\ncommands = {FIT}\n",
    "noxfile.py": "import nox\n\n@nox.session\ndef fit(session):\n    session.run('python', 'train.py')\n",
    "tasks.py": f"from invoke import task\n\n@task\ndef fit(c):\n    c.run('{FIT}')\n",
    "pyproject.toml": f"[tool.poe.tasks]\nfit = '{FIT}'\n[tool.hatch.envs.ml.scripts]\nfit = '{FIT}'\n",
}


@pytest.mark.parametrize(
    ("holder", "command"),
    [
        ("Makefile", "make fit"),
        ("Makefile", "make -C . fit EPOCHS=3"),
        ("justfile", "just"),
        ("justfile", "just fit"),
        ("Taskfile.yml", "task fit"),
        ("mise.toml", "mise run fit"),
        ("package.json", "npm run fit"),
        ("package.json", "yarn fit"),
        ("pixi.toml", "pixi run fit"),
        ("pixi.toml", "pixi run -e gpu fit --lr 1"),
        ("tox.ini", "tox -e fit"),
        ("tox.ini", "python -m tox run -e lint,fit"),
        ("noxfile.py", "nox -s fit"),
        ("noxfile.py", "nox"),
        ("noxfile.py", "uvx nox --session fit -- --fast"),
        ("tasks.py", "invoke fit"),
        ("tasks.py", "inv ml.fit"),
        ("pyproject.toml", "poe fit"),
        ("pyproject.toml", "poetry run poe fit"),
        ("pyproject.toml", "hatch run ml:fit"),
        ("pyproject.toml", "hatch run fit"),
    ],
)
def test_a_command_means_a_task(understand: Understand, holder: str, command: str) -> None:
    graph = understand(
        {
            "train.py": TRAIN,
            holder: HOLDERS[holder],
            ".github/workflows/w.yml": f"on: push\njobs:\n  go:\n    steps:\n      - run: {command}\n",
        }
    )
    assert purpose(graph, "job:.github/workflows/w.yml#go") == "train"


@pytest.mark.parametrize(
    ("holder", "command"), [("Makefile", "make"), ("Makefile", "make help"), ("tox.ini", "tox -e x")]
)
def test_a_command_means_no_other_task(understand: Understand, holder: str, command: str) -> None:
    graph = understand(
        {
            "train.py": TRAIN,
            holder: HOLDERS[holder],
            ".github/workflows/w.yml": f"on: push\njobs:\n  go:\n    steps:\n      - run: {command}\n",
        }
    )
    assert purpose(graph, "job:.github/workflows/w.yml#go") != "train"
