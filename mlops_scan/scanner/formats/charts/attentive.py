"""An evaluator that remembers which part of the output stands behind conditions that ask the cluster something."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_scan.scanner.formats.charts.cluster import Question
from mlops_scan.scanner.formats.gotemplate.evaluator import Evaluator
from mlops_scan.scanner.formats.gotemplate.nodes import Node, Pipeline, Value
from mlops_scan.scanner.formats.gotemplate.scope import Reads, Scope
from mlops_scan.scanner.formats.gotemplate.writer import Writer

Span = tuple[int, int, tuple[Question, ...]]  # from offset, to offset, what the condition around it asks


class Attentive(Evaluator):
    """Slower than the plain one: it is for the few templates that ask at all."""

    _asked: list[Question]
    _just: tuple[Question, ...]
    spans: list[Span]

    def listen(self, asked: list[Question]) -> None:
        """Before each template: where its questions are noted."""
        self._asked, self._just, self.spans = asked, (), []

    def _condition(self, pipeline: Pipeline, scope: Scope, path: str, line: int) -> tuple[Value, Reads]:
        start = len(self._asked)
        found = super()._condition(pipeline, scope, path, line)
        self._just = tuple(self._asked[start:])
        return found

    def _run(self, nodes: Iterable[Node], scope: Scope, out: Writer, path: str) -> None:
        just, start = self._just, out.length
        self._just = ()
        super()._run(nodes, scope, out, path)
        if just and not self.depth:
            self.spans.append((start, out.length, just))
