"""Everything that runs commands (CI jobs, make targets, scripts, pipeline steps, containers) to the files it starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.assetnames import data_id
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import live
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import IN_CONTAINERS, Named, working_folder
from mlops_scan.scanner.model import Edge, Fact, Node

_OPEN = re.compile(r"[*?{}<>$]")  # a pattern, or a placeholder that nothing filled
_HOST = re.compile(r"https?://([\w-]+)(?=[.:/\s]|$)")


class Jobs(Link):
    """A workflow has jobs; a job calls workflows and actions of the repository; owners run, call and install."""

    def nodes(self, graph: Graph) -> Iterator[Node]:
        uncalled = graph.once(live.uncalled)
        named = {one for job in graph.all_facts("job") for one in (*(job.get("parts") or ()), *_needed(job))}
        for job in graph.all_facts("job"):
            if job.get("id") in named:  # it stands where it is defined, not where others name it
                state = "disabled" * (job.get("state") == "disabled")
                yield Node(f"job:{job.get('id')}", "job", str(job.get("id")), job.at, state=state)
            elif job.get("state") == "disabled" or job.get("workflow") in uncalled:
                yield Node(f"job:{job.get('id')}", "job", str(job.get("id")), job.at, state="disabled")

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        for job in graph.all_facts("job"):
            owner = f"job:{job.get('id')}"
            yield Edge(f"file:{job.get('workflow') or job.at.path}", "has job", owner, job.at)
            used = str(job.get("uses") or "").removeprefix("./")
            parts = [f"job:{one}" for one in job.get("parts") or ()]
            for called in parts or ([f"file:{used}"] if used in files else ()):
                if called != owner:
                    yield Edge(owner, "calls", called, job.at)
            for needed in _needed(job):
                yield Edge(owner, "needs", f"job:{needed}", job.at)
        for action in graph.once(live.actions):
            if path := live.action_file(action, files):
                yield Edge(f"job:{action.get('owner')}", "calls", f"file:{path}", action.at)
        yield from _heard(graph)
        named = graph.once(Named)
        for command in graph.once(live.commands):
            if not str(command.says.get("where", "")).startswith("dockerfile") and not command.says.get("submitted"):
                yield from self._command(command, named)

    def _command(self, command: Fact, named: Named) -> Iterator[Edge]:
        owner = owner_id(command)
        runs, installs = named.of(tuple(map(str, command.says.get("argv") or ())), working_folder(command))
        inside = command.says.get("where") in IN_CONTAINERS  # their images come first
        for path in () if inside else runs:
            if f"file:{path}" != owner:
                yield Edge(owner, "runs", f"file:{path}", command.at)
        for path in installs:
            yield Edge(owner, "installs", f"file:{path}", command.at)


def _needed(job: Fact) -> Iterator[str]:
    """The ids of the jobs that a job waits for."""
    workflow = job.get("workflow") or job.at.path
    yield from (f"{workflow}#{one}" for one in job.get("needs") or ())


def _heard(graph: Graph) -> Iterator[Edge]:
    """What asks a job by the address at which it listens: a container or a command with its URL among the words."""
    listening = {
        str(one.get("listens")): f"job:{one.get('id')}" for one in graph.all_facts("job") if one.get("listens")
    }
    if not listening:
        return
    containers = ((f"workload:{one.get('workload')}", one) for one in graph.all_facts("container"))
    commands = ((owner_id(one), one) for one in graph.once(live.commands))
    for owner, one in (*containers, *commands):
        said = [one.get(key) for key in ("command", "args", "argv")]
        text = " ".join(str(word) for words in said if isinstance(words, list) for word in words)
        for name in dict.fromkeys(_HOST.findall(text)):
            if name in listening and listening[name] != owner:
                yield Edge(owner, "starts", listening[name], one.at)


class Steps(Link):
    """A pipeline file has steps; a step needs and makes files."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        steps = graph.all_facts("pipeline-step")
        names = {(step.says.get("pipeline") or step.at.path, step.name) for step in steps}
        for step in steps:
            home = step.says.get("pipeline") or step.at.path
            owner = f"step:{home}#{step.name}"
            yield Edge(f"file:{step.says.get('pipeline') or step.at.path}", "has step", owner, step.at)
            folder = step.at.path.rpartition("/")[0]
            for path in step.says.get("deps") or ():
                if (home, path) in names:  # a step that is called by name stands for what it puts out
                    yield Edge(owner, "needs", f"step:{home}#{path}", step.at)
                    continue
                if node := _path_node(folder, str(path), files):
                    yield Edge(owner, "reads", node, step.at)
            if step.says.get("where") != "python" and step.says.get("runs") in files:
                yield Edge(owner, "runs", f"file:{step.says.get('runs')}", step.at)
            for path in (*(step.says.get("outs") or ()), *(step.says.get("metrics") or ())):
                if path != step.name and (node := _path_node(folder, str(path), files)):
                    yield Edge(owner, "writes", node, step.at)


def _path_node(folder: str, path: str, files: frozenset[str]) -> str:
    full = posixpath.normpath(posixpath.join(folder, path))
    if full in files:
        return f"file:{full}"
    return data_id(full) if _OPEN.search(full) else f"data:{full}"  # a whole path within a pipeline is told by itself
