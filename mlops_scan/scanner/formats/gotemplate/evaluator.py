"""Evaluates a template: tolerant of what a chart lacks, bounded in steps, depth and output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.budget import BreakError, Budget, ContinueError
from mlops_scan.scanner.formats.gotemplate.expressions import Expressions
from mlops_scan.scanner.formats.gotemplate.faults import FAULTS, Faults
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.gotypes import UNKNOWN, truth
from mlops_scan.scanner.formats.gotemplate.nodes import (
    Action,
    BoundError,
    Call,
    Constant,
    Definition,
    Function,
    If,
    Jump,
    Node,
    Pipeline,
    Range,
    Template,
    TemplateError,
    Text,
    Value,
    begins_document,
    included,
)
from mlops_scan.scanner.formats.gotemplate.parser import parse
from mlops_scan.scanner.formats.gotemplate.ranges import each
from mlops_scan.scanner.formats.gotemplate.scope import Reads, Scope
from mlops_scan.scanner.formats.gotemplate.writer import Writer

_TPL = "tpl"
_NINDENT = Function("nindent")


class Evaluator:
    """One rendering of a chart: its named templates, its budget, and what went wrong so far.

    `gated` are the files in which a whole document hangs on a false condition. With `force`, such a condition is taken
    as true.
    """

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        functions: Mapping[str, Callable[..., Value]],
        budget: Budget,
        *,
        force: bool = False,
        strict: bool = False,
    ) -> None:
        self.definitions = dict(definitions)
        self.budget, self.force = budget, force
        self.faults = Faults(strict=strict)
        self.gated: set[str] = set()
        self.depth = self.inline = 0
        self.parsed: dict[str, Template] = {}
        self.expressions = Expressions(functions, budget.take, self.include, self.tpl)

    def render(self, template: Template, dot: Value) -> Writer:
        """What the file prints for `dot`. Raises BoundError; every other fault is in `problems`."""
        out = Writer()
        self.expressions.reads.clear()
        self.depth = self.inline = 0
        try:
            self._run(template.body, Scope(dot), out, template.path)
        except RecursionError:
            raise BoundError("templates call each other too deeply") from None
        except (BreakError, ContinueError):
            self.faults.problem(template.path, 0, TemplateError("break or continue outside range"))
        return out

    def _run(self, nodes: Iterable[Node], scope: Scope, out: Writer, path: str) -> None:
        for node in nodes:
            if type(node) is Text:
                out.literal(node.text, path, node.line)
                continue
            self.budget.take()
            if type(node) is Action:
                self._action(node, scope, out, path)
            elif type(node) is If:
                self._if(node, scope, out, path)
            elif type(node) is Range:
                self._range(node, scope, out, path)
            elif type(node) is Call:
                self._template(node, scope, out, path)
            elif type(node) is Jump:
                raise BreakError if node.leaves else ContinueError

    def _action(self, node: Action, scope: Scope, out: Writer, path: str) -> None:
        if not self.inline and (definition := included(node.pipeline, path, self.definitions)) is not None:
            self._adopt(node, definition, scope, out, path)
            return
        reads = self.expressions.reads
        start, faults = len(reads), self.faults.count
        value = self._value(node.pipeline, scope, path, node.line)
        if self.faults.count != faults:
            out.hole()
        if node.pipeline.names:
            self._set(node.pipeline, scope, value, tuple(reads[start:]), path, node.line)
        elif self.inline:
            out.value(show(value), path, node.line, ())
            return  # the action that includes this template wants the reads
        else:
            out.value(show(value), path, node.line, tuple(reads[start:]))
        del reads[start:]

    def _adopt(self, node: Action, definition: Definition, scope: Scope, out: Writer, path: str) -> None:
        """Print an included template of several lines so that each line keeps its own place."""
        reads = self.expressions.reads
        start, faults = len(reads), self.faults.count
        head, *rest = node.pipeline.commands
        inner = Writer()
        dot = self._value(Pipeline(((head[2],),)), scope, path, node.line)
        given = tuple(reads[start:]) if not isinstance(dot, dict) else ()
        del reads[start:]
        self._nest(definition, Scope(dot, given), inner)
        text = inner.text()
        value = self._value(Pipeline(((Constant(text),), *rest)), scope, path, node.line)
        if "\n" in text.strip() and isinstance(value, str):
            out.adopt(value, inner, sum(command[0] == _NINDENT for command in rest))
        else:
            if self.faults.count != faults:
                out.hole()
            made = [read for mark in inner.marks for read in mark.reads]
            out.value(show(value), path, node.line, tuple(made))
        del reads[start:]

    def _nest(self, definition: Definition, scope: Scope, out: Writer) -> None:
        self._enter()
        try:
            self._run(definition.body, scope, out, definition.path)
        finally:
            self.depth -= 1

    def _value(self, pipeline: Pipeline, scope: Scope, path: str, line: int) -> Value:
        try:
            return self.expressions.pipeline(pipeline, scope)
        except FAULTS as error:
            self.faults.problem(path, line, error)
            return UNKNOWN

    def _set(self, pipeline: Pipeline, scope: Scope, value: Value, reads: Reads, path: str, line: int) -> None:
        try:
            (scope.declare if pipeline.declares else scope.assign)(pipeline.names[0], value, reads)
        except TemplateError as error:
            self.faults.problem(path, line, error)
            scope.declare(pipeline.names[0], value, reads)

    def _condition(self, pipeline: Pipeline, scope: Scope, path: str, line: int) -> tuple[Value, Reads]:
        """The value and its reads; a variable declared here lives in `scope`."""
        reads = self.expressions.reads
        start = len(reads)
        value = self._value(pipeline, scope, path, line)
        made = tuple(reads[start:])
        del reads[start:]
        if pipeline.names:
            self._set(pipeline, scope, value, made, path, line)
        return value, made

    def _if(self, node: If, scope: Scope, out: Writer, path: str) -> None:
        inner = scope.inner()
        value, reads = self._condition(node.pipeline, inner, path, node.line)
        taken = truth(value) or (not node.other and self._gate(node, out, path))
        if taken and node.rebinds:
            inner.dot, inner.reads = value, reads
        self._run(node.then if taken else node.other, inner, out, path)

    def _gate(self, node: If, out: Writer, path: str) -> bool:
        """Whether a false condition that holds back a whole document is to be taken as true."""
        if self.depth or (not begins_document(node) and out.document_open):
            return False
        self.gated.add(path)
        return self.force

    def _range(self, node: Range, scope: Scope, out: Writer, path: str) -> None:
        names, declares = node.pipeline.names, node.pipeline.declares
        value, reads = self._condition(Pipeline(node.pipeline.commands), scope, path, node.line)
        count = 0
        for key, item, trail in each(value, reads):
            count += 1
            self.budget.take()
            inner = Scope(item, trail, scope)
            put = inner.declare if declares else inner.assign
            if names:
                put(names[-1], item, trail)
            if len(names) == 2:
                put(names[0], key, ())
            try:
                self._run(node.body, inner, out, path)
            except BreakError:
                break
            except ContinueError:
                continue
        if not count:
            self._run(node.other, scope.inner(), out, path)

    def _template(self, node: Call, scope: Scope, out: Writer, path: str) -> None:
        definition = self.definitions.get(node.name)
        if definition is None:
            self.faults.absent(node.name, path, node.line)
            return
        start = len(self.expressions.reads)
        dot = self._value(node.pipeline, scope, path, node.line) if node.pipeline else None
        reads = tuple(self.expressions.reads[start:])
        del self.expressions.reads[start:]
        self._nest(definition, Scope(dot, reads), out)

    def include(self, name: Value, dot: Value) -> Value:
        """The text a named template prints; UNKNOWN when there is none."""
        definition = self.definitions.get(str(name))
        if definition is None:
            self.faults.absent(str(name), "", 0)
            return UNKNOWN
        return self._inline(definition.body, dot, definition.path)

    def tpl(self, source: Value, dot: Value) -> Value:
        """The text that a template given as a value prints."""
        text = show(source)
        if "{{" not in text:
            return text
        if text not in self.parsed:
            self.budget.take(len(text) // 64)
            self.parsed[text] = parse(text, _TPL)
        template = self.parsed[text]
        for name, definition in template.definitions.items():
            self.definitions.setdefault(name, definition)
        return self._inline(template.body, dot, _TPL)

    def _inline(self, body: Iterable[Node], dot: Value, path: str) -> str:
        out = Writer()
        self._enter()
        self.inline += 1
        try:
            self._run(body, Scope(dot), out, path)
        finally:
            self.inline -= 1
            self.depth -= 1
        return out.text()

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > bounds.TEMPLATE_DEPTH:
            raise BoundError(f"templates included deeper than {bounds.TEMPLATE_DEPTH} levels")
