"""Databricks bundles: what is deployed, where, when, and what a condition stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.subjects import subjects
from mlops_scan.scanner.model import Fact

Understand = Callable[[Mapping[str, str]], Graph]

ROOT = """
bundle: {name: demand}
include:
  - resources/*.yml
  # - resources/later/*.yml
variables:
  cron: {default: "0 0 9 * * ?"}
  pause: {default: UNPAUSED}
targets:
  dev:
    mode: development
    resources:
      jobs:
        train: {schedule: {quartz_cron_expression: "0 0 1 * * ?"}}
  prod:
    mode: production
    resources:
      model_serving_endpoints:
        front: {config: {served_entities: [{entity_name: m, scale_to_zero_enabled: true}]}}
"""
JOB = """
resources:
  jobs:
    train:
      name: ${bundle.name}-train
      tasks:
        - task_key: fit
          notebook_task: {notebook_path: ../src/fit}
        - task_key: evaluate
          depends_on: [{task_key: fit}]
          spark_python_task: {python_file: ../src/evaluate.py}
        - task_key: good
          depends_on: [{task_key: evaluate}]
          condition_task:
            op: GREATER_THAN
            left: "{{tasks.evaluate.values.accuracy}}"
            right: "0.9"
        - task_key: deploy_model
          depends_on: [{task_key: good, outcome: "true"}]
          notebook_task: {notebook_path: ../src/deploy}
        - task_key: each
          for_each_task:
            inputs: "[1]"
            task: {task_key: inner, notebook_task: {notebook_path: ../src/fit.py}}
      schedule: {quartz_cron_expression: "${var.cron}", pause_status: "${var.pause}"}
"""
LATER = """
resources:
  quality_monitors:
    watch:
      table_name: t
      schedule: {quartz_cron_expression: "0 0 8 * * ?"}
  jobs:
    nightly:
      trigger: {periodic: {interval: 1, unit: DAYS}, pause_status: PAUSED}
      tasks: [{task_key: a, pipeline_task: {pipeline_id: x}}]
"""
FILES = {
    "databricks.yml": ROOT,
    "resources/train.job.yml": JOB,
    "resources/later/monitor.yml": LATER,
    "src/fit.py": "from sklearn.linear_model import Ridge\nRidge().fit([[0.0]], [0.0])\n",
    "src/evaluate.py": "",
    "src/deploy.py": "",
}


def _state(fact: Fact) -> tuple[object, object]:
    return fact.get("state"), fact.get("environment")


def test_resources_are_those_of_the_provider(understand: Understand) -> None:
    graph = understand(FILES)
    found = {(one.get("type"), one.name, *_state(one)) for one in graph.facts("resource")}
    assert found == {
        ("databricks_job", "train", None, None),
        ("databricks_job", "train", None, "dev"),
        ("databricks_model_serving", "front", None, "prod"),
        ("databricks_quality_monitor", "watch", "disabled", None),
        ("databricks_job", "nightly", "disabled", None),
    }
    by_status = {(one.capability, one.status.value) for one in graph.capabilities()}
    assert ("serving", "used") in by_status
    assert ("drift-monitoring", "disabled") in by_status  # its include is commented out
    assert ("infrastructure-as-code", "used") in by_status


def test_schedules_know_pauses_targets_and_variables(understand: Understand) -> None:
    found = {(one.name, *_state(one)) for one in understand(FILES).facts("schedule")}
    assert found == {
        ("0 0 9 * * ?", None, None),
        ("0 0 1 * * ?", "disabled", "dev"),  # development pauses all schedules
        ("0 0 8 * * ?", "disabled", None),
        ("every 1 days", "disabled", None),
    }


def test_a_paused_variable_pauses(understand: Understand) -> None:
    files = {**FILES, "databricks.yml": ROOT.replace("UNPAUSED", "PAUSED")}
    (one,) = [one for one in understand(files).facts("schedule") if one.name == "0 0 9 * * ?"]
    assert one.get("state") == "disabled"


def test_steps_run_their_files_and_a_condition_is_a_gate(understand: Understand) -> None:
    graph = understand(FILES)
    steps = {one.name: one.get("deps") for one in graph.facts("pipeline-step") if one.get("state") is None}
    assert steps == {"fit": [], "evaluate": ["fit"], "good": ["evaluate"], "deploy_model": ["good"], "each": []}
    runs = [one.get("argv")[1] for one in graph.facts("command") if one.get("where") == "step"]
    assert runs == ["src/fit.py", "src/evaluate.py", "src/deploy.py", "src/fit.py"]
    gates = [(one.at.path, one.at.line) for one in graph.capabilities() if one.capability == "evaluation-gate"]
    assert gates == [("resources/train.job.yml", 15)]
    assert any(one.capability == "retraining-trigger" for one in graph.capabilities())


def test_without_a_root_nothing_is_switched_off(understand: Understand) -> None:
    graph = understand({"jobs/nightly.yml": LATER.replace(", pause_status: PAUSED", "")})
    assert {_state(one) for one in graph.facts("resource")} == {(None, None)}
    assert [one.name for one in graph.facts("schedule") if one.get("state")] == []


SMALL = "resources:\n  jobs:\n    train:\n      schedule: {quartz_cron_expression: '0 0 9 * * ?'%s}\n"
FIT = "      tasks: [{task_key: fit, notebook_task: {notebook_path: src/fit}}]\n"
OVERRIDE = "    resources: {jobs: {train: {schedule: {%s}}}}\n"
TARGETS = "bundle: {name: b}\ninclude: [jobs.yml]\nvariables: {p: {default: PAUSED}}\ntargets:\n"
DEV = "  dev:\n    mode: development\n"
PROD = "  prod:\n    mode: production\n"


@pytest.mark.parametrize(
    ("default", "targets", "state"),
    [
        (", pause_status: PAUSED", DEV + PROD + OVERRIDE % "pause_status: UNPAUSED", ""),
        (", pause_status: UNPAUSED", DEV + PROD + OVERRIDE % "pause_status: PAUSED", "disabled"),
        (", pause_status: '${var.p}'", DEV + PROD + "    variables: {p: UNPAUSED}\n", ""),
        (", pause_status: '${var.p}'", DEV + PROD, "disabled"),
        ("", DEV + PROD + "    presets: {trigger_pause_status: PAUSED}\n", "disabled"),
        ("", DEV + PROD + "    presets: {trigger_pause_status: UNPAUSED}\n", ""),
        ("", DEV, "disabled"),
        (", pause_status: UNPAUSED", DEV, ""),
        ("", DEV + PROD, ""),
        (", pause_status: PAUSED", PROD + "  test:\n" + OVERRIDE % "pause_status: UNPAUSED", ""),
    ],
)
def test_a_job_of_several_targets_is_one_and_runs_where_any_real_one_runs_it(
    understand: Understand, default: str, targets: str, state: str
) -> None:
    files = {"databricks.yml": TARGETS + targets, "jobs.yml": SMALL % default + FIT, "src/fit.py": FILES["src/fit.py"]}
    graph = understand(files)
    found = [(node.kind, node.label, node.state, node.purpose) for node in subjects(graph) if node.id.count("#")]
    assert ("pipeline", "train", "", "") in found
    assert [one for one in found if one[0] == "schedule"] == [("schedule", "0 0 9 * * ?", state, "train")]
    status = "disabled" if state else "used"
    assert {one.status.value for one in graph.capabilities() if one.capability == "retraining-trigger"} == {status}


def test_a_target_may_tell_another_time_and_a_job_of_its_own(understand: Understand) -> None:
    targets = (
        PROD
        + "    resources:\n      jobs:\n        train: {schedule: {quartz_cron_expression: '0 0 5 * * ?'}}\n"
        + "        extra:\n          trigger: {periodic: {interval: 2, unit: HOURS}}\n"
        + "          tasks: [{task_key: once, notebook_task: {notebook_path: src/fit}}]\n"
    )
    jobs = SMALL % "" + FIT
    graph = understand({"databricks.yml": TARGETS + targets, "jobs.yml": jobs, "src/fit.py": FILES["src/fit.py"]})
    times = {(one.name, one.at.path, one.get("environment"), one.get("owner")) for one in graph.facts("schedule")}
    assert times == {
        ("0 0 5 * * ?", "databricks.yml", "prod", "jobs.yml#databricks_job/train"),
        ("every 2 hours", "databricks.yml", "prod", "databricks.yml#databricks_job/extra"),
    }
    pipelines = {node.label: node.at.path for node in subjects(graph) if node.kind == "pipeline"}
    assert pipelines == {"train": "jobs.yml", "extra": "databricks.yml"}


def test_a_wheel_task_runs_the_script_of_the_distribution(understand: Understand) -> None:
    task = "      tasks: [{task_key: fit, python_wheel_task: {package_name: demand, entry_point: fit-model}}]\n"
    graph = understand(
        {
            "databricks.yml": "bundle: {name: b}\n" + SMALL % "" + task,
            "pyproject.toml": '[project]\nname = "demand"\n[project.scripts]\nfit-model = "src.fit:main"\n',
            "src/fit.py": FILES["src/fit.py"],
        }
    )
    (schedule,) = [node for node in subjects(graph) if node.kind == "schedule"]
    assert schedule.purpose == "train"
    assert [edge.target for edge in graph.links_from("step:databricks.yml#fit", "runs")] == ["file:src/fit.py"]


def test_a_schedule_from_a_complex_variable_stands_where_it_is_named(understand: Understand) -> None:
    root = """
bundle: {name: b}
include: [jobs.yml]
variables:
  sched: {type: complex, default: {quartz_cron_expression: "0 0 1 * * ?", timezone_id: UTC}}
  plain: {default: x}
targets:
  dev:
    mode: development
    variables: {sched: {default: {quartz_cron_expression: "0 0 9 * * ?"}}}
  prod: {mode: production}
"""
    task = "tasks: [{task_key: t, spark_python_task: {python_file: train.py}}]"
    jobs = "\n".join(
        f"    {name}: {{name: {name}, schedule: '${{var.{told}}}', {task}}}"
        for name, told in (("a", "sched"), ("b", "plain"), ("c", "gone"))
    )
    graph = understand({"databricks.yml": root, "jobs.yml": f"resources:\n  jobs:\n{jobs}\n", "train.py": "x = 1\n"})
    found = {(one.name, str(one.at.path), one.at.line, one.get("state")) for one in graph.facts("schedule")}
    assert found == {("0 0 1 * * ?", "jobs.yml", 3, None), ("0 0 9 * * ?", "jobs.yml", 3, "disabled")}
