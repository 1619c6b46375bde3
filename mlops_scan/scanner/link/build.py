"""Make the graph: recognise facts with the catalogue, then run every link."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mlops_scan import plugins
from mlops_scan.scanner import catalog, link
from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.catalog.vocabulary import Strength
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.link import code, configmaps
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.code import entered, flags, receivers, targets, typed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.timetables import once
from mlops_scan.scanner.model import Fact, Location

# roles that prove a capability by themselves: of a call that never happens it is told that it is there
_TOLD = frozenset(("drift-check",))
_NAMING = frozenset(("import", "package"))
_MADE = ("function", "decorates")  # of steps that a function makes, or is
_Known = Mapping[int, tuple[Match, ...]]


def build(
    facts: Sequence[Fact], files: Sequence[str], known: _Known | None = None, unread: Collection[str] = ()
) -> Graph:
    """The graph of `facts` over the repository's `files`, linked.

    `known`: matches of the facts by id, if looked up before. `unread`: files of which nothing could be read; their
    names prove nothing.
    """
    readable = [path for path in files if path not in unread]
    python = Code(facts, ())
    facts = list(facts)
    for look in (_renamed, typed.named):
        if better := look(python):
            facts = [better.get(id(fact), fact) for fact in facts]
            known, python = _known_too(known, better.values()), Code(facts, (), python.imported)
    flags.switch_off(python)
    if told := list(_told(facts, python)):
        facts += told  # none of Python's own
        known = _known_too(known, told)
    uses = tuple(_uses(facts, readable, known))
    if any(use.key == "pipeline-step" and not use.fact.says.keys().isdisjoint(_MADE) for use in uses):
        from mlops_scan.scanner.link.code import factories  # few repositories need it

        gone, made = factories.spread(python, uses)
        if gone or made:
            facts = [*(fact for fact in facts if id(fact) not in gone), *made]
            uses = (*(use for use in uses if id(use.fact) not in gone), *_uses(made, (), None))
            python = python.with_steps(facts, gone, made)
    graph = Graph(once([*facts, *code.facts(python, uses)]), files, uses)
    del python  # its indexes: the graph has its own
    _connect(graph)
    return graph


def _renamed(python: Code) -> dict[int, Fact]:
    """By id of a fact: the same as other files tell it: by its name there, its class, or as the entry of a platform."""
    return {**receivers.renamed(python), **targets.made(python.all), **entered.named(python.all)}


def _known_too(known: _Known | None, facts: Iterable[Fact]) -> _Known | None:
    """The matches that were looked up before, with those of more facts."""
    shipped = catalog.load()
    return None if known is None else {**known, **{id(fact): shipped.matches(fact) for fact in facts}}


def _connect(graph: Graph) -> None:
    """Run every link, those of a later turn over what earlier ones found."""
    links = [one() for one in plugins.load(link, Link)]
    for turn in sorted({one.turn for one in links}):
        now = [one for one in links if one.turn == turn]
        for node in [node for one in now for node in one.nodes(graph)]:
            graph.add_node(node)
        for edge in [edge for one in now for edge in one.edges(graph)]:
            graph.add_edge(edge)


def _told(facts: Sequence[Fact], python: Code) -> Iterator[Fact]:
    """What only several facts together say: commands of wrappers, and variables that stand in ConfigMaps."""
    kinds: dict[str, list[Fact]] = {"wrapper": [], "resource": []}
    for fact in facts:
        if fact.kind in kinds:
            kinds[fact.kind].append(fact)
    if kinds["wrapper"]:
        from mlops_scan.scanner.link.code import wrapped  # few repositories need it

        yield from wrapped.commands(kinds["wrapper"], python)
    yield from configmaps.variables(kinds["resource"])


def _uses(facts: Iterable[Fact], files: Sequence[str], known: _Known | None) -> Iterator[Use]:
    shipped = catalog.load()
    hints: list[tuple[Match, Fact]] = []
    imported: set[tuple[str, str]] = set()  # path, tool
    named: set[str] = set()  # tools that the repository imports or installs
    needy = {one.id: one.imports for one in shipped.tools() if one.import_needed}
    for fact in facts:
        for match in shipped.matches(fact) if known is None else known.get(id(fact), ()):
            if match.signature.startswith("py:*.") and (
                match.tool in needy or (match.role == "trains" and match.strength is Strength.WEAK)
            ):
                hints.append((match, fact))
                continue
            if fact.kind == "import":
                imported.add((fact.at.path, match.tool))
            if fact.kind in _NAMING:
                named.add(match.tool)
            if not fact.says.get("why") or not match.role or match.role in _TOLD:
                yield _use(match, fact)
    for match, fact in hints:
        if match.tool in needy:  # other products have methods of these names
            if match.tool in named and not _of_another(fact, needy[match.tool]):
                yield _use(match, fact)
            continue
        # `loss.backward()` of who knows what trains where the file imports what has such losses
        known_here = (fact.at.path, match.tool) in imported
        yield _use(replace(match, strength=Strength.MEDIUM) if known_here else match, fact)
    for path, match in shipped.file_matches(files):
        yield _use(match, Fact("file", path, Location(path)))


def _of_another(fact: Fact, modules: Collection[str]) -> bool:
    """Whether the object of a method comes from a module that is not the tool's own."""
    return bool(fact.says.get("known")) and fact.name.partition(".")[0] not in modules


def _use(match: Match, fact: Fact) -> Use:
    return Use(match.role or match.capability, match.tool, match.strength.label, fact, match)
