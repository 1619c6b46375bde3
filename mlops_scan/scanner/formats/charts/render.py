"""Renders an installed chart: every template of every instance, each with the lines behind its output."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from mlops_scan.scanner.formats.charts.chart import Chart
from mlops_scan.scanner.formats.charts.release import Instance, install, metadata, reader
from mlops_scan.scanner.formats.gotemplate.budget import Budget
from mlops_scan.scanner.formats.gotemplate.evaluator import Evaluator
from mlops_scan.scanner.formats.gotemplate.functions import table as function_table
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, Definition, Template, TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.objects import ApiVersions, FileSet
from mlops_scan.scanner.formats.gotemplate.parser import parse
from mlops_scan.scanner.formats.gotemplate.struct import Struct
from mlops_scan.scanner.formats.gotemplate.values import Values, copy
from mlops_scan.scanner.formats.gotemplate.writer import Writer
from mlops_scan.scanner.formats.yamlnodes import Repository
from mlops_scan.scanner.model import Location, Note

KUBERNETES = "v1.36.2"
HELM = "v4.2.3"
_APIS = (
    "v1 apps/v1 batch/v1 autoscaling/v1 autoscaling/v2 networking.k8s.io/v1 policy/v1 rbac.authorization.k8s.io/v1"
    " storage.k8s.io/v1 apiextensions.k8s.io/v1 admissionregistration.k8s.io/v1 coordination.k8s.io/v1"
    " scheduling.k8s.io/v1 apiregistration.k8s.io/v1 certificates.k8s.io/v1 discovery.k8s.io/v1 events.k8s.io/v1"
    " node.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1 authentication.k8s.io/v1 authorization.k8s.io/v1"
    " autoscaling/v2/HorizontalPodAutoscaler networking.k8s.io/v1/Ingress policy/v1/PodDisruptionBudget"
)


@dataclass(frozen=True, slots=True)
class Output:
    """What one template of one instance printed. `name` is Helm's path of it, `path` the repository's."""

    instance: Instance
    name: str
    path: str
    writer: Writer


@dataclass(slots=True)
class Rendering:
    """The outputs of a chart under one set of values, and the values each instance had before it was rendered."""

    root: Instance
    values: Values
    outputs: list[Output] = field(default_factory=list)
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
        self.functions = function_table(self.budget.take)
        self._parsed: dict[str, Template | Note] = {}

    def render(
        self,
        given: Values,
        *,
        name: str = "",
        force: bool = False,
        wanted: Callable[[Rendering, Instance, str], bool] = lambda *_: True,
    ) -> Rendering:
        """Render with the values `given` over the defaults.

        `wanted` chooses templates by instance and repository path; `force` switches on what the values leave out.
        """
        root, values = install(self.chart, given, all_enabled=force)
        made = Rendering(root, values)
        definitions: dict[str, Definition] = {}
        work = list(self._templates(root))
        for helm_name, _, template in work:
            definitions.update(template.definitions)
            definitions[helm_name] = Definition(helm_name, template.body, template.path)
        evaluator = Evaluator(definitions, self.functions, self.budget, force=force)
        dots = _Dots(self.tree, root, copy(values), name or self.chart.name)
        try:
            for helm_name, instance, template in work:
                if _printed(instance, helm_name) and wanted(made, instance, template.path):
                    dot = dots.dot(instance, helm_name)
                    made.outputs.append(Output(instance, helm_name, template.path, evaluator.render(template, dot)))
        except BoundError as error:
            made.notes.append(Note(Location(self.chart.path), f"rendering stopped: {error}"))
        made.gated = evaluator.gated
        made.notes += self._notes(evaluator)
        del evaluator.expressions  # it holds the evaluator's own methods: a circle that would keep all templates
        return made

    def _templates(self, root: Instance) -> Iterator[tuple[str, Instance, Template]]:
        """(Helm's name, instance, template) in the order in which Helm reads them: the deepest first."""
        found: list[tuple[str, Instance, str]] = []
        for instance in root.all():
            for path in instance.chart.templates:
                if not instance.chart.library or posixpath.basename(path).startswith("_"):
                    found.append((f"{instance.path}/{path}", instance, posixpath.join(instance.chart.folder, path)))
        found.sort(key=lambda one: (one[0].count("/"), one[0]), reverse=True)
        for helm_name, instance, path in found:
            template = self._template(path)
            if isinstance(template, Template):
                yield helm_name, instance, template

    def _template(self, path: str) -> Template | Note:
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

    def __init__(self, tree: Repository, root: Instance, values: Values, release: str) -> None:
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
        self.capabilities = _capabilities()
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


def _capabilities() -> Struct:
    major, minor, _ = KUBERNETES.lstrip("v").split(".")
    version = {"Version": KUBERNETES, "Major": major, "Minor": minor, "GitVersion": KUBERNETES}
    return Struct(
        {
            "KubeVersion": Struct(version, KUBERNETES),
            "APIVersions": ApiVersions(_APIS.split()),
            "HelmVersion": Struct({"Version": HELM, "GitCommit": "", "GitTreeState": "", "GoVersion": ""}, HELM),
        }
    )
