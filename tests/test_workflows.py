"""Workflows of Kubernetes and compiled pipelines: steps, order, images, conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]

WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: retrain}
spec:
  schedule: "0 3 * * 1"
  workflowSpec:
    entrypoint: main
    templates:
      - name: main
        dag:
          tasks:
            - {name: fit, template: run}
            - {name: evaluate, template: run, dependencies: [fit]}
            - name: register
              template: run
              depends: "evaluate.Succeeded && fit"
              when: "{{tasks.evaluate.outputs.parameters.accuracy}} > 0.9"
            - {name: deploy-model, template: run, depends: register}
      - name: listed
        steps:
          - [{name: one, template: run}]
          - [{name: two, template: run}, {name: three, template: run}]
      - name: run
        container: {image: "me/train:1", command: [python, train.py]}
"""
COMPILED = """\
# PIPELINE DEFINITION
components:
  comp-train: {executorLabel: exec-train}
  comp-deploy: {executorLabel: exec-deploy}
  comp-condition-1:
    dag:
      tasks:
        deploy-model: {componentRef: {name: comp-deploy}}
deploymentSpec:
  executors:
    exec-train:
      container: {image: "me/train:2", command: [python, -m, trainer.task], args: [--epochs, "3"]}
    exec-deploy:
      container:
        image: python:3.11
        command: [sh, -c, "pip install x; python3 -m kfp.dsl.executor_main"]
pipelineInfo: {name: demand}
root:
  dag:
    tasks:
      train: {componentRef: {name: comp-train}}
      condition-1:
        componentRef: {name: comp-condition-1}
        dependentTasks: [train]
        triggerPolicy:
          condition: inputs.parameter_values['pipelinechannel--train-accuracy'] > 0.8
schemaVersion: 2.1.0
"""


def _gates(graph: Graph) -> list[tuple[str, int]]:
    return [(one.at.path, one.at.line) for one in graph.capabilities() if one.capability == "evaluation-gate"]


def test_tasks_and_groups_of_a_workflow(understand: Understand) -> None:
    graph = understand({"flows/retrain.yaml": WORKFLOW})
    steps = {one.name: one.get("deps") for one in graph.facts("pipeline-step")}
    assert steps == {
        "fit": None,
        "evaluate": ["fit"],
        "register": ["evaluate", "fit"],
        "deploy-model": ["register"],
        "one": None,
        "two": ["one"],
        "three": ["one"],
    }
    assert _gates(graph) == [("flows/retrain.yaml", 17)]
    assert [one.name for one in graph.facts("schedule")] == ["0 3 * * 1"]
    assert [one.get("raw") for one in graph.facts("image")] == ["me/train:1"]


def test_a_condition_on_something_else_is_no_gate(understand: Understand) -> None:
    assert _gates(understand({"w.yaml": WORKFLOW.replace("accuracy", "rows")})) == []


def test_a_compiled_pipeline(understand: Understand) -> None:
    graph = understand({"pipeline.yaml": COMPILED})
    assert {one.name for one in graph.facts("pipeline-step")} == {"train", "deploy-model"}
    assert {one.get("raw") for one in graph.facts("image")} == {"me/train:2", "python:3.11"}
    assert [one.get("argv") for one in graph.facts("command")] == [["python", "-m", "trainer.task", "--epochs", "3"]]
    assert _gates(graph) == [("pipeline.yaml", 26)]


def test_a_compiled_pipeline_as_the_job_of_a_service(understand: Understand) -> None:
    inside = "pipelineSpec:\n" + "".join(f"  {line}\n" for line in COMPILED.splitlines())
    graph = understand({"job.yaml": inside, "odd.yaml": "deploymentSpec: 1\npipelineInfo: 2\nroot: []\n"})
    assert [one.at.path for one in graph.facts("pipeline-step")] == ["job.yaml", "job.yaml"]


def test_long_pipelines_end(understand: Understand) -> None:
    """Conditions behind conditions cost no more than the file is long."""
    tasks = "".join(
        f"        - {{task_key: t{at}, depends_on: [{{task_key: t{at - 1}, outcome: 'true'}}], "
        "condition_task: {op: GREATER_THAN, left: accuracy, right: 1}}\n"
        for at in range(3000)
    )
    conditions = ", ".join(f"C{at}: !And [{{Condition: C{at + 1}}}, {{Condition: C{at + 1}}}]" for at in range(60))
    graph = understand(
        {
            "job.yml": f"resources:\n  jobs:\n    j:\n      tasks:\n{tasks}",
            "stack.yaml": f"AWSTemplateFormatVersion: x\nConditions: {{{conditions}}}\n"
            "Resources: {A: {Type: 'A::B', Condition: C0}}\n",
        }
    )
    assert len(graph.facts("pipeline-step")) == 3000
    assert [one.name for one in graph.facts("resource") if one.get("platform") == "cloudformation"] == ["A"]
