"""`helmCharts` of a kustomization: a chart of the repository rendered to objects that patches may then change."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlops_scan.scanner.formats import kube, yamlnodes
from mlops_scan.scanner.formats.charts import objects
from mlops_scan.scanner.formats.charts.chart import Chart, load, read_values
from mlops_scan.scanner.formats.charts.lines import Lines
from mlops_scan.scanner.formats.charts.packed import Opened, is_inside
from mlops_scan.scanner.formats.charts.render import Output, Renderer
from mlops_scan.scanner.formats.gotemplate import merging
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError
from mlops_scan.scanner.formats.gotemplate.values import Values, from_node
from mlops_scan.scanner.formats.kustomize import variant
from mlops_scan.scanner.formats.kustomize.sources import Kustomization, chart_folder, file_of
from mlops_scan.scanner.formats.kustomize.variant import Variant
from mlops_scan.scanner.formats.ledger import Ledger
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Repository, Scalar, Sequence
from mlops_scan.scanner.model import Location, Note


def inflated(tree: Repository, one: Kustomization, entry: Mapping, ledger: Ledger) -> Iterator[Variant | Note]:
    """The objects of one entry, each where its template has it; they belong to the chart they come from."""
    at = yamlnodes.at(one.path, entry, "name")
    folder, release = chart_folder(tree, one, entry), yamlnodes.text(entry, "releaseName")
    if folder:
        yield from rendered(tree, folder, lambda: _values(tree, one, entry), release, ledger, at)


def rendered(
    tree: Repository, folder: str, values: Callable[[], Values], release: str, ledger: Ledger, at: Location
) -> Iterator[Variant | Note]:
    """The objects of the chart at `folder` under the name of a release, which stands at `at`."""
    opened = Opened(tree)
    chart = load(opened, folder)
    if chart is None:
        return
    release = release or chart.name
    try:
        rendering = Renderer(opened, chart).render(values(), name=release)
    except (BoundError, RecursionError) as error:
        yield Note(at, f"rendering stopped: {error}")
        return
    yield from (note for note in rendering.notes if "stopped" in note.reason)
    for output in rendering.outputs:
        yield from _objects(output, chart, release, _Mover(output, ledger, at), at.path)


def _values(tree: Repository, one: Kustomization, entry: Mapping) -> Values:
    """The values file, the additional ones, then those written in place."""
    given = Values()
    named = (yamlnodes.child(entry, "valuesFile"), *yamlnodes.items(entry, "additionalValuesFiles"))
    for source in (file_of(tree, one.folder, file) for file in named if isinstance(file, Scalar)):
        if source is not None:
            merging.over(given, read_values(tree, source.path)[0])
    inline = yamlnodes.child(entry, "valuesInline")
    held = from_node(inline, one.path) if inline is not None else None
    if isinstance(held, Values):
        merging.over(given, held)
    return given


def _objects(output: Output, chart: Chart, release: str, mover: _Mover, by: str) -> Iterator[Variant]:
    for first_line, text in yamlnodes.split(output.writer.text()):
        if "apiVersion" not in text:
            continue
        try:
            documents = yamlnodes.parse(text, first_line=first_line)
        except yamlnodes.YamlError:
            continue  # the chart's own rendering says so
        for found in (each for document in documents for each in kube.objects(document)):
            objects.name(found, output.instance)
            mover.move(found)
            made = variant.made(found, chart.path, by)
            own = _own_name(made.name, release, chart.name)
            made.identity = f"{chart.path}#{made.kind}/{own}"
            made.chart = output.instance.name
            yield made


def _own_name(name: str, release: str, chart: str) -> str:
    """The name that the object has in a release called like the chart."""
    bare = name.removeprefix(f"{release}-") if name != release else ""
    if bare == name:
        return name
    if bare == chart or bare.startswith(f"{chart}-"):
        return bare
    return f"{chart}-{bare}" if bare else chart


class _Mover:
    """Gives the nodes of a rendered text the lines of the template, in the ledger's numbers."""

    def __init__(self, output: Output, ledger: Ledger, entry: Location) -> None:
        self.lines, self.ledger, self.entry = Lines(output), ledger, entry
        self._known: dict[int, int] = {}

    def move(self, node: Node) -> None:
        """Change every place below the node."""
        stack = [node]
        while stack:
            one = stack.pop()
            one.line = self._line(one.line)
            if isinstance(one, Mapping):
                one.places = {key: (self._line(line), column) for key, (line, column) in one.places.items()}
                stack.extend(one.values())
            elif isinstance(one, Sequence):
                stack.extend(one)

    def _line(self, line: int) -> int:
        if line not in self._known:
            at, fed = self.lines.locate(line, 1)
            at = self.entry if is_inside(at.path) else at
            self._known[line] = self.ledger.shift(at.path) + at.line
            self.ledger.feed(self._known[line], tuple(place for place in fed if not is_inside(place.at.path)))
        return self._known[line]
