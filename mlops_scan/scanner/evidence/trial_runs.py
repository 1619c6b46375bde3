"""What runs for show: tasks and programs that are told to change nothing (`run_mode: dry_run`, `--dry-run`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Fact, Location

_CODE = re.compile(r"\.(?:py|ipynb)(?:\.\w+)?\Z")
_MODES = ("run_mode", "dry_run")
_OFF = frozenset(("dry_run", "dryrun", "disabled", "true"))
_NODES = 2000  # of one resource
_DRY = re.compile(
    r"(?:\s|^)--?(?:dry-?_?run|check-only|what-?if|no-execute-changeset|plan-only|noop)(?:=\S*)?(?=\s|$)", re.IGNORECASE
)
_NOT_DRY = re.compile(r"=(?:none|false|no|0|\$.*)$", re.IGNORECASE)
_INPUTS = frozenset(("run_mode", "dry_run", "dryrun", "mode", "plan_only", "what_if", "preview"))


def muted(graph: Graph) -> dict[str, str]:
    """Files that jobs only run for show (`run_mode: dry_run`), each with what says so."""
    found: dict[str, str] = {}
    serious: set[str] = set()
    for fact in graph.facts("resource"):
        for path, mode in _modes(fact.says.get("data"), graph):
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


def told_to_change_nothing(fact: Fact) -> str:
    """The flag, input or mode by which a command or action is told to change nothing; ''."""
    for word in map(str, fact.says.get("argv") or ()):
        if _DRY.fullmatch(word) and not _NOT_DRY.search(word):
            return f"'{word}'"
    for key, value in (fact.says.get("with") or {}).items():
        name, said = str(key).lower().replace("-", "_"), str(value).lower().replace("-", "_")
        if name in _INPUTS and said in _OFF:
            return f"'{key}: {value}'"
        found = _DRY.search(f" {value} ") if name in ("args", "arguments", "flags", "options", "command") else None
        if found and not _NOT_DRY.search(found[0]):
            return f"'{found[0].strip()}'"
    return ""


def tried(graph: Graph) -> dict[str, str]:
    """Files that every command that starts them tells to change nothing, each with what says so."""
    dry: dict[tuple[str, Location], str] = {}
    for fact in graph.facts("command"):
        if flag := told_to_change_nothing(fact):
            dry[owner_id(fact), fact.at] = flag
    found: dict[str, str] = {}
    serious: set[str] = set()
    for edge in graph.edges("runs", "starts") if dry else ():
        if edge.target.startswith("file:"):
            if flag := dry.get((edge.source, edge.at), ""):
                found.setdefault(edge.target[5:], f"it is told to change nothing where it runs ({flag}, {edge.at})")
            else:
                serious.add(edge.target[5:])
    return {path: told for path, told in found.items() if path not in serious}
