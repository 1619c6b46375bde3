"""Ground floor: the words every other file speaks. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from operator import attrgetter
from typing import Any


class Severity(IntEnum):
    """error: wrong now and precise; warning: a missing safeguard; note: worth knowing."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Persona(IntEnum):
    """Who wants the rule: every reviewer (regular), the careful (strict), or an audit."""

    REGULAR = 1
    STRICT = 2
    AUDIT = 3


class Status(Enum):
    """State of a capability. Only `used` silences an absence rule."""

    USED = "used"
    DISABLED = "disabled"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; lines and columns count from one, 0 means unknown (ends only)."""

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A location, and what a reader sees there."""

    at: Location
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a parser saw: what kind, what it is called, where, and what else it says.

    `says` holds JSON values only; docs/facts.md lists the keys of each kind. `also` are places that fed the fact
    (the values line behind a rendered template line).
    """

    kind: str
    name: str
    at: Location
    says: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Place, ...] = ()

    def get(self, key: str, default: Any = None) -> Any:
        """`says[key]`, or `default`."""
        return self.says.get(key, default)

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sort key: place, then kind and name."""
        return (self.at.path, self.at.line, self.at.column, self.kind, self.name)


# the same as a key for sorting many facts: a property costs four times as much
by_place = attrgetter("at.path", "at.line", "at.column", "kind", "name")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something of a file that could not be read: it goes to `coverage`, the scan goes on."""

    at: Location
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a capability counts: the tool, how far it takes effect, where. `why`: the reason that it takes none.

    `only_where`: what must be true of the cluster for it to be there at all; `what` says so, too.
    """

    capability: str
    tool: str
    status: Status
    at: Location
    what: str
    why: str = ""
    only_where: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement. `places[0]` is the line a reader opens; `subject` is the identity without lines (fingerprint)."""

    rule: str
    message: str
    places: tuple[Place, ...]
    severity: Severity
    confidence: Confidence
    concern: str
    subject: str
    remedy: str = ""
    chain: tuple[Place, ...] = ()
    looked_for: str = ""
    suppressed: str | None = None

    @property
    def at(self) -> Location:
        return self.places[0].at

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        return (self.at.path, self.at.line, self.at.column, self.rule, self.subject)


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a report may say of a rule without importing it."""

    name: str
    title: str
    doc: str
    severity: Severity
    confidence: Confidence
    concern: str
    persona: Persona
    status: str
    references: tuple[str, ...] = ()
    fixable: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What this repository is and does. `kind`: project, library, template, platform, notebooks or not-ml."""

    kind: str = "not-ml"
    is_ml: bool = False
    trains_model: bool = False
    serves_model: str = "none"
    model_kinds: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()
    maturity_level: int = 0
    maturity_of: int = 4
    maturity_next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """One deployable thing (service, endpoint, batch job) with all that belongs to it."""

    id: str
    name: str
    kind: str
    at: Location
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A link of the evidence graph, with the place that shows it."""

    source: str
    relation: str
    target: str
    at: Location


@dataclass(frozen=True, slots=True)
class Node:
    """A subject of the evidence graph as reports see it.

    `detail`: what kind of it, in the file's words (type of a resource, cron of a schedule). `state`: "disabled" where
    it is switched off. `reach`: production, development, example or test. `purpose`: what a schedule comes to do.
    `names`: what else it is called: `Deployment/api-prod`, as an environment renders it. `only_where`: what must be
    true of the cluster for it to be there.
    """

    id: str
    kind: str
    label: str
    at: Location
    detail: str = ""
    state: str = ""
    reach: str = ""
    purpose: str = ""
    names: tuple[str, ...] = ()
    only_where: str = ""
