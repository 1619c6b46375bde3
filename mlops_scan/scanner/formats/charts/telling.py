"""From what a chart renders to facts: each object once, under the identity that it keeps in every rendering."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import kube, yamlnodes
from mlops_scan.scanner.formats.charts import objects
from mlops_scan.scanner.formats.charts.chart import Chart, is_vendored
from mlops_scan.scanner.formats.charts.cluster import condition
from mlops_scan.scanner.formats.charts.elsewhere import Key
from mlops_scan.scanner.formats.charts.identities import identity, kind_at
from mlops_scan.scanner.formats.charts.lines import Lines
from mlops_scan.scanner.formats.charts.release import Instance
from mlops_scan.scanner.formats.charts.render import Output, Rendering
from mlops_scan.scanner.formats.yamlnodes import Mapping, Repository
from mlops_scan.scanner.model import Fact, Note

_KIND = re.compile(r"^kind[ \t]*:[ \t]*[\"']?([A-Za-z]+)", re.MULTILINE)
_API = re.compile(r"^apiVersion[ \t]*:[ \t]*[\"']?([\w./-]+)", re.MULTILINE)
_APART = frozenset(("environment", "state", "only_where", "lines", "end_line"))
_PASSED_OVER = frozenset(("CustomResourceDefinition",))


@dataclass(frozen=True, slots=True)
class Variant:
    """Under which condition facts hold; all '' for the default rendering. `only_where`: what a cluster must have."""

    environment: str = ""
    state: str = ""
    only_where: str = ""


DEFAULT = Variant()


class Telling:
    """What has been told of a chart so far, and what a further rendering adds."""

    def __init__(self, tree: Repository, chart: Chart) -> None:
        self._tree, self._chart = tree, chart
        self._known: set[tuple[str, str]] = set()  # (template, text) of the documents that have been told
        self._said: set[str] | None = None  # the facts of the default rendering, once an overlay asks
        self._default: list[Fact] = []
        self._identities: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self.documents = 0

    def pass_over(self, outputs: Iterable[Output]) -> None:
        """Documents that another chart tells."""
        for output in outputs:
            self._known.update((output.path, text) for _, text in _documents(output.writer.text()))

    def of(
        self, rendering: Rendering, variant: Variant, but: Set[Key] = frozenset(), *, on_clusters: bool = False
    ) -> Iterator[Fact | Note]:
        """What a rendering adds, without the objects `but`; `on_clusters`: all that it adds hangs on the cluster."""
        for output in rendering.outputs:
            text = output.writer.text()
            fresh = [one for one in _documents(text) if (output.path, one[1]) not in self._known]
            if but:
                fresh = [one for one in fresh if (output.instance.path, *identity(one[1])) not in but]
            if not fresh:
                continue
            own = variant
            if output.instance.outside and variant is DEFAULT:
                own = Variant(environment=self._chart.values_path)
            lines = Lines(output)
            for first_line, chunk in fresh:
                self._known.add((output.path, chunk))
                self.documents += 1
                if self.documents > bounds.CHART_DOCUMENTS:
                    return
                under = (
                    dataclasses.replace(own, only_where=_condition(output, first_line, chunk)) if on_clusters else own
                )
                yield from self._document(output, lines, first_line, chunk, under)

    def _document(
        self, output: Output, lines: Lines, first_line: int, text: str, variant: Variant
    ) -> Iterator[Fact | Note]:
        kind = _KIND.search(text)
        if kind is None or kind[1] in _PASSED_OVER:
            return
        try:
            parsed = yamlnodes.parse(text, first_line=first_line)
        except yamlnodes.YamlError as error:
            if variant is DEFAULT:
                at, _ = lines.locate(error.line, 1)
                yield Note(at, f"renders to what is not readable as YAML: {error.reason}")
            return
        for document in parsed:
            for one in kube.objects(document):
                objects.name(one, output.instance)
                yield from self._object(output, lines, one, variant)

    def _object(self, output: Output, lines: Lines, document: Mapping, variant: Variant) -> Iterator[Fact]:
        identity = self.identity(output, document)
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
            if done is not None and variant.only_where:
                done = dataclasses.replace(done, says={**done.says, "only_where": variant.only_where})
            if done is not None and (variant is DEFAULT or self._is_new(done)):
                if variant is DEFAULT or (variant.only_where and not (variant.environment or variant.state)):
                    self._default.append(done)
                    if self._said is not None:
                        self._said.add(content(done))
                yield done

    def identity(self, output: Output, document: Mapping) -> str:
        """One identity for one object however it is rendered; equal names of other templates are told apart."""
        plain = kube.workload_id(self._chart.path, document)
        if self._stands_alone(output.instance):
            head, _, name = plain.rpartition("/")
            kind = head.rpartition("#")[2]
            return f"{output.instance.chart.path}#{kind}/{self._own_name(output.instance, name)}"
        key = (output.name, plain)
        if key not in self._identities:
            number, made = 1, plain
            while made in self._taken:
                number += 1
                made = f"{plain}~{number}"
            self._taken.add(made)
            self._identities[key] = made
        return self._identities[key]

    def _stands_alone(self, instance: Instance) -> bool:
        """Whether the instance is of a chart that is rendered on its own, too: here it is in another environment."""
        return instance.outside and not is_vendored(self._tree, instance.chart.folder)

    def _own_name(self, instance: Instance, name: str) -> str:
        """The name that a thing has where its chart is rendered on its own, as a release called like the chart."""
        own = instance.chart.name
        bare = own if name == self._chart.name else name.removeprefix(f"{self._chart.name}-")
        if bare == instance.name or bare.startswith(f"{instance.name}-"):
            bare = own + bare.removeprefix(instance.name)
        return bare

    def _is_new(self, fact: Fact) -> bool:
        """Whether the default rendering does not say the same."""
        if self._said is None:
            self._said = {content(one) for one in self._default}
        return content(fact) not in self._said


def _condition(output: Output, first_line: int, chunk: str) -> str:
    """What a cluster must have for a document of the output."""
    text = output.writer.text()
    start = text.find(chunk, sum(len(line) + 1 for line in text.split("\n")[: first_line - 1]))
    at = max(start, 0) + max(kind_at(chunk), 0)
    version = _API.search(chunk)
    return condition(output.questions(at), version[1] if version else "")


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of each document that holds anything."""
    for first_line, chunk in yamlnodes.split(text):
        if "apiVersion" in chunk:
            yield first_line, chunk


def content(fact: Fact) -> str:
    """What a fact says, whichever rendering says it."""
    says = {key: value for key, value in fact.says.items() if key not in _APART}
    return json.dumps([fact.kind, fact.name, fact.at.path, says], sort_keys=True, default=str)
