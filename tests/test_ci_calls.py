"""What two jobs share (commands, workflows, actions, hidden jobs) and give other values: each runs its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlops_scan.scanner.graph import Graph
from tests.conftest import Understand

WAYS = ".github/workflows/"
CALLED = (
    "on:\n  workflow_call:\n    inputs:\n      script: {type: string, default: none.py}\njobs:\n  first:\n    steps:\n"
    "      - run: make ready\n  go:\n    needs: first\n    steps:\n      - run: python ${{ inputs.script }}\n"
)
MIDDLE = (
    "on:\n  workflow_call:\n    inputs:\n      name: {type: string}\njobs:\n  in:\n"
    "    uses: ./.github/workflows/run.yml\n    with: {script: '${{ inputs.name }}.py'}\n"
)
ACTION = (
    "inputs: {script: {default: none.py}}\nruns:\n  using: composite\n  steps:\n"
    "    - run: python ${{ inputs.script }}\n      shell: bash\n"
)


def runs(graph: Graph) -> dict[str, list[str]]:
    """Job -> what it runs."""
    found: dict[str, list[str]] = {str(one.get("id")): [] for one in graph.all_facts("job")}
    for one in graph.all_facts("command"):
        found[str(one.get("owner"))].append(" ".join(one.get("argv")))
    return {name.removeprefix(WAYS): said for name, said in found.items() if said}


CASES: dict[str, tuple[Mapping[str, str], dict[str, list[str]]]] = {
    "circleci jobs": (
        {
            ".circleci/config.yml": "version: 2.1\ncommands:\n  py:\n    parameters: {file: {type: string}}\n"
            "    steps: [{run: 'python << parameters.file >>'}]\n"
            "jobs:\n  run:\n    parameters: {script: {type: string}}\n    docker: [{image: 'python:3.12'}]\n"
            "    steps: [{py: {file: << parameters.script >>}}]\n"
            "workflows:\n  w:\n    jobs:\n      - run: {name: fit, script: fit.py}\n"
            "      - run: {name: score, script: score.py, requires: [fit]}\n"
        },
        {".circleci/config.yml#fit": ["python fit.py"], ".circleci/config.yml#score": ["python score.py"]},
    ),
    "circleci matrix": (
        {
            ".circleci/config.yml": "version: 2.1\njobs:\n  run:\n    parameters: {script: {type: string}}\n"
            "    docker: [{image: 'python:3.12'}]\n    steps: [{run: 'python << parameters.script >>'}]\n"
            "workflows:\n  w:\n    jobs:\n      - run: {matrix: {parameters: {script: [fit.py, score.py]}}}\n"
        },
        {".circleci/config.yml#run": ["python fit.py", "python score.py"]},
    ),
    "gitlab variables": (
        {
            ".gitlab-ci.yml": ".run:\n  variables: {FOLDER: ml, SCRIPT: none.py}\n  script: [python $FOLDER/$SCRIPT]\n"
            "fit:\n  extends: .run\n  variables: {SCRIPT: fit.py}\nscore:\n  extends: .run\n"
            "  variables: {SCRIPT: score.py, FOLDER: app}\n"
        },
        {".gitlab-ci.yml#fit": ["python ml/fit.py"], ".gitlab-ci.yml#score": ["python app/score.py"]},
    ),
    "github workflows": (
        {
            f"{WAYS}run.yml": CALLED,
            f"{WAYS}ci.yml": "on: push\njobs:\n  fit:\n    uses: ./.github/workflows/run.yml\n"
            "    with: {script: fit.py}\n  score:\n    needs: fit\n    uses: ./.github/workflows/run.yml\n"
            "    with: {script: score.py}\n",
        },
        {
            "ci.yml#fit/first": ["make ready"],
            "ci.yml#fit/go": ["python fit.py"],
            "ci.yml#score/first": ["make ready"],
            "ci.yml#score/go": ["python score.py"],
        },
    ),
    "github workflows through another": (
        {
            f"{WAYS}run.yml": CALLED,
            f"{WAYS}middle.yml": MIDDLE,
            f"{WAYS}ci.yml": "on: push\njobs:\n  a:\n    strategy: {matrix: {which: [fit, score]}}\n"
            "    uses: ./.github/workflows/middle.yml\n    with: {name: '${{ matrix.which }}'}\n",
        },
        {"ci.yml#a/in/first": ["make ready"], "ci.yml#a/in/go": ["python fit.py", "python score.py"]},
    ),
    "github actions": (
        {
            ".github/actions/py/action.yml": ACTION,
            f"{WAYS}ci.yml": "on: push\njobs:\n  fit:\n    steps:\n      - uses: ./.github/actions/py\n"
            "        with: {script: fit.py}\n  score:\n    steps:\n      - uses: ./.github/actions/py\n"
            "        with: {script: score.py}\n",
        },
        {"ci.yml#fit": ["python fit.py"], "ci.yml#score": ["python score.py"]},
    ),
    "a github workflow that is started by hand, too": (
        {
            f"{WAYS}run.yml": CALLED.replace("on:\n", "on:\n  workflow_dispatch: {}\n"),
            f"{WAYS}ci.yml": "on: push\njobs:\n  fit:\n    uses: ./.github/workflows/run.yml\n"
            "    with: {script: fit.py}\n  score:\n    uses: ./.github/workflows/run.yml\n"
            "    with: {script: score.py}\n",
        },
        {
            "ci.yml#fit/first": ["make ready"],
            "ci.yml#fit/go": ["python fit.py"],
            "ci.yml#score/first": ["make ready"],
            "ci.yml#score/go": ["python score.py"],
            "run.yml#first": ["make ready"],
            "run.yml#go": ["python none.py"],
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_caller_runs_its_own(understand: Understand, name: str) -> None:
    files, expected = CASES[name]
    assert runs(understand({**files, "fit.py": "", "score.py": ""})) == expected


def test_jobs_of_a_called_workflow_stand_between_what_the_caller_needs(understand: Understand) -> None:
    files, _ = CASES["github workflows"]
    graph = understand({**files, "fit.py": "", "score.py": ""})
    ci = f"job:{WAYS}ci.yml"
    needs = {(one.source, one.target) for one in graph.edges("needs")}
    assert {
        (f"{ci}#score/first", f"{ci}#fit"),
        (f"{ci}#fit", f"{ci}#fit/go"),
        (f"{ci}#fit/go", f"{ci}#fit/first"),
    } <= needs


def test_workflows_that_call_each_other_with_other_values_end(understand: Understand) -> None:
    text = "on:\n  workflow_call:\n    inputs: {x: {type: string}}\njobs:\n"
    text += "".join(
        f"  {name}:\n    uses: ./.github/workflows/{name}.yml\n    with: {{x: '{name}${{{{ inputs.x }}}}'}}\n"
        for name in "ab"
    )
    text += "  run:\n    steps: [{run: make}]\n"
    files = {f"{WAYS}{name}.yml": text for name in "ab"}
    graph = understand({**files, f"{WAYS}ci.yml": "on: push\njobs:\n  go:\n    uses: ./.github/workflows/a.yml\n"})
    assert 0 < len(graph.all_facts("command")) < 100
