"""What can be seen of a tool, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_scan.scanner.catalog import commands
from mlops_scan.scanner.catalog.conditions import Argument, Attribute, argument
from mlops_scan.scanner.catalog.signature import Signature
from mlops_scan.scanner.catalog.vocabulary import Strength
from mlops_scan.scanner.globs import glob
from mlops_scan.scanner.model import Fact

_COMMANDS = frozenset(("command", "container"))


@dataclass(frozen=True, slots=True)
class Sighting:
    """A signature and what a match of it says: a capability of a tool, or a role that a call or command plays."""

    tool: str
    signature: Signature
    strength: Strength
    capability: str = ""
    role: str = ""
    data: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)
    safe_when: tuple[tuple[Argument, ...], ...] = ()
    off_when: tuple[tuple[Argument | Attribute, ...], ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A fact shows `tool`: it gives `capability`, or plays `role` (the other of the two is '').

    `data` names arguments of the call (positions and keywords; read them with `argument`). `safe`: an argument takes
    the danger away (role unsafe-load). `off`: an argument, an attribute or a chart's condition switches the thing off.
    `kinds`: the kinds of model it is made for.
    """

    tool: str
    capability: str
    role: str
    strength: Strength
    signature: str
    data: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict, compare=False)
    safe: bool = False
    off: bool = False
    kinds: tuple[str, ...] = ()

    def argument(self, fact: Fact, key: str) -> Any:
        """What the call or command passes for `data[key]` (a value as facts write it), or None."""
        if fact.kind in _COMMANDS:
            return self._option(fact, key)
        return argument(fact.says, self.data.get(key, ()))[1]

    def given(self, fact: Fact, key: str) -> bool:
        """Whether the call or command passes anything for `data[key]`."""
        if fact.kind in _COMMANDS:
            return self._option(fact, key) is not None
        return argument(fact.says, self.data.get(key, ()))[0]

    def _option(self, fact: Fact, key: str) -> str | None:
        """The program's own words come first in a command; the arguments of a container begin after them."""
        own = len(self.signature.partition(":")[2].split()) if fact.kind == "command" else 0
        said = fact.says.get("argv" if fact.kind == "command" else "args") or ()
        return commands.option([str(word) for word in said], self.data.get(key, ()), own)

    @property
    def key(self) -> tuple[str, str, str]:
        """Who does what; a fact has one match of each."""
        return (self.tool, self.capability, self.role)

    @property
    def rank(self) -> tuple[bool, int, int, str]:
        """The better match is one in effect, then the stronger one, then the one that knows more arguments."""
        return (not self.off, self.strength, len(self.data), self.signature)


def matched(one: Sighting, says: Mapping[str, Any] | None = None, *, off: bool = False) -> Match:
    """A match of what can be seen, with what an argument of the call says of it."""
    given = says or {}
    safe = any(all(condition.holds(given) for condition in conditions) for conditions in one.safe_when)
    off = off or any(all(condition.holds(given) for condition in conditions) for conditions in one.off_when)
    return Match(one.tool, one.capability, one.role, one.strength, one.signature.text, one.data, safe, off, one.kinds)


def stated(sightings: Iterable[Sighting], says: Mapping[str, Any]) -> Iterator[Match]:
    """What facts of a kind say by what they are."""
    for one in sightings:
        for condition in one.signature.attributes:
            if not condition.holds(says):
                break
        else:
            yield matched(one)


def marked(fact: Fact, says: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a resource says with its annotations and labels, where the catalogue looks for what switches it off."""
    marks = {key: fact.get(key) for key in ("annotations", "labels") if fact.get(key)}
    return {"metadata": marks, **says} if marks else says


def valued(sightings: Iterable[Sighting], value: Any) -> Iterator[Match]:
    """What has a name that is seen, and a value that fits."""
    for one in sightings:
        if all(fits(wanted, value) for wanted in one.signature.words):
            yield matched(one)


def fits(pattern: str, value: Any) -> bool:
    """Whether a value, as files write it, is what a pattern wants."""
    text = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
    return pattern == "*" or bool(glob(pattern).fullmatch(str(text)))
