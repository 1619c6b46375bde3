"""The syntax tree of a Go template, and the errors that reading or evaluating one may end in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FOLDER = "templates/"
_SHIFTS = frozenset(("nindent", "indent"))

Value = Any  # what a template handles: None, bool, int, float, str, list, dict, or an object of objects.py


class TemplateError(Exception):
    """What Go's template engine would stop on; `line` is 0 where it is not known."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


class RefusedError(TemplateError):
    """The chart itself refuses these values: `fail` or `required`."""


class BoundError(Exception):
    """A bound of bounds.py was reached: the rendering ends here."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: Value


@dataclass(frozen=True, slots=True)
class Dot:
    pass


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """`.a.b`, `$x.a`, `(pipeline).a`: fields read from a base."""

    base: Operand
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parens:
    pipeline: Pipeline


Operand = Constant | Dot | Variable | Function | Chain | Parens
Command = tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by `|`; `names` are the variables it sets, declared with `:=` or assigned with `=`."""

    commands: tuple[Command, ...]
    names: tuple[str, ...] = ()
    declares: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Action:
    pipeline: Pipeline
    line: int


@dataclass(frozen=True, slots=True)
class If:
    """`if` and `with`: `rebinds` says whether the value becomes the dot."""

    pipeline: Pipeline
    then: tuple[Node, ...]
    other: tuple[Node, ...]
    line: int
    rebinds: bool


@dataclass(frozen=True, slots=True)
class Range:
    pipeline: Pipeline
    body: tuple[Node, ...]
    other: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """`template` (and the use half of `block`)."""

    name: str
    pipeline: Pipeline | None
    line: int


@dataclass(frozen=True, slots=True)
class Jump:
    """`break` or `continue`."""

    leaves: bool
    line: int


Node = Text | Action | If | Range | Call | Jump


@dataclass(frozen=True, slots=True)
class Definition:
    """A named template and the file it stands in."""

    name: str
    body: tuple[Node, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed file: what it prints and what it defines."""

    path: str
    body: tuple[Node, ...]
    definitions: Mapping[str, Definition]


_INCLUDE = Function("include")


def included(pipeline: Pipeline, path: str, known: Mapping[str, Definition]) -> Definition | None:
    """The template of the same chart that an action only includes, at most indented."""
    head = pipeline.commands[0]
    if pipeline.names or len(head) != 3 or head[0] != _INCLUDE or not isinstance(head[1], Constant):
        return None
    definition = known.get(str(head[1].value))
    if definition is None or definition.path.partition(_FOLDER)[0] != path.partition(_FOLDER)[0]:
        return None
    rest = [command[0] for command in pipeline.commands[1:]]
    return definition if all(isinstance(one, Function) and one.name in _SHIFTS for one in rest) else None


def begins_document(node: If) -> bool:
    """Whether what a condition holds back begins with the mark of a new document."""
    first = node.then[0] if node.then else None
    return isinstance(first, Text) and first.text.lstrip().startswith("---")
