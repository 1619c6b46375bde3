"""Conditions of CI files, as far as constants decide them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.formats.conditions import judged, never
from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]

KNOWN = {
    "inputs.deploy": ("false",),
    "parameters.env": ("dev", "test"),
    "env.MODE": ("fast",),
    "variables.on": ("true",),
}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("inputs.deploy == 'true'", False),
        ("inputs.deploy", False),
        ("!inputs.deploy", True),
        ("github.ref == 'refs/heads/main' && inputs.deploy", False),
        ("github.ref == 'refs/heads/main' || inputs.deploy", None),
        ("env.MODE != 'fast' || (false && x)", False),
        ("always() && inputs.deploy == 'true'", False),
        ("startsWith(github.ref, 'refs/tags') || 'a' == 'b'", None),
        ("\"a\" == \"b\"", False),
        ("$CI_COMMIT_BRANCH == \"main\"", None),
        ("eq(parameters.env, 'prod')", False),
        ("eq(parameters.env, 'dev')", None),
        ("and(succeeded(), eq(variables['on'], 'False'))", False),
        ("or(eq(variables['on'], 'True'), failed())", True),
        ("not(in(parameters.env, 'Dev', 'test', 'prod'))", None),
        ("notIn(parameters.env, 'prod', 'stage')", True),
        ("ne(variables.on, 'true')", False),
        ("x =~ /main/", None),
        ("(((", None),
        ("", None),
        ("(" * 5000 + "false" + ")" * 5000, None),
    ],
)  # fmt: skip
def test_condition(text: str, answer: bool | None) -> None:
    assert judged(text, KNOWN) is answer


def test_the_brackets_of_an_expression_are_taken_off() -> None:
    assert never("${{ inputs.deploy == 'true' }}", KNOWN) and not never("${{ a }} == ${{ b }}", KNOWN)


WORKFLOW = ".github/workflows/{}.yml"
CALLED = (
    "on: {{workflow_call: {{inputs: {{deploy: {{type: boolean, default: false}}}}}}{more}}}\njobs:\n  a:\n"
    "    if: ${{{{ inputs.deploy }}}}\n    steps: [{{run: kubectl apply -f k}}]\n"
    "  b:\n    steps:\n      - if: inputs.deploy == 'true'\n        run: make ship\n      - run: make test\n"
)
CALLER = "on: push\njobs:\n  c:\n    uses: ./.github/workflows/called.yml\n{}"


@pytest.mark.parametrize(
    ("caller", "more", "off"),
    [
        (CALLER.format(""), "", {"kubectl", "make ship"}),
        (CALLER.format("    with: {deploy: true}\n"), "", set()),
        (CALLER.format("    with: {deploy: '${{ github.actor }}'}\n"), "", set()),
        (CALLER.format(""), ", workflow_dispatch: {inputs: {deploy: {default: false}}}", set()),
        ("on: push\njobs: {}\n", "", set()),
    ],
)
def test_inputs_that_callers_settle(understand: Understand, caller: str, more: str, off: set[str]) -> None:
    graph = understand({WORKFLOW.format("called"): CALLED.format(more=more), WORKFLOW.format("caller"): caller})
    commands = [one for one in graph.facts("command") if one.get("state")]
    assert {" ".join(one.get("argv")[: 1 + (one.name == "make")]) for one in commands} == off


def test_a_constant_of_the_workflow(understand: Understand) -> None:
    text = "on: push\nenv: {DEPLOY: 'false'}\njobs:\n  a:\n    steps:\n"
    step = "      - if: env.DEPLOY == 'true'\n        run: make ship\n"
    graph = understand(
        {WORKFLOW.format("a"): text + step, WORKFLOW.format("b"): f"{text}      - run: x >> $GITHUB_ENV\n{step}"}
    )
    assert [one.at.path for one in graph.facts("command") if one.get("state")] == [WORKFLOW.format("a")]


@pytest.mark.parametrize(
    ("top", "rule", "off"),
    [
        ("workflow: {rules: [{when: never}]}\n", "if: $CI_COMMIT_BRANCH", True),
        ("workflow: {rules: [{if: $A, when: never}, {when: always}]}\n", "if: $CI_COMMIT_BRANCH", False),
        ("", 'if: \'"a" == "b"\'', True),
        ("variables: {TRAIN: 'false'}\n", "if: '$TRAIN == \"true\"'", False),  # a schedule may set it
    ],
)
def test_rules_of_gitlab(understand: Understand, top: str, rule: str, off: bool) -> None:
    graph = understand({".gitlab-ci.yml": f"{top}a:\n  script: [make]\n  rules:\n    - {rule}\n"})
    assert [bool(one.get("state")) for one in graph.facts("job")] == [off]


TEMPLATE = """\
parameters:
  - {name: env, type: string, default: dev}
jobs:
  - ${{ if eq(parameters.env, 'prod') }}:
    - job: ship
      steps: [{script: make ship}]
  - ${{ else }}:
    - job: try
      steps: [{script: make try}]
  - job: always
    condition: and(succeeded(), eq('${{ parameters.env }}', 'prod'))
    steps:
      - script: make tell
"""


@pytest.mark.parametrize(
    ("calls", "made", "off"),
    [
        (["prod"], {"ship", "tell"}, set()),
        (["dev"], {"try", "tell"}, {"tell"}),
        ([""], {"try", "tell"}, {"tell"}),
        (["dev", "prod"], {"ship", "try", "tell"}, {"tell"}),  # of the first call
        (["$(env)"], {"ship", "try", "tell"}, set()),
        (["${{ parameters.where }}"], {"ship", "try", "tell"}, set()),
    ],
)
def test_branches_of_azure_templates(understand: Understand, calls: list[str], made: set[str], off: set[str]) -> None:
    text = "trigger: [main]\nparameters: [{name: where, type: string, default: x}]\njobs:\n"
    for value in calls:
        text += "  - template: ci/t.yml\n" + (f"    parameters: {{env: '{value}'}}\n" if value else "")
    graph = understand({"azure-pipelines.yml": text, "ci/t.yml": TEMPLATE})
    commands = [one for one in graph.facts("command") if one.name == "make"]
    assert {one.get("argv")[1] for one in commands} == made
    assert {one.get("argv")[1] for one in commands if one.get("state")} == off


def test_a_parameter_of_a_pipeline_is_what_somebody_chooses(understand: Understand) -> None:
    text = "trigger: [main]\nparameters: [{name: e, default: dev%s}]\nsteps:\n  - ${{ if eq(parameters.e, 'prod') }}:\n"
    text += "    - script: make ship\n"
    graph = understand({"a/azure-pipelines.yml": text % "", "b/azure-pipelines.yml": text % ", values: [dev, test]"})
    assert [one.at.path for one in graph.facts("command")] == ["a/azure-pipelines.yml"]
