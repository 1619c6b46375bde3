"""Buildkite, Drone, Woodpecker, Travis and Tekton: jobs, their order, commands, images and triggers."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph, purpose, purpose_of_schedule
from tests.conftest import Understand

TRAIN = "import joblib\nfrom sklearn.linear_model import Ridge\n\njoblib.dump(Ridge().fit([[0]], [0]), 'm.joblib')\n"


def jobs(graph: Graph) -> dict[str, list[str]]:
    return {job.name: job.get("needs") or [] for job in graph.all_facts("job")}


def commands(graph: Graph) -> list[tuple[str, int, list[str]]]:
    return [
        (str(fact.get("owner")).partition("#")[2], fact.at.line, fact.get("argv"))
        for fact in graph.all_facts("command")
        if fact.get("where") == "ci"
    ]


def test_buildkite(understand: Understand) -> None:
    graph = understand(
        {
            "train.py": TRAIN,
            "compose.yaml": "services:\n  fit: {build: .}\n",
            "Dockerfile": "FROM python:3.12\nCMD python train.py\n",
            ".buildkite/pipeline.yml": "env: {STAGE: prod}\nsteps:\n"
            "  - label: ':pytest:'\n    key: unit\n    commands:\n      - pip install .\n      - pytest\n"
            "    plugins:\n      - docker#v5.0: {image: 'python:3.12'}\n"
            "  - wait\n"
            "  - block: Release?\n"
            "  - group: ship\n    steps:\n"
            "      - command: python train.py\n        soft_fail: true\n        branches: main\n"
            "      - label: fit\n        skip: true\n        plugins:\n          - docker-compose#v4: {run: fit}\n",
        }
    )
    assert jobs(graph) == {"unit": [], "step-2": ["unit"], "step-3": ["step-2"], "step-4": ["step-2"]}
    assert commands(graph)[:3] == [
        ("unit", 6, ["pip", "install", "."]),
        ("unit", 7, ["pytest"]),
        ("step-3", 14, ["python", "train.py"]),
    ]
    by_name = {job.name: job for job in graph.all_facts("job")}
    assert by_name["step-2"].get("manual") and by_name["step-3"].get("soft")
    assert by_name["step-4"].get("state") == "disabled"
    assert [image.name for image in graph.all_facts("image") if image.get("role") == "ci"] == ["python"]
    path = ".buildkite/pipeline.yml"
    assert [purpose(graph, f"job:{path}#{name}") for name in ("unit", "step-3", "step-4")] == ["test", "train", "train"]
    assert graph.has("ci-cd")


def test_drone(understand: Understand) -> None:
    graph = understand(
        {
            "train.py": TRAIN,
            ".drone.yml": "kind: pipeline\nname: check\nsteps:\n"
            "- name: test\n  image: python:3.12\n  commands: [pytest]\n"
            "- name: image\n  image: plugins/docker\n  settings: {repo: acme/x, tags: latest}\n"
            "trigger: {event: [push, tag]}\n---\n"
            "kind: pipeline\nname: nightly\nsteps:\n"
            "- name: fit\n  image: python:3.12\n  commands:\n  - python train.py\n"
            "trigger:\n  event: [cron]\n  cron: [weekly]\n---\nkind: secret\nname: x\n",
        }
    )
    assert jobs(graph) == {"check.test": [], "check.image": ["check.test"], "nightly.fit": []}
    (workflow,) = graph.all_facts("workflow")
    assert (workflow.get("provider"), workflow.get("triggers")) == ("drone", ["push", "tag", "schedule"])
    assert [fact.name for fact in graph.all_facts("schedule")] == ["weekly"]
    assert commands(graph)[-1] == ("nightly.fit", 18, ["python", "train.py"])
    assert graph.has("ci-cd", "retraining-trigger")


def test_woodpecker(understand: Understand) -> None:
    graph = understand(
        {
            ".woodpecker/test.yaml": "when:\n  - event: pull_request\n  - event: cron\n    cron: nightly\n"
            "steps:\n  lint:\n    image: python:3.12\n    commands:\n      - ruff check .\n"
            "  test:\n    image: python:3.12\n    failure: ignore\n    commands: [pytest]\n"
        }
    )
    assert jobs(graph) == {"lint": [], "test": ["lint"]}
    (workflow,) = graph.all_facts("workflow")
    assert workflow.get("triggers") == ["pull_request", "schedule"]
    assert [fact.get("soft") for fact in graph.all_facts("command")] == [None, True]


def test_travis(understand: Understand) -> None:
    graph = understand(
        {
            "train.py": TRAIN,
            ".travis.yml": "language: python\ninstall: pip install .\nscript:\n  - pytest\nafter_success: codecov\n"
            "jobs:\n  include:\n"
            "    - stage: fit\n      name: model\n      if: type = cron\n      script: python train.py\n"
            "    - stage: deploy\n      name: ship\n      deploy: {provider: heroku, app: x}\n      script: skip\n",
        }
    )
    assert jobs(graph) == {"build": [], "model": [], "ship": ["model"]}
    assert ("model", 11, ["python", "train.py"]) in commands(graph)
    assert [fact.name for fact in graph.all_facts("command") if fact.get("soft")] == ["codecov"]
    assert [fact.name for fact in graph.all_facts("action")] == ["deploy/heroku"]
    assert graph.has("ci-cd")


TASK = (
    "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: fit}\nspec:\n  steps:\n"
    "    - name: run\n      image: python:3.12\n      script: |\n        #!/bin/sh\n        python train.py\n"
)
PIPELINE = (
    "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: model}\nspec:\n  tasks:\n"
    "    - name: check\n      taskSpec:\n        steps: [{image: python, command: [pytest], args: [-q]}]\n"
    "    - name: train\n      runAfter: [check]\n      taskRef: {name: fit}\n"
)


def test_tekton(understand: Understand) -> None:
    graph = understand({"train.py": TRAIN, "tekton/tasks.yaml": TASK, "tekton/pipeline.yaml": PIPELINE})
    assert jobs(graph) == {"fit": [], "check": [], "train": ["check"]}
    assert commands(graph) == [("check", 8, ["pytest", "-q"]), ("fit", 10, ["python", "train.py"])]
    assert purpose(graph, "job:tekton/pipeline.yaml#train") == "train"
    assert [fact.get("triggers") for fact in graph.all_facts("workflow")] == [["manual"]]
    assert not graph.has("ci-cd")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "tekton/listener.yaml",
            "apiVersion: triggers.tekton.dev/v1beta1\nkind: EventListener\nmetadata: {name: x}\nspec: {}\n",
            ["dispatch", "push"],
        ),
    ],
)
def test_tekton_that_listens(understand: Understand, name: str, text: str, expected: list[str]) -> None:
    graph = understand({"tekton/pipeline.yaml": PIPELINE, "tekton/tasks.yaml": TASK, name: text})
    assert [fact.get("triggers") for fact in graph.all_facts("workflow")] == [expected]


def calls(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges("calls") if edge.source.startswith("job:")}


_TRIGGERS = "apiVersion: triggers.tekton.dev/v1beta1\n"
_TEMPLATE = (
    _TRIGGERS + "kind: TriggerTemplate\nmetadata: {name: tt}\nspec:\n  resourcetemplates:\n"
    "    - {apiVersion: tekton.dev/v1, kind: PipelineRun, spec: {pipelineRef: {name: model}}}\n"
)
_OTHER = (
    "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: other}\n"
    "spec: {tasks: [{name: o, taskRef: {name: far}}]}\n"
)


def test_tekton_names_in_one_file(understand: Understand) -> None:
    listener = (
        _TRIGGERS + "kind: EventListener\nmetadata: {name: ml}\nspec: {triggers: [{name: x, template: {ref: tt}}]}\n"
    )
    clock = (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: '0 1 * * *'\n"
        "  jobTemplate: {spec: {template: {spec: {containers: "
        "[{name: a, image: curlimages/curl:8, args: [-X, POST, 'http://el-ml.ci:8080']}]}}}}\n"
    )
    everything = "---\n".join((TASK, PIPELINE, _TEMPLATE, listener))
    graph = understand({"train.py": TRAIN, "ci/all.yaml": everything, "ci/o.yaml": _OTHER, "k8s/c.yaml": clock})
    assert calls(graph) == {
        ("job:ci/all.yaml#ml", "job:ci/all.yaml#tt"),
        ("job:ci/all.yaml#tt", "job:ci/all.yaml#check"),
        ("job:ci/all.yaml#tt", "job:ci/all.yaml#train"),
        ("job:ci/all.yaml#train", "job:ci/all.yaml#fit"),
    }
    assert graph.mark("job:ci/all.yaml#train") == "production"
    assert [purpose_of_schedule(graph, fact) for fact in graph.all_facts("schedule")] == ["train"]
    triggers = {fact.name: fact.get("triggers") for fact in graph.all_facts("workflow")}
    assert triggers == {"ci/all.yaml": ["dispatch"], "ci/o.yaml": ["manual"]}


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (
            "{template: {ref: tt}, interceptors: [{ref: {name: github}, params: [{name: eventTypes, value: [push]}]}]}",
            "push",
        ),
        ("{template: {name: tt}, interceptors: [{gitlab: {eventTypes: [Merge Request Hook]}}]}", "pull_request"),
        ("{triggerRef: on-call}", "dispatch"),
        ("{template: {ref: nobody}}", "manual"),
    ],
)
def test_tekton_events_reach_the_pipeline_that_is_named(understand: Understand, trigger: str, expected: str) -> None:
    listener = _TRIGGERS + f"kind: EventListener\nmetadata: {{name: l}}\nspec:\n  triggers:\n    - {trigger}\n"
    second = _TRIGGERS + "kind: TriggerTemplate\nmetadata: {name: t2}\nspec:\n  resourcetemplates:\n"
    second += "    - {apiVersion: tekton.dev/v1, kind: PipelineRun, spec: {pipelineRef: {name: other}}}\n"
    more = _TRIGGERS + "kind: EventListener\nmetadata: {name: m}\nspec: {triggers: [{template: {ref: t2}}]}\n"
    named = _TRIGGERS + "kind: Trigger\nmetadata: {name: on-call}\nspec: {template: {ref: tt}}\n"
    if "triggerRef" not in trigger:
        named = ""
    files = {"ci/tasks.yaml": TASK, "ci/p.yaml": PIPELINE, "ci/tt.yaml": _TEMPLATE, "ci/l.yaml": listener}
    files |= {"ci/t2.yaml": second, "ci/m.yaml": more, "ci/o.yaml": _OTHER, "train.py": TRAIN}
    graph = understand(files | ({"ci/n.yaml": named} if named else {}))
    triggers = {fact.name: fact.get("triggers") for fact in graph.all_facts("workflow")}
    assert triggers["ci/p.yaml"] == [expected]
    assert triggers["ci/o.yaml"] == ["dispatch"]
    assert ("job:ci/p.yaml#train", "job:ci/tasks.yaml#fit") in calls(graph)


@pytest.mark.parametrize(
    "reference",
    [
        "{apiVersion: acme.io/v1, kind: Wait, name: fit}",
        "{resolver: hub, params: [{name: name, value: fit}]}",
        "{name: fit, bundle: acme/tasks:1}",
        "{name: gone}",
        "{resolver: git, params: [{name: pathInRepo, value: elsewhere/fit.yaml}]}",
    ],
)
def test_tekton_tasks_of_others_are_not_ours(understand: Understand, reference: str) -> None:
    pipeline = PIPELINE.replace("{name: fit}", reference)
    graph = understand({"train.py": TRAIN, "tekton/tasks.yaml": TASK, "tekton/pipeline.yaml": pipeline})
    assert calls(graph) == set()


@pytest.mark.parametrize(
    "reference",
    [
        "{resolver: cluster, params: [{name: kind, value: task}, {name: name, value: fit}]}",
        "{resolver: git, params: [{name: pathInRepo, value: ./tekton/tasks.yaml}]}",
        "{kind: ClusterTask, name: fit}",
    ],
)
def test_tekton_tasks_by_resolvers(understand: Understand, reference: str) -> None:
    pipeline = PIPELINE.replace("{name: fit}", reference)
    files = {"train.py": TRAIN, "tekton/tasks.yaml": TASK, "tekton/pipeline.yaml": pipeline}
    graph = understand(files | {"other/tasks.yaml": TASK})
    assert calls(graph) == {("job:tekton/pipeline.yaml#train", "job:tekton/tasks.yaml#fit")}


def test_tekton_runs_of_a_pull_request(understand: Understand) -> None:
    run = (
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata:\n  name: pr\n"
        "  annotations: {pipelinesascode.tekton.dev/on-event: '[pull_request]'}\n"
        "spec:\n  pipelineSpec:\n    tasks:\n      - name: t\n        taskSpec:\n          steps:\n"
        "            - {image: python, script: pytest}\n"
    )
    graph = understand({".tekton/pr.yaml": run})
    assert [fact.get("triggers") for fact in graph.all_facts("workflow")] == [["pull_request"]]
    assert purpose(graph, "job:.tekton/pr.yaml#t") == "test"
    assert graph.has("ci-cd")
