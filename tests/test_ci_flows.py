"""What CI files run beyond their own lines: groups, commands, orbs, child pipelines, inputs, task files."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.graph import Graph, purpose, purpose_of_schedule
from mlops_scan.scanner.model import Fact, Status
from tests.conftest import Understand

TRAIN = "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"


def job(graph: Graph, name: str) -> Fact:
    (found,) = [one for one in graph.all_facts("job") if one.name == name]
    return found


def run_by(graph: Graph, name: str) -> list[str]:
    owner = job(graph, name).get("id")
    return [" ".join(one.get("argv")) for one in graph.all_facts("command") if one.get("owner") == owner]


BITBUCKET = """\
image: python:3.12
definitions:
  steps:
    - step: &fit
        name: Fit
        script: [python train.py]
pipelines:
  default:
    - step: {name: Lint, script: [ruff check .]}
    - parallel:
        steps:
          - step: {name: Unit, script: [pytest]}
          - step: *fit
    - stage:
        name: Ship
        deployment: production
        trigger: manual
        steps:
          - step: {script: [{pipe: "atlassian/ssh-run:0.8", variables: {COMMAND: ./restart.sh}}]}
          - step: {image: {name: "alpine:3.20"}, on-fail: {strategy: ignore}, script: [./smoke.sh]}
  custom:
    retrain:
      - step: *fit
  pull-requests:
    '**':
      - step: {script: [pytest]}
"""


def test_bitbucket_groups_stages_and_anchors(understand: Understand) -> None:
    graph = understand({"train.py": TRAIN, "bitbucket-pipelines.yml": BITBUCKET})
    (workflow,) = graph.all_facts("workflow")
    assert workflow.get("triggers") == ["push", "manual", "pull_request"]
    assert {one.name: one.get("needs") or [] for one in graph.all_facts("job")} == {
        "step-1": [],
        "step-2": ["step-1"],
        "step-3": ["step-1"],
        "step-4": ["step-2", "step-3"],
        "step-5": ["step-4"],
        "step-6": [],
        "step-7": [],
    }
    assert run_by(graph, "step-3") == ["python train.py"] == run_by(graph, "step-6")
    assert run_by(graph, "step-4") == ["./restart.sh"]
    ship = job(graph, "step-4")
    assert ship.get("manual") and ship.get("environment") == "production"
    assert job(graph, "step-5").get("soft") and job(graph, "step-5").get("image") == "alpine:3.20"
    assert job(graph, "step-6").get("when") == "custom"
    assert purpose(graph, "job:bitbucket-pipelines.yml#step-6") == "train"
    assert graph.has("ci-cd")


CIRCLE = """\
version: 2.1
orbs:
  own:
    jobs:
      check:
        docker: [{image: "cimg/python:3.12"}]
        steps: [prepare, {run: pytest}]
    commands:
      prepare: {steps: [{run: pip install .}]}
parameters:
  script: {type: string, default: train.py}
commands:
  python:
    parameters: {file: {type: string, default: none.py}}
    steps:
      - run: {command: python << parameters.file >>, working_directory: ml}
jobs:
  fit:
    docker: [{image: "python:3.12"}]
    steps:
      - checkout
      - python: {file: << pipeline.parameters.script >>}
workflows:
  main:
    jobs:
      - own/check
      - fit: {name: fit-model, requires: [own/check]}
      - hold: {type: approval, requires: [fit-model]}
      - aws-eks/update-container-image: {name: ship, requires: [hold]}
  nightly:
    when:
      and:
        - equal: [scheduled_pipeline, << pipeline.trigger_source >>]
        - equal: [nightly, << pipeline.schedule.name >>]
    jobs: [fit]
"""


def test_circleci_commands_orbs_and_approvals(understand: Understand) -> None:
    graph = understand({"ml/train.py": TRAIN, ".circleci/config.yml": CIRCLE})
    (workflow,) = graph.all_facts("workflow")
    assert workflow.get("triggers") == ["push", "schedule"]
    assert [one.name for one in graph.all_facts("schedule")] == ["nightly"]
    assert run_by(graph, "fit") == ["python train.py"]
    assert sorted(run_by(graph, "own/check")) == ["pip install .", "pytest"]
    assert job(graph, "fit").get("needs") == ["own/check"]
    hold, ship = job(graph, "hold"), job(graph, "ship")
    assert hold.get("manual") and hold.get("needs") == ["fit"]
    assert ship.get("needs") == ["hold"] and not ship.get("manual")
    assert [one.name for one in graph.all_facts("action")] == ["aws-eks/update-container-image"]
    assert purpose(graph, "job:.circleci/config.yml#fit") == "train"


GITLAB = """\
include:
  - local: ci/*.yml
  - local: parts/service.yml
    inputs: {name: scorer, script: score.py}
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      when: never
    - if: $CI_COMMIT_BRANCH == "main"
models:
  trigger: {include: [{local: models/pipeline.yml}]}
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
shared:
  script: [!reference [.setup, script], make]
"""
GITLAB_FILES = {
    ".gitlab-ci.yml": GITLAB,
    "ci/setup.yml": ".setup:\n  script: [pip install .]\n",
    "parts/service.yml": "spec:\n  inputs:\n    name: {}\n    script: {default: x.py}\n---\n"
    "run-$[[ inputs.name ]]:\n  stage: $[[ inputs.stage ]]\n  script:\n    - python $[[ inputs.script ]]\n",
    "models/pipeline.yml": "fit:\n  script: [python train.py]\n",
    "train.py": TRAIN,
}


def test_gitlab_children_inputs_and_rules(understand: Understand) -> None:
    graph = understand(GITLAB_FILES)
    triggers = {one.name: one.get("triggers") for one in graph.all_facts("workflow")}
    assert triggers == {".gitlab-ci.yml": ["push", "schedule"], "models/pipeline.yml": ["call"]}
    assert run_by(graph, "run-scorer") == ["python score.py"]
    assert sorted(run_by(graph, "shared")) == ["make", "pip install ."]
    assert run_by(graph, "fit") == ["python train.py"]
    assert job(graph, "models").get("uses") == "models/pipeline.yml"
    assert purpose(graph, "job:.gitlab-ci.yml#models") == "train"
    assert graph.has("retraining-trigger")


def test_gitlab_pipelines_that_start_each_other_end(understand: Understand) -> None:
    loop = "again:\n  trigger: {include: b.yml}\n"
    graph = understand({".gitlab-ci.yml": loop, "b.yml": "back:\n  trigger: {include: .gitlab-ci.yml}\n"})
    assert [one.name for one in graph.all_facts("workflow")] == [".gitlab-ci.yml", "b.yml"]


JENKINS = """\
@Library('team-steps') _
pipeline {
  agent any
  environment {
    MODEL = 'ranker'
    TOKEN = credentials('hub-token')
  }
  stages {
    stage('Fit') {
      when { allOf { branch 'main'; changeset 'ml/**' } }
      steps { dir('ml') { sh 'python train.py ${MODEL}' } }
    }
    stage('Check') {
      steps {
        catchError(buildResult: 'SUCCESS') { sh 'python check.py' }
        script { def code = sh(script: 'python compare.py', returnStatus: true) }
        sh 'pytest'
      }
    }
    stage('Old') {
      when { expression { return false } }
      steps { sh 'python old.py' }
    }
  }
}
"""


def test_jenkins_conditions_variables_and_caught_failures(understand: Understand) -> None:
    graph = understand({"ml/train.py": TRAIN, "Jenkinsfile": JENKINS})
    (workflow,) = graph.all_facts("workflow")
    assert not workflow.get("triggers") and graph.has("ci-cd")
    assert run_by(graph, "Fit") == ["python train.py ranker"]
    assert job(graph, "Fit").get("when") == "allOf { branch main ; changeset ml/** } }"[:-2]
    soft = {one.get("argv")[1]: bool(one.get("soft")) for one in graph.all_facts("command") if len(one.get("argv")) > 1}
    assert soft == {"train.py": False, "check.py": True, "compare.py": True, "old.py": False}
    assert job(graph, "Old").get("state") == "disabled"
    variables = {one.name: (one.get("value"), one.get("secret_ref")) for one in graph.all_facts("env")}
    assert variables == {"MODEL": ("ranker", None), "TOKEN": (None, "hub-token")}
    assert purpose(graph, "job:Jenkinsfile#Fit") == "train"


@pytest.mark.parametrize(
    ("text", "soft"),
    [
        ("set +e\na\nset -e\nb", [False, True, True, False]),
        ("set +ex\na\nb", [False, True, False]),
        ("set +o errexit\na\nb", [False, True, False]),
        ("set +e\na\n[ $? = 0 ]", [False, False, False]),
        ("set -euo pipefail\na\nb", [False, False, False]),
        ("set +x\na\nb", [False, False, False]),
    ],
)
def test_what_fails_after_set(text: str, soft: list[bool]) -> None:
    assert [one.soft for one in shell.commands(text)] == soft


def test_tasks_that_are_files(understand: Understand) -> None:
    graph = understand(
        {
            "train.py": TRAIN,
            "mise-tasks/model/fit": "#!/usr/bin/env bash\npython train.py\n",
            ".github/workflows/t.yml": "on: push\njobs:\n  t:\n    steps:\n      - run: mise run model:fit\n",
        }
    )
    assert purpose(graph, "job:.github/workflows/t.yml#t") == "train"


def test_a_task_of_ci_in_the_cluster_is_told_once(understand: Understand) -> None:
    task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  steps:\n"
    graph = understand({"t.yaml": task + "    - {name: s, image: 'python:3.12', command: [pytest]}\n"})
    assert [(one.name, one.get("where")) for one in graph.all_facts("command")] == [("pytest", "ci")]
    assert not graph.workloads() and len(graph.all_facts("image")) == 1


def evidence(graph: Graph, capability: str) -> list[tuple[str, str, str]]:
    return [(one.status.value, one.what, one.why) for one in graph.evidence(capability, *Status)]


def workflow(on: str, run: str, more: str = "") -> str:
    return f"on: {on}\njobs:\n  fit:\n    steps:\n      - run: {run}\n{more}"


DRIFT = "a drift event starts '.github/workflows/t.yml', which trains"


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (
            "{repository_dispatch: {types: [new-data]}}",
            "a call from outside starts '.github/workflows/t.yml', which trains",
        ),
        ("{repository_dispatch: {types: [drift]}}", DRIFT),
        ("{push: , repository_dispatch: {types: [data-drift-detected]}}", DRIFT),
        ("registry_package", "a registry event starts '.github/workflows/t.yml', which trains"),
        ("[push, repository_dispatch]", ""),
        ("workflow_dispatch", ""),
    ],
)
def test_workflows_that_events_start(understand: Understand, on: str, told: str) -> None:
    graph = understand({"train.py": TRAIN, ".github/workflows/t.yml": workflow(on, "python train.py")})
    assert [what for _, what, _ in evidence(graph, "retraining-trigger")] == [told] * bool(told)


RULE = """\
Resources:
  Retrain:
    Type: AWS::Events::Rule
    Properties:
      {when}
      Targets: [{{Id: p, Arn: !GetAtt TrainingPipeline.Arn}}]
  TrainingPipeline:
    Type: AWS::SageMaker::Pipeline
    Properties: {{PipelineName: training}}
"""


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("EventPattern: {source: [aws.s3], detail-type: [Object Created]}", "data arrival"),
        ("EventPattern: {source: [aws.cloudwatch], detail-type: [CloudWatch Alarm State Change]}", "drift event"),
        ("ScheduleExpression: rate(7 days)", "schedule"),
        ("EventPattern: {source: [acme.orders]}", "event"),
    ],
)
def test_rules_say_what_they_wait_for(understand: Understand, when: str, kind: str) -> None:
    graph = understand({"train.py": TRAIN, "infra.yaml": RULE.format(when=when)})
    told = [what for _, what, _ in evidence(graph, "retraining-trigger")]
    assert f"{kind}: AWS::Events::Rule 'Retrain' starts a pipeline that trains" in told


ALARM = """\
resource "aws_cloudwatch_metric_alarm" "drift" {{
  metric_name   = "feature_baseline_drift_age"
  alarm_actions = [{action}]
}}
"""


@pytest.mark.parametrize(
    ("action", "found"), [("aws_lambda_function.retrain.arn", True), ("aws_sns_topic.mail.arn", False)]
)
def test_an_alarm_on_drift_that_retrains(understand: Understand, action: str, found: bool) -> None:
    graph = understand({"train.py": TRAIN, "alarm.tf": ALARM.format(action=action)})
    told = [what for _, what, _ in evidence(graph, "retraining-trigger")]
    assert told == ["drift event: aws_cloudwatch_metric_alarm 'drift' starts a pipeline that trains"] * found


TRIGGER = """\
resource "google_cloudbuild_trigger" "fit" {{
  filename = "cloudbuild.yaml"
  {how}
}}
"""
BUILD = "steps:\n  - name: python:3.12\n    entrypoint: python\n    args: [train.py]\n"


@pytest.mark.parametrize(
    ("how", "word", "ci", "retrains"),
    [
        ('github {\n    push { branch = "main" }\n  }', "push", True, False),
        ('pubsub_config { topic = "new-data" }', "message", False, True),
    ],
)
def test_triggers_that_terraform_declares(
    understand: Understand, how: str, word: str, ci: bool, retrains: bool
) -> None:
    graph = understand({"train.py": TRAIN, "cloudbuild.yaml": BUILD, "ci.tf": TRIGGER.format(how=how)})
    assert f"workflow on {word}" in [what for _, what, _ in evidence(graph, "ci-cd")]
    assert graph.has("retraining-trigger") == retrains
    assert ci == any(state == "used" and what.startswith("workflow") for state, what, _ in evidence(graph, "ci-cd"))


GATE = """\
import json
import sys

accuracy = json.load(open("metrics.json"))["accuracy"]
if accuracy < 0.9:
    sys.exit(1)
"""


@pytest.mark.parametrize(
    ("run", "more", "works"),
    [
        ("python check.py", "", True),
        ("python check.py || true", "", False),
        ("python check.py", "        continue-on-error: true\n", False),
    ],
)
def test_a_gate_whose_failure_is_ignored(understand: Understand, run: str, more: str, works: bool) -> None:
    graph = understand({"train.py": TRAIN, "check.py": GATE, ".github/workflows/t.yml": workflow("push", run, more)})
    (found,) = evidence(graph, "evaluation-gate")
    assert found[0] == ("used" if works else "disabled")
    assert found[2] == ("" if works else "its failure is ignored where it runs (.github/workflows/t.yml:5)")


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        ("", "job 'ship' ships without waiting for it (.github/workflows/t.yml:7)"),
        ("    needs: between\n", ""),
    ],
)
def test_a_gate_for_which_nothing_waits(understand: Understand, needs: str, told: str) -> None:
    text = "on: push\njobs:\n  check:\n    steps: [{run: python check.py}]\n"
    text += (
        "  between: {needs: [check], steps: []}\n  other: {steps: []}\n  ship:\n"
        + needs
        + "    steps: [{run: kubectl apply -f k8s}]\n"
    )
    graph = understand({"train.py": TRAIN, "check.py": GATE, ".github/workflows/t.yml": text})
    assert [one[2] for one in evidence(graph, "evaluation-gate")] == [told]


def test_a_gate_that_only_prints(understand: Understand) -> None:
    text = "on: push\njobs:\n  evaluate-model:\n    steps:\n      - run: echo looks good\n"
    graph = understand({"train.py": TRAIN, ".github/workflows/t.yml": text})
    assert evidence(graph, "evaluation-gate") == [
        ("disabled", "job 'evaluate-model' is named for that", "all it does is print")
    ]


def test_checks_that_cannot_fail(understand: Understand) -> None:
    graph = understand({"train.py": TRAIN, ".github/workflows/t.yml": workflow("push", "pytest || true")})
    ((state, _, why),) = [one for one in evidence(graph, "ci-cd") if "pytest" in one[2]]
    assert state == "disabled" and why.startswith("a failure of 'pytest' (.github/workflows/t.yml:5")
    assert not graph.has("ci-cd")


def test_a_deployment_that_a_person_releases(understand: Understand) -> None:
    graph = understand({"train.py": TRAIN, ".circleci/config.yml": HELD})
    told = [what for _, what, _ in evidence(graph, "deployment-automation")]
    assert "CI runs 'helm upgrade --install api' once a person says so (.circleci/config.yml:10)" in told


HELD = """\
jobs:
  ship:
    docker: [{image: "alpine/helm:3.15.0"}]
    steps:
      - run: helm upgrade --install api ./chart

workflows:
  main:
    jobs:
      - hold: {type: approval}
      - ship: {requires: [hold]}
"""


@pytest.mark.parametrize(
    ("steps", "checks"),
    [
        ("      - uses: actions/checkout@v4\n      - uses: actions/labeler@v5\n", False),
        ("      - uses: actions/first-interaction@v1\n", False),
        ("      - uses: actions/labeler@v5\n      - run: make check\n", True),
        ("      - uses: actions/checkout@v4\n      - uses: pre-commit/action@v3\n", True),
    ],
)
def test_a_workflow_that_only_labels_or_greets_checks_nothing(understand: Understand, steps: str, checks: bool) -> None:
    text = f"on: pull_request\njobs:\n  go:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}"
    assert understand({".github/workflows/pr.yml": text}).has("ci-cd") is checks


@pytest.mark.parametrize(
    ("on", "asks", "off"),
    [
        ("push", "github.event_name == 'schedule'", True),
        ("[push, release]", "${{ github.ref == 'x' && github.event_name == 'schedule' }}", True),
        ("[push, schedule]", "github.event_name == 'schedule'", False),
        ("[push, workflow_call]", "github.event_name == 'schedule'", False),
        ("push", "always() || github.event_name == 'schedule'", False),
        ("push", "!(github.ref == 'x' && github.event_name == 'schedule')", False),
    ],
)
def test_a_job_that_asks_for_an_event_which_never_comes(understand: Understand, on: str, asks: str, off: bool) -> None:
    text = f'on: {on}\njobs:\n  fit:\n    if: "{asks}"\n    steps: [{{run: python train.py}}]\n'
    graph = understand({"train.py": TRAIN, ".github/workflows/t.yml": text})
    assert job(graph, "fit").get("state") == ("disabled" if off else None)


def test_recipes_that_make_defines_and_calls(understand: Understand) -> None:
    text = "PY := python\ndefine RUN\n@echo $(1)\n$(PY) $(1) --to ${2}\nendef\nfit:\n\t$(call RUN,train.py,out)\n"
    text += "same:\n\t$(call LOOP)\nLOOP = $(call LOOP) $(call LOOP)\n"
    graph = understand({"train.py": TRAIN, "Makefile": text})
    (command,) = [one for one in graph.all_facts("command") if one.name == "python"]
    assert (command.get("argv"), command.at.line) == (["python", "train.py", "--to", "out"], 7)
    assert purpose(graph, "target:Makefile#fit") == "train"


def test_recipes_of_an_imported_justfile(understand: Understand) -> None:
    files = {"train.py": TRAIN, "ml.just": "fit:\n    python train.py\n", "justfile": "import 'ml.just'\nall: fit\n"}
    assert purpose(understand(files), "target:justfile#all") == "train"


APPROVED = """\
resource "aws_codepipeline" "ship" {
  name = "ship"
  stage {
    name = "Gate"
    action {
      name     = "ask"
      category = "Approval"
      provider = "Manual"
    }
  }
  stage {
    name = "Deploy"
    action {
      name     = "go"
      category = "Deploy"
      provider = "CloudFormation"
    }
  }
}
"""
ASKED = """\
on: push
jobs:
  ask:
    steps: [{uses: trstringer/manual-approval@v1}]
  between: {needs: ask, steps: [{run: make}]}
  ship:
    needs: [between]
    steps: [{run: kubectl apply -f k8s}]
  other:
    environment: production
    steps: [{run: kubectl apply -f k8s}]
"""


def test_approvals_of_delivery_pipelines_and_steps(understand: Understand) -> None:
    graph = understand({"train.py": TRAIN, "p.tf": APPROVED, ".github/workflows/cd.yml": ASKED})
    told = [what for _, what, _ in evidence(graph, "deployment-automation")]
    assert "ship once a person says so" in told
    assert "CI runs 'kubectl apply -f k8s' once a person says so (.github/workflows/cd.yml:4)" in told
    outside = "in environment 'production'; whether that asks for an approval is kept outside"
    assert f"CI runs 'kubectl apply -f k8s' {outside}" in told


DRIFT_RUN = """
import kfp
from evidently.metric_preset import DataDriftPreset
from evidently.report import Report

def main():
    report = Report(metrics=[DataDriftPreset()])
    report.run(reference_data=1, current_data=2)
    if %s:
        client = kfp.Client(host="h")
        found = client.get_pipeline_id("churn-train")
        client.run_pipeline(experiment_id="e", job_name="j", pipeline_id=found)

if __name__ == "__main__":
    main()
"""
DRIFT_PIPELINE = """
from kfp import dsl

@dsl.component(base_image="python:3.11")
def fit():
    from sklearn.svm import SVC
    SVC().fit([[1]], [1])

@dsl.pipeline(name="churn-train")
def pipeline():
    fit()
"""


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('report.as_dict()["dataset_drift"]', True),
        ("now.day == 1", False),
    ],
)
def test_a_drift_check_that_starts_a_run_of_a_pipeline(understand: Understand, asked: str, told: bool) -> None:
    jobs = "{cron: '0 3 * * *'}"
    graph = understand(
        {
            "watch.py": DRIFT_RUN % asked,
            "flow.py": DRIFT_PIPELINE,
            ".github/workflows/t.yml": workflow(f"{{schedule: [{jobs}]}}", "python watch.py"),
        }
    )
    drifts = [what for _, what, _ in evidence(graph, "retraining-trigger") if "starts a pipeline that trains" in what]
    assert drifts == [f"'{asked}' starts a pipeline that trains"] * told
    (schedule,) = graph.facts("schedule")
    assert purpose_of_schedule(graph, schedule) == "train"
