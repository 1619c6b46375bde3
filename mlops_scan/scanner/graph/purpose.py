"""What something that runs is for: it trains, scores, evaluates, watches, deploys, tests, or keeps house.

The question is put to a job, a target, a workload, a file, a step or a schedule, and answered by what it comes to run:
commands of its own and of the scripts and targets it calls, and the functions that run in the Python files it starts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.flows import Flows
from mlops_scan.scanner.graph.links import RUNNING
from mlops_scan.scanner.graph.meanings import Meanings
from mlops_scan.scanner.graph.owners import owner_id, workflow_of
from mlops_scan.scanner.graph.running import Running
from mlops_scan.scanner.graph.timers import runs_by_clock, scheduled
from mlops_scan.scanner.model import Edge, Fact, Location

PURPOSES = ("train", "score", "evaluate", "monitor", "deploy", "test", "maintenance")
_SCORES = re.compile(r"infer|predict|scor|forecast", re.IGNORECASE)
_TESTING = re.compile(r"(?:^|[^a-z])(?:ci|tests?|testing|lint|links|stale|checks?)(?:[^a-z]|$)", re.IGNORECASE)
_DECLARING = (".tf", ".tf.json", ".tofu", ".tofu.json", ".hcl")  # what the cloud runs of it, who applies it does not
_NAMED_BY_FILE = "github-actions"  # other services prescribe the file's name


def purpose(graph: Graph, node: str) -> str:
    """The first of PURPOSES that what `node` runs has; '' when it runs nothing that is known.

    `node` is an id such as `job:path#name`, `target:...`, `workload:...`, `file:...` or `step:...`.
    """
    return next(iter(purposes(graph, node)), "")


def purposes(graph: Graph, node: str) -> tuple[str, ...]:
    """All purposes of what `node` runs, in the order of PURPOSES."""
    return _purposes(graph, _reached(graph, node))


def purpose_of_schedule(graph: Graph, schedule: Fact) -> str:
    """The purpose of what a `schedule` fact starts: jobs that only run on other events are left out.

    A workflow that is named for testing tests by the clock too: what it trains, nobody keeps.
    """
    known = graph.once(_Answers)
    if id(schedule) not in known:
        found = _of_code(graph, schedule)
        if found is None:
            found = next(iter(_purposes(graph, _reached(graph, scheduled(graph, schedule), schedule))), "")
        tests = found in ("train", "score", "evaluate") and _is_named_for_tests(graph, schedule)
        known[id(schedule)] = "test" if tests else found
    return known[id(schedule)]


def _of_code(graph: Graph, schedule: Fact) -> str | None:
    """The purpose of the pipeline or function that code schedules, apart from its file; None where that says more."""
    owner = str(schedule.get("owner") or "")
    flow = graph.once(Flows).of(owner) if schedule.get("where") == "python" and "#" in owner else None
    if flow is None:
        return None
    meanings = graph.once(Meanings)
    found = {one for function in flow.functions for one in meanings.of_functions.get(function, ())}
    for place in flow.places:
        found.update(meanings.within(place))
    reached: dict[str, Sequence[Edge]] = {}
    own = f"file:{owner.partition('#')[0]}"
    for edge in flow.started:
        if edge.target != own:
            reached.update(_reached(graph, edge.target))
            reached[edge.target] = [edge]
    told = _ordered(found | set(_by_commands(graph, reached)) | set(_by_code(graph, reached)), reached)
    return next(iter(told), "maintenance" if flow.idle or flow.plain or not flow.alone else None)


def _purposes(graph: Graph, reached: Mapping[str, Sequence[Edge]]) -> tuple[str, ...]:
    found = set(_by_commands(graph, reached)) | set(_by_code(graph, reached))
    told = _ordered(found, reached)
    return told or (("maintenance",) if _does_something(graph, reached) else ())


def _ordered(found: set[str], reached: Mapping[str, Sequence[Edge]]) -> tuple[str, ...]:
    """What is found, in the order of PURPOSES, without what only belongs to something else."""
    if "evaluate" in found and "score" in found and not _named_for_scoring(reached):
        found.discard("score")  # what is evaluated is predicted first
    if {"train", "monitor"} <= found and "keep" not in found and not _starts_pipeline(reached):
        found.discard("train")  # what compares distributions is fitted, too
    return tuple(one for one in PURPOSES if one in found)


def _starts_pipeline(reached: Mapping[str, Sequence[Edge]]) -> bool:
    """Whether code starts a run of a pipeline on the way: what that trains is meant to be kept."""
    edges = (edge for node, found in reached.items() if node.startswith("pipeline:") for edge in found)
    return any(edge.relation == "starts" and edge.source.startswith("file:") for edge in edges)


def _reached(graph: Graph, start: str, schedule: Fact | None = None) -> dict[str, list[Edge]]:
    """What `start` comes to run, with the links that lead there; a `schedule` does not start what other events do."""
    skipped = set()
    for job in graph.once(Meanings).conditional:
        off = job.get("state") and not (schedule and schedule.get("state"))
        if off or (schedule and not runs_by_clock(str(job.get("when") or ""), schedule.name)):
            skipped.add(f"job:{job.get('id')}")
    skipped.discard(start)
    seen: dict[str, list[Edge]] = {start: []}
    waiting = [start]
    while waiting:
        node = waiting.pop()
        own = node.startswith("workload:") and has_own_program(graph, node)
        for edge in (*graph.links_from(node, *RUNNING), *_declared(graph, node)):
            if edge.target not in skipped and not (own and edge.target.startswith(("image:", "stage:"))):
                if edge.target not in seen and not (edge.relation == "applies" and edge.target.endswith(_DECLARING)):
                    waiting.append(edge.target)
                seen.setdefault(edge.target, []).append(edge)
        for edge in graph.links_to(node, "builds") if node.startswith("image:") else ():  # what the image starts
            if edge.source not in seen:
                seen[edge.source] = [edge]
                waiting.append(edge.source)
    return seen


def _declared(graph: Graph, node: str) -> Iterator[Edge]:
    """What a declared resource starts: what it triggers, what it names that runs something itself, and workflows that
    are data."""
    if node.startswith("file:") and not node.endswith((".py", ".ipynb")):
        yield from (edge for edge in graph.links_from(node, "defines") if edge.target == f"pipeline:{node[5:]}")
    if not node.startswith("resource:") or node in graph.once(Meanings).watching:
        return  # what a monitor names, it looks at
    yield from graph.links_from(node, "triggers")
    for edge in graph.links_from(node, "refers to"):
        if edge.target.startswith(("pipeline:", "workload:")) or graph.links_from(edge.target, *RUNNING):
            yield edge


def has_own_program(graph: Graph, workload: str) -> bool:
    """Whether a workload says what its image is to start, in place of the image's own program."""
    return any(edge.target.startswith(("file:", "target:")) for edge in graph.links_from(workload, "runs"))


def _by_commands(graph: Graph, reached: Collection[str]) -> Iterator[str]:
    meant = graph.once(Meanings).of_owners
    for node in reached:
        yield from meant.get(node, ())


def _by_code(graph: Graph, reached: Mapping[str, Sequence[Edge]]) -> Iterator[str]:
    running = graph.once(Running)
    started = graph.once(_Started)
    meant = graph.once(Meanings).of_functions
    for node, edges in reached.items():
        path = node[5:]
        if node.startswith("file:") and node.endswith((".py", ".ipynb")) and not paths.is_test(path):
            for words in {started.words(edge) for edge in edges} or {()}:
                yield from running.purposes(path, words)
        if node.startswith("step:") and "#" in node:  # of a workflow that is data: its calls say the step
            yield from meant.get((path.partition("#")[0], path.partition("#")[2]), ())


class _Answers(dict[int, str]):
    """The purpose of each schedule that was asked for, by the fact's id."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()


class _Started:
    """The words with which commands start files, by their place."""

    def __init__(self, graph: Graph) -> None:
        self._by_place: dict[tuple[str, Location], list[tuple[str, ...]]] = {}
        for fact in graph.all_facts("command"):
            words = tuple(str(word) for word in (fact.get("argv") or ())[1:])
            self._by_place.setdefault((owner_id(fact), fact.at), []).append(words)

    def words(self, edge: Edge) -> tuple[str, ...]:
        """The words of the command that makes the link; () when several stand at its place."""
        found = self._by_place.get((edge.source, edge.at), [])
        return found[0] if len(found) == 1 else ()


def _named_for_scoring(reached: Collection[str]) -> bool:
    return any(_SCORES.search(node.rpartition("/")[2]) for node in reached)


def _does_something(graph: Graph, reached: Collection[str]) -> bool:
    """Whether anything is known of what runs: a command, or an action beside the job that uses it."""
    jobs = {node for node in reached if node.startswith("job:")}
    if any(node.startswith(("file:", "target:")) and graph.links_to(node, *RUNNING) for node in reached):
        return True
    return not jobs.isdisjoint(graph.once(Meanings).active)


def _is_named_for_tests(graph: Graph, schedule: Fact) -> bool:
    path = workflow_of(schedule)
    workflows = graph.in_file(path, "workflow") if path else ()
    names = [str(one.get("title") or "") for one in workflows]
    if any(one.get("provider") == _NAMED_BY_FILE for one in workflows):
        names.append(path.rsplit("/", 1)[-1])
    names.append(str(schedule.get("owner") or "").partition("#")[2])
    return bool(path) and any(_TESTING.search(text) for text in names)
