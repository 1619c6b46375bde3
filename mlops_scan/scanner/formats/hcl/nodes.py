"""The nodes of an HCL file: blocks, attributes and expressions, each with its line and column (from one)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Spot = tuple[int, int]  # line, column


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, bool, null, or a string without interpolation."""

    value: Any
    spot: Spot
    source: str


class Piece(str):
    """A stretch of a heredoc's text, and the line of the file on which it begins."""

    __slots__ = ("line",)
    line: int


@dataclass(frozen=True, slots=True)
class Template:
    """A string with interpolations or directives, or a heredoc; `line` is the one on which a heredoc's text begins."""

    parts: tuple[str | Expression | If | For, ...]
    spot: Spot
    source: str
    line: int = 0
    wraps: bool = False  # "${x}": the value itself, not its text


@dataclass(frozen=True, slots=True)
class If:
    """`%{ if }` in a template."""

    condition: Expression
    then: tuple[str | Expression | If | For, ...]
    otherwise: tuple[str | Expression | If | For, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`%{ for }` in a template."""

    names: tuple[str, ...]
    collection: Expression
    body: tuple[str | Expression | If | For, ...]


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple[Expression, ...]
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class ObjectItem:
    """One `key = value`; a bare word is its own key (`key` is then a Literal)."""

    key: Expression
    value: Expression
    spot: Spot


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    items: tuple[ObjectItem, ...]
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    args: tuple[Expression, ...]
    expands: bool  # the last argument is followed by '...'
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: Expression
    then: Expression
    otherwise: Expression
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class Binary:
    left: Expression
    operator: str
    right: Expression
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: Expression
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class ForExpression:
    """`[for ...]` (`key` is None) or `{for ...}`."""

    names: tuple[str, ...]
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    grouped: bool
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class Name:
    """The first word of a reference: var, local, each, a resource type, a bound name."""

    name: str
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class Splat:
    """`[*]` or `.*` and what follows it."""

    steps: tuple[str | Expression | Splat, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """`base.a[0].b[*].c`: a step is an attribute's name, an index, or a splat."""

    base: Expression
    steps: tuple[str | Expression | Splat, ...]
    spot: Spot
    source: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that was not understood, or that lies deeper than the bound."""

    spot: Spot
    source: str


Expression = (
    Literal
    | Template
    | Tuple
    | ObjectLiteral
    | Call
    | Conditional
    | Binary
    | Unary
    | ForExpression
    | Name
    | Access
    | Opaque
)


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    value: Expression
    spot: Spot


@dataclass(frozen=True, slots=True)
class Block:
    """`kind "label" ... { }`; `path` is the file it stands in."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    path: str
    spot: Spot
    end_line: int


@dataclass(frozen=True, slots=True)
class Body:
    """Attributes by name (of two of one name the later wins) and blocks in the order of the file."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]

    def text(self, name: str) -> str:
        """The constant string of an attribute, or ''."""
        attribute = self.attributes.get(name)
        value = attribute.value.value if attribute is not None and isinstance(attribute.value, Literal) else None
        return value if isinstance(value, str) else ""
