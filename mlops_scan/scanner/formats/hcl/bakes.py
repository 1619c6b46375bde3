"""Targets of docker-bake.hcl, each with its folder, Dockerfile and names; what they inherit, and their variables."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.hcl import reader
from mlops_scan.scanner.formats.hcl.evaluate import evaluate
from mlops_scan.scanner.formats.hcl.frames import Budget, Frame, Steps
from mlops_scan.scanner.formats.hcl.nodes import Block, Expression
from mlops_scan.scanner.formats.hcl.values import Text, Unknown, Value, spelled
from mlops_scan.scanner.formats.yamlnodes import Readable
from mlops_scan.scanner.model import Fact, Location, Note

_MOST = 200  # targets of one file, and what one of them inherits


def facts(source: Readable) -> Iterator[Fact | Note]:
    """An `image-build` for each name that a target gives its image; variables have their defaults."""
    document = reader.document(source)
    yield from document.notes
    variables = {block.labels[0]: block for block in document.body.blocks if _is(block, "variable")}
    frame = Frame(_Nowhere(), Budget(), source.path)
    defaults: dict[str, Value] = {}
    for name, block in list(variables.items())[:_MOST]:
        default = block.body.attributes.get("default")
        defaults[name] = evaluate(default.value, frame.bind(**defaults)) if default else Unknown(name)
    targets = {block.labels[0]: block for block in document.body.blocks if _is(block, "target")}
    for block in list(targets.values())[:_MOST]:
        yield from _target(source, block, targets, frame.bind(**defaults))


def _is(block: Block, kind: str) -> bool:
    return block.kind == kind and bool(block.labels)


def _target(source: Readable, block: Block, targets: dict[str, Block], frame: Frame) -> Iterator[Fact]:
    for bound in _legs(block, frame):
        said = {key: value for one in _lineage(block, targets, bound) for key, value in _texts(one, bound)}
        says = {
            "context": (said.get("context") or ["."])[0],
            "dockerfile": (said.get("dockerfile") or [""])[0],
            "folder": source.path.rpartition("/")[0],
            "inside": True,
        }
        kept = {key: value for key, value in says.items() if value}
        for name in said.get("tags") or ():
            yield Fact("image-build", name[: bounds.FACT_TEXT], Location(source.path, *block.spot), kept)


def _legs(block: Block, frame: Frame) -> Iterator[Frame]:
    """The target as it is, or with each value of the first list of its matrix."""
    matrix = block.body.attributes.get("matrix")
    lists = evaluate(matrix.value, frame) if matrix else None
    name, values = next(iter(lists.items()), ("", None)) if isinstance(lists, dict) else ("", None)
    for value in values[:_MOST] if isinstance(values, list) else ():
        yield frame.bind(**{name: value})
    if not isinstance(values, list):
        yield frame


def _lineage(block: Block, targets: dict[str, Block], frame: Frame) -> list[Block]:
    """The target behind those that it inherits from; of two that say a thing the later holds."""
    found, waiting = [block], [block]
    while waiting and len(found) < _MOST:
        inherits = waiting.pop().body.attributes.get("inherits")
        names = evaluate(inherits.value, frame) if inherits else []
        for name in reversed(names) if isinstance(names, list) else ():
            above = targets.get(spelled(name))
            if above is not None and above not in found:
                found.append(above)
                waiting.append(above)
    return found[::-1]


def _texts(block: Block, frame: Frame) -> Iterator[tuple[str, list[str]]]:
    for key in ("context", "dockerfile", "tags"):
        attribute = block.body.attributes.get(key)
        if attribute is not None:
            value = evaluate(attribute.value, frame)
            yield key, [spelled(one) for one in (value if isinstance(value, list) else [value])[:_MOST]]


class _Nowhere:
    """A file by itself: what it does not say is not known."""

    def resolve(self, root: str, steps: Steps, source: str, frame: Frame) -> tuple[Value, Steps]:
        return Unknown(source), ()

    def read(self, path: str) -> Text | None:
        return None

    def names(self, folder: str, pattern: str) -> list[str] | None:
        return None

    def template(self, path: str) -> tuple[Expression, str] | None:
        return None
