"""The images that workloads run to the Dockerfile stages that build them, by compose `build:` or by a name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.formats import images
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import imagenames
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.imagebuilds import Built, builds
from mlops_scan.scanner.link.imagenames import Name
from mlops_scan.scanner.link.inimages import stage_id
from mlops_scan.scanner.link.packs import on_starters
from mlops_scan.scanner.link.repositories import Repositories
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge, Fact, Location
from mlops_scan.scanner.paths import above, shared

_ROOT = re.compile(r"\$(?:\{[^{}]*\}|\w+)(?:/|\Z)")
_MOST_ALIKE = 200  # builds of names that end alike


class Builds(Link):
    """A stage builds an image that a workload runs: through compose `build:`, or a name that something builds.

    What has it built makes the stage.
    """

    def edges(self, graph: Graph) -> Iterator[Edge]:
        finals = {fact.at.path: stage_id(fact) for fact in graph.all_facts("stage") if fact.get("final")}
        built: dict[str, str] = {}
        for workload in graph.all_facts("workload"):
            path = _dockerfile_of(workload.at, workload.get("build_context"), workload.get("dockerfile"), finals)
            if path is not None:
                built[str(workload.get("id"))] = finals[path]
                yield Edge(f"workload:{workload.get('id')}", "builds", finals[path], workload.at)
        yield from _described(graph, finals)
        workloads = {str(workload.get("id")) for workload in graph.all_facts("workload")}
        resources = {str(one.get("id")): object_id(one) for one in graph.all_facts("resource") if one.get("id")}
        running = [one for one in graph.all_facts("image") if one.get("role") == "run" and not one.get("replaced")]
        named = {str(one.get("owner")) for one in running if not one.get("unresolved")}
        made: list[Built] = []
        repositories = Repositories(graph)
        running = [_declared(one, repositories) for one in running]
        for image in running:
            if (owner := str(image.get("owner") or "")) and not (owner in named and _is_open(image)):
                node = f"workload:{owner}" if owner in workloads else resources.get(owner, f"file:{image.at.path}")
                yield Edge(node, "runs", f"image:{image.name}", image.at)
                if owner in built:  # built here, under the name that the service gives it
                    yield Edge(built[owner], "builds", f"image:{image.name}", image.at)
                    made.append(Built(str(image.get("raw") or image.name), built[owner], image.at))
        known = [replace(one, reference=repositories.spelled(one.reference, one.at.path)) for one in builds(graph)]
        yield from (Edge(one.maker, "makes", one.stage, one.at) for one in known if one.maker)
        yield from _by_name(graph, [*known, *made], running, frozenset(made))
        yield from on_starters(graph)


def _by_name(graph: Graph, made: Sequence[Built], running: Sequence[Fact], told: frozenset[Built]) -> Iterator[Edge]:
    """Images that CI or a script builds, under their own name and under those by which workloads run them."""
    named = [(name, one) for one in made if (name := imagenames.read(one.reference)) is not None]
    claims: dict[str, set[str]] = {}
    by_last: dict[str, list[tuple[Name, Built]]] = {}
    for name, one in named:
        claims.setdefault(name.text, set()).add(_folder(one.stage))
        alike = by_last.setdefault(name.parts[-1], [])
        if len(alike) < _MOST_ALIKE:
            alike.append((name, one))
    for name, one in named:
        if one not in told and (name.whole or len(claims[name.text]) == 1):
            yield one.edge(name.text)
    joins = _Joins(graph, by_last)
    seen = set()
    for image in running if named else ():
        key = (image.name, image.at.path)
        if key not in seen:
            seen.add(key)
            for one in joins.of(image):
                yield one.edge(image.name)


class _Joins:
    """Which of the built images one is that a workload runs under another spelling of the name."""

    def __init__(self, graph: Graph, by_last: dict[str, list[tuple[Name, Built]]]) -> None:
        self._graph, self._by_last = graph, by_last
        self._common = frozenset(catalog.load().image_builds["common"]) if by_last else frozenset[str]()
        self._folders = sorted({stage.at.path.rpartition("/")[0] for stage in graph.all_facts("stage")})

    def of(self, image: Fact) -> list[Built]:
        run = imagenames.read(str(image.get("raw") or image.name))
        found: dict[int, list[tuple[Name, Built]]] = {}
        for name, one in self._by_last.get(run.parts[-1], ()) if run else ():
            if run and name.text != run.text and (common := imagenames.agreement(name, run)):
                found.setdefault(common, []).append((name, one))
            elif run and name.text == run.text and (name.whole or name.text == image.name):
                return []  # the very name
        if run is None or not found:
            return []
        best = found[max(found)]
        if max(found) == 1:
            best = [(name, one) for name, one in best if self._is_own(image, run, one)]
        if len({_folder(one.stage) for _, one in best}) > 1:
            best = self._nearest(image, best)
        if len({one.stage for _, one in best}) > 1:  # variants of one name, told apart by their tags
            best = [(name, one) for name, one in best if name.tag == run.tag] or best
        return [one for _, one in best]

    def _is_own(self, image: Fact, run: Name, one: Built) -> bool:
        """Whether one word is enough: no product's image, and of a common word the nearest Dockerfile."""
        if self._graph.uses_of(image):
            return False
        near = _near(image, _folder(one.stage))
        return run.parts[-1] not in self._common or all(
            _near(image, folder) <= near for folder in self._folders if folder != _folder(one.stage)
        )

    def _nearest(self, image: Fact, best: list[tuple[Name, Built]]) -> list[tuple[Name, Built]]:
        """Those of the folder that shares most with the workload's; none where several do."""
        most = max(_near(image, _folder(one.stage)) for _, one in best)
        found = [pair for pair in best if most and _near(image, _folder(pair[1].stage)) == most]
        return found if len({_folder(one.stage) for _, one in found}) == 1 else []


def _folder(stage: str) -> str:
    return stage.partition(":")[2].partition("#")[0].rpartition("/")[0]


def _near(place: Fact, folder: str) -> int:
    """How many folders two places have in common."""
    return shared(place.at.path.split("/")[:-1], folder.split("/"))


def _declared(image: Fact, repositories: Repositories) -> Fact:
    """The image under the name of the repository that is declared for it, where it goes by the address of one."""
    raw = str(image.get("raw") or image.name)
    spelled = repositories.spelled(raw, image.at.path)
    if spelled == raw:
        return image
    return replace(image, name=images.parse(spelled).repository, says={**image.says, "raw": spelled})


def _is_open(image: Fact) -> bool:
    """Whether nothing of an image's name is known."""
    return bool(image.get("unresolved")) and image.name.startswith("${") and image.name.endswith("}")


def _described(graph: Graph, finals: dict[str, str]) -> Iterator[Edge]:
    """What resources that only describe containers have built for these: the images of a model."""
    for one in graph.all_facts("resource"):
        for build in one.says.get("builds") or ():
            path = _dockerfile_of(one.at, build["context"], build["dockerfile"], finals)
            if path is not None:
                yield Edge(object_id(one), "builds", finals[path], one.at)


def _dockerfile_of(at: Location, context: Any, dockerfile: Any, finals: dict[str, str]) -> str | None:
    if context is None and not dockerfile:
        return None
    folder = at.path.rpartition("/")[0]
    name = str(dockerfile or "Dockerfile")
    written = str(context or ".")
    root = _ROOT.match(written)  # a folder above that only the shell knows, `${PROJECT_DIR}/api`
    inside = (written[root.end() :] or ".") if root else written
    in_code = at.path.endswith((".py", ".ipynb"))  # code says it from the folder in which it is started
    for start in above(folder) if in_code or root else (folder,):
        beside: tuple[str, ...] = () if root else (posixpath.join(start, name),)
        for base in (posixpath.join(start, inside, name), *beside):
            path = posixpath.normpath(base)
            if path in finals:
                return path
    return None
