"""Renders an installed chart: every template of every instance, each with the lines behind its output."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from mlops_scan.scanner.formats.charts.attentive import Attentive, Span
from mlops_scan.scanner.formats.charts.chart import Chart
from mlops_scan.scanner.formats.charts.cluster import Cluster, Kind, Question
from mlops_scan.scanner.formats.charts.release import Instance, install, metadata, reader
from mlops_scan.scanner.formats.gotemplate.budget import Budget
from mlops_scan.scanner.formats.gotemplate.evaluator import Evaluator
from mlops_scan.scanner.formats.gotemplate.functions import table as function_table
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, Definition, Template, TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.objects import FileSet
from mlops_scan.scanner.formats.gotemplate.parser import parse
from mlops_scan.scanner.formats.gotemplate.struct import Struct
from mlops_scan.scanner.formats.gotemplate.values import Values, copy
from mlops_scan.scanner.formats.gotemplate.writer import Writer
from mlops_scan.scanner.formats.yamlnodes import Repository
from mlops_scan.scanner.model import Location, Note


@dataclass(frozen=True, slots=True)
class Output:
    """What one template of one instance printed. `name` is Helm's path of it, `path` the repository's.

    `asked` is what it asked of the cluster and another kind of cluster answers otherwise.
    """

    instance: Instance
    name: str
    path: str
    writer: Writer
    asked: tuple[Question, ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Which output it is, in whatever rendering."""
        return self.instance.path, self.name

    def questions(self, offset: int) -> tuple[Question, ...]:
        """Those on which what stands at an offset hangs; where no condition around it asks, all of the template's."""
        around = tuple(one for start, end, asked in self.spans if start <= offset < end for one in asked)
        return around or self.asked


@dataclass(slots=True)
class Rendering:
    """The outputs of a chart under one set of values, and the values each instance had before it was rendered.

    `further` is what other clusters make it print, `gated` the templates with a document that a condition holds back.
    """

    root: Instance
    values: Values
    outputs: list[Output] = field(default_factory=list)
    further: list[Output] = field(default_factory=list)
    gated: set[str] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)

    def values_of(self, instance: Instance) -> Mapping[str, Value]:
        return instance.values(self.values)

    def instances(self) -> dict[str, Instance]:
        """Every instance by its path."""
        return {one.path: one for one in self.root.all()}


class Renderer:
    """Renders one chart several times: its templates are parsed once, its budget is one for all renderings."""

    def __init__(self, tree: Repository, chart: Chart, budget: Budget | None = None) -> None:
        self.tree, self.chart = tree, chart
        self.budget = budget or Budget()
        self.cluster = Cluster()
        self.functions = {**function_table(self.budget.take), **self.cluster.functions()}
        self._parsed: dict[str, Template | Note] = {}

    def render(
        self,
        given: Values,
        *,
        name: str = "",
        force: bool = False,
        cluster: Kind = Kind.BARE,
        wanted: Callable[[Rendering, Instance, str], bool] = lambda *_: True,
    ) -> Rendering:
        """Render with the values `given` over the defaults.

        `wanted` chooses templates by instance and repository path; `force` switches on what the values leave out.
        """
        self.cluster.become(cluster)
        root, values = install(self.chart, given, all_enabled=force)
        made = Rendering(root, values)
        definitions: dict[str, Definition] = {}
        work = list(self._templates(root))
        for helm_name, _, template in work:
            definitions.update(template.definitions)
            definitions[helm_name] = Definition(helm_name, template.body, template.path)
        kind = Evaluator if cluster is Kind.BARE else Attentive
        evaluator = kind(definitions, self.functions, self.budget, force=force)
        dots = _Dots(self.tree, root, copy(values), name or self.chart.name, self.cluster.capabilities())
        try:
            for helm_name, instance, template in work:
                if _printed(instance, helm_name) and wanted(made, instance, template.path):
                    dot = dots.dot(instance, helm_name)
                    made.outputs.append(self._output(evaluator, instance, helm_name, template, dot))
        except BoundError as error:
            made.notes.append(Note(Location(self.chart.path), f"rendering stopped: {error}"))
        made.gated = evaluator.gated
        made.notes += self._notes(evaluator)
        del evaluator.expressions  # it holds the evaluator's own methods: a circle that would keep all templates
        return made

    def _output(self, evaluator: Evaluator, instance: Instance, name: str, template: Template, dot: Value) -> Output:
        asked = self.cluster.asked
        asked.clear()
        if isinstance(evaluator, Attentive):
            evaluator.listen(asked)
        writer = evaluator.render(template, dot)
        spans = tuple(evaluator.spans) if isinstance(evaluator, Attentive) else ()
        return Output(instance, name, template.path, writer, tuple(asked), spans)

    def _templates(self, root: Instance) -> Iterator[tuple[str, Instance, Template]]:
        """(Helm's name, instance, template) in the order in which Helm reads them: the deepest first."""
        found: list[tuple[str, Instance, str]] = []
        for instance in root.all():
            for path in instance.chart.templates:
                if not instance.chart.library or posixpath.basename(path).startswith("_"):
                    found.append((f"{instance.path}/{path}", instance, posixpath.join(instance.chart.folder, path)))
        found.sort(key=lambda one: (one[0].count("/"), one[0]), reverse=True)
        for helm_name, instance, path in found:
            template = self.template(path)
            if isinstance(template, Template):
                yield helm_name, instance, template

    def template(self, path: str) -> Template | Note:
        """A template of the repository, or why it cannot be read."""
        if path not in self._parsed:
            if path.startswith(f"{self.chart.folder}/") or not self.chart.folder:
                self._parsed[path] = self._parse(path)
            else:  # a chart that several others depend on is parsed once a repository
                self._parsed[path] = self.tree.memo(f"template {path}", lambda: self._parse(path))
        return self._parsed[path]

    def _parse(self, path: str) -> Template | Note:
        source = self.tree.get(path)
        try:
            return parse(source.text if source is not None else "", path)
        except TemplateError as error:
            return Note(Location(path, max(error.line, 1)), f"not readable as a template: {error.reason}")

    def _notes(self, evaluator: Evaluator) -> Iterator[Note]:
        yield from (one for one in self._parsed.values() if isinstance(one, Note))
        for path, (line, reason) in evaluator.faults.problems.items():
            if self.tree.get(path) is not None:
                yield Note(Location(path, max(line, 1)), f"not all of the template could be rendered: {reason}")
        for name, (path, line) in evaluator.faults.missing.items():
            place = path if self.tree.get(path) is not None else self.chart.path
            yield Note(Location(place, max(line, 1)), f"template '{name}' is not in the chart: it counts as empty")


def _printed(instance: Instance, name: str) -> bool:
    return not instance.chart.library and not posixpath.basename(name).startswith("_")


class _Dots:
    """The dot of each instance's templates."""

    def __init__(self, tree: Repository, root: Instance, values: Values, release: str, capabilities: Struct) -> None:
        self.tree, self.values = tree, values
        self.release = Struct(
            {
                "Name": release,
                "Namespace": "default",
                "Service": "Helm",
                "Revision": 1,
                "IsInstall": True,
                "IsUpgrade": False,
            }
        )
        self.capabilities = capabilities
        self.made: dict[str, dict[str, Value]] = {}
        self._make(root)

    def _make(self, instance: Instance) -> dict[str, Value]:
        chart = instance.chart
        self.made[instance.path] = made = {
            "Values": instance.values(self.values),
            "Chart": metadata(instance),
            "Release": self.release,
            "Capabilities": self.capabilities,
            "Files": FileSet(chart.files, reader(self.tree, chart.folder)),
            "Subcharts": {child.name: self._make(child) for child in instance.children},
        }
        return made

    def dot(self, instance: Instance, name: str) -> dict[str, Value]:
        """The dot of one template."""
        base = f"{instance.path}/templates"
        return {**self.made[instance.path], "Template": Struct({"Name": name, "BasePath": base})}
