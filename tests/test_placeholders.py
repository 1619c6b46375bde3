"""Placeholders of CI files: variables, matrices, inputs and parameters come to the commands that use them."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.placeholders import fill, matrix, variants
from mlops_scan.scanner.graph import purpose, purpose_of_schedule
from tests.conftest import Understand

TRAIN = "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"
GITHUB = ".github/workflows/w.yml"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${{ env.A }}/x", "1/x"),
        ("$A-${A}-$(A)", "1-1-1"),
        ("<< parameters.p >>", "2"),
        ("$AB ${{ secrets.A }} $(date)", "$AB ${{ secrets.A }} $(date)"),
    ],
)
def test_what_is_known_is_filled_in(text: str, filled: str) -> None:
    assert fill(text, {"env.A": ("1",), "A": ("1",), "parameters.p": ("2",)}) == filled


def test_every_way_to_fill_is_told_up_to_a_bound() -> None:
    assert variants(["x", "$A", "$B"], {"A": ("1", "2"), "B": ("3",)}) == [["x", "1", "3"], ["x", "2", "3"]]
    many = {name: tuple(str(number) for number in range(9)) for name in "ABC"}
    assert len(variants(["$A", "$B", "$C"], many)) == 16


def argvs(understand: Understand, files: dict[str, str]) -> list[tuple[str, list[str], str]]:
    graph = understand(files)
    return [
        (str(fact.get("owner")).partition("#")[2], fact.get("argv"), fact.get("cwd") or "")
        for fact in graph.all_facts("command")
    ]


def test_github_matrix_and_environment(understand: Understand) -> None:
    text = (
        "on: push\nenv: {LR: '0.1', KEY: '${{ secrets.KEY }}'}\njobs:\n  fit:\n    strategy:\n      matrix:\n"
        "        model: [tree, net]\n        os: [a, b]\n        include:\n          - {model: net, big: 'yes'}\n"
        "    steps:\n      - run: python train.py --model ${{ matrix.model }} --lr $LR\n"
        "        working-directory: ./models/${{ matrix.model }}\n      - run: echo $KEY\n"
    )
    assert argvs(understand, {GITHUB: text}) == [
        ("fit", ["python", "train.py", "--model", "tree", "--lr", "0.1"], "models/tree"),
        ("fit", ["python", "train.py", "--model", "net", "--lr", "0.1"], "models/net"),
        ("fit", ["echo", "$KEY"], ""),
    ]


def test_github_inputs_of_called_workflows_and_actions(understand: Understand) -> None:
    called = (
        "on:\n  workflow_call:\n    inputs:\n      script: {type: string}\n      folder: {type: string, default: ml}\n"
        "jobs:\n  run:\n    steps:\n      - run: python ${{ inputs.folder }}/${{ inputs.script }}\n"
    )
    action = (
        "inputs: {target: {default: check}}\nruns:\n  using: composite\n  steps:\n"
        "    - run: make ${{ inputs.target }}\n      shell: bash\n"
    )
    files = {
        "ml/train.py": TRAIN,
        "Makefile": "check:\n\truff check .\nfit:\n\tpython ml/train.py\n",
        ".github/workflows/run.yml": called,
        ".github/actions/make/action.yml": action,
        GITHUB: "on: push\njobs:\n  a:\n    uses: ./.github/workflows/run.yml\n    with: {script: train.py}\n"
        "  b:\n    steps:\n      - uses: ./.github/actions/make\n        with: {target: fit}\n",
    }
    graph = understand(files)
    assert [purpose(graph, f"job:{GITHUB}#{name}") for name in ("a", "b")] == ["train", "train"]


def test_gitlab_variables_and_schedules(understand: Understand) -> None:
    files = {
        "models/a/train.py": TRAIN,
        ".gitlab-ci.yml": "variables: {ROOT: models}\n"
        "fit:\n  parallel:\n    matrix:\n      - MODEL: [a, b]\n  script: python $ROOT/$MODEL/train.py\n"
        '  rules:\n    - if: $CI_PIPELINE_SOURCE == "schedule"\n'
        "lint:\n  script: ruff check .\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'push'\n",
    }
    graph = understand(files)
    assert [fact.get("argv") for fact in graph.all_facts("command") if fact.name == "python"] == [
        ["python", "models/a/train.py"],
        ["python", "models/b/train.py"],
    ]
    (schedule,) = graph.facts("schedule")
    assert (schedule.at.line, purpose_of_schedule(graph, schedule)) == (2, "train")
    assert graph.has("retraining-trigger")


def test_azure_parameters_and_variables(understand: Understand) -> None:
    files = {
        "ml/train.py": TRAIN,
        "azure-pipelines.yml": "trigger: none\nvariables:\n  - {name: folder, value: ml}\nstages:\n  - stage: fit\n"
        "    jobs:\n      - template: ci/job.yml\n        parameters: {script: train.py}\n"
        "      - job: other\n        strategy: {matrix: {one: {NAME: train.py}}}\n        steps:\n"
        "          - script: python $(folder)/$(NAME)\n",
        "ci/job.yml": "parameters:\n  - {name: script, default: none.py}\njobs:\n  - job: go\n    steps:\n"
        "      - script: python ml/${{ parameters.script }}\n",
    }
    graph = understand(files)
    assert purpose(graph, "job:azure-pipelines.yml#fit.go") == "train"
    assert purpose(graph, "job:azure-pipelines.yml#fit.other") == "train"


def test_circleci_parameters(understand: Understand) -> None:
    files = {
        "train.py": TRAIN,
        ".circleci/config.yml": "version: 2.1\njobs:\n  run:\n    parameters: {script: {type: string, default: x.py}}\n"
        "    docker: [{image: 'python:3.12'}]\n    steps: [{run: 'python << parameters.script >>'}]\n"
        "workflows:\n  w:\n    jobs:\n      - run: {script: train.py}\n",
    }
    assert purpose(understand(files), "job:.circleci/config.yml#run") == "train"


AZURE = {
    "ml/train.py": TRAIN,
    "azure-pipelines.yml": "trigger: none\nvariables:\n  - template: ci/names.yml\nextends:\n  template: ci/main.yml\n"
    "  parameters: {script: $(FOLDER)/train.py, envs: [{name: dev}, {name: prod}]}\n",
    "ci/names.yml": "variables: {FOLDER: ml}\n",
    "ci/main.yml": "parameters:\n  - {name: script, type: string}\n  - {name: envs, type: object, default: []}\n"
    "stages:\n  - ${{ each e in parameters.envs }}:\n    - stage: s\n      jobs:\n        - template: job.yml\n"
    "          parameters: {script: '${{ parameters.script }}', name: '${{ e.name }}'}\n",
    "ci/job.yml": "parameters: {script: '', name: ''}\njobs:\n  - job: go\n    steps:\n"
    "      - bash: python ${{parameters.script}} --for ${{ parameters.name }}\n",
}


def test_azure_parameters_over_two_levels(understand: Understand) -> None:
    graph = understand(AZURE)
    found = [" ".join(one.get("argv")) for one in graph.all_facts("command")]
    assert found == ["python ml/train.py --for dev", "python ml/train.py --for prod"]
    assert purpose(graph, "job:azure-pipelines.yml#s.go") == "train"


def test_templates_that_call_themselves_give_no_more_than_they_say(understand: Understand) -> None:
    text = "parameters: {x: a}\nsteps:\n  - bash: echo ${{ parameters.x }}\n"
    text += "  - template: t.yml\n    parameters: {x: '${{ parameters.x }}${{ parameters.x }}'}\n"
    graph = understand({"azure-pipelines.yml": "steps: [{template: t.yml}]\n", "t.yml": text})
    assert graph.all_facts("command")


def test_every_value_is_used_where_the_ways_are_many() -> None:
    known = {"a": tuple("12345678"), "b": tuple("xyz")}
    found = variants(["${a}", "${b}"], known)
    assert len(found) == 16 and {one for words in found for one in words} == set("12345678xyz")


def test_cloud_build_substitutions(understand: Understand) -> None:
    text = "substitutions: {_S: train.py}\nsteps:\n  - name: python:3.12\n    entrypoint: bash\n"
    graph = understand({"train.py": TRAIN, "cloudbuild.yaml": text + "    args: [-c, 'python ${_S}']\n"})
    assert purpose(graph, "job:cloudbuild.yaml#build") == "train"


TASK = """\
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: run}
spec:
  params: [{name: script, default: none.py}]
  steps:
    - {name: s, image: "python:3.12", script: "python $(params.script)"}
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: p}
spec:
  params: [{name: folder, default: ml}]
  tasks: [{name: t, taskRef: {name: run}, params: [{name: script, value: $(params.folder)/train.py}]}]
"""


def test_tekton_parameters(understand: Understand) -> None:
    graph = understand({"ml/train.py": TRAIN, "ci.yaml": TASK})
    assert [one.get("argv") for one in graph.all_facts("command")] == [["python", "ml/train.py"]]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "Jenkinsfile",
            "pipeline {\n  parameters { string(name: 'SCRIPT', defaultValue: 'src/train.py')\n"
            "    choice(name: 'MODE', choices: ['fast', 'slow']) }\n  stages { stage('Fit') { steps {\n"
            '    sh "python ${params.SCRIPT} ${MODE}"\n  } } }\n}\n',
        ),
        (
            "buildspec.yml",
            "version: 0.2\nenv: {variables: {S: src/train.py, M: fast}}\n"
            "phases: {build: {commands: ['python $S ${M}']}}\n",
        ),
        (
            ".buildkite/pipeline.yml",
            "env: {S: src/train.py}\nsteps:\n  - {label: fit, env: {M: fast}, command: 'python $$S $${M}'}\n",
        ),
    ],
)
def test_parameters_and_variables_of_other_services(understand: Understand, path: str, text: str) -> None:
    told = [argv for _, argv, _ in argvs(understand, {path: text, "src/train.py": TRAIN})]
    assert told == [["python", "src/train.py", "fast"]]


def test_the_environment_of_a_step_is_made_of_inputs(understand: Understand) -> None:
    action = (
        "inputs: {s: {required: true}}\nruns:\n  using: composite\n  steps:\n"
        "    - {run: 'python \"$S\"', shell: bash, env: {S: '${{ inputs.s }}'}}\n"
    )
    uses = "".join(f"      - {{uses: ./.github/fit, with: {{s: {name}}}}}\n" for name in ("src/train.py", "src/b.py"))
    workflow = f"on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n{uses}"
    told = argvs(understand, {GITHUB: workflow, ".github/fit/action.yml": action})
    assert [argv for _, argv, _ in told] == [["python", "src/train.py"], ["python", "src/b.py"]]


def test_parameters_of_workflows_in_a_cluster(understand: Understand) -> None:
    """Each template has what the tasks that call it give; what nobody gives has its default."""
    text = """apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedule: "0 2 * * *"
  workflowSpec:
    entrypoint: main
    arguments: {parameters: [{name: script, value: src/train.py}]}
    templates:
      - name: main
        dag:
          tasks:
            - {name: a, template: py, arguments: {parameters: [{name: f, value: "{{workflow.parameters.script}}"}]}}
            - {name: b, template: py, arguments: {parameters: [{name: f, value: "src/{{item}}.py"}]}, withItems: [x, y]}
      - name: py
        inputs: {parameters: [{name: f}, {name: g, value: fast}]}
        container: {image: reg/x:1, command: [python], args: ["{{inputs.parameters.f}}", "{{inputs.parameters.g}}"]}
"""
    graph = understand({"w.yaml": text, "src/train.py": TRAIN})
    told = [fact.get("argv") for fact in graph.facts("command")]
    assert told == [["python", name, "fast"] for name in ("src/train.py", "src/x.py", "src/y.py")]
    assert [purpose_of_schedule(graph, one) for one in graph.facts("schedule")] == ["train"]


def test_templates_that_hand_parameters_round_end(understand: Understand) -> None:
    tasks = "".join(
        f"      - {{name: t{n}, inputs: {{parameters: [{{name: p}}]}}, steps: [[{{name: s, template: t{(n + 1) % 50}, "
        'arguments: {parameters: [{name: p, value: "x{{inputs.parameters.p}}"}]}}]]}\n'
        for n in range(50)
    )
    tasks += "      - {name: c, container: {image: x, command: [ls]}}\n"
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w}}\nspec:\n    templates:\n{tasks}"
    assert len(understand({"w.yaml": text}).facts("pipeline-step")) == 50


@pytest.mark.parametrize(
    ("text", "jobs"),
    [
        ("include: [{a: x, b: y}, {a: z}]", [{"a": "x", "b": "y"}, {"a": "z"}]),
        ("{a: [x, z], include: [{b: y}, {b: w}]}", [{"a": "x", "b": "w"}, {"a": "z", "b": "w"}]),
        ("{a: [x], include: [{a: q, b: y}, {b: w}]}", [{"a": "x", "b": "w"}, {"a": "q", "b": "y"}]),
        ("{a: [x, z], include: [{a: z, b: y}]}", [{"a": "x"}, {"a": "z", "b": "y"}]),
    ],
)
def test_a_row_of_a_matrix_adds_to_what_the_lists_make(text: str, jobs: list[dict[str, str]]) -> None:
    assert matrix(yamlnodes.parse(text)[0]) == jobs
