"""Templates of Azure Pipelines: what each call of one runs is told of its caller, and of nobody else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlops_scan.scanner.graph import Graph
from tests.conftest import Understand

HEAD = "trigger: [main]\n"
STEPS = {
    "ci/steps.yml": "parameters:\n  - {name: script, type: string}\nsteps:\n"
    "  - script: python ${{ parameters.script }}\n"
}
JOBS = {
    "ci/jobs.yml": "parameters: {jobName: none, script: none.py, dependsOn: []}\njobs:\n"
    "  - job: ${{parameters.jobName}}\n    dependsOn: ${{ parameters.dependsOn }}\n    steps:\n"
    "      - template: steps.yml\n        parameters: {script: '${{ parameters.script }}'}\n",
    **STEPS,
}
STAGES = {
    "ci/stages.yml": "parameters:\n  - {name: envs, type: object}\nstages:\n  - ${{ each env in parameters.envs }}:\n"
    "    - stage: ${{ env.name }}\n      jobs:\n        - template: jobs.yml\n"
    "          parameters: {jobName: '${{ env.name }}_job', script: '${{ env.script }}'}\n",
    **JOBS,
}


def runs(graph: Graph) -> dict[str, list[str]]:
    """Job -> what it runs."""
    found: dict[str, list[str]] = {str(one.get("id")): [] for one in graph.all_facts("job")}
    for one in graph.all_facts("command"):
        found[str(one.get("owner"))].append(" ".join(one.get("argv")))
    return found


CASES: dict[str, tuple[Mapping[str, str], dict[str, list[str]]]] = {
    "steps": (
        {
            "p.yml": f"{HEAD}jobs:\n  - job: fit\n    steps:\n      - template: ci/steps.yml\n"
            "        parameters: {script: fit.py}\n  - job: score\n    steps:\n      - template: ci/steps.yml\n"
            "        parameters: {script: score.py}\n",
            **STEPS,
        },
        {"p.yml#fit": ["python fit.py"], "p.yml#score": ["python score.py"]},
    ),
    "jobs, through two templates": (
        {
            "p.yml": f"{HEAD}stages:\n  - stage: a\n    jobs:\n      - template: ci/jobs.yml\n"
            "        parameters: {jobName: fit, script: fit.py}\n      - template: ci/jobs.yml\n"
            "        parameters: {jobName: score, script: score.py, dependsOn: [fit]}\n",
            **JOBS,
        },
        {"p.yml#a.fit": ["python fit.py"], "p.yml#a.score": ["python score.py"]},
    ),
    "two pipelines": (
        {
            f"{name}.yml": f"{HEAD}jobs:\n  - template: ci/jobs.yml\n"
            f"    parameters:\n      jobName: go\n      script: {name}.py\n"
            for name in ("fit", "score")
        }
        | JOBS,
        {"fit.yml#go": ["python fit.py"], "score.yml#go": ["python score.py"]},
    ),
    "stages in a loop": (
        {
            "p.yml": f"{HEAD}stages:\n  - template: ci/stages.yml\n    parameters:\n      envs:\n"
            "        - {name: dev, script: fit.py}\n        - {name: prod, script: score.py}\n",
            **STAGES,
        },
        {"p.yml#dev.dev_job": ["python fit.py"], "p.yml#prod.prod_job": ["python score.py"]},
    ),
    "extends": (
        {
            f"{name}.yml": f"{HEAD}extends:\n  template: ci/stages.yml\n  parameters:\n"
            f"    envs: [{{name: e, script: {name}.py}}]\n"
            for name in ("fit", "score")
        }
        | STAGES,
        {"fit.yml#e.e_job": ["python fit.py"], "score.yml#e.e_job": ["python score.py"]},
    ),
    "steps that a caller hands over": (
        {
            "p.yml": f"{HEAD}jobs:\n  - template: ci/around.yml\n    parameters:\n      name: one\n"
            "      run: [{script: python fit.py}]\n  - template: ci/around.yml\n    parameters:\n      name: two\n"
            "      run:\n        - script: python score.py\n",
            "ci/around.yml": "parameters:\n  - {name: name, type: string}\n"
            "  - {name: run, type: stepList, default: []}\n"
            "jobs:\n  - job: ${{ parameters.name }}\n    steps:\n      - script: make setup\n"
            "      - ${{ each step in parameters.run }}:\n        - ${{ step }}\n      - ${{ parameters.run }}\n",
        },
        {
            "p.yml#one": ["make setup", "python fit.py", "python fit.py"],
            "p.yml#two": ["make setup", "python score.py", "python score.py"],
        },
    ),
    "variables of a template with parameters": (
        {
            f"{name}.yml": f"{HEAD}variables:\n  - template: ci/names.yml\n    parameters: {{of: {name}}}\n"
            "jobs:\n  - job: go\n    steps:\n      - script: python $(FILE).py\n"
            for name in ("fit", "score")
        }
        | {"ci/names.yml": "parameters:\n  of: none\nvariables:\n  FILE: ${{ parameters.of }}\n"},
        {"fit.yml#go": ["python fit.py"], "score.yml#go": ["python score.py"]},
    ),
    "a template that nobody calls, and one of another repository": (
        {
            "ci/templates/alone.yml": "parameters: {x: fit.py}\njobs:\n  - job: go\n"
            "    steps: [{script: 'python ${{ parameters.x }}'}]\n",
            "p.yml": f"{HEAD}jobs:\n  - template: far.yml@other\n",
        },
        {"ci/templates/alone.yml#go": ["python fit.py"], "p.yml#template-1": []},
    ),
    "steps of a template in a loop over a mapping": (
        {
            "p.yml": f"{HEAD}steps:\n  - template: ci/all.yml\n    parameters: {{of: {{a: fit.py, b: score.py}}}}\n",
            "ci/all.yml": "parameters: {of: {}}\nsteps:\n  - ${{ each one in parameters.of }}:\n"
            "    - script: python ${{ one.value }} --name ${{ one.key }}\n",
        },
        {"p.yml#steps": ["python fit.py --name a", "python score.py --name b"]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_call_is_its_own(understand: Understand, name: str) -> None:
    files, expected = CASES[name]
    graph = understand({**files, "fit.py": "", "score.py": ""})
    assert runs(graph) == expected


def test_a_called_job_is_its_callers(understand: Understand) -> None:
    files, _ = CASES["jobs, through two templates"]
    graph = understand({**files, "fit.py": "", "score.py": ""})
    edges = {(one.source, one.relation, one.target) for one in graph.edges() if one.source.startswith("job:")}
    fit, score = "job:p.yml#a.fit", "job:p.yml#a.score"
    assert (score, "needs", fit) in edges
    assert {one[2] for one in edges if one[0] == fit and one[1] == "runs"} == {"file:fit.py"}
    assert {one[2] for one in edges if one[0] == fit and one[1] == "calls"} == {"file:ci/jobs.yml", "file:ci/steps.yml"}
    assert {one.at.path for one in graph.all_facts("command")} == {"ci/steps.yml"}


def test_templates_that_call_each_other_many_times_end(understand: Understand) -> None:
    body = "".join(f"  - template: t{number}.yml\n" for number in range(9)) * 3
    files = {f"t{number}.yml": f"parameters: {{}}\nsteps:\n  - script: make\n{body}" for number in range(9)}
    graph = understand({"p.yml": f"{HEAD}steps:\n  - template: t0.yml\n", **files})
    assert 0 < len(graph.all_facts("command")) <= 5_000
