"""What is found out and not heeded: failures that are ignored, jobs that nobody waits for."""

from __future__ import annotations

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Fact, Location

_TALK = frozenset(("echo", "printf", "true", ":", "sleep", "exit", "set"))


def ignored(graph: Graph) -> dict[str, str]:
    """Files whose failure nobody heeds where jobs and targets run them, each with what says so."""
    commands: dict[tuple[Location, str], list[Fact]] = {}
    for fact in graph.facts("command"):
        if fact.name not in _TALK:  # `x || true` is two commands of one line
            commands.setdefault((fact.at, owner_id(fact)), []).append(fact)
    found: dict[str, str] = {}
    serious: set[str] = set()
    for edge in graph.edges("runs"):
        if edge.target.startswith("file:") and edge.source.partition(":")[0] in ("job", "target", "step"):
            running = commands.get((edge.at, edge.source), [])
            if running and all(fact.get("soft") for fact in running):
                found.setdefault(edge.target[5:], f"its failure is ignored where it runs ({edge.at})")
            else:
                serious.add(edge.target[5:])
    return {path: told for path, told in found.items() if path not in serious}


def unawaited(graph: Graph) -> dict[str, str]:
    """Files that only jobs run on which no job that ships in the same workflow waits, each with what says so."""
    if any("workflow" in (fact.get("triggers") or ()) for fact in graph.facts("workflow")):
        return {}  # what ships may wait for the whole workflow
    jobs = {str(fact.get("id")): fact for fact in graph.facts("job") if not fact.get("state")}
    runs: dict[str, set[str]] = {}
    for edge in graph.edges("runs"):
        if edge.target.startswith("file:") and edge.source.partition(":")[0] in ("job", "target", "step"):
            runs.setdefault(edge.source.removeprefix("job:"), set()).add(edge.target[5:])
    used = [use for use in graph.uses("promotes", "deploys", "registers-model") if not use.disabled]
    shipping = {str(use.fact.get("owner")) for use in used if use.fact.kind in ("command", "action")}
    code = {use.at.path for use in used if use.fact.kind == "call"}
    above = graph.importing(code)
    shipping |= {one for one, files in runs.items() if not above.isdisjoint(files)}
    by_workflow: dict[str, dict[str, Fact]] = {}
    for name, job in jobs.items():
        by_workflow.setdefault(str(job.get("workflow")), {})[name] = job
    found: dict[str, str] = {}
    serious: set[str] = set()
    for owner, files in runs.items():
        same = by_workflow[str(jobs[owner].get("workflow"))] if owner in jobs else {}
        later = _waiting(same, shipping & same.keys(), jobs[owner]) if owner in jobs else None
        if later:
            found.update((path, f"job '{later.name}' ships without waiting for it ({later.at})") for path in files)
        else:
            serious |= files
    return {path: told for path, told in found.items() if path not in serious}


def _waiting(same: dict[str, Fact], shipping: set[str], job: Fact) -> Fact | None:
    """The first job of the same workflow that ships, if none that ships comes after this one or is it."""
    own = str(job.get("id"))
    called = any(one.get("uses") for one in same.values())  # what ships may be in there, or come after
    ships = sorted(shipping, key=lambda name: same[name].at)
    if called or not ships or own in shipping:
        return None
    for last in ships:
        before, waiting = {last}, [last]
        while waiting:
            for needed in same[name].get("needs") or () if (name := waiting.pop()) in same else ():
                one = f"{name.partition('#')[0]}#{needed}"
                if one not in before:
                    before.add(one)
                    waiting.append(one)
        if own in before:
            return None
    return same[ships[0]]
