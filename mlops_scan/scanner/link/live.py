"""What jobs of CI really run and use: not the steps that are switched off inside a job that is not."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact

_ROUNDS = 5  # what is called only from what is called only from a step that never runs


def commands(graph: Graph) -> tuple[Fact, ...]:
    """All commands but those of steps that never run; a job that is off keeps its own, which tell what it would do."""
    return _running(graph, graph.all_facts("command"))


def actions(graph: Graph) -> tuple[Fact, ...]:
    """All actions that steps and jobs use, but those of steps that never run."""
    return _running(graph, graph.all_facts("action"))


def building(graph: Graph, kind: str) -> tuple[Fact, ...]:
    """All facts of a kind but those of steps and jobs that never run, in a workflow that does."""
    active = graph.once(_active)
    facts = graph.all_facts(kind)
    return tuple(
        one
        for one in facts
        if one.says.get("state") != "disabled" or str(one.says.get("owner")).partition("#")[0] not in active
    )


def _active(graph: Graph) -> frozenset[str]:
    return frozenset(one.at.path for one in graph.all_facts("workflow") if one.get("active"))


def _running(graph: Graph, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    working = graph.once(_working)
    return tuple(
        one for one in facts if one.says.get("state") != "disabled" or str(one.says.get("owner")) not in working
    )


def _working(graph: Graph) -> frozenset[str]:
    """Ids of the jobs that are not switched off."""
    return frozenset(str(job.says.get("id")) for job in graph.all_facts("job") if job.says.get("state") != "disabled")


def action_file(action: Fact, files: Collection[str]) -> str:
    """The file of the repository that a step uses as its action, or ''."""
    name = action.name.removeprefix("./")
    folder = action.at.path.rpartition("/")[0]
    tries = (name, f"{name}/action.yml", f"{name}/action.yaml", posixpath.normpath(f"{folder}/{name}"))
    return next((path for path in tries if path in files), "")


def uncalled(graph: Graph) -> frozenset[str]:
    """Files of jobs that start when they are called, and that only steps and jobs call that never run."""
    files = frozenset(graph.files)
    calls = [one for one in _calls(graph, files) if one[1] != one[0].partition("#")[0]]
    alone = {one.at.path for one in graph.all_facts("workflow") if set(one.get("triggers") or ()) != {"call"}}
    off: set[str] = set()
    for _ in range(_ROUNDS):
        working = {path for owner, path, runs in calls if runs and owner.partition("#")[0] not in off}
        found = {path for _, path, _ in calls} - working - alone
        if found == off:
            break
        off = found
    return frozenset(off)


def _calls(graph: Graph, files: Collection[str]) -> Iterator[tuple[str, str, bool]]:
    """(id of the job, the file it calls, whether it ever does)."""
    for job in graph.all_facts("job"):
        if (used := str(job.says.get("uses") or "").removeprefix("./")) in files:
            yield str(job.says.get("id")), used, job.says.get("state") != "disabled"
    for action in graph.all_facts("action"):
        if used := action_file(action, files):
            yield str(action.says.get("owner")), used, action.says.get("state") != "disabled"
