"""Templates of Azure Pipelines opened where they are called: each call has its own values of parameters and loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.azureexpressions import evaluated
from mlops_scan.scanner.formats.azuresteps import Branches, is_expression, template_path
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Location, Note
from mlops_scan.scanner.parsers.parts import azure_values
from mlops_scan.scanner.parsers.parts.azure_scopes import EACH, Item, Scope, drawn, turns

_DEEP = 10  # a template calls a template calls a template
_NESTED = 60  # expressions below expressions
_MOST = 5_000  # items of one pipeline, templates opened

Values = dict[str, tuple[str, ...]]


class Expander:
    """Opens the lists of one pipeline."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.left = tree, _MOST
        self._cut: dict[Location, str] = {}

    def root(self, source: SourceFile, document: Mapping) -> Scope:
        """The scope of a pipeline: a parameter with a default that somebody may choose otherwise is open."""
        scope = Scope(source, inside=(source.path,))
        settled: Values = {}
        for name, default in azure_values.declared(document):
            scope = scope.named(f"parameters.{name}", default, Scope(source))
            if allowed := azure_values.allowed(document, name):
                settled[f"parameters.{name}"] = allowed
        nodes = {key: (holder, node) for key, (holder, node) in scope.nodes.items() if node}
        scope = replace(scope, settled=settled, nodes=nodes)
        return self.with_variables(scope, document)

    def notes(self) -> Iterator[Note]:
        """Where a bound kept the lists from being opened whole."""
        yield from (Note(at, reason) for at, reason in sorted(self._cut.items()))

    def body(self, scope: Scope, document: Mapping) -> Iterator[Item]:
        """The document itself, and what it extends."""
        calls: tuple[tuple[Scope, Mapping], ...] = ()
        for _ in range(_DEEP):
            yield Item(scope, document, calls)
            call = document.get("extends")
            opened = self._opened(scope, call) if isinstance(call, Mapping) else None
            if opened is None or not isinstance(call, Mapping):
                return
            calls = ((scope, call),)
            scope, document = opened
            scope = self.with_variables(scope, document)

    def items(self, scope: Scope, nodes: Node | None, key: str, deep: int = 0) -> Iterator[Item]:
        """The items of a list: loops unrolled, branches chosen, templates of the repository opened at their `key`."""
        branches = Branches()
        for one in yamlnodes.items(nodes):
            self.left -= 1
            if self.left < 0 or deep > _NESTED:
                many = f"more than {_MOST} items, templates opened" if self.left < 0 else f"more than {_NESTED} levels"
                if not self._cut or self.left >= 0:  # where it first was too much
                    self._cut[Location(scope.source.path, one.line, one.column)] = f"{many}: the rest is left out"
                return
            if isinstance(one, Mapping) and one and all(is_expression(name) for name in one):
                yield from self._expressions(scope, one, key, branches, deep)
                continue
            branches = Branches()
            holder, held = scope.handed(one)
            call = one if isinstance(one, Mapping) and "template" in one else None
            opened = self._opened(scope, call) if call is not None else None
            if held is not one:
                yield from self.items(holder, held, key, deep + 1)
            elif opened is not None and call is not None:
                yield from self._of_call(scope, call, opened, key, deep)
            else:
                whose, made = drawn(scope, one) or (scope, one)
                yield Item(whose, made)

    def _expressions(self, scope: Scope, one: Mapping, key: str, branches: Branches, deep: int) -> Iterator[Item]:
        for written, below in one.items():
            loop = EACH.match(written)
            if loop is not None and isinstance(below, Mapping):  # an item whose keys are those of another
                whose, made = drawn(scope, one) or (scope, one)
                yield Item(whose, made)
                return
            if loop is not None:
                for turn in turns(scope, loop[1], loop[2]):
                    yield from self.items(turn, below, key, deep + 1)
            elif branches.takes(written, scope.settled):
                yield from self.items(scope, below, key, deep + 1)

    def _of_call(
        self, scope: Scope, call: Mapping, opened: tuple[Scope, Mapping], key: str, deep: int
    ) -> Iterator[Item]:
        inner, document = opened
        calls: tuple[tuple[Scope, Mapping], ...] = ((scope, call),)
        listed = document.get(key)
        nodes = azure_values.pairs(listed) if key == "variables" and isinstance(listed, Mapping) else listed
        for item in self.items(inner, nodes, key, deep + 1):
            yield replace(item, calls=(*calls, *item.calls))
            calls = ()

    def opens(self, scope: Scope, call: Mapping) -> bool:
        """Whether the template that a call names lies in the repository, and is not around it."""
        return self._opened(scope, call) is not None

    def _opened(self, scope: Scope, call: Mapping) -> tuple[Scope, Mapping] | None:
        """What a call gives a template of the repository, and the template; None for one elsewhere or around it."""
        path = template_path(scope.source.folder, scope.text(call, "template"))
        source = self.tree.get(path) if path != "." and path not in scope.inside else None
        if source is not None and len(scope.inside) >= _DEEP:
            reason = f"a template more than {_DEEP - 1} templates deep: not opened"
            self._cut[yamlnodes.at(scope.source.path, call, "template")] = reason
            return None
        documents = yamlnodes.documents(source).documents[:1] if source else ()
        for document in documents:
            if source is not None and isinstance(document, Mapping):
                return self._entered(scope, call, source, document), document
        return None

    def _entered(self, scope: Scope, call: Mapping, source: SourceFile, document: Mapping) -> Scope:
        settled = {key: one for key, one in scope.settled.items() if key in scope.runtime}
        inner = Scope(source, scope.runtime, settled, scope.runtime, {}, (*scope.inside, source.path))
        _, given = drawn(*scope.handed(call.get("parameters"))) or (scope, Mapping(1, 1))
        for name, default in azure_values.declared(document):
            if name not in given:
                inner = inner.named(f"parameters.{name}", default, Scope(source))
        for name, value in given.items():
            inner = inner.named(f"parameters.{name}", value, scope)
        return inner

    def variables(self, scope: Scope, node: Node | None) -> Iterator[tuple[Scope, str, Scalar, tuple[int, int]]]:
        """(scope, name, value, place) of what `variables:` says, here or in the files that it names."""
        if isinstance(node, Mapping):
            _, made = drawn(scope, node) or (scope, node)
            for name, value in made.items():
                if isinstance(value, Scalar) and name != "template":
                    yield scope, name, value, made.places[name]
        else:
            for item in self.items(scope, node, "variables"):
                said = yamlnodes.child(item.node, "value")
                name = item.scope.text(item.node, "name")
                if name and isinstance(said, Scalar):
                    yield item.scope, name, said, (said.line, said.column)

    def with_variables(self, scope: Scope, holder: Mapping) -> Scope:
        """A scope with the variables of a pipeline, stage or job that are written down."""
        found: Values = {}
        for inner, name, value, _ in self.variables(scope, holder.get("variables")):
            known = {**inner.known, **scope.known, **found}
            filled = placeholders.fill(evaluated(str(value), known), known)
            if filled and "${{" not in filled and "\n" not in filled:
                found[name] = found[f"variables.{name}"] = (filled,)
        if not found:
            return scope
        scope = scope.running(found)
        if b"task.setvariable" in scope.source.data:  # a script may set them otherwise
            return scope
        certain = {key: one for key, one in found.items() if "$" not in "".join(one)}
        return replace(scope, settled={**scope.settled, **certain})
