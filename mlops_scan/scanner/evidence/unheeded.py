"""What is found out and not heeded: failures that are ignored, jobs that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.decided import LOGS
from mlops_scan.scanner.formats.python.names import EXITS
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Edge, Fact, Location

_ALWAYS = frozenset(("always()", "!cancelled()", "succeededOrFailed()", "always"))  # conditions that nothing fails
_BY_HAND = frozenset(("manual", "dispatch", "drift", "schedule"))
_TALK = frozenset(("echo", "printf", "true", ":", "sleep", "exit", "set"))


def steps(graph: Graph) -> Iterator[Edge]:
    """What CI jobs, make targets and pipeline steps run: when a file fails there, what comes after does not happen."""
    for edge in graph.edges("runs"):
        if edge.target.startswith("file:") and edge.source.partition(":")[0] in ("job", "target", "step"):
            yield edge


def ignored(graph: Graph) -> dict[str, str]:
    """Files whose failure nobody heeds where jobs and targets run them, each with what says so."""
    commands: dict[tuple[Location, str], list[Fact]] = {}
    for fact in graph.facts("command"):
        if fact.name not in _TALK:  # `x || true` is two commands of one line
            commands.setdefault((fact.at, owner_id(fact)), []).append(fact)
    found: dict[str, str] = {}
    serious: set[str] = set()
    for edge in steps(graph):
        running = commands.get((edge.at, edge.source), [])
        if running and all(fact.get("soft") for fact in running):
            found.setdefault(edge.target[5:], f"its failure is ignored where it runs ({edge.at})")
        else:
            serious.add(edge.target[5:])
    return {path: told for path, told in found.items() if path not in serious}


def unread(graph: Graph, fact: Fact) -> str:
    """Why a test that only leaves its function or its program stops nothing; '' where it may stop something.

    What follows it there does not happen, which may be all that it is for. Where nothing follows, a caller must read
    what the function returns, and a program must end with a failure.
    """
    if fact.get("raises") or fact.get("fails") or not fact.get("exits"):
        return ""
    function = str(fact.get("function") or "")
    after = (one for one in graph.in_file(fact.at.path, "call") if str(one.get("function") or "") == function)
    if any(one.at.line > fact.at.line and not LOGS.search(one.name) and one.name not in EXITS for one in after):
        return ""
    if not fact.get("returns"):
        return "the program ends as if all were well"
    return ignored_result(graph, fact.at.path, function)


def ignored_result(graph: Graph, path: str, function: str) -> str:
    """Where a function of a file is called for nothing but its effects, if all of its calls are such."""
    defined = next((one for one in graph.in_file(path, "function") if one.name == function), None)
    if defined is None or defined.get("decorates") or defined.get("decorators") or "." in function:
        return ""
    if any(str(one.get("function") or "") == function for one in graph.facts("entry-point", "pipeline-step")):
        return ""  # what starts it takes what it returns for its status
    if any(function in (one.get("names") or ()) for one in graph.facts("import")):
        return ""
    calls = [one for one in graph.in_file(path, "call") if one.name == function]
    if not calls or not all(one.get("unread") for one in calls):
        return ""
    return f"nobody reads what '{function}' returns ({calls[0].at})"


def unawaited(graph: Graph) -> dict[str, str]:
    """Files that only jobs run on which no job that ships in the same workflow waits, each with what says so."""
    if any("workflow" in (fact.get("triggers") or ()) for fact in graph.facts("workflow")):
        return {}  # what ships may wait for the whole workflow
    jobs = {str(fact.get("id")): fact for fact in graph.facts("job") if not fact.get("state")}
    runs: dict[str, set[str]] = {}
    for edge in steps(graph):
        runs.setdefault(edge.source.removeprefix("job:"), set()).add(edge.target[5:])
    used = [use for use in graph.uses("promotes", "deploys", "registers-model") if not use.disabled]
    shipping = {str(use.fact.get("owner")) for use in used if use.fact.kind in ("command", "action")}
    code = {use.at.path for use in used if use.fact.kind == "call"}
    above = graph.importing(code)
    shipping |= {one for one, files in runs.items() if not above.isdisjoint(files)}
    by_workflow: dict[str, dict[str, Fact]] = {}
    for name, job in jobs.items():
        by_workflow.setdefault(str(job.get("workflow")), {})[name] = job
    apart = _apart(graph, by_workflow, shipping)
    places = _places(graph, used)
    found: dict[str, str] = {}
    serious: set[str] = set()
    for owner, files in runs.items():
        workflow = str(jobs[owner].get("workflow")) if owner in jobs else ""
        same = by_workflow.get(workflow, {})
        later = _waiting(same, shipping & same.keys(), jobs[owner]) if owner in jobs else None
        for path in sorted(files):
            if later:
                found[path] = f"job '{later.name}' ships without waiting for it ({later.at})"
            elif workflow in apart:
                found[path] = apart[workflow]
            elif before := _shipped_before(same, shipping, owner, path, places):
                found[path] = f"what ships comes before it ({before})"
            else:
                serious.add(path)
    return {path: told for path, told in found.items() if path not in serious}


def _apart(graph: Graph, by_workflow: dict[str, dict[str, Fact]], shipping: set[str]) -> dict[str, str]:
    """Workflows that ship nothing and that only persons or the clock start, where another workflow ships."""
    ships = {workflow: jobs for workflow, jobs in by_workflow.items() if not shipping.isdisjoint(jobs)}
    called = {str(job.get("uses")) for jobs in by_workflow.values() for job in jobs.values() if job.get("uses")}
    found: dict[str, str] = {}
    for fact in graph.facts("workflow"):
        triggers = set(fact.get("triggers") or ())
        own = fact.name in ships or fact.name in called or any(name.endswith(fact.name) for name in called)
        others = [name for name in sorted(ships) if name not in called]
        calls = any(job.get("uses") for job in by_workflow.get(fact.name, {}).values())
        if triggers and triggers <= _BY_HAND and others and not own and not calls:
            found[fact.name] = f"only '{fact.name}' runs it, and '{others[0]}' ships without it"
    return found


def _places(graph: Graph, used: list[Use]) -> dict[str, dict[str, list[Location]]]:
    """Owner -> file that it runs, or '' for what ships, -> where."""
    found: dict[str, dict[str, list[Location]]] = {}
    for use in used:
        if use.fact.kind in ("command", "action"):
            found.setdefault(str(use.fact.get("owner")), {}).setdefault("", []).append(use.at)
    for edge in graph.edges("runs"):
        if edge.target.startswith("file:"):
            owner = edge.source.removeprefix("job:")
            found.setdefault(owner, {}).setdefault(edge.target[5:], []).append(edge.at)
    return found


def _shipped_before(
    same: dict[str, Fact],
    shipping: set[str],
    owner: str,
    path: str,
    places: dict[str, dict[str, list[Location]]],
) -> Location | None:
    """Where the last thing ships in a job, if that is before the job runs a file and no job that comes later ships."""
    here = places.get(owner, {})
    shipped, runs = here.get("", []), here.get(path, [])
    if not shipped or not runs or owner not in same or max(shipped) >= min(runs):
        return None
    waited = any(one in shipping and one != owner for one in same) or any(job.get("uses") for job in same.values())
    return None if waited else max(shipped)


def _waiting(same: dict[str, Fact], shipping: set[str], job: Fact) -> Fact | None:
    """The first job of the same workflow that ships, if none that ships comes after this one or is it."""
    own = str(job.get("id"))
    called = any(one.get("uses") for one in same.values())  # what ships may be in there, or come after
    ships = sorted(shipping, key=lambda name: same[name].at)
    if called or not ships or own in shipping:
        return None
    for last in ships:
        if _is_always(same[last]):
            continue
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


def _is_always(job: Fact) -> bool:
    """Whether a job runs whatever became of those for which it waits."""
    return str(job.get("when") or "").strip().removeprefix("${{").removesuffix("}}").strip() in _ALWAYS
