"""Facts, and what the catalogue says of them, as plain tuples between processes: dataclasses cost more to pickle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.catalog import Match, Strength
from mlops_scan.scanner.model import Fact, Location, Note, Place

_Flat = tuple[Any, ...]


class Packer:
    """In the child. Equal matches become one tuple, which a message holds once."""

    def __init__(self) -> None:
        self._flat: dict[Match, _Flat] = {}

    def facts(self, facts: Sequence[Fact]) -> list[_Flat]:
        known = catalog.load().matches
        return [
            (
                fact.kind,
                fact.name,
                _place(fact.at),
                dict(fact.says),
                [(_place(one.at), one.note) for one in fact.also],
                [self._match(one) for one in known(fact)],
            )
            for fact in facts
        ]

    def notes(self, notes: Sequence[Note]) -> list[_Flat]:
        return [(_place(note.at), note.reason) for note in notes]

    def _match(self, one: Match) -> _Flat:
        flat = self._flat.get(one)
        if flat is None:
            data = tuple((key, tuple(refs)) for key, refs in one.data.items())
            flat = (one.tool, one.capability, one.role, one.strength.value, one.signature, data)
            flat = self._flat[one] = (*flat, one.safe, one.off, one.kinds)
        return flat


class Unpacker:
    """In the parent. `matches` holds what the catalogue says, by the id of the fact."""

    def __init__(self) -> None:
        self.matches: dict[int, tuple[Match, ...]] = {}
        self._known: dict[_Flat, Match] = {}
        self._sets: dict[tuple[int, ...], tuple[Match, ...]] = {}

    def facts(self, packed: Sequence[_Flat]) -> list[Fact]:
        return [self._fact(*one) for one in packed]

    def notes(self, packed: Sequence[_Flat]) -> list[Note]:
        return [Note(Location(*at), reason) for at, reason in packed]

    def _fact(
        self, kind: str, name: str, at: _Flat, says: dict[str, Any], also: list[_Flat], matches: list[_Flat]
    ) -> Fact:
        places = tuple([Place(Location(*where), note) for where, note in also]) if also else ()
        path, line, column, end, end_column = at
        # most places are of one line: one number in memory, not two
        fact = Fact(kind, name, Location(path, line, column, line if end == line else end, end_column), says, places)
        if matches:
            found = tuple([self._match(one) for one in matches])
            self.matches[id(fact)] = self._sets.setdefault(tuple(map(id, found)), found)
        return fact

    def _match(self, flat: _Flat) -> Match:
        found = self._known.get(flat)
        if found is None:
            tool, capability, role, strength, signature, data, *rest = flat
            found = Match(tool, capability, role, Strength(strength), signature, dict(data), *rest)
            self._known[flat] = found
        return found


def _place(at: Location) -> _Flat:
    return at.path, at.line, at.column, at.end_line, at.end_column
