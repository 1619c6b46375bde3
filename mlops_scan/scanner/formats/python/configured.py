"""A program that is run once for each of its stacks: read with what the configuration of each gives.

What all stacks have in common is told once; what differs is told for each, as an environment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from mlops_scan.scanner.formats.pulumistacks import Stack
from mlops_scan.scanner.formats.python import module
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.stackvalues import Filler
from mlops_scan.scanner.model import Fact, Location, Note, Place

_OF_ENVIRONMENTS = frozenset(("resource", "workload", "container", "image", "schedule", "env", "command"))
_LEAST = 3  # characters of a text by which a fact is known to come from the configuration
_Spot = tuple[str, Location, int]


def read(source: Source, stacks: Sequence[Stack]) -> Iterator[Fact | Note]:
    """The facts of a file of a program with these stacks."""
    base = list(module.read(source))
    readings: list[tuple[Stack, list[Fact]]] = []
    for stack in stacks:
        try:
            tree = module.parse(source.data)
            filler = Filler(stack, tree)
            tree = filler.visit(tree)
        except module.ERRORS:
            break
        if not filler.used:
            continue
        facts = [one for one in module.walk(source, tree) if isinstance(one, Fact)]
        readings.append((stack, [_shown(one, filler.used) for one in facts]))
    if not readings:
        yield from base
        return
    yield from (one for one in base if isinstance(one, Note))
    told = [one for one in base if isinstance(one, Fact)]
    yield from _others(told, [facts for _, facts in readings])
    yield from _environments(told, readings, everywhere=len(readings) == len(stacks))


def _others(base: Iterable[Fact], readings: Sequence[list[Fact]]) -> Iterator[Fact]:
    """Facts that know no environments: with the values on which all stacks agree."""
    known = [dict(_spotted(facts)) for facts in readings]
    for spot, fact in _spotted(base):
        if fact.kind not in _OF_ENVIRONMENTS:
            found = [one.get(spot) for one in known]
            same = all(repr(one) == repr(found[0]) for one in found)
            yield found[0] if same and found[0] is not None else fact


def _spotted(facts: Iterable[Fact]) -> Iterator[tuple[_Spot, Fact]]:
    seen: dict[tuple[str, Location], int] = defaultdict(int)
    for one in facts:
        seen[one.kind, one.at] += 1
        yield (one.kind, one.at, seen[one.kind, one.at]), one


def _environments(
    base: Sequence[Fact], readings: Sequence[tuple[Stack, list[Fact]]], *, everywhere: bool
) -> Iterator[Fact]:
    spots = {spot: fact for spot, fact in _spotted(base) if fact.kind in _OF_ENVIRONMENTS}
    renamed = [(stack, list(_renamed(facts, spots))) for stack, facts in readings]
    told = [{repr(one) for one in facts} for _, facts in renamed]
    common = {text for text in map(repr, spots.values()) if all(text in one for one in told)}
    for fact in spots.values():
        if repr(fact) in common or not everywhere:  # a stack without these keys leaves all as it is
            yield fact
    for stack, facts in renamed:
        for fact in facts:
            if fact.kind in _OF_ENVIRONMENTS and repr(fact) not in common:
                where = {"environment": stack.path} if stack.path else {}
                yield replace(fact, says={**fact.says, **where})


def _renamed(facts: Iterable[Fact], base: dict[_Spot, Fact]) -> Iterator[Fact]:
    """The same thing keeps its identity, however each stack calls it."""
    names: dict[Any, str] = {}
    found = list(_spotted(facts))
    for spot, fact in found:
        other = base.get(spot)
        if other is not None and fact.get("id") and other.get("id"):
            names[fact.get("id")] = str(other.get("id"))
    for _, fact in found:
        says = {key: names.get(value, value) if isinstance(value, str) else value for key, value in fact.says.items()}
        yield replace(fact, says=says)


def _shown(fact: Fact, used: dict[str, tuple[str, int]]) -> Fact:
    """An image with the line of the configuration that names it."""
    raw = str(fact.get("raw")) if fact.kind == "image" else ""
    places = [Location(*place) for text, place in used.items() if len(text) >= _LEAST and text in raw]
    return replace(fact, also=tuple(map(Place, places))) if places else fact
