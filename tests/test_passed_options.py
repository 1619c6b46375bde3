"""What commands pass to the options of a program: it wins over what they are by default."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.subjects import subjects
from tests.conftest import Understand

FIT = "from sklearn.svm import SVC\nclf = SVC().fit([[1]], [1])\n"
SAVE = "mlflow.sklearn.log_model(clf, name='m', registered_model_name={})\n"
ARGPARSE = (
    "import argparse, mlflow\n"
    + FIT
    + "p = argparse.ArgumentParser()\np.add_argument('-m', '--model', default='dev')\n"
    "a = p.parse_args()\n"
)
CLICK = (
    "import click, mlflow\n" + FIT + "@click.command()\n@click.option('--model-name', '-m', default='dev')\n"
    "def main(model_name):\n    " + SAVE.format("model_name") + "if __name__ == '__main__':\n    main()\n"
)
TYPER = (
    "import typer, mlflow\nfrom typing_extensions import Annotated\n" + FIT + "app = typer.Typer()\n@app.command()\n"
    "def main(model: Annotated[str, typer.Option('--name')] = 'dev', other: str = typer.Option('b', '--other')):\n    "
    + SAVE.format("f'{model}-{other}'")
    + "app()\n"
)


def registered(graph: Graph) -> set[str]:
    found = (edge for edge in graph.edges() if edge.relation == "registers" and edge.source == "file:train.py")
    return {edge.target.removeprefix("model:") for edge in found}


@pytest.mark.parametrize(
    ("train", "command", "expected"),
    [
        (ARGPARSE + SAVE.format("a.model"), "--model churn", {"churn"}),
        (ARGPARSE + SAVE.format("a.model"), "-m churn --seed 1", {"churn"}),
        (ARGPARSE + SAVE.format("a.model"), "--model=churn", {"churn"}),
        (ARGPARSE + SAVE.format("f'team.{a.model}'"), "--model churn", {"team.churn"}),
        (ARGPARSE + "NAME = a.model\n" + SAVE.format("NAME"), "--model churn", {"churn"}),
        (ARGPARSE + "def run(name):\n    " + SAVE.format("name") + "run(a.model)\n", "--model churn", {"churn"}),
        (ARGPARSE.replace(", default='dev'", ", required=True") + SAVE.format("a.model"), "--model churn", {"churn"}),
        (CLICK, "--model-name churn", {"churn"}),
        (TYPER, "--name churn", {"churn-b"}),
        (TYPER, "--name churn --other c", {"churn-c"}),
        # what nobody knows, or means another option, leaves the default
        (ARGPARSE + SAVE.format("a.model"), "--model $NAME", {"dev"}),
        (ARGPARSE + SAVE.format("a.model"), "--models churn", {"dev"}),
        (ARGPARSE + SAVE.format("a.model"), "", {"dev"}),
        (ARGPARSE + "import common\n" + SAVE.format("common.model"), "--model churn", set()),
        (ARGPARSE + "model = 'own'\n" + SAVE.format("model"), "--model churn", {"own"}),
    ],
)
def test_what_the_one_command_passes_is_the_value(
    understand: Understand, train: str, command: str, expected: set[str]
) -> None:
    graph = understand({"train.py": train, "common.py": "", "run.sh": f"python train.py {command}\n"})
    assert registered(graph) == expected


def test_a_value_tells_the_command_that_passes_it(understand: Understand) -> None:
    graph = understand({"train.py": ARGPARSE + SAVE.format("a.model"), "run.sh": "\npython train.py --model churn\n"})
    (call,) = (one for one in graph.facts("call") if one.name.endswith("log_model"))
    assert call.get("kwargs")["registered_model_name"]["told"] == "run.sh:2"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("python train.py --model a\npython -m train --model b\n", {"a", "b"}),
        ("python train.py --model a\npython train.py\n", {"a", "dev"}),
        ("python train.py --model a\npython train.py --model $X\n", {"a"}),
        ("python train.py --model a\npython train.py --help\n", {"a"}),
    ],
)
def test_several_commands_tell_each_of_their_values(understand: Understand, lines: str, expected: set[str]) -> None:
    graph = understand({"train.py": ARGPARSE + SAVE.format("a.model"), "run.sh": lines})
    assert registered(graph) == expected


def test_a_task_of_a_bundle_passes_its_parameters(understand: Understand) -> None:
    bundle = """bundle: {name: b}
variables: {name: {default: churn}}
resources:
  jobs:
    j:
      tasks:
      - task_key: t
        spark_python_task: {python_file: train.py, parameters: ["--model", "${var.name}"]}
      - task_key: w
        python_wheel_task: {package_name: p, entry_point: go, named_parameters: {model: "${var.name}", n: 3}}
"""
    graph = understand({"train.py": ARGPARSE + SAVE.format("f'main.{a.model}'"), "databricks.yml": bundle})
    assert registered(graph) == {"main.churn"}
    argv = [one.get("argv") for one in graph.facts("command")]
    assert argv == [["python", "train.py", "--model", "churn"], ["go", "--model=churn", "--n=3"]]


def test_one_endpoint_that_two_calls_name_by_an_option(understand: Understand) -> None:
    program = (
        "import argparse\nimport boto3\nfrom sagemaker.sklearn.model import SKLearnModel\n\n"
        "parser = argparse.ArgumentParser()\nparser.add_argument('--endpoint-name', required=True)\n"
        "args = parser.parse_args()\n"
        "boto3.client('sagemaker').update_endpoint(EndpointName=args.endpoint_name, EndpointConfigName='c')\n"
        "SKLearnModel(model_data='s3://m').deploy(endpoint_name=args.endpoint_name, instance_type='ml.m5.large')\n"
    )
    graph = understand({"deploy.py": program, "run.sh": "python deploy.py --endpoint-name prod\n"})
    assert len([node for node in subjects(graph) if node.kind == "endpoint"]) == 1
