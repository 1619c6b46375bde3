"""GitOps objects that wait for each other, or apply each other, in a circle: nothing of it ever becomes ready."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.paths import shared
from mlops_scan.scanner.releases.applications import APPLICATION, applications

_WAITING = ("kustomize.toolkit.fluxcd.io/Kustomization", "helm.toolkit.fluxcd.io/HelmRelease")
_MOST = 2_000  # objects that are looked at


def notes(tree: Tree, facts: Sequence[Fact]) -> Iterator[Note]:
    """One note for each circle, at its first object."""
    waiting = [fact for fact in facts if fact.get("type") in _WAITING][:_MOST]
    for one in _circles(waiting, _awaited(waiting)):
        yield Note(one.at, f"'{one.name}' depends on itself by way of others: none of them is ever applied")
    applying = [fact for fact in facts if fact.get("type") == APPLICATION][:_MOST]
    for one in _circles(applying, _generated(tree, applying)):
        yield Note(one.at, f"application '{one.name}' applies itself by way of others")


def _awaited(facts: list[Fact]) -> dict[int, list[int]]:
    """Which objects each depends on; of several of one name (clusters) the one that lies nearest."""
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, fact in enumerate(facts):
        named[str(fact.get("type")), fact.name].append(number)
    found: dict[int, list[int]] = {}
    for number, fact in enumerate(facts):
        data = fact.get("data")
        spec = data.get("spec") if isinstance(data, Mapping) else None
        listed = spec.get("dependsOn") if isinstance(spec, Mapping) else None
        for one in listed if isinstance(listed, list) else ():
            name = str(one.get("name")) if isinstance(one, Mapping) else ""
            same = named[str(fact.get("type")), name]
            if same:
                nearest = max(same, key=lambda other: _near(fact.at.path, facts[other].at.path))
                found.setdefault(number, []).append(nearest)
    return found


def _near(one: str, other: str) -> int:
    return shared(posixpath.dirname(one).split("/"), posixpath.dirname(other).split("/"))


def _generated(tree: Tree, facts: list[Fact]) -> dict[int, list[int]]:
    """Which applications lie in the folders that each applies; one that manages itself is no circle."""
    by_folder: dict[str, list[int]] = defaultdict(list)
    for number, fact in enumerate(facts):
        by_folder[posixpath.dirname(fact.at.path)].append(number)
    found: dict[int, list[int]] = {}
    for number, fact in enumerate(facts):
        for one in applications(fact, tree):
            folders = (posixpath.normpath(folder.lstrip("/")) for folder in one.folders)
            inside = [other for folder in folders for other in by_folder.get(folder, ()) if other != number]
            found.setdefault(number, []).extend(inside)
    return found


def _circles(facts: list[Fact], after: Mapping[int, list[int]]) -> Iterator[Fact]:
    """The first object of each circle (of those that share objects one)."""
    done: set[int] = set()
    for start in range(len(facts)):
        if start in done:
            continue
        path, waiting = [start], [iter(after.get(start, ()))]
        on_path = {start}
        while path:
            step = next(waiting[-1], None)
            if step is None:
                last = path.pop()
                waiting.pop()
                on_path.discard(last)
                done.add(last)
            elif step in on_path:
                yield facts[min(path[path.index(step) :])]
            elif step not in done:
                path.append(step)
                on_path.add(step)
                waiting.append(iter(after.get(step, ())))
