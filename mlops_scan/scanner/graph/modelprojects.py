"""Models of the same relative path in projects that have nothing to do with each other: each project has its own."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

from mlops_scan.scanner.graph.modelplaces import Place
from mlops_scan.scanner.model import Fact

_MANY = 200  # projects that are compared with each other
_AT_HOME = ("requirements", "pyproject", "setup", "conda", "pipfile")


def apart(
    said: Iterable[tuple[str, Place]], manifests: Iterable[Fact], stages: Iterable[Fact]
) -> Mapping[Place, Place]:
    """(relation, place) of all that is said -> for some of the places the same with the folder of their project.

    Only where two projects or more write and read a model of the same path each by itself: what one alone writes may
    come to the others by a way that nobody tells.
    """
    alike: dict[tuple[str, Sequence[str]], list[tuple[str, Place]]] = defaultdict(list)
    for relation, one in said:
        if not one.far:
            alike[one.name, one.folders].append((relation, one))
    found: dict[Place, Place] = {}
    projects: _Projects | None = None
    for same in alike.values():
        if len({posixpath.dirname(one.file) for relation, one in same if relation == "writes"}) > 1:
            projects = projects or _Projects(manifests, stages)
            found.update(_told_apart(same, projects))
    return found


def _told_apart(same: Sequence[tuple[str, Place]], projects: _Projects) -> Iterator[tuple[Place, Place]]:
    writing, reading = (
        {home for relation, one in same if (relation == "writes") == writes and (home := projects.of(one.file))}
        for writes in (True, False)
    )
    homes = sorted(writing & reading)[:_MANY]
    if len(homes) < 2 or any(inner.startswith(f"{outer}/") for inner, outer in permutations(homes, 2)):
        return
    for _, one in same:
        if (home := projects.of(one.file)) in homes and one.folders[: home.count("/") + 1] != tuple(home.split("/")):
            yield one, replace(one, folders=(*home.split("/"), *one.folders))


class _Projects:
    """The folders that have a list of packages or a Dockerfile of their own; without any, those at the top."""

    def __init__(self, manifests: Iterable[Fact], stages: Iterable[Fact]) -> None:
        lists = (one for one in manifests if one.get("format") in _AT_HOME)
        self._folders = {posixpath.dirname(one.at.path) for one in (*lists, *stages)}

    def of(self, file: str) -> str:
        """The folder of the project that a file belongs to; '' where that is the root, or nobody knows."""
        folder = posixpath.dirname(file)
        while folder and folder not in self._folders:
            folder = posixpath.dirname(folder)
        if folder or self._folders:
            return folder
        return file.partition("/")[0] if "/" in file else ""
