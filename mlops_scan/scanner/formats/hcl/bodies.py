"""Bodies of blocks as data: attributes evaluated, blocks nested, `dynamic` written out, count and for_each decided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mlops_scan.scanner.formats.hcl.agreement import agreed
from mlops_scan.scanner.formats.hcl.elements import elements
from mlops_scan.scanner.formats.hcl.evaluate import evaluate
from mlops_scan.scanner.formats.hcl.frames import Frame, Steps
from mlops_scan.scanner.formats.hcl.nodes import Block, Body, Splat
from mlops_scan.scanner.formats.hcl.values import Object, Place, Unknown, Value, settled, to_number

_DYNAMIC_BLOCKS = 20  # blocks that one `dynamic` is written out to
_LINES_DEPTH = 3
_MARKS = re.compile(r"[\[\]#~/\s]")  # that stand between the parts of an identity
_KEY_CHARS = 60


@dataclass(frozen=True, slots=True)
class Each:
    """Whether a block with `count` or `for_each` stands for anything, and the names it binds."""

    enabled: bool
    names: Mapping[str, Value]


def of_each(block: Block, frame: Frame) -> Each:
    """What `count` or `for_each` of a resource, data source or module come to."""
    attributes = block.body.attributes
    if "count" in attributes:
        value = settled(evaluate(attributes["count"].value, frame))
        number = to_number(value)
        index: Value = 0 if number == 1 else Unknown("count.index", name="count.index")
        return Each(number != 0 or isinstance(value, bool), {"count": Object({"index": index})})
    if "for_each" not in attributes:
        return Each(True, {})
    pairs = elements(evaluate(attributes["for_each"].value, frame))
    if pairs is None:
        return Each(True, {"each": Object({key: _open(f"each.{key}") for key in ("key", "value")})})
    return Each(bool(pairs), {"each": _both(_of_set(pairs), "each") if pairs else Object()})


@dataclass(frozen=True, slots=True)
class Instances:
    """The instances of a block that are told apart, by key, and how many there are in all."""

    each: Mapping[str, Each]
    total: int


def instances(block: Block, frame: Frame, limit: int) -> Instances:
    """The first `limit` instances of a block with `count` or `for_each`; none where the files do not tell them."""
    attributes = block.body.attributes
    if "count" in attributes:
        number = to_number(settled(evaluate(attributes["count"].value, frame)))
        total = number if isinstance(number, int) else 0
        return Instances({str(index): _counted(index) for index in range(min(total, limit))}, total)
    pairs = elements(evaluate(attributes["for_each"].value, frame)) if "for_each" in attributes else None
    told = [(instance_key(key), key, value) for key, value in _of_set(pairs or []) if isinstance(key, (str, int))]
    return Instances({name: _element(key, value) for name, key, value in told[:limit]}, len(told))


def bound_to(block: Block, frame: Frame, key: str) -> Each | None:
    """What the one instance `key` binds, or None where it is not told."""
    attributes = block.body.attributes
    if "count" in attributes:
        return _counted(int(key)) if key.isdecimal() and len(key) < 7 else None
    pairs = elements(evaluate(attributes["for_each"].value, frame)) if "for_each" in attributes else None
    named = ((own, value) for own, value in _of_set(pairs or []) if isinstance(own, (str, int)))
    return next((_element(own, value) for own, value in named if instance_key(own) == key), None)


def instance_key(key: str | int) -> str:
    """A key as a part of an identity."""
    return _MARKS.sub("_", str(key))[:_KEY_CHARS]


def _counted(index: int) -> Each:
    return Each(True, {"count": Object({"index": index})})


def _element(key: Value, value: Value) -> Each:
    return Each(True, {"each": Object({"key": key, "value": value})})


def _open(name: str) -> Unknown:
    return Unknown(name, name=name)


def _of_set(pairs: list[tuple[Value, Value]]) -> list[tuple[Value, Value]]:
    """The elements of a set are their own keys."""
    return [(value, value) if isinstance(key, int) else (key, value) for key, value in pairs]


def _both(pairs: list[tuple[Value, Value]], name: str) -> Object:
    return Object(
        {
            "key": agreed([key for key, _ in pairs], f"{name}.key"),
            "value": agreed([value for _, value in pairs], f"{name}.value"),
        }
    )


def data(body: Body, frame: Frame, place: Place) -> Object:
    """The attributes and blocks of a body. A block that stands once is an object, else a list of objects; the labels
    of a block are keys in between.
    """
    made = Object(place=place, block=True)
    for name, attribute in body.attributes.items():
        made[name] = evaluate(attribute.value, frame)
        made.places[name] = (frame.path, *attribute.spot)
    for kind, one, where in _blocks(body, frame):
        made.places.setdefault(kind, where)
        before = made.get(kind)
        if before is None:
            made[kind] = one
        elif isinstance(before, list):
            before.append(one)
        elif isinstance(before, Object) and before.block:
            made[kind] = [before, one]
    return made


def _blocks(body: Body, frame: Frame) -> Iterator[tuple[str, Object, Place]]:
    for block in body.blocks:
        place = (frame.path, *block.spot)
        if block.kind == "dynamic" and len(block.labels) == 1:
            for one in _written_out(block, frame):
                yield block.labels[0], one, place
            continue
        one = data(block.body, frame, place)
        for label in reversed(block.labels):
            holder = Object({label: one}, place, block=True)
            holder.places[label] = place
            one = holder
        yield block.kind, one, place


def _written_out(block: Block, frame: Frame) -> Iterator[Object]:
    """The blocks of a `dynamic` block: one an element; one with open names when the collection is unknown."""
    content = next((inner for inner in block.body.blocks if inner.kind == "content"), None)
    collection = block.body.attributes.get("for_each")
    if content is None or collection is None:
        return
    iterator = block.body.attributes.get("iterator")
    name = iterator.value.source if iterator is not None else block.labels[0]
    pairs = elements(evaluate(collection.value, frame))
    if pairs is None:
        bound = [Object({key: _open(f"{name}.{key}") for key in ("key", "value")})]
    else:
        bound = [Object({"key": key, "value": value}) for key, value in pairs[:_DYNAMIC_BLOCKS]]
    for names in bound:
        inner = replace(frame, names={**frame.names, name: names})
        yield data(content.body, inner, (frame.path, *block.spot))


def lines(made: Object, path: str) -> dict[str, int]:
    """Dotted path -> line of each attribute and block down to depth 3, as far as it stands in the file `path`.

    Of blocks that stand several times it is the first that counts, and an attribute that only a later one has.
    """
    found: dict[str, int] = {}
    _lines(made, path, "", 1, found)
    return found


def _lines(made: Object, path: str, prefix: str, depth: int, found: dict[str, int]) -> None:
    for key, value in made.items():
        place = made.places.get(key)
        if place is not None and place[0] == path:
            found.setdefault(f"{prefix}{key}", place[1])
        if depth < _LINES_DEPTH and len(found) < _LINES:
            for one in value[:_DYNAMIC_BLOCKS] if isinstance(value, list) else [value]:
                if isinstance(one, Object):
                    _lines(one, path, f"{prefix}{key}.", depth + 1, found)


_LINES = 1_000


def key_of(steps: Steps, frame: Frame) -> str:
    """The key of the instance that the first step picks, where it is known."""
    if not steps or isinstance(steps[0], (str, Splat)):
        return ""
    key = settled(evaluate(steps[0], frame))
    return instance_key(key) if isinstance(key, (str, int)) and not isinstance(key, bool) else ""
