"""A Helm chart as it lies in the repository: its metadata, values, templates, and the charts it depends on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.dependencies import ANCHOR, Dependency, declared, fits
from mlops_scan.scanner.formats.charts.helmignore import ignored
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError
from mlops_scan.scanner.formats.gotemplate.values import Values, from_node
from mlops_scan.scanner.formats.yamlnodes import Mapping, Repository
from mlops_scan.scanner.model import Location, Note

T = TypeVar("T")
_SKIPPED_TEMPLATES = re.compile(r"(?:^|/)NOTES\.txt$|\.(?:md|png|svg|gif)$", re.IGNORECASE)


@dataclass(slots=True)
class Chart:
    """One chart. `charts` are those in its charts/ folder, then those found elsewhere in the repository (`outside`)."""

    folder: str
    node: Mapping
    defaults: Values
    dependencies: tuple[Dependency, ...]
    templates: tuple[str, ...]
    files: tuple[str, ...]
    charts: list[Chart] = field(default_factory=list)
    outside: bool = False
    archives: tuple[str, ...] = ()
    notes: list[Note] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Chart.yaml."""
        return posixpath.join(self.folder, ANCHOR)

    @property
    def values_path(self) -> str:
        """values.yaml, whether there is one or not."""
        return posixpath.join(self.folder, "values.yaml")

    @property
    def name(self) -> str:
        return yamlnodes.text(self.node, "name") or posixpath.basename(self.folder) or "chart"

    @property
    def version(self) -> str:
        return yamlnodes.text(self.node, "version")

    @property
    def library(self) -> bool:
        """A library chart only defines; it renders nothing."""
        return yamlnodes.text(self.node, "type") == "library"

    def missing(self) -> Iterator[Dependency]:
        """The dependencies that are not in the repository."""
        return (one for one in self.dependencies if find(self.charts, one) is None)


_CIRCLE, _CUT = "charts depend on each other in a circle", "the rest is left out"


def find(charts: list[Chart], dependency: Dependency) -> Chart | None:
    """The chart that a dependency means: by name, and by version unless it lies elsewhere in the repository."""
    named = [one for one in charts if one.name == dependency.name]
    if dependency.local:
        wanted = posixpath.basename(dependency.local.rstrip("/"))
        named.sort(key=lambda one: (not one.outside, posixpath.basename(one.folder) != wanted))
    return next((one for one in named if one.outside or fits(dependency.version, one.version)), None)


def is_vendored(tree: Repository, folder: str) -> bool:
    """Whether the chart lies in the charts/ folder of another."""
    above, _, _ = folder.rpartition("/")
    parent, _, last = above.rpartition("/")
    return (last or parent) == "charts" and tree.get(posixpath.join(parent, ANCHOR)) is not None


def load(tree: Repository, folder: str, above: tuple[str, ...] = ()) -> Chart | None:
    """The chart at `folder`, with all it depends on as far as that is in the repository; None when it is none.

    `above` are the folders of the charts that depend on it.
    """
    source = tree.get(posixpath.join(folder, ANCHOR))
    if source is None:
        return None
    parsed = yamlnodes.documents(source)
    node = parsed.documents[0] if parsed.documents else None
    if not isinstance(node, Mapping):
        return None
    rules = tree.get(posixpath.join(folder, ".helmignore"))
    left_out = ignored(rules.text) if rules is not None else None
    inside = [path for path in _inside(tree, folder) if left_out is None or not left_out(path)]
    notes: list[Note] = []
    chart = Chart(
        folder=folder,
        node=node,
        defaults=noted_values(tree, posixpath.join(folder, "values.yaml"), notes),
        dependencies=tuple(declared(tree, folder, node)),
        templates=tuple(
            path for path in inside if path.startswith("templates/") and not _SKIPPED_TEMPLATES.search(path)
        ),
        files=tuple(path for path in inside if not path.startswith(("templates/", "charts/"))),
        archives=tuple(path for path in inside if re.fullmatch(r"charts/[^/]+\.tgz", path)),
        notes=notes,
    )
    if told := _excess(tree, folder, above):
        notes.append(Note(Location(chart.path), told))
    else:
        _add_charts(tree, chart, inside, (*above, folder))
    return chart


def _excess(tree: Repository, folder: str, above: tuple[str, ...]) -> str:
    """Why no further charts are taken in; '' as long as they are few."""
    left = tree.memo(f"chart loads {above[0] if above else folder}", lambda: [bounds.CHART_LOADS])
    left[0] = bounds.CHART_LOADS if not above else left[0] - 1
    if left[0] < 0:
        return f"takes in more than {bounds.CHART_LOADS} charts: the rest is left out"
    return "" if len(above) < bounds.CHART_DEPTH else f"sub-charts deeper than {bounds.CHART_DEPTH} levels are not read"


def _inside(tree: Repository, folder: str) -> list[str]:
    """Paths of the chart's files, relative to it."""
    skip = len(folder) + 1 if folder else 0
    return [path[skip:] for path in tree.under(folder)]


def noted_values(tree: Repository, path: str, notes: list[Note]) -> Values:
    """A values file; what of it could not be read comes to the notes."""
    values, found = read_values(tree, path)
    notes += found
    return values


def read_values(tree: Repository, path: str) -> tuple[Values, list[Note]]:
    """A values file with the places of its keys, and what of it could not be read."""
    source = tree.get(path)
    if source is None:
        return Values(), []
    parsed = yamlnodes.documents(source)
    notes = list(parsed.notes)
    try:
        made = from_node(parsed.documents[0], path) if parsed.documents else None
    except BoundError as error:
        made = None
        notes.append(Note(Location(path), str(error)))
    return made if isinstance(made, Values) else Values(), notes


def _add_charts(tree: Repository, chart: Chart, inside: list[str], above: tuple[str, ...]) -> None:
    pattern = re.compile(r"charts/([^/_.][^/]*)/Chart\.yaml")
    for path in inside:
        match = pattern.fullmatch(path)
        found = load(tree, posixpath.join(chart.folder, "charts", match[1]), above) if match else None
        if found is not None:
            chart.charts.append(found)
    for dependency in chart.dependencies:
        if find(chart.charts, dependency) is not None:
            continue
        folder = _elsewhere(tree, chart, dependency)
        if folder in above:
            if folder != chart.folder or dependency.local:
                reason = f"dependency '{dependency.name}' leads back to a chart above it: {_CIRCLE}"
                chart.notes.append(Note(Location(dependency.path, dependency.line), reason))
            continue
        found = load(tree, folder, above) if folder is not None else None
        if found is not None and found.name == dependency.name:
            found.outside = True
            chart.charts.append(found)
            # the chart below may be told nowhere else, or be where the circle is met
            chart.notes += [
                note for note in found.notes if note.reason.endswith((_CIRCLE, _CUT)) and note not in chart.notes
            ]


def _elsewhere(tree: Repository, chart: Chart, dependency: Dependency) -> str | None:
    """The folder of a dependency outside charts/: by its path, else the one chart of that name and version."""
    if dependency.local:
        joined = posixpath.normpath(posixpath.join(chart.folder, dependency.local))
        return None if joined.startswith(("../", "/")) or joined == ".." else joined.removeprefix("./").strip(".")
    folders = tree.memo("chart folders", lambda: _folders(tree)).get(dependency.name, [])
    if len(folders) != 1:
        return None
    source = tree.get(posixpath.join(folders[0], ANCHOR))
    found = yamlnodes.documents(source).documents if source is not None else ()
    return folders[0] if found and fits(dependency.version, yamlnodes.text(found[0], "version")) else None


def _folders(tree: Repository) -> dict[str, list[str]]:
    """Folders of charts that are nobody's vendored sub-chart, by the folder's name."""
    made: dict[str, list[str]] = {}
    for path in tree.paths:
        folder, _, name = path.rpartition("/")
        if name == ANCHOR and folder and not is_vendored(tree, folder):
            made.setdefault(posixpath.basename(folder), []).append(folder)
    return made
