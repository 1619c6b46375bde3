"""Facts and what the catalogue says of them, in few words: for tests that give them by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.catalog.vocabulary import Strength
from mlops_scan.scanner.graph import Use
from mlops_scan.scanner.model import Fact, Location


def at(place: str) -> Location:
    path, _, line = place.partition(":")
    first, _, last = line.partition("-")
    return Location(path, int(first or 1), 1, int(last or 0))


def fact(kind: str, name: str, place: str, /, **says: Any) -> Fact:
    return Fact(kind, name, at(place), says)


def call(name: str, place: str, /, *args: Any, **says: Any) -> Fact:
    return fact("call", name, place, args=list(args), known=True, **says)


def use(key: str, of: Fact, /, tool: str = "tool", *, off: bool = False, **data: tuple[int | str, ...]) -> Use:
    return Use(key, tool, "strong", of, Match(tool, "", key, Strength.STRONG, "x", data, off=off))


def modules(*paths: str) -> list[Fact]:
    return [fact("module", path.removesuffix(".py").replace("/", "."), f"{path}:1") for path in paths]


def named(name: str) -> dict[str, str]:
    return {"expr": name, "name": name}


def made(found: Iterable[Fact]) -> set[tuple[str, str, str]]:
    return {(one.kind, one.name, str(one.at)) for one in found}
