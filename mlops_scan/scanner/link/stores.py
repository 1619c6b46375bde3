"""Models that go through a store of objects: put there under a key, taken from there to be loaded."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.modelplaces import Place, place
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Fact, Location

Told = tuple[str, str, Place, Location]  # node, relation, the model, where it is said


@dataclass(frozen=True, slots=True)
class _Transfer:
    """A file that `node` puts into a store or takes out of it; `local` is how the code says its path here."""

    node: str
    up: bool
    local: str
    key: str
    function: str
    at: Location


def carried(graph: Graph, saved: Sequence[tuple[str, Place | None, Fact]]) -> Iterator[Told]:
    """What is saved and loaded, where it is put under a key or taken from one also or instead by that."""
    transfers = list(_transfers(graph))
    mine: dict[tuple[str, str], list[_Transfer]] = {}
    for one in transfers:
        mine.setdefault((one.at.path, one.local), []).append(one)
    used: set[_Transfer] = set()
    for relation, where, call in saved:
        node, at = f"file:{call.at.path}", call.at
        found = [
            one
            for said in sorted(_said(call))
            for one in mine.get((at.path, said), ())
            if one.up == (relation == "writes") and (not said.startswith("=") or one.function == _function(call))
        ]
        for one in found:
            used.add(one)
            yield node, relation, _stored(one), one.at
        if where is not None and (not found or relation == "writes"):
            yield node, relation, where, at
    names = {where.name for _, where, _ in saved if where is not None}
    for one in transfers:
        if one not in used and posixpath.basename(one.local) in names and not one.local.startswith("="):
            here = place(one.at.path, one.local, posixpath.basename(one.local))
            yield one.node, "reads" if one.up else "writes", here, one.at
            yield one.node, "writes" if one.up else "reads", _stored(one), one.at


def _stored(one: _Transfer) -> Place:
    return place(one.at.path, one.key, posixpath.basename(one.key.rstrip("/")))


def _transfers(graph: Graph) -> Iterator[_Transfer]:
    for role in ("stores-file", "fetches-file"):
        for use in graph.uses(role):
            if use.disabled:
                continue
            if use.fact.kind == "command":
                yield from _copied(use.fact)
            elif use.fact.kind == "call":
                given = [_text(use.argument(name)) for name in ("bucket", "key")]
                made = [one for one in use.fact.get("receiver_args") or () if isinstance(one, str)]
                if not given[1]:  # of a method of the bucket or the object, what that was made with
                    given = [*made[-1:], given[0]] if given[0] else made[-2:]
                local = next(iter(sorted(_told(use.argument("local")))), "")
                key = "/".join(one.strip("/") for one in given if one)
                if local and _text(given[-1] if given else ""):
                    full = f"store://{key}" if len(given) == 2 and given[0] else key
                    at = use.at
                    yield _Transfer(f"file:{at.path}", role == "stores-file", local, full, _function(use.fact), at)


def _copied(command: Fact) -> Iterator[_Transfer]:
    """A command that copies a file from its first operand to its last one, of which one is an address."""
    operands = [word for word in map(str, command.get("argv") or ()) if not word.startswith("-")]
    source, target = operands[-2:] if len(operands) > 3 else ("", "")
    if ("://" in source) == ("://" in target):
        return
    up = "://" in target
    local, key = (source, target) if up else (target, source)
    if key.endswith("/") and up:
        key += posixpath.basename(local)
    if (local.endswith("/") or local == ".") and not up:
        local = posixpath.join(local, posixpath.basename(key))
    yield _Transfer(owner_id(command), up, local, key, "", command.at)


def _said(call: Fact) -> set[str]:
    return {
        said for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values()) for said in _told(value)
    }


def _told(value: Any) -> set[str]:
    """The text of a value, else `=` and what stands for it in the code; also of what a call is made with."""
    if isinstance(value, str):
        return {value}
    if not isinstance(value, Mapping):
        return set()
    own = {str(value["const"])} if isinstance(value.get("const"), str) else {f"={value.get('expr')}"}
    return own.union(*(_told(inner) for inner in value.get("args") or ()))


def _text(value: Any) -> str:
    told = value.get("const") if isinstance(value, Mapping) else value
    return told if isinstance(told, str) else ""


def _function(call: Fact) -> str:
    return str(call.get("function") or "")
