"""Rendered manifests that CI pushes to another repository, from which a controller applies them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_scan.scanner.evidence.trial_runs import told_to_change_nothing
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Fact, Location

_CALLING = ("runs", "calls", "starts")


def handed_over(graph: Graph, renders: Sequence[Use]) -> dict[int, Location]:
    """The renderings (by the identity of their fact) whose job also pushes to a repository that it cloned, and where.

    A push to the repository itself is a tag, a changelog or a chart that is published.
    """
    renders = [use for use in renders if "template" in (use.fact.get("argv") or ())[1:3] and not use.disabled]
    if not renders:
        return {}
    pushes: dict[str, Location] = {}
    for job in graph.facts("job"):
        start = f"job:{job.get('id')}"
        reached = graph.reachable_from(start, relations=_CALLING)
        pushed = _pushed(graph, str(job.get("id")), reached) if not job.get("state") else None
        if pushed is not None:
            pushes.update({node: pushed for node in reached if node not in pushes})
    return {id(use.fact): pushes[home] for use in renders if (home := owner_id(use.fact)) in pushes}


def _pushed(graph: Graph, job: str, reached: frozenset[str]) -> Location | None:
    """Where a job, or what it comes to run, pushes to a repository that it has fetched before."""
    elsewhere = any(
        action.get("owner") == job and action.name == "actions/checkout" and _names_another(action)
        for action in graph.facts("action")
    )
    pushed = None
    for command in _git(graph, reached):
        argv = command.get("argv") or ()
        elsewhere = elsewhere or "clone" in argv[1:4]
        if pushed is None and "push" in argv[1:4] and "--tags" not in argv and not told_to_change_nothing(command):
            pushed = command.at
    return pushed if elsewhere else None


def _git(graph: Graph, reached: frozenset[str]) -> Iterator[Fact]:
    for command in graph.facts("command"):
        if command.name == "git" and owner_id(command) in reached and command.get("state") != "disabled":
            yield command


def _names_another(action: Fact) -> bool:
    given = action.get("with")
    return isinstance(given, dict) and bool(given.get("repository"))
