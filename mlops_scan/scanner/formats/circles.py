"""Circles: names that lead back to themselves, in includes of files and in tasks that run each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from mlops_scan.scanner.model import Fact, Location, Note

P = TypeVar("P")

_RUNNERS = {  # by where a task's commands say that they stand
    "make": frozenset(("make",)),
    "just": frozenset(("just",)),
    "config": frozenset(("task", "npm", "yarn", "pnpm", "bun", "mise", "pixi", "hatch", "poe", "pdm")),
}
_ELSEWHERE = frozenset(
    ("-C", "--directory", "--prefix", "--cwd", "-w", "-r", "--recursive", "--filter", "workspaces", "--workspaces")
)
_SHOWN = 6  # names of one circle
_MOST = 20  # circles of one file


def closing(ways: Mapping[str, Sequence[tuple[str, P]]]) -> Iterator[tuple[str, P, list[str]]]:
    """(where it stands, its place, the names of the circle) of each way that leads back to where it came from."""
    done: set[str] = set()
    for start in sorted(ways):
        if start in done:
            continue
        path, inside = [start], {start}
        ahead = [iter(ways[start])]
        while ahead:
            step = next(ahead[-1], None)
            if step is None:
                ahead.pop()
                inside.discard(path[-1])
                done.add(path.pop())
                continue
            target, place = step
            if target in inside:
                yield path[-1], place, [*path[path.index(target) :], target]
            elif target not in done and target in ways:
                path.append(target)
                inside.add(target)
                ahead.append(iter(ways[target]))


def settled(needs: Mapping[str, Collection[str]]) -> list[str]:
    """The names, each after all that it needs; those of a circle, and what needs one of them, are left out."""
    users: dict[str, list[str]] = {name: [] for name in needs}
    left = dict.fromkeys(needs, 0)
    for name, others in needs.items():
        for other in set(others) & needs.keys():
            users[other].append(name)
            left[name] += 1
    free = [name for name, count in left.items() if not count]
    found: list[str] = []
    while free:
        found.append(free.pop())
        for user in users[found[-1]]:
            left[user] -= 1
            if not left[user]:
                free.append(user)
    return found


def told(names: Sequence[str], end: str = "followed once") -> str:
    """What a note says of a circle."""
    shown = [*names[:_SHOWN], "..."] if len(names) > _SHOWN else names
    return f"'{names[-1]}' leads back to itself ({' -> '.join(shown)}): {end}"[:400]


def of_tasks(facts: Iterable[Fact]) -> Iterator[Fact | Note]:
    """The facts of a file of tasks, and a note for each task that comes to run itself."""
    ways: dict[str, list[tuple[str, Location]]] = defaultdict(list)
    calling: list[Fact] = []
    for fact in facts:
        yield fact
        if fact.kind == "command" and fact.get("stage"):
            ways.setdefault(str(fact.get("stage")), [])
            if fact.name in _RUNNERS.get(str(fact.get("where")), ()) and _ELSEWHERE.isdisjoint(fact.get("argv") or ()):
                calling.append(fact)
    for fact in calling:
        if str(fact.get("cwd") or "") in ("", fact.at.path.rpartition("/")[0]):
            words = [str(word) for word in (fact.get("argv") or ())[1:]]
            ways[str(fact.get("stage"))] += [(word, fact.at) for word in words if word in ways]
    for index, (_, at, names) in enumerate(closing(ways)):
        if index < _MOST:
            yield Note(at, told(names))
