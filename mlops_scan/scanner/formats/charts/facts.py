"""What a chart says: itself, what it renders by default, what its other values files change, what it can switch on."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.formats import kube, yamlnodes
from mlops_scan.scanner.formats.charts import objects, summary
from mlops_scan.scanner.formats.charts.chart import Chart, is_vendored, load, read_values
from mlops_scan.scanner.formats.charts.dependencies import ANCHOR
from mlops_scan.scanner.formats.charts.elsewhere import Elsewhere, Key
from mlops_scan.scanner.formats.charts.handed import handed_image, named_images
from mlops_scan.scanner.formats.charts.lacking import lacking
from mlops_scan.scanner.formats.charts.packed import Opened, Shelf, is_inside
from mlops_scan.scanner.formats.charts.release import Instance, enabled, install
from mlops_scan.scanner.formats.charts.render import Renderer, Rendering
from mlops_scan.scanner.formats.charts.telling import DEFAULT, Telling, Variant, content
from mlops_scan.scanner.formats.gotemplate.budget import Budget
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError
from mlops_scan.scanner.formats.gotemplate.values import Values, copy, table
from mlops_scan.scanner.formats.yamlnodes import Repository
from mlops_scan.scanner.model import Fact, Location, Note


def facts(tree: Repository, folder: str) -> Iterator[Fact | Note]:
    """Everything that the chart at `folder` says; one that another chart carries in its charts/ is told with that."""
    opened = Opened(tree)
    chart = load(opened, folder)
    if chart is None:
        yield Note(Location(posixpath.join(folder, ANCHOR)), "not a chart: no mapping could be read")
        return
    yield summary.chart_fact(tree, chart)
    yield from chart.notes
    if is_vendored(tree, folder):
        return
    yield from _absent(chart)
    if chart.library:
        return
    shelf = Shelf(chart)
    try:
        yield from shelf.placed(ChartFacts(opened, chart).facts())
    except (BoundError, RecursionError) as error:
        yield Note(Location(chart.path), f"rendering stopped: {error}")


@dataclass(frozen=True, slots=True)
class Given:
    """Values that something else than the chart gives it, and what this environment is called.

    `whole`: they are those of the file that the environment is called by, and no others.
    """

    environment: str
    values: Values
    whole: bool = False


def environments(tree: Repository, folder: str, given: Iterable[Given]) -> Iterator[Fact | Note]:
    """What the chart at `folder` says with other values, and not by default or with a values file beside it."""
    opened = Opened(tree)
    chart = load(opened, folder)
    if chart is None or chart.library:
        return
    shelf = Shelf(chart)
    try:
        yield from shelf.placed(ChartFacts(opened, chart).others(given))
    except (BoundError, RecursionError) as error:
        yield Note(Location(chart.path), f"rendering stopped: {error}")


def _absent(chart: Chart) -> Iterator[Note]:
    """Dependencies that nothing in the repository is; of each, what it would define is missing."""
    packed = [path.rsplit("/", 1)[-1] for path in chart.archives]
    for one in chart.missing():
        if any(name.startswith(f"{one.name}-") for name in packed):
            reason = f"dependency '{one.name}' is a packed archive that cannot be read: what it defines is missing"
        else:
            reason = f"dependency '{one.name}' is not in the repository: what it defines is missing"
        yield Note(Location(one.path, one.line), reason)


class ChartFacts:
    """The facts of one chart that nobody vendors."""

    def __init__(self, tree: Repository, chart: Chart) -> None:
        self.tree, self.chart = tree, chart
        self.renderer = Renderer(tree, chart)
        self.elsewhere = Elsewhere(self.renderer)
        self.telling = Telling(tree, chart)
        self.baselines: set[str] = set()
        self.handed: set[str] = set()

    def facts(self) -> Iterator[Fact | Note]:
        """Default values, then each overlay, then what is switched off."""
        default = self.renderer.render(Values(), wanted=self._differs_from_own)
        yield from sorted(set(default.notes))
        yield from self.telling.of(default, DEFAULT)
        yield from self._on_clusters(default, Values(), DEFAULT)
        decided = frozenset(self.elsewhere.decided)
        yield from self._handed_on(default, Values(), DEFAULT)
        found = summary.overlays(self.tree, self.chart)
        for path in found[: bounds.CHART_OVERLAYS]:
            yield from self._overlay(path, default)
        if len(found) > bounds.CHART_OVERLAYS:
            reason = f"more than {bounds.CHART_OVERLAYS} values files: not rendered with this one and those after it"
            yield Note(Location(found[bounds.CHART_OVERLAYS]), reason)
        yield from self._switched_off(default, decided)
        if self.telling.documents > bounds.CHART_DOCUMENTS:
            yield Note(
                Location(self.chart.path),
                f"renders to more than {bounds.CHART_DOCUMENTS} objects: the rest is left out",
            )

    def others(self, given: Iterable[Given]) -> Iterator[Fact | Note]:
        """What each of `given` changes of the default rendering; the values files beside the chart are told by it."""
        beside = frozenset(summary.overlays(self.tree, self.chart)[: bounds.CHART_OVERLAYS])
        wanted = [one for one in given if not (one.whole and one.environment in beside)]
        if wanted:
            default = self.renderer.render(Values(), wanted=self._differs_from_own)
            told = self.telling.of(default, DEFAULT), self._on_clusters(default, Values(), DEFAULT)
            for _ in itertools.chain(*told, self._handed_on(default, Values(), DEFAULT)):
                pass  # known from now on
            for one in wanted:
                yield from self._under(one.values, one.environment, default)

    def _overlay(self, path: str, default: Rendering) -> Iterator[Fact | Note]:
        values, notes = read_values(self.tree, path)
        yield from notes
        yield from self._under(values, path, default)

    def _under(self, values: Values, environment: str, default: Rendering) -> Iterator[Fact | Note]:
        before = default.instances()

        def wanted(made: Rendering, instance: Instance, _: str) -> bool:
            known = before.get(instance.path)
            if known is None:
                return self._differs_from_own(made, instance, _)
            return made.values_of(instance) != default.values_of(known)

        if values:
            rendering = self.renderer.render(values, wanted=wanted)
            yield from (note for note in rendering.notes if "stopped" in note.reason)
            yield from self.telling.of(rendering, Variant(environment=environment))
            yield from self._on_clusters(rendering, values, Variant(environment=environment))
            yield from self._handed_on(rendering, values, Variant(environment=environment))
            if paths.is_live(environment):
                yield self._lacks(default, rendering, environment, values)

    def _lacks(self, default: Rendering, rendering: Rendering, environment: str, values: Values) -> Fact:
        """What production does not have of what the chart has by default."""
        found: list[dict[str, object]] = []
        for output, text, switch in lacking(default, rendering, values, self._template):
            for document in yamlnodes.parse(text):
                for one in kube.objects(document):
                    objects.name(one, output.instance)
                    said: dict[str, object] = {"id": self.telling.identity(output, one), "path": output.path}
                    if switch is not None:
                        said |= {"at": f"{switch.path}:{switch.line}", "value": switch.trail}
                    found.append(said)
        return Fact("environment", environment, Location(self.chart.path), {"chart": self.chart.path, "lacks": found})

    def _template(self, path: str) -> str:
        source = self.tree.get(path)
        return source.text if source is not None else ""

    def _handed_on(self, rendering: Rendering, given: Values, variant: Variant) -> Iterator[Fact]:
        """Images that the values name for dependencies whose templates are not in the repository."""
        for dependency in self.chart.missing():
            if not enabled(rendering.root, rendering.root, dependency, given):
                continue
            owner = f"{self.chart.path}#dependency/{dependency.alias or dependency.name}"
            for holder in named_images(table(rendering.values, dependency.alias or dependency.name)):
                fact = handed_image(holder, owner, variant.environment)
                if content(fact) not in self.handed:
                    self.handed.add(content(fact))
                    yield fact

    def _on_clusters(self, rendering: Rendering, given: Values, variant: Variant) -> Iterator[Fact | Note]:
        """Objects that nothing but the cluster decides about."""
        for other, known in self.elsewhere.renderings(rendering, given):
            yield from (note for note in other.notes if "stopped" in note.reason)
            yield from self.telling.of(other, variant, known, on_clusters=True)

    def _switched_off(self, default: Rendering, decided: frozenset[Key]) -> Iterator[Fact | Note]:
        """What only other values print; what a cluster decides about is not switched off."""
        before = default.instances()
        off = [one for one in install(self.chart, Values(), all_enabled=True)[0].all() if one.path not in before]
        if not default.gated and all(one.outside for one in off):
            return

        def wanted(_: Rendering, instance: Instance, path: str) -> bool:
            if instance.outside or is_inside(path):  # what others made and packed is not ours to switch on
                return False
            return instance.path not in before or path in default.gated

        rendering = self.renderer.render(Values(), force=True, wanted=wanted)
        yield from self.telling.of(rendering, Variant(state="disabled"), decided)

    # -- dependencies that are charts of their own

    def _differs_from_own(self, made: Rendering, instance: Instance, _: str) -> bool:
        """Whether an instance is to be rendered: its own chart's rendering counts unless the values differ."""
        if not instance.outside:
            return True
        mine = {key: value for key, value in made.values_of(instance).items() if key != "global"}
        own = {key: value for key, value in self._own_values(instance).items() if key != "global"}
        if mine == own:
            return False
        self._add_baseline(made, instance)
        return True

    def _own_values(self, instance: Instance) -> Values:
        return self.tree.memo(f"chart values {instance.chart.folder}", lambda: install(instance.chart, Values())[1])

    def _add_baseline(self, made: Rendering, instance: Instance) -> None:
        """What the dependency prints with its own values under the name of this release is told by its own chart."""
        folder = instance.chart.folder
        if folder in self.baselines:
            return
        self.baselines.add(folder)
        given = Values()
        if "global" in made.values:
            given["global"] = copy(made.values["global"])
        chart = load(self.tree, folder)
        if chart is not None:
            renderer = Renderer(self.tree, chart, Budget(max(self.renderer.budget.left, 0)))
            rendering = renderer.render(given, name=self.chart.name)
            for _ in Elsewhere(renderer).renderings(rendering, given):
                pass  # it keeps them
            self.telling.pass_over((*rendering.outputs, *rendering.further))
            self.renderer.budget.left = renderer.budget.left
