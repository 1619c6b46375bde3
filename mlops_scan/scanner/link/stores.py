"""Models that go through a store of objects: put there under a key, taken from there to be loaded."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.modelplaces import Place, place
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link.streams import opened, results
from mlops_scan.scanner.model import Fact, Location

_FIRST = re.compile(r"([A-Za-z_]\w*)[.\[]")
_LINES = 4  # of one statement, from its call to what stands in it
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
        if relation == "reads" and not found:
            found = _fetched(call, mine)
        if where is None and not found and (text := opened(graph, call)):
            where = place(at.path, text, posixpath.basename(text))
        for one in dict.fromkeys(found):
            used.add(one)
            yield node, relation, _stored(one), one.at
        if where is not None and (not found or relation == "writes"):
            yield node, relation, where, at
    for call in _unpickled(graph):
        answers = [one for one in _fetched(call, mine) if one.key in {other.key for other in used} or _tells(one.key)]
        used.update(answers)
        yield from ((f"file:{call.at.path}", "reads", _stored(one), one.at) for one in answers)
    yield from _others([one for one in transfers if one not in used], used, saved)


def _unpickled(graph: Graph) -> Iterator[Fact]:
    """Calls that read an object of any kind out of bytes."""
    for use in graph.uses("unsafe-load"):
        if use.fact.kind == "call" and use.fact.name.endswith("loads") and not use.disabled:
            yield use.fact


def _fetched(call: Fact, mine: Mapping[tuple[str, str], Sequence[_Transfer]]) -> list[_Transfer]:
    """What is fetched of a store and read by a call: in its arguments, or under the name that they say."""
    named = [
        one
        for said in sorted(_read_of(call))
        for one in mine.get((call.at.path, said), ())
        if said.startswith("=") and not one.up and one.function == _function(call)
    ]
    return list(dict.fromkeys(named)) or list(_answers(call, mine))


def _tells(key: str) -> bool:
    """Whether a key says that a model lies there."""
    return "model" in posixpath.basename(key.rstrip("/")).lower()


def _others(
    rest: Sequence[_Transfer], used: Collection[_Transfer], saved: Sequence[tuple[str, Place | None, Fact]]
) -> Iterator[Told]:
    """What is carried of a model that other code saves or loads: by its file's name, or under the same key."""
    names = {where.name for _, where, _ in saved if where is not None}
    taken = {one.key for one in used if not one.up}
    told = set()
    for one in rest:
        if posixpath.basename(one.local) in names and not one.local.startswith(("=", "@")):
            here = place(one.at.path, one.local, posixpath.basename(one.local))
            yield one.node, "reads" if one.up else "writes", here, one.at
            yield one.node, "writes" if one.up else "reads", _stored(one), one.at
        elif one.up and (one.key in taken or _is_dumped(one)) and (one.node, one.key) not in told:
            told.add((one.node, one.key))
            yield one.node, "writes", _stored(one), one.at


def _is_dumped(one: _Transfer) -> bool:
    """Whether an object is turned into bytes where it is put under a key that tells of a model."""
    return one.local.startswith("=") and "dumps(" in one.local and _tells(one.key)


def _answers(call: Fact, mine: Mapping[tuple[str, str], Sequence[_Transfer]]) -> Iterator[_Transfer]:
    """The fetch that stands in the arguments of a call that loads what it gives."""
    for name in sorted(_asked(call)):
        parts = name.split(".")
        for end in range(len(parts), 1, -1):
            near = [
                one
                for one in mine.get((call.at.path, "@" + ".".join(parts[:end])), ())
                if 0 <= one.at.line - call.at.line <= _LINES and one.function == _function(call)
            ]
            if near and len({one.key for one in near}) == 1:
                yield near[0]
                return


def _asked(call: Fact) -> set[str]:
    """The qualified names of the calls in the arguments of a call."""
    found: set[str] = set()
    waiting = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            found.update(str(value[key]) for key in ("call",) if isinstance(value.get(key), str))
            waiting += list(value.get("args") or ())
    return found


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
                yield from _called(graph, use, up=role == "stores-file")


def _called(graph: Graph, use: Use, *, up: bool) -> Iterator[_Transfer]:
    """A call that puts or takes a file, or gives its content."""
    given = [_text(use.argument(name)) for name in ("bucket", "key")]
    made = [one for one in use.fact.get("receiver_args") or () if isinstance(one, str)]
    if not given[1]:  # of a method of the bucket or the object, what that was made with
        given = [*made[-1:], given[0]] if given[0] else made[-2:]
    key = "/".join(one.strip("/") for one in given if one)
    if not _text(given[-1] if given else ""):
        return
    full = f"store://{key}" if len(given) == 2 and given[0] else key
    names = _told(use.argument("local")) if use.match.data.get("local") else results(graph, use.fact)
    for local in sorted(names):
        yield _Transfer(f"file:{use.at.path}", up, local, full, _function(use.fact), use.at)


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
    """What the arguments of a call say."""
    values = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    return {said for value in values for said in _told(value)}


def _read_of(call: Fact) -> set[str]:
    """The same, and of `found["Body"].read()` the name of what it is read of."""
    values = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    texts = [str(value.get("expr") or "") for value in values if isinstance(value, Mapping) and value.get("call")]
    return _said(call) | {f"={first[1]}" for text in texts if (first := _FIRST.match(text))}


def _told(value: Any) -> set[str]:
    """The text of a value, else `=` and what stands for it in the code; also of what a call is made with."""
    if isinstance(value, str):
        return {value}
    if not isinstance(value, Mapping):
        return set()
    own = {str(value["const"])} if isinstance(value.get("const"), str) else {f"={value.get('expr')}"}
    if "expr" not in value:
        own = set()
    return own.union(*(_told(inner) for inner in value.get("args") or ()))


def _text(value: Any) -> str:
    told = value.get("const") if isinstance(value, Mapping) else value
    return told if isinstance(told, str) else ""


def _function(call: Fact) -> str:
    return str(call.get("function") or "")
