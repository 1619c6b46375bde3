"""What a chart says: itself, what it renders by default, what its other values files change, what it can switch on."""

from __future__ import annotations

import dataclasses
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.formats import kube, yamlnodes
from mlops_scan.scanner.formats.charts import objects, summary
from mlops_scan.scanner.formats.charts.chart import Chart, is_vendored, load, read_values
from mlops_scan.scanner.formats.charts.dependencies import ANCHOR, Repository
from mlops_scan.scanner.formats.charts.handed import handed_image, named_images
from mlops_scan.scanner.formats.charts.lacking import lacking
from mlops_scan.scanner.formats.charts.lines import Lines
from mlops_scan.scanner.formats.charts.packed import Opened, Shelf, is_inside
from mlops_scan.scanner.formats.charts.release import Instance, enabled, install
from mlops_scan.scanner.formats.charts.render import Output, Renderer, Rendering
from mlops_scan.scanner.formats.gotemplate.budget import Budget
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError
from mlops_scan.scanner.formats.gotemplate.values import Values, copy, table
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.model import Fact, Location, Note

_KIND = re.compile(r"^kind[ \t]*:[ \t]*[\"']?([A-Za-z]+)", re.MULTILINE)
_PASSED_OVER = frozenset(("CustomResourceDefinition",))


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


@dataclass(frozen=True, slots=True)
class _Variant:
    """Under which condition facts hold; both '' for the default rendering."""

    environment: str = ""
    state: str = ""


_DEFAULT = _Variant()


class ChartFacts:
    """The facts of one chart that nobody vendors."""

    def __init__(self, tree: Repository, chart: Chart) -> None:
        self.tree, self.chart = tree, chart
        self.renderer = Renderer(tree, chart)
        self.known: set[tuple[str, str]] = set()  # (template, text) of the documents that have been told
        self.said: set[str] | None = None  # the facts of the default rendering, once an overlay asks
        self.default_facts: list[Fact] = []
        self.identities: dict[tuple[str, str], str] = {}
        self.taken: set[str] = set()
        self.baselines: set[str] = set()
        self.documents = 0
        self.handed: set[str] = set()

    def facts(self) -> Iterator[Fact | Note]:
        """Default values, then each overlay, then what is switched off."""
        default = self.renderer.render(Values(), wanted=self._differs_from_own)
        yield from sorted(set(default.notes))
        yield from self._told(default, _DEFAULT)
        yield from self._handed_on(default, Values(), _DEFAULT)
        found = summary.overlays(self.tree, self.chart)
        for path in found[: bounds.CHART_OVERLAYS]:
            yield from self._overlay(path, default)
        if len(found) > bounds.CHART_OVERLAYS:
            reason = f"more than {bounds.CHART_OVERLAYS} values files: not rendered with this one and those after it"
            yield Note(Location(found[bounds.CHART_OVERLAYS]), reason)
        yield from self._switched_off(default)
        if self.documents > bounds.CHART_DOCUMENTS:
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
            for _ in (*self._told(default, _DEFAULT), *self._handed_on(default, Values(), _DEFAULT)):
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
            yield from self._told(rendering, _Variant(environment=environment))
            yield from self._handed_on(rendering, values, _Variant(environment=environment))
            if paths.is_live(environment):
                yield self._lacks(default, rendering, environment, values)

    def _lacks(self, default: Rendering, rendering: Rendering, environment: str, values: Values) -> Fact:
        """What production does not have of what the chart has by default."""
        found: list[dict[str, object]] = []
        for output, text, switch in lacking(default, rendering, values, self._template):
            for document in yamlnodes.parse(text):
                for one in kube.objects(document):
                    objects.name(one, output.instance)
                    said: dict[str, object] = {"id": self._identity(output, one), "path": output.path}
                    if switch is not None:
                        said |= {"at": f"{switch.path}:{switch.line}", "value": switch.trail}
                    found.append(said)
        return Fact("environment", environment, Location(self.chart.path), {"chart": self.chart.path, "lacks": found})

    def _template(self, path: str) -> str:
        source = self.tree.get(path)
        return source.text if source is not None else ""

    def _handed_on(self, rendering: Rendering, given: Values, variant: _Variant) -> Iterator[Fact]:
        """Images that the values name for dependencies whose templates are not in the repository."""
        for dependency in self.chart.missing():
            if not enabled(rendering.root, rendering.root, dependency, given):
                continue
            owner = f"{self.chart.path}#dependency/{dependency.alias or dependency.name}"
            for holder in named_images(table(rendering.values, dependency.alias or dependency.name)):
                fact = handed_image(holder, owner, variant.environment)
                if _content(fact) not in self.handed:
                    self.handed.add(_content(fact))
                    yield fact

    def _switched_off(self, default: Rendering) -> Iterator[Fact | Note]:
        before = default.instances()
        off = [one for one in install(self.chart, Values(), all_enabled=True)[0].all() if one.path not in before]
        if not default.gated and all(one.outside for one in off):
            return

        def wanted(_: Rendering, instance: Instance, path: str) -> bool:
            if instance.outside or is_inside(path):  # what others made and packed is not ours to switch on
                return False
            return instance.path not in before or path in default.gated

        rendering = self.renderer.render(Values(), force=True, wanted=wanted)
        yield from self._told(rendering, _Variant(state="disabled"))

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
            for output in renderer.render(given, name=self.chart.name).outputs:
                self.known.update((output.path, text) for _, text in _documents(output.writer.text()))
            self.renderer.budget.left = renderer.budget.left

    # -- from output to facts

    def _told(self, rendering: Rendering, variant: _Variant) -> Iterator[Fact | Note]:
        for output in rendering.outputs:
            text = output.writer.text()
            fresh = [one for one in _documents(text) if (output.path, one[1]) not in self.known]
            if not fresh:
                continue
            own = variant
            if output.instance.outside and variant is _DEFAULT:
                own = _Variant(environment=self.chart.values_path)
            lines = Lines(output)
            for first_line, chunk in fresh:
                self.known.add((output.path, chunk))
                self.documents += 1
                if self.documents > bounds.CHART_DOCUMENTS:
                    return
                yield from self._document(output, lines, first_line, chunk, own)

    def _document(
        self, output: Output, lines: Lines, first_line: int, text: str, variant: _Variant
    ) -> Iterator[Fact | Note]:
        kind = _KIND.search(text)
        if kind is None or kind[1] in _PASSED_OVER:
            return
        try:
            parsed = yamlnodes.parse(text, first_line=first_line)
        except yamlnodes.YamlError as error:
            if variant is _DEFAULT:
                at, _ = lines.locate(error.line, 1)
                yield Note(at, f"renders to what is not readable as YAML: {error.reason}")
            return
        for document in parsed:
            for one in kube.objects(document):
                objects.name(one, output.instance)
                yield from self._object(output, lines, one, variant)

    def _object(self, output: Output, lines: Lines, document: Mapping, variant: _Variant) -> Iterator[Fact]:
        identity = self._identity(output, document)
        for fact in kube.facts(
            document,
            lines.locate,
            origin="helm",
            chart=output.instance.name,
            environment=variant.environment,
            state=variant.state,
            identity=identity,
        ):
            if fact.kind == "container" and self._stands_alone(output.instance):
                fact = dataclasses.replace(fact, name=self._own_name(output.instance, fact.name))
            done = objects.completed(fact, document, lines)
            if done is not None and (variant is _DEFAULT or self._is_new(done)):
                if variant is _DEFAULT:
                    self.default_facts.append(done)
                yield done

    def _identity(self, output: Output, document: Mapping) -> str:
        """One identity for one object however it is rendered; equal names of other templates are told apart."""
        plain = kube.workload_id(self.chart.path, document)
        if self._stands_alone(output.instance):
            head, _, name = plain.rpartition("/")
            kind = head.rpartition("#")[2]
            return f"{output.instance.chart.path}#{kind}/{self._own_name(output.instance, name)}"
        key = (output.name, plain)
        if key not in self.identities:
            number, made = 1, plain
            while made in self.taken:
                number += 1
                made = f"{plain}~{number}"
            self.taken.add(made)
            self.identities[key] = made
        return self.identities[key]

    def _stands_alone(self, instance: Instance) -> bool:
        """Whether the instance is of a chart that is rendered on its own, too: here it is in another environment."""
        return instance.outside and not is_vendored(self.tree, instance.chart.folder)

    def _own_name(self, instance: Instance, name: str) -> str:
        """The name that a thing has where its chart is rendered on its own, as a release called like the chart."""
        own = instance.chart.name
        bare = own if name == self.chart.name else name.removeprefix(f"{self.chart.name}-")
        if bare == instance.name or bare.startswith(f"{instance.name}-"):
            bare = own + bare.removeprefix(instance.name)
        return bare

    def _is_new(self, fact: Fact) -> bool:
        """Whether the default rendering does not say the same."""
        if self.said is None:
            self.said = {_content(one) for one in self.default_facts}
        return _content(fact) not in self.said


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of each document that holds anything."""
    for first_line, chunk in yamlnodes.split(text):
        if "apiVersion" in chunk:
            yield first_line, chunk


def _content(fact: Fact) -> str:
    says = {key: value for key, value in fact.says.items() if key not in ("environment", "state", "lines", "end_line")}
    return json.dumps([fact.kind, fact.name, fact.at.path, says], sort_keys=True, default=str)
