"""Terragrunt: a `terragrunt.hcl` is a root that calls one module, or gives values to the one it lies beside.

What it includes counts, too: the source and the inputs of files above it or beside it
(https://terragrunt.gruntwork.io/docs/reference/config-blocks-and-attributes/, read 2026-08).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_scan.scanner.formats.hcl import gruntpaths
from mlops_scan.scanner.formats.hcl.nodes import (
    Access,
    Attribute,
    Block,
    Body,
    Call,
    Expression,
    Literal,
    Name,
    ObjectItem,
    ObjectLiteral,
)
from mlops_scan.scanner.formats.yamlnodes import Repository
from mlops_scan.scanner.model import Location, Note

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.hcl.reader import Document

NAME = "terragrunt.hcl"
CALL = "terragrunt"
WITHIN = "within another file"  # a function that nobody can write: its first argument stands in the file of its second
_DEPTH = 20
_Inputs = dict[str, Attribute]
_Blocks = tuple[Block, ...]


@dataclass(slots=True)
class Configuration:
    """One `terragrunt.hcl` with what it includes: files by the label of the include, and whose inputs merge deeply.

    `above` are the files that come to read it, `circles` those that were found to read themselves.
    """

    files: Repository
    folder: str
    path: str
    body: Body
    includes: dict[str, str] = field(default_factory=dict)
    deep: set[str] = field(default_factory=set)
    above: tuple[str, ...] = ()
    circles: list[str] = field(default_factory=list)


def configuration(files: Repository, folder: str, path: str, body: Body) -> Configuration:
    """The configuration in a file of `folder`, with the files that its includes name."""
    made = Configuration(files, folder, path, body)
    for block in body.blocks:
        written = block.body.attributes.get("path") if block.kind == "include" else None
        found = gruntpaths.file_of(files, folder, written.value, made.includes) if written is not None else ""
        if found == path:
            made.circles.append(path)
        elif found:
            label = block.labels[0] if block.labels else ""
            made.includes[label] = found
            if block.body.text("merge_strategy") == "deep":
                made.deep.add(label)
    return made


def taken(
    files: Repository, folder: str, documents: list[tuple[str, Document]]
) -> tuple[list[tuple[str, Document]], list[tuple[str, Document]]]:
    """(the files of the module, what gives its variables values), the former with the call that Terragrunt makes."""
    made: list[tuple[str, Document]] = []
    given: list[tuple[str, Document]] = []
    beside = len(documents) > 1
    for path, document in documents:
        if path.rpartition("/")[2] != NAME:
            made.append((path, document))
            continue
        one = configuration(files, folder, path, document.body)
        arguments, source = _arguments(one), _source(one)
        if source is not None:
            block, written = source
            arguments["source"] = Attribute("source", written, block.spot)
            call = Block("module", (CALL,), Body(dict(arguments), ()), path, block.spot, block.end_line)
            kept = tuple(block for block in document.body.blocks if block.kind == "locals")
            made.append((path, type(document)(Body({}, (call, *kept)), (*document.notes, *_notes(one)))))
        elif beside:
            given.append((path, type(document)(Body(dict(arguments), ()), (*document.notes, *_notes(one)))))
    return made, given


def parts(files: Repository, folder: str, path: str, by: Configuration | None = None) -> tuple[_Blocks, _Inputs]:
    """(blocks of locals, inputs) of the file at `path`, as a configuration of `folder` takes it in; `by` reads it."""
    body = _body(files, path)
    if body is None:
        return (), {}
    one = Configuration(files, folder, path, body)
    if by is not None:
        one.above, one.circles = (*by.above, by.path), by.circles
        if path in one.above or len(one.above) > _DEPTH:
            by.circles.append(path)
            return (), {}
    blocks = tuple(block for block in body.blocks if block.kind == "locals")
    return blocks, dict(_inputs(one))


def _notes(one: Configuration) -> Iterator[Note]:
    for path in sorted(set(one.circles)):
        yield Note(Location(path), "the configuration comes to take in itself: not followed")


def _arguments(one: Configuration) -> _Inputs:
    """The inputs of what is included, in its order, then one's own over them."""
    found: _Inputs = {}
    for label, path in one.includes.items():
        for name, attribute in parts(one.files, one.folder, path, one)[1].items():
            _lay(found, name, _moved(attribute, path), deep=label in one.deep)
    for name, attribute in _inputs(one):
        _lay(found, name, attribute, deep=bool(one.deep))
    return found


def _lay(found: _Inputs, name: str, attribute: Attribute, *, deep: bool) -> None:
    before = found.get(name)
    both = before is not None and deep
    value = _merged(before.value, attribute.value, 0) if both and before is not None else attribute.value
    found[name] = Attribute(name, value, attribute.spot)


def _merged(below: Expression, above: Expression, depth: int) -> Expression:
    """Two objects as one, each part of it evaluated where it stands."""
    if not isinstance(below, ObjectLiteral) or not isinstance(above, ObjectLiteral) or depth > _DEPTH:
        return above
    items = {_key(item): item for item in below.items}
    for item in above.items:
        before = items.get(_key(item))
        value = _merged(before.value, item.value, depth + 1) if before is not None else item.value
        items[_key(item)] = ObjectItem(item.key, value, item.spot)
    return ObjectLiteral(tuple(items.values()), above.spot, above.source)


def _key(item: ObjectItem) -> str:
    return str(item.key.value) if isinstance(item.key, Literal) else item.key.source


def _moved(attribute: Attribute, path: str) -> Attribute:
    return Attribute(attribute.name, _within(attribute.value, path, 0), attribute.spot)


def _within(value: Expression, path: str, depth: int) -> Expression:
    """An expression that is evaluated in the file at `path`; an object stays one, so that others merge with it."""
    if isinstance(value, ObjectLiteral) and depth < _DEPTH:
        items = (ObjectItem(one.key, _within(one.value, path, depth + 1), one.spot) for one in value.items)
        return ObjectLiteral(tuple(items), value.spot, value.source)
    return Call(WITHIN, (value, Literal(path, value.spot, path)), False, value.spot, value.source)


def _inputs(one: Configuration) -> Iterator[tuple[str, Attribute]]:
    """The inputs that a file itself writes: an object, one that is merged with others, or those of another file."""
    written = one.body.attributes.get("inputs")
    value = written.value if written is not None else None
    for part in value.args if isinstance(value, Call) and value.name == "merge" else (value,):
        if isinstance(part, ObjectLiteral):
            for item in part.items:
                if isinstance(item.key, Literal) and isinstance(item.key.value, str):
                    yield item.key.value, Attribute(item.key.value, item.value, item.spot)
        elif isinstance(part, Access):
            yield from _of_another(one, part)


def _of_another(one: Configuration, part: Access) -> Iterator[tuple[str, Attribute]]:
    """`include.root.inputs`, `local.env.locals`: all that another file says, where it is read by its name."""
    if not isinstance(part.base, Name) or len(part.steps) != 2 or part.steps[1] not in ("inputs", "locals"):
        return
    label = str(part.steps[0])
    path = one.includes.get(label, "") if part.base.name == "include" else _read_as(one, label)
    if not path:
        return
    blocks, found = parts(one.files, one.folder, path, one)
    if part.steps[1] == "locals":
        found = {name: attribute for block in blocks for name, attribute in block.body.attributes.items()}
    yield from ((name, _moved(attribute, path)) for name, attribute in found.items())


def _read_as(one: Configuration, name: str) -> str:
    """The file that `local.name` reads as a configuration."""
    for block in one.body.blocks:
        attribute = block.body.attributes.get(name) if block.kind == "locals" else None
        value = attribute.value if attribute is not None else None
        if isinstance(value, Call) and value.name == "read_terragrunt_config" and value.args:
            return gruntpaths.file_of(one.files, one.folder, value.args[0], one.includes)
    return ""


def _source(one: Configuration) -> tuple[Block, Expression] | None:
    """(block that says it, the source as a module call would write it), one's own before what is included."""
    found = _block(one.body, "terraform")
    if found is not None and (written := found.body.attributes.get("source")) is not None:
        return found, _called(one, written)
    for label, path in reversed(one.includes.items()):
        body = _body(one.files, path)
        found = _block(body, "terraform") if body is not None else None
        written = found.body.attributes.get("source") if found is not None else None
        place = next((b for b in one.body.blocks if b.kind == "include" and (*b.labels, "")[0] == label), None)
        if written is not None and place is not None:
            return place, _called(one, _moved(written, path), written.value)
    return None


def _called(one: Configuration, written: Attribute, value: Expression | None = None) -> Expression:
    """A source as a constant path, or the expression itself where only its value is known."""
    text = gruntpaths.source(one.files, one.folder, value or written.value, one.includes)
    return Literal(text, written.spot, text) if text else written.value


def _block(body: Body, kind: str) -> Block | None:
    return next((block for block in body.blocks if block.kind == kind), None)


def _body(files: Repository, path: str) -> Body | None:
    from mlops_scan.scanner.formats.hcl import reader

    source = files.get(path) if posixpath.splitext(path)[1] == ".hcl" else None
    return reader.document(source).body if source is not None else None
