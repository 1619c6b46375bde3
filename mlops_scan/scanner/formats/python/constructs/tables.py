"""What calls of libraries declare, as data: `tables/*.yaml`, read once and only where such a library is imported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "tables"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PIECES = re.compile(r"\*\*|\*|\{[^}]*\}|[^*{]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One call and what it declares.

    `service` is what the receiver must have been made with, `loose` the keywords (all of them, of `any` one) that tell
    the method of a receiver that this file does not make, `makes` the templates of the facts, `joins` what is added to
    what the receiver declared, or what goes by the name that the template `onto` gives.
    """

    call: str
    method: str
    service: str = ""
    loose: frozenset[str] = frozenset()
    any: frozenset[str] = frozenset()
    root: str = ""
    makes: tuple[dict[str, Any], ...] = ()
    joins: dict[str, Any] = field(default_factory=dict)
    onto: str = ""
    origin: str = "python"
    name: str = ""

    def matches(self, name: str) -> bool:
        """Whether a call of this qualified name is meant."""
        return compiled(self.call).match(name) is not None


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables. `calls` by the last part of the name; `values` are calls that stand for a value.

    `methods`: by its last two parts the whole name of a method whose receiver may be made anywhere.
    """

    calls: dict[str, tuple[Entry, ...]]
    values: dict[str, Any]
    methods: dict[str, str]
    services: dict[str, str]
    bridged: dict[str, Any]
    arm: dict[str, str]
    kinds: dict[str, Any]
    forms: dict[str, re.Pattern[str]]
    native: str


@cache
def roots() -> frozenset[str]:
    """The first parts of the modules whose import makes a file worth reading for this."""
    return frozenset(_load("roots.yaml"))


@cache
def load() -> Tables:
    """The tables of all files."""
    calls: dict[str, list[Entry]] = {}
    values: dict[str, Any] = {}
    methods: dict[str, str] = {}
    for path in sorted((FOLDER / "calls").glob("*.yaml")):
        table = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
        values.update((name, value) for key, value in (table.get("values") or {}).items() for name in _spread(key))
        methods.update(table.get("methods") or {})
        for item in table["calls"]:
            for entry in _entries(item, table):
                for method in _spread(entry.method):
                    calls.setdefault(method, []).append(entry)
    names = _load("names.yaml")
    frozen = {method: tuple(found) for method, found in calls.items()}
    forms = {name: re.compile(form) for name, form in names["forms"].items()}
    return Tables(
        frozen,
        values,
        methods,
        names["services"],
        names["bridged"],
        names["arm"],
        names["kinds"],
        forms,
        names["natively"],
    )


def _load(name: str) -> Any:
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader


def _entries(item: dict[str, Any], table: dict[str, Any]) -> Iterator[Entry]:
    names = item["call"] if isinstance(item["call"], list) else [item["call"]]
    for name in names:
        yield Entry(
            name,
            name.rpartition(".")[2],
            str(item.get("self", "")),
            frozenset(item.get("loose", ())),
            frozenset(item.get("any", ())),
            name.partition(".")[0],
            tuple(item.get("makes", ())),
            item.get("joins") or {},
            str(item.get("onto", "")),
            str(table.get("origin", "python")),
            str(item.get("name", table.get("name", ""))),
        )


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """`*` is a part of a name, `**` any parts, `{a,b}` alternatives."""
    found = []
    for piece in _PIECES.findall(pattern):
        if piece == "**":
            found.append(r"[\w.]*")
        elif piece == "*":
            found.append(r"\w*")
        elif piece.startswith("{"):
            found.append("(?:" + "|".join(re.escape(one.strip()) for one in piece[1:-1].split(",")) + ")")
        else:
            found.append(re.escape(piece))
    return re.compile("".join(found) + r"\Z")


def _spread(name: str) -> Iterable[str]:
    """The names that a pattern with alternatives stands for; one that holds `*` is kept under '*'."""
    start, end = name.find("{"), name.find("}")
    if 0 <= start < end:
        for one in name[start + 1 : end].split(","):
            yield from _spread(name[:start] + one.strip() + name[end + 1 :])
    else:
        yield "*" if "*" in name else name
