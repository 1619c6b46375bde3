"""Steps that never run, inside jobs that do: what they would start is not what runs."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import live
from mlops_scan.scanner.model import Fact, Location
from tests.conftest import Understand

TRAIN = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
GITHUB = (
    "on: {push: {branches: [main]}}\njobs:\n  a:\n    runs-on: u\n    steps:\n      - run: python other.py\n"
    "      - %s\n"
)
AZURE = "trigger: [main]\nsteps:\n  - script: python other.py\n  - %s\n"
CIRCLE = (
    "version: 2.1\njobs:\n  a:\n    docker: [{image: 'cimg/python:3.12'}]\n    steps:\n      - run: python other.py\n"
    "      - %s\nworkflows: {w: {jobs: [a]}}\n"
)
WORKFLOW, PIPELINE, CONFIG = ".github/workflows/w.yml", "azure-pipelines.yml", ".circleci/config.yml"
STEP = "run: python train.py"
ACTION = "runs:\n  using: composite\n  steps:\n    - {run: python train.py, shell: bash}\n"


@pytest.mark.parametrize(
    ("path", "text", "runs"),
    [
        (WORKFLOW, GITHUB % "{run: python train.py}", True),
        (WORKFLOW, GITHUB % "{if: false, run: python train.py}", False),
        (WORKFLOW, GITHUB % "{if: '${{ false }}', run: python train.py}", False),
        (WORKFLOW, GITHUB % "{if: github.ref == 'refs/heads/main' && false, run: python train.py}", False),
        (WORKFLOW, GITHUB % "{if: github.ref == 'refs/heads/main' || false, run: python train.py}", True),
        (WORKFLOW, GITHUB % "{if: false, run: make train}", False),
        (WORKFLOW, GITHUB % "{if: false, uses: ./.github/actions/fit}", False),
        (WORKFLOW, GITHUB % "{uses: ./.github/actions/fit}", True),
        (WORKFLOW, f"{GITHUB}  b: {{uses: ./.github/workflows/fit.yml}}\n" % "run: x", True),
        (WORKFLOW, f"{GITHUB}  b: {{if: false, uses: ./.github/workflows/fit.yml}}\n" % "run: x", False),
        (PIPELINE, AZURE % "{script: python train.py, condition: succeeded()}", True),
        (PIPELINE, AZURE % "{script: python train.py, condition: false}", False),
        (PIPELINE, AZURE % "{script: python train.py, condition: 'and(succeeded(), false)'}", False),
        (PIPELINE, AZURE % "{script: python train.py, enabled: false}", False),
        (CONFIG, CIRCLE % "when: {condition: << pipeline.parameters.go >>, steps: [{run: python train.py}]}", True),
        (CONFIG, CIRCLE % "when: {condition: false, steps: [{run: python train.py}]}", False),
        (CONFIG, CIRCLE % "when: {condition: {and: [x, {not: y}]}, steps: [{run: python train.py}]}", False),
        (CONFIG, CIRCLE % "when: {condition: {equal: [a, b]}, steps: [{run: python train.py}]}", False),
        (CONFIG, CIRCLE % "unless: {condition: true, steps: [{run: python train.py}]}", False),
        (CONFIG, CIRCLE % "unless: {condition: {or: [false, '']}, steps: [{run: python train.py}]}", True),
    ],
)
def test_a_step_that_never_runs_starts_nothing(understand: Understand, path: str, text: str, runs: bool) -> None:
    files = {path: text, "train.py": TRAIN, "other.py": TRAIN, "Makefile": "train:\n\tpython train.py\n"}
    if "actions/fit" in text:
        files[".github/actions/fit/action.yml"] = ACTION
    if "fit.yml" in text:
        files[".github/workflows/fit.yml"] = GITHUB.replace("{push: {branches: [main]}}", "workflow_call") % STEP
    graph = understand(files)
    assert graph.mark("file:train.py") == ("production" if runs else "development")
    assert graph.mark("file:other.py") == "production"


@pytest.mark.parametrize(
    ("path", "text", "off"),
    [
        (".buildkite/pipeline.yml", "steps:\n  - {label: a, command: python train.py, if: 'false'}\n", True),
        (".buildkite/pipeline.yml", "steps:\n  - {label: a, command: python train.py, if: build.tag != null}\n", False),
        (".travis.yml", "jobs: {include: [{script: python train.py, if: false}]}\n", True),
        (".travis.yml", "jobs: {include: [{script: python train.py, if: branch = main}]}\n", False),
        (CONFIG, (CIRCLE % "run: python train.py").replace("{w: {", "{w: {when: false, "), True),
        (CONFIG, (CIRCLE % "run: python train.py").replace("{w: {", "{w: {unless: false, "), False),
        ("p.yaml", "in, values: ['yes']", True),
        ("p.yaml", "notin, values: ['yes']", False),
        ("p.yaml", "notin, values: ['no']", True),
        ("p.yaml", "in, values: ['$(params.x)']", False),
    ],
)
def test_a_job_whose_condition_is_false_by_itself(understand: Understand, path: str, text: str, off: bool) -> None:
    if path == "p.yaml":
        text = (
            "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  tasks:\n    - name: fit\n"
            f"      when: [{{input: 'no', operator: {text}}}]\n"
            "      taskSpec: {steps: [{name: s, image: 'python:3.12', script: python train.py}]}\n"
        )
    graph = understand({path: text, "train.py": TRAIN})
    assert graph.mark("file:train.py") == ("development" if off else "production")


def fact(kind: str, name: str, path: str, **says: object) -> Fact:
    return Fact(kind, name, Location(path, 1), says)


def test_commands_of_a_job_that_is_off_are_told_and_those_of_a_step_are_not() -> None:
    off = {"state": "disabled"}
    graph = Graph(
        [
            fact("job", "a", "w.yml", id="w.yml#a"),
            fact("job", "b", "w.yml", id="w.yml#b", **off),
            fact("command", "one", "w.yml", owner="w.yml#a"),
            fact("command", "two", "w.yml", owner="w.yml#a", **off),
            fact("command", "three", "w.yml", owner="w.yml#b", **off),
            fact("action", "./inner", "w.yml", owner="w.yml#a", **off),
        ],
        ["w.yml", "inner/action.yml"],
    )
    assert [one.name for one in live.commands(graph)] == ["one", "three"]
    assert live.actions(graph) == ()
    assert live.uncalled(graph) == {"inner/action.yml"}


def test_what_is_called_only_from_what_nobody_calls() -> None:
    facts = [
        fact("job", "a", "w.yml", id="w.yml#a", uses="b.yml", state="disabled"),
        fact("workflow", "b.yml", "b.yml", triggers=["call"]),
        fact("job", "b", "b.yml", id="b.yml#b", uses="c.yml"),
        fact("workflow", "c.yml", "c.yml", triggers=["call"]),
        fact("job", "c", "c.yml", id="c.yml#c", uses="d.yml"),
        fact("workflow", "d.yml", "d.yml", triggers=["call", "manual"]),
    ]
    files = ["w.yml", "b.yml", "c.yml", "d.yml"]
    assert live.uncalled(Graph(facts, files)) == {"b.yml", "c.yml"}
    assert live.uncalled(Graph(facts[1:], files)) == frozenset()
