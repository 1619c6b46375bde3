"""Gates that are there and stop nothing: decided by a constant, beyond any value of the metric, only told to a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Fact, Location

# metrics that lie between 0 and 1
_BOUNDED = re.compile(
    r"(?:^|[_.\"'\[])(?:acc|accuracy|auc|roc_auc|f1|f1_score|precision|recall|accuracy_score)(?:$|[_\"'\]\d])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_LOGS = re.compile(
    r"(?:^|\.)(?:print|echo|debug|info|warning|warn|error|critical|exception|log|log_metric|log_param|set_tag)$"
)
_CODE = re.compile(r"\.(?:py|ipynb)(?:\.\w+)?\Z")
_TALK = frozenset(("echo", "printf", "true", ":", "sleep", "exit", "set"))
_PREPARES = re.compile(r"^actions/(?:checkout|setup-|cache|download-artifact)|^checkout$")
_MODES = ("run_mode", "dry_run")
_OFF = frozenset(("dry_run", "dryrun", "disabled", "true"))
_NODES = 2000  # of one resource
_LIKELY = frozenset((">", ">="))
_UNLIKELY = frozenset(("<", "<="))


def why(fact: Fact, *, stops: bool) -> str:
    """Why a comparison that promotes (or, with `stops`, ends the job) has no effect; '' where it has one."""
    if fact.get("always"):
        return f"'{fact.name}' is always {fact.get('always')}"
    if stops and fact.get("caught"):
        return "what it raises is caught, and all goes on"
    threshold = _beyond(fact, stops)
    return f"no value of the metric is on the other side of {threshold}" if threshold is not None else ""


def _beyond(fact: Fact, stops: bool) -> int | float | None:
    """A threshold of 0 or less for a metric that is never negative."""
    ops = set(fact.get("ops") or ())
    numbers = [
        one for one in fact.get("constants") or () if isinstance(one, (int, float)) and not isinstance(one, bool)
    ]
    names = [str(name) for name in fact.get("names") or ()]
    measured = [name for name in names if not name.rpartition(".")[2].isupper()]
    if (
        not ops
        or not ops <= (_UNLIKELY if stops else _LIKELY)
        or len(numbers) != 1
        or numbers[0] > 0
        or " - " in fact.name
    ):
        return None
    written = bool(_NUMBER.search(fact.name)) or len(measured) < len(names)  # no default of a parameter
    bounded = [name for name in measured if _BOUNDED.search(name)]
    own = bool(bounded) and all(name in bounded or name in bounded[-1] for name in measured)
    return numbers[0] if written and own else None


def only_told(graph: Graph, fact: Fact) -> bool:
    """Whether a threshold is compared where a model is evaluated, and all that follows is a line in a log."""
    body = [*(fact.get("body") or ()), *(fact.get("else") or ())]
    if fact.get("in") != "if" or not body or fact.get("raises") or fact.get("exits"):
        return False
    if not any(isinstance(one, float) for one in fact.get("constants") or ()):
        return False
    function = fact.get("function")
    evaluates = any(
        use.at.path == fact.at.path and use.fact.get("function") == function for use in graph.uses("evaluates")
    )
    return evaluates and all(_LOGS.search(str(call)) for call in body)


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
    shipping |= {one for one, files in runs.items() if any(not code.isdisjoint(graph.closure(path)) for path in files)}
    found: dict[str, str] = {}
    serious: set[str] = set()
    for owner, files in runs.items():
        later = _waiting(jobs, shipping & jobs.keys(), jobs[owner]) if owner in jobs else None
        if later:
            found.update((path, f"job '{later.name}' ships without waiting for it ({later.at})") for path in files)
        else:
            serious |= files
    return {path: told for path, told in found.items() if path not in serious}


def _waiting(jobs: dict[str, Fact], shipping: set[str], job: Fact) -> Fact | None:
    """The first job of the same workflow that ships, if none that ships comes after this one or is it."""
    own = str(job.get("id"))
    same = {name: one for name, one in jobs.items() if one.get("workflow") == job.get("workflow")}
    called = any(one.get("uses") for one in same.values())  # what ships may be in there, or come after
    ships = sorted(shipping & same.keys(), key=lambda name: same[name].at)
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


def printed(graph: Graph, named: re.Pattern[str]) -> Iterator[tuple[Fact, Fact]]:
    """(job, its first command) of jobs that are named for something and only print."""
    owned: dict[str, list[Fact]] = {}
    for fact in graph.facts("command", "action"):
        owned.setdefault(str(fact.get("owner")), []).append(fact)
    for job in graph.facts("job"):
        found = owned.get(str(job.get("id")), [])
        commands = [one for one in found if one.kind == "command"]
        if not named.search(f"{job.name} {job.get('title') or ''}") or not commands or job.get("uses"):
            continue
        prepares = all(_PREPARES.search(one.name) for one in found if one.kind == "action")
        if prepares and all(one.name in _TALK for one in commands):
            yield job, commands[0]


def muted(graph: Graph) -> dict[str, str]:
    """Files that jobs only run for show (`run_mode: dry_run`), each with what says so."""
    found: dict[str, str] = {}
    serious: set[str] = set()
    for fact in graph.facts("resource"):
        for path, mode in _modes(fact.get("data"), graph):
            if mode:
                found.setdefault(path, f"'{mode}' where '{fact.name}' runs it ({fact.at})")
            else:
                serious.add(path)
    return {path: why for path, why in found.items() if path not in serious}


def _modes(data: object, graph: Graph) -> Iterator[tuple[str, str]]:
    """(file, mode) of each task in a resource's data that names a file and the mode in which it runs."""
    stack = [data]
    for _ in range(_NODES):
        if not stack:
            break
        one = stack.pop()
        if isinstance(one, (list, dict)):
            values = one.values() if isinstance(one, dict) else one
            stack += [value for value in values if isinstance(value, (list, dict))]
        if not isinstance(one, dict):
            continue
        inner = [one, *(value for value in one.values() if isinstance(value, dict))]
        told = next(((key, each[key]) for each in inner for key in _MODES if key in each), None)
        if told is None:
            continue
        off = told[1] is True or str(told[1]).lower().replace("-", "_") in _OFF
        for key, name in one.items():
            if key.endswith(("path", "file")) and isinstance(name, str):
                stem = name.rpartition("/")[2].partition(".")[0]
                yield from ((path, f"{told[0]}: {told[1]}" if off else "") for path in graph.once(_code).get(stem, ()))


def _code(graph: Graph) -> dict[str, list[str]]:
    """Files of code by their name without its end."""
    found: dict[str, list[str]] = {}
    for path in graph.files:
        if _CODE.search(path):
            found.setdefault(path.rpartition("/")[2].partition(".")[0], []).append(path)
    return found


def decided_steps(graph: Graph) -> dict[Location, str]:
    """Steps of pipelines that choose by conditions of which both sides are constants, each with what says so."""
    found: dict[Location, str] = {}
    for use in graph.uses("evaluation-gate"):
        asked = (use.fact.get("kwargs") or {}).get("conditions") if use.fact.kind == "call" else None
        if not isinstance(asked, list) or not asked:
            continue
        names = {str(one.get("expr")) for one in asked if isinstance(one, dict)}
        conditions = [
            call
            for call in graph.in_file(use.at.path, "call")
            if {"left", "right"} <= (call.get("kwargs") or {}).keys()
            and call.get("function") == use.fact.get("function")
            and (call.get("assigned") in names or _is_around(use.at, call.at))
        ]
        if len(conditions) == len(asked) and all(_is_decided(one) for one in conditions):
            found[use.at] = f"'{conditions[0].name.rpartition('.')[2]}' compares constants ({conditions[0].at})"
    return found


def _is_around(outer: Location, inner: Location) -> bool:
    return outer.line <= inner.line <= (outer.end_line or outer.line) and (inner.line, inner.column) > (
        outer.line,
        outer.column,
    )


def _is_decided(condition: Fact) -> bool:
    sides = [(condition.get("kwargs") or {}).get(side) for side in ("left", "right")]
    return all(isinstance(one, (int, float, str)) for one in sides)


def split_checks(graph: Graph) -> dict[str, str]:
    """Files whose drift checks compare the training set with the test set of one split, each with what says so.

    Such a check looks at the data before training; what is served later, nothing watches.
    """
    told: dict[str, list[bool]] = {}
    for use in graph.uses("drift-check"):
        if use.fact.kind == "call" and (sides := _sides(use.fact)):
            told.setdefault(use.at.path, []).append(_is_one_split(sides))
    return {path: "it compares the training set with the test set" for path, found in told.items() if all(found)}


def _sides(call: Fact) -> list[str]:
    """The names of the data sets that a call compares; none for a call that is not given two."""
    values = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    names = [str(value["expr"]) for value in values if isinstance(value, dict) and value.get("expr")]
    return names[:2] if len(names) >= 2 else []


def _is_one_split(sides: list[str]) -> bool:
    words = [set(re.findall(r"[a-z]+", side.lower())) for side in sides]
    return any("train" in one and not other.isdisjoint(("test", "val", "valid")) for one in words for other in words)


def unread_steps(graph: Graph) -> Iterator[Fact]:
    """Steps of pipelines that evaluate a model, where a later step of the same pipeline brings it further."""
    evaluating = {(use.at.path, str(use.fact.get("function") or "")) for use in graph.uses("evaluates")}
    further = {
        (use.at.path, str(use.fact.get("function") or ""))
        for use in graph.uses("promotes", "deploys", "registers-model")
        if not use.disabled
    }
    steps = [fact for fact in graph.facts("pipeline-step") if fact.get("of") and fact.get("function")]
    onward = {str(fact.get("of")): fact for fact in steps if _does(fact, further)}
    for fact in steps:
        last = onward.get(str(fact.get("of")))
        if last is not None and last.name != fact.name and _does(fact, evaluating):
            yield fact


def _does(step: Fact, functions: set[tuple[str, str]]) -> bool:
    return (str(step.get("runs")), str(step.get("function"))) in functions
