"""Turns what the calls of a file that imports an infrastructure library declare into facts."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from mlops_scan.scanner.formats.python.constructs import declared, emit, mechanical, tables
from mlops_scan.scanner.formats.python.constructs.codenodes import Made, Unknown
from mlops_scan.scanner.formats.python.constructs.declared import Declared
from mlops_scan.scanner.formats.python.constructs.meanings import Meanings
from mlops_scan.scanner.formats.python.constructs.mechanical import Subject
from mlops_scan.scanner.formats.python.constructs.met import Met
from mlops_scan.scanner.formats.python.constructs.nodes import Builder
from mlops_scan.scanner.formats.python.constructs.tables import Entry
from mlops_scan.scanner.formats.python.constructs.templates import Filler
from mlops_scan.scanner.formats.python.constructs.uses import Frame, Uses
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.values import Values
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar
from mlops_scan.scanner.model import Fact, Location

_APPLIES = ("create", "replace", "patch", "apply", "add_manifest", "server_side_apply", "KubernetesManifest")
_NAMES = ("id", "construct_id", "resource_name")


class Reading:
    """The declarations of one file, once every name of it is known."""

    def __init__(self, source: Source, resolver: Resolver, values: Values, imports: set[str]) -> None:
        self.source, self.resolver, self.values = source, resolver, values
        self.tables = tables.load()
        self.meanings = Meanings(self.tables, imports)
        self.builder = Builder(source, resolver, values)
        self.builder.is_resource = self.meanings.is_resource
        self.builder.is_known = lambda name: name.partition(".")[0] in tables.roots()
        self.builder.value = self.meanings.value
        self.filler = Filler(self.tables.values, self._receiver, self._leads, self._declaring)
        self.declared: dict[int, list[Declared]] = {}  # by the call that declares
        self._receivers: dict[int, Made | None] = {}

    def facts(
        self,
        met: list[tuple[Met, str, Location, dict[str, Any]]],
        attributes: list[tuple[ast.Attribute, ast.expr, Scope]],
    ) -> Iterator[Fact]:
        joins: list[tuple[Entry, Made, tuple[int, ...]]] = []
        called = {name for _, name, _, says in met if says.get("local")}
        uses = Uses(self.resolver, self.values, [one for one, _, _, says in met if says.get("local")])
        for one, name, _, says in met:
            found = self.meanings.subject(name)
            entry = None if found else self.meanings.entry(name, one, says)
            if found is None and entry is None:
                self._applied(name, one)
                continue
            for self.builder.frame in _frames(found, entry, one, uses):
                self._receivers.clear()
                made = self._made(one, name, says)
                if found is not None:
                    self._declare(one, found, made)
                elif entry is not None:
                    self._by_table(one, entry, made, called=says.get("function") in called)
                    if entry.joins:
                        joins.append((entry, made, self.builder.frame.uses))
            self.builder.frame = Frame()
        for entry, made, used in joins:
            self._join(entry, made, used)
        for target, value, scope in attributes:
            self._set(target, value, scope)
        yield from emit.facts(self.source, self._flat())

    def dissolve(self) -> None:
        """Let go of what holds methods of this object: the circle would keep the file's whole tree."""
        del self.builder, self.filler

    def _flat(self) -> list[Declared]:
        return [
            one
            for key, found in self.declared.items()
            for one in found
            if key not in self.builder.used or one.platform != "kubernetes"
        ]

    def _made(self, met: Met, name: str, says: dict[str, Any]) -> Made:
        made = self._called(met, name)
        if "decorates" in says:
            made["decorates"] = scalar(str(says["decorates"]), made.line, made.column, bare=False)
        return made

    def _called(self, met: Met, name: str) -> Made:
        if not isinstance(met.node, ast.Call):
            at = self.source.at(met.node)
            return Made(at.line, at.column, name, ast.Call(met.node, [], []), met.scope)
        found = self.builder.call(met.node, met.scope)
        if isinstance(found, Made):
            return found
        at = self.source.at(met.node)  # a method of a receiver that only became known later, or not at all
        made = Made(at.line, at.column, name, met.node, met.scope)
        for keyword in met.node.keywords:
            if keyword.arg is not None:
                value = self.builder.node(keyword.value, met.scope, 1)
                if not (isinstance(value, Scalar) and value == "null" and value.bare):
                    made[keyword.arg] = value
                    made.places[keyword.arg] = (value.line, value.column)
        made.args = [self.builder.node(one, met.scope, 1) for one in met.node.args]
        return made

    def _receiver(self, made: Made) -> Node | None:
        """The call that made the object whose method is called."""
        if made.receiver is None:
            return None
        call, scope = made.receiver
        if id(call) not in self._receivers:
            self._receivers[id(call)] = None  # a receiver that leads back to itself
            found = self.builder.call(call, scope)
            self._receivers[id(call)] = found if isinstance(found, Made) else None
        return self._receivers[id(call)]

    def _leads(self, made: Made) -> tuple[ast.Call, ...]:
        """The calls that made the resources which stand in a call that is none itself."""
        return () if self.meanings.is_resource(made.callee) else self.builder.subjects(made.call, made.scope)

    def _declaring(self, call: ast.Call | None) -> Made | None:
        """What is known of a call that declared something."""
        found = self.declared.get(id(call), ()) if call is not None else ()
        return next((one.call for one in found if one.call is not None), None)

    def _declare(self, met: Met, subject: Subject, made: Made) -> None:
        for key, value in made.items():
            made[key] = self.filler.settled(value)
        if subject.platform == "kubernetes":
            document = mechanical.document(subject, made)
            deployed = met.scope.up is not None and mechanical.is_deployed(made.callee, self.tables)
            if declared.is_told(document, deployed):
                self._add(met.node, Declared("kubernetes", "", "", document, made))
            return
        place = 1 if subject.platform == "cloudformation" else 0
        options = [*made.args[place : place + 1], *(made[key] for key in _NAMES if key in made)]
        named = options[0] if options else None
        handed = declared.is_handed(named)
        name = declared.known_name(None if handed else named, made)
        data = mechanical.data(subject, made)
        self._add(met.node, Declared(subject.platform, subject.type, name, data, made, named=named if handed else None))

    def _by_table(self, met: Met, entry: Entry, made: Made, *, called: bool) -> None:
        """A call that only hands on what it is given is a helper, unless this file calls the helper."""
        if entry.origin == "sdk" and "decorates" not in made and not called and not declared.tells(made):
            return
        for template in entry.makes:
            found = declared.by_template(template, entry, made, self.filler)
            if found is not None:
                self._add(met.node, found)

    def _join(self, entry: Entry, made: Made, used: tuple[int, ...]) -> None:
        """Add what a method says to what its receiver declared, or to what it names."""
        for found in self._joined(entry, made):
            if found.uses and found.uses[0] not in used:
                continue  # of another use
            template = entry.joins.get(found.form)
            node = self.filler.fill(template, made) if template is not None else None
            if node is not None:
                declared.merge(found.data, node)

    def _joined(self, entry: Entry, made: Made) -> list[Declared]:
        named = self.filler.fill(entry.onto, made) if entry.onto else None
        if isinstance(named, Unknown) and (found := self.declared.get(id(named.made_by))):
            return found
        if isinstance(named, Scalar):
            key = declared.key_of(named)
            return [one for found in self.declared.values() for one in found if one.key == key]
        return self.declared.get(id(made.receiver[0]), []) if made.receiver is not None else []

    def _set(self, target: ast.Attribute, value: ast.expr, scope: Scope) -> None:
        """Add `endpoint.tags = [...]` to what the constructor declared."""
        names, holder = [target.attr], target.value
        while isinstance(holder, ast.Attribute):
            if self._declared_by(holder, scope):
                break
            names.append(holder.attr)
            holder = holder.value
        for found in self._declared_by(holder, scope):
            if found.form == "resource":
                node = self.filler.settled(self.builder.node(value, scope, 1))
                declared.merge(found.data, mechanical.attribute(found.platform, names[::-1], node))

    def _declared_by(self, expr: ast.expr, scope: Scope) -> list[Declared]:
        binding = self.resolver.resolve(expr, scope)
        if binding.call is None or binding.scope is None:
            return []
        whole = self.resolver.callee(binding.call, binding.scope).name == binding.name
        return self.declared.get(id(binding.call), []) if whole else []

    def _applied(self, name: str, met: Met) -> None:
        """Manifests that are handed over as a dict."""
        last = name.rpartition(".")[2]
        if not last.startswith(_APPLIES) or not isinstance(met.node, ast.Call):
            return
        for one in (*met.node.args[:6], *(keyword.value for keyword in met.node.keywords)):
            if not isinstance(one, (ast.Dict, ast.Name, ast.Attribute, ast.Call)):
                continue
            if isinstance(one, ast.Call) and self.meanings.is_resource(self.resolver.callee(one, met.scope).name):
                continue  # met by itself
            node = self.builder.node(one, met.scope, 1)
            for document in node if isinstance(node, Sequence) else [node]:
                if isinstance(document, Mapping) and "metadata" in document and declared.is_told(document):
                    self._add(one, Declared("kubernetes", "", "", document, None))

    def _add(self, node: ast.expr, one: Declared) -> None:
        one.uses = self.builder.frame.uses
        there = self.declared.setdefault(id(node), [])
        if not one.uses or not any(declared.is_same(one, other) for other in there):
            there.append(one)


def _frames(found: Subject | None, entry: Entry | None, met: Met, uses: Uses) -> Iterable[Frame]:
    """The calls of the function around a call that declares something, each of which declares another."""
    if entry is not None and entry.origin != "python":
        return [Frame()]
    kept = found is not None and found.platform == "kubernetes"  # its name and image are of the fact itself
    return uses.around(met.scope, 1 if kept else 2)
