"""From facts to the facts of what is installed: each release's chart with its values, else the images they name."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate

from mlops_scan.scanner import bounds, forking, paths
from mlops_scan.scanner.files import Tree, resolve
from mlops_scan.scanner.formats.charts import facts as charts
from mlops_scan.scanner.formats.charts.dependencies import ANCHOR
from mlops_scan.scanner.formats.charts.facts import Given
from mlops_scan.scanner.formats.charts.handed import handed_image, named_images
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.releases import applications, commands, objects
from mlops_scan.scanner.releases.defaults import Installed
from mlops_scan.scanner.releases.model import Release
from mlops_scan.scanner.releases.values import VARIABLE, environments

_CHARTS = 24  # charts that one name with a variable may mean
_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


def rendered(tree: Tree, facts: Sequence[Fact]) -> tuple[list[Fact], list[Note]]:
    """What the releases among `facts` add: objects that only they render, images that only they name."""
    found, notes, installed = list[Fact](), list[Note](), Installed()
    for item in _rendered(tree, facts, installed):
        if isinstance(item, Note):
            notes.append(item)
        else:
            found.append(item)
    installed.mark(facts, found)
    return found, notes


def _rendered(tree: Tree, facts: Sequence[Fact], installed: Installed) -> Iterator[Fact | Note]:
    known = _Charts(fact for fact in facts if fact.kind == "chart")
    given: dict[str, list[Given]] = defaultdict(list)
    declared = _declared(facts)
    yield from _of_sets(tree, declared)
    for number, release in enumerate(_releases(tree, facts, declared)):
        if number >= bounds.RELEASES:
            yield Note(release.at, f"more than {bounds.RELEASES} installations of charts: the rest is left out")
            break
        folders: list[str | None] = [*known.meant(release)]
        for folder in folders or [None]:
            made, notes = _safely(tree, release, folder)
            if folder is None:
                yield from _images(release, made)
                continue
            yield from notes
            for one in made:
                installed.add(folder, one.environment, bare=not one.values and not release.over)
            if release.over:
                yield from _laid_over(tree, release, folder, made)
                continue
            if len(given[folder]) <= bounds.CHART_OVERLAYS:
                given[folder] += [one for one in made if one.values and one not in given[folder]]
    for folder in sorted(given):
        yield from _environments(tree, folder, given[folder])


def _laid_over(tree: Tree, release: Release, folder: str, made: list[Given]) -> Iterator[Fact | Note]:
    from mlops_scan.scanner.releases import postrenderers  # few releases have any

    for one in made[: bounds.CHART_OVERLAYS]:
        yield from postrenderers.facts(tree, release, folder, one)


def _safely(tree: Tree, release: Release, folder: str | None) -> tuple[list[Given], list[Note]]:
    try:
        return environments(tree, release, folder)
    except BoundError as error:
        return [], [Note(release.at, f"values of a release are left out: {error}")]


def _declared(facts: Sequence[Fact]) -> list[Fact]:
    declared = (fact for fact in facts if commands.installs(fact) or objects.declares(fact))
    return [fact for fact in declared if not paths.is_test(fact.at.path) and not paths.is_documentation(fact.at.path)]


def _of_sets(tree: Tree, declared: Sequence[Fact]) -> Iterator[Fact | Note]:
    """The applications that sets of them generate."""
    for fact in declared:
        if fact.kind == "resource" and fact.get("type") == applications.SET:
            yield from (applications.told(one) for one in applications.applications(fact, tree))
            yield from applications.notes(fact, tree)


def _releases(tree: Tree, facts: Sequence[Fact], found: Sequence[Fact]) -> Iterator[Release]:
    maps: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts if found else ():
        if fact.kind == "resource" and fact.get("type") == "core/ConfigMap":
            maps[fact.name].append(fact)
    for fact in found:
        yield from commands.from_command(fact) if fact.kind == "command" else objects.from_resource(fact, maps, tree)


def _environments(tree: Tree, folder: str, given: list[Given]) -> Iterator[Fact | Note]:
    anchor = Location(posixpath.join(folder, ANCHOR))
    if len(given) > bounds.CHART_OVERLAYS:
        yield Note(anchor, f"installed with more than {bounds.CHART_OVERLAYS} sets of values: the rest is left out")
    try:
        with forking.time_bound(bounds.FILE_SECONDS):
            yield from list(charts.environments(tree, folder, given[: bounds.CHART_OVERLAYS]))
    except forking.OverdueError:
        yield Note(anchor, "its releases took too long to render")
    except _FAULTS as error:
        yield Note(anchor, f"its releases could not be rendered: {type(error).__name__}")


def _images(release: Release, given: list[Given]) -> Iterator[Fact]:
    """The images that a release names for a chart that is not in the repository."""
    told: set[tuple[str, str]] = set()
    for one in given:
        for holder in named_images(one.values):
            environment = one.environment if one.environment != release.at.path else ""
            fact = handed_image(holder, f"{release.at.path}#release/{release.name}", environment)
            if (fact.name, str(fact.get("tag"))) not in told:
                told.add((fact.name, str(fact.get("tag"))))
                yield fact


class _Charts:
    """The charts of the repository by folder and by name."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.folders: dict[str, str] = {}
        for fact in facts:
            if not fact.get("library"):
                self.folders[fact.at.path.rpartition("/")[0]] = fact.name

    def meant(self, release: Release) -> list[str]:
        """The folders of the charts that a release installs; none when the chart is somebody else's."""
        written = VARIABLE.sub("*", release.chart)
        for base in release.bases if any(char.isalnum() for char in written) or "*" not in written else ():
            path = resolve(base, written)
            if path is None:
                continue
            if path in self.folders:
                return [path]
            if "*" in path:
                expression = re.compile(translate(path).replace(".*", "[^/]*"))
                if found := [folder for folder in sorted(self.folders) if expression.match(folder)]:
                    return found[:_CHARTS]
        if release.chart.startswith((".", "/")):
            return []
        name = posixpath.basename(release.chart)
        named = [folder for folder, own in self.folders.items() if own == name]
        return named if len(named) == 1 else []
