"""What names stand for in one call of a file of Azure Pipelines, or in one turn of a loop in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mlops_scan.scanner.files import SourceFile
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.azureexpressions import evaluated, listed
from mlops_scan.scanner.formats.azuresteps import Branches, is_expression
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.parsers.parts import azure_values

EACH = re.compile(r"\$\{\{[ \t]*each[ \t]+(\w+)[ \t]+in[ \t]+([\w.-]+|\w+\(.{1,200}\))[ \t]*\}\}\Z")
_INSERT = re.compile(r"\$\{\{[ \t]*insert[ \t]*\}\}\Z")
_MOST_KEYS = 400  # of one mapping
_INSIDE = 2  # mappings in a step whose values are looked at


@dataclass(frozen=True, slots=True)
class Scope:
    """A file as one call of it, or one turn of a loop in it, sees it."""

    source: SourceFile
    known: Known = field(default_factory=dict)  # the values of its placeholders
    settled: Known = field(default_factory=dict)  # those of them that nobody chooses otherwise: conditions rest on them
    runtime: Known = field(default_factory=dict)  # the variables, which templates see, too
    nodes: azure_values.Nodes[Scope] = field(default_factory=dict)  # lists and mappings, and the scope of each
    inside: tuple[str, ...] = ()  # the files around

    def fill(self, text: str) -> str:
        """A text with its placeholders filled, where there is one way to fill them."""
        found = placeholders.variants([text], self.known) if "${{" in text else []
        return evaluated(found[0][0], self.known) if len(found) == 1 else text

    def text(self, node: Node | None, *path: str) -> str:
        return self.fill(yamlnodes.text(node, *path))

    def named(self, key: str, node: Node | None, outer: Scope) -> Scope:
        """This scope with a parameter or the name of a loop, which stands for a node of `outer`."""
        holder, held = outer.handed(node)
        if isinstance(held, Mapping) and any(map(is_expression, held)):
            holder, held = drawn(holder, held) or (holder, held)
        known = {**self.known, **azure_values.values(key, held, holder.known)}
        settled = {**self.settled, **azure_values.certain(key, held, holder.settled)}
        nodes = {**self.nodes, key: (holder, held)} if isinstance(held, Mapping | Sequence) else self.nodes
        return replace(self, known=known, settled=settled, nodes=nodes)

    def handed(self, node: Node | None) -> tuple[Scope, Node | None]:
        """The node behind a `${{ name }}` that stands for a list or a mapping, else the node itself."""
        name = azure_values.whole(node)
        return (azure_values.below(self.nodes, name) if name else None) or (self, node)

    def running(self, variables: Known) -> Scope:
        """This scope with more variables."""
        return replace(self, known={**self.known, **variables}, runtime={**self.runtime, **variables})


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list in its scope; `calls` are the templates that had to be opened for it since the item before."""

    scope: Scope
    node: Node
    calls: tuple[tuple[Scope, Mapping], ...] = ()


def turns(scope: Scope, name: str, over: str) -> Iterator[Scope]:
    """The scope of each turn of a loop; of one over a list that is not known, one."""
    found = azure_values.below(scope.nodes, over)
    if found is None and (items := listed(over, scope.settled)) is not None:
        yield from (scope.named(name, yamlnodes.scalar(one), scope) for one in items)
        return
    if found is None:
        yield scope
        return
    holder, node = found
    if isinstance(node, Mapping):
        for key, value in node.items():
            turn = scope.named(f"{name}.value", value, holder)
            key_of_it = {f"{name}.key": (key,)}
            nodes = {**turn.nodes, f"{name}.value": turn.nodes.get(f"{name}.value", (holder, value))}
            yield replace(turn, known={**turn.known, **key_of_it}, settled={**turn.settled, **key_of_it}, nodes=nodes)
    else:
        yield from (scope.named(name, one, holder) for one in yamlnodes.items(node))


def drawn(scope: Scope, node: Node | None) -> tuple[Scope, Mapping] | None:
    """A mapping with what stands under its template expressions drawn in, and the scope of what was handed over.

    The first value of a key counts.
    """
    if not isinstance(node, Mapping):
        return None
    if not any(map(is_expression, node)):
        return scope, _filled(scope, node)
    found = Mapping(node.line, node.column)
    waiting, home = [(scope, node)], scope
    while waiting and len(found) < _MOST_KEYS:
        (inner, one), branches = waiting.pop(0), Branches()
        for key, value in one.items():
            name = inner.fill(key) if is_expression(key) else key
            if is_expression(name):
                waiting += _below(inner, name, value, branches)
            elif name not in found:
                holder, held = _held(inner, value)
                found[name] = held
                found.places[name] = one.places[key] if held is value else (held.line, held.column)
                home = home if holder.source is scope.source else replace(scope, source=holder.source)
    return home, _filled(scope, found)


def _below(scope: Scope, key: str, value: Node, branches: Branches) -> list[tuple[Scope, Mapping]]:
    """The mappings that a key of the templates' language stands for."""
    if loop := EACH.match(key):
        return [(turn, value) for turn in turns(scope, loop[1], loop[2])] if isinstance(value, Mapping) else []
    if _INSERT.match(key):
        holder, held = scope.handed(value)
        return [(holder, held)] if isinstance(held, Mapping) else []
    return [(scope, value)] if branches.takes(key, scope.settled) and isinstance(value, Mapping) else []


def _held(scope: Scope, value: Node) -> tuple[Scope, Node]:
    """What `${{ pair.value }}` stands for, whatever it is."""
    name = azure_values.whole(value)
    return scope.nodes.get(name, (scope, value)) if name.endswith(".value") else (scope, value)


def _filled(scope: Scope, node: Mapping) -> Mapping:
    """A mapping with the calls in its values put in."""
    if not any("${{" in one and "(" in one for one in _texts(node)):
        return node
    made = yamlnodes.rewritten(node, lambda one: _evaluated(one, scope.known), _INSIDE)
    return made if isinstance(made, Mapping) else node


def _evaluated(one: Scalar, known: Known) -> Scalar:
    text = evaluated(one, known)
    if text == one:
        return one
    made = yamlnodes.scalar(text, one.line, one.column, bare=one.bare)
    made.block = one.block
    return made


def _texts(node: Mapping) -> Iterator[Scalar]:
    for one in node.values():
        if isinstance(one, Scalar):
            yield one
        elif isinstance(one, Mapping):
            yield from (inner for inner in one.values() if isinstance(inner, Scalar))
