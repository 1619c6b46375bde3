"""Node ids of what runs a command, uses an action or keeps a schedule."""

from __future__ import annotations

from mlops_scan.scanner.model import Fact

_KINDS = {
    "config": "target",
    "branch": "target",
    "ci": "job",
    "make": "target",
    "just": "target",
    "container": "workload",
    "compose": "workload",
    "dvc": "step",
    "step": "step",
}


def owner_id(command: Fact) -> str:
    """Node id of what runs a command: a CI job, a make target, a workload, a pipeline step, or the file itself."""
    owner = command.says.get("owner")
    where = str(command.says.get("where", ""))
    if owner and where in _KINDS:
        return f"{_KINDS[where]}:{owner}"
    return f"file:{command.at.path}"


def started_by(command: Fact) -> str:
    """The same, and the stage of a Dockerfile for what its image starts."""
    inside = str(command.says.get("where", "")).startswith("dockerfile")
    return f"stage:{command.at.path}#{command.says.get('stage')}" if inside else owner_id(command)


def workflow_of(schedule: Fact) -> str:
    """The path of the workflow that a schedule of a CI service belongs to, or ''."""
    if schedule.get("where") != "ci":
        return ""
    return str(schedule.get("owner") or schedule.at.path).partition("#")[0]
