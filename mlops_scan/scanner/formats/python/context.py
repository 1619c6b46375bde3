"""Where in a file the walker is: scope, function, enclosing blocks, and what becomes of an expression's value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlops_scan.scanner.formats.python.scopes import ClassInfo, Scope
from mlops_scan.scanner.model import Location

_CHAIN = 8
GUARDS = 3


@dataclass(slots=True)
class Gate:
    """A comparison whose blocks are being read: what is called in them, and whether they stop the program."""

    text: str
    at: Location
    says: dict[str, object]
    body: list[int] = field(default_factory=list)  # indices of call records
    other: list[int] = field(default_factory=list)
    raises: bool = False
    exits: bool = False
    fails: bool = False  # exits with what a caller takes for a failure
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of a statement."""

    scope: Scope
    function: str = ""
    cls: ClassInfo | None = None
    loop: bool = False
    main: bool = False
    silent: bool = False  # names count, facts do not (TYPE_CHECKING)
    optional: bool = False
    branch: bool = False
    chain: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    gates: tuple[tuple[Gate, bool], ...] = ()  # enclosing comparisons, and whether this is their body
    caught: bool = False  # an exception raised here is caught, and all goes on

    def inside(self, keyword: str, *, guard: str = "", gate: tuple[Gate, bool] | None = None) -> Context:
        """The context of a block under `keyword`. Comparisons reach two blocks deep."""
        chain = (*self.chain, keyword)[-_CHAIN:]
        guards = (*self.guards, guard)[-GUARDS:] if guard else self.guards
        gates = self.gates[-1:] if gate is None else (*self.gates[-1:], gate)
        return Context(
            self.scope,
            self.function,
            self.cls,
            self.loop,
            self.main,
            self.silent,
            self.optional,
            True,
            chain,
            guards,
            gates,
            self.caught,
        )


@dataclass(frozen=True, slots=True)
class Top:
    """What becomes of an expression's value: its target, whether it is returned, managed or read, what it decorates.

    `until` is the last line of the block that it manages.
    """

    assigned: str = ""
    returned: bool = False
    managed: bool = False
    decorates: str = ""
    until: int = 0
    unread: bool = False  # a statement of its own


NOTHING = Top()
UNREAD = Top(unread=True)


def outcome(made: dict[str, Any], top: Top) -> None:
    """Put what becomes of the value of a call into what is said of it."""
    if top.unread and made.get("local"):  # of other calls nobody asks
        made["unread"] = True
    if top.assigned:
        made["assigned"] = top.assigned
    if top.returned:
        made["returned"] = True
    if top.managed:
        made["with"] = True
        made["until"] = top.until
    if top.decorates:
        made["decorates"] = top.decorates
