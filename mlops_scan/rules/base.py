"""What every rule is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import (
    Confidence,
    Edge,
    Evidence,
    Finding,
    Location,
    Persona,
    Place,
    RuleInfo,
    Severity,
    Status,
)

PROJECTS = frozenset({"project", "template"})  # somebody's own ML system, or the mould of one
OPERATED = PROJECTS | {"platform"}  # also charts and platforms for other people's models
ANY_ML = OPERATED | {"notebooks"}
ANY_CODE = ANY_ML | {"library"}
_NAME = re.compile(r"\S*[\w-][./_:(]\S")  # `group.io/Kind 'x'`, `aws_thing 'x'`, `module.call`


class Rule:
    """One question to the graph. The docstring's first line is its title, the rest its page.

    The module's name is the rule's name, its folder the concern. `kinds` are the kinds of repository in which the
    rule has anything to say (see Profile).
    """

    severity: ClassVar[Severity] = Severity.WARNING
    confidence: ClassVar[Confidence] = Confidence.HIGH
    persona: ClassVar[Persona] = Persona.REGULAR
    status: ClassVar[str] = "stable"
    references: ClassVar[tuple[str, ...]] = ()
    fixable: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = ANY_ML
    concern: ClassVar[str] = ""  # only where the folder does not say it
    remedy: ClassVar[str] = ""

    @classmethod
    def name(cls) -> str:
        return cls.__module__.rsplit(".", 1)[-1].replace("_", "-")

    @classmethod
    def info(cls) -> RuleInfo:
        doc = inspect.cleandoc(cls.__doc__ or "")
        title = doc.split("\n", 1)[0].rstrip(".")
        return RuleInfo(
            cls.name(),
            title,
            doc,
            cls.severity,
            cls.confidence,
            cls.concern or cls.__module__.rsplit(".", 2)[-2],
            cls.persona,
            cls.status,
            cls.references,
            cls.fixable,
        )

    def applies(self, graph: Graph) -> bool:
        """Whether the rule has anything to say about this kind of repository."""
        return graph.profile.kind in self.kinds

    def check(self, graph: Graph) -> Iterator[Finding]:
        """Yield what is wrong; the first place of a finding is the one a reader opens."""
        raise NotImplementedError

    def offered(self, graph: Graph, capability: str) -> bool:
        """Whether a chart or module for others has the capability to be switched on: that is its user's choice."""
        found = graph.evidence(capability, Status.DISABLED) if graph.profile.kind == "platform" else ()
        return any(not one.why for one in found)

    def finding(
        self,
        message: str,
        at: Location,
        *,
        subject: str,
        note: str = "",
        related: Iterable[Place] = (),
        chain: Iterable[Edge] = (),
        remedy: str = "",
        looked_for: str = "",
        severity: Severity | None = None,
        confidence: Confidence | None = None,
    ) -> Finding:
        """A finding of this rule.

        `message` is one full sentence that names the object in 'quotes'. `subject` is the graph identity of what is
        judged and holds no line number: the fingerprint is made of it.
        """
        info = self.info()
        return Finding(
            info.name,
            message,
            (Place(at, note), *related),
            severity or info.severity,
            confidence or info.confidence,
            info.concern,
            subject,
            remedy or self.remedy,
            told(chain),
            looked_for,
        )


def led_to(finding: Finding, graph: Graph) -> Finding:
    """The finding with the chain of links by which production comes to its place, where its rule tells no other."""
    chain = () if finding.chain else told(graph.way_to(finding.at, finding.subject))
    return replace(finding, chain=chain) if chain else finding


def told(chain: Iterable[Edge]) -> tuple[Place, ...]:
    """A chain of links as places, each with what the link says."""
    return tuple(
        Place(edge.at, f"{edge.source.partition(':')[2]} {edge.relation} {edge.target.partition(':')[2]}")
        for edge in chain
    )


class Absence(Rule):
    """A capability that the repository needs and does not have: judged once, at the line that makes it needed."""

    capability: ClassVar[str] = ""
    searched: ClassVar[str] = ""  # what was looked for, where the names of the capability's tools do not say it

    def needed(self, graph: Graph) -> Iterator[Place]:
        """Yield the places that make the capability needed, the most telling first; none: nothing is missing."""
        raise NotImplementedError

    def present(self, graph: Graph) -> bool:
        """Whether the capability takes effect."""
        return graph.has(self.capability)

    def message(self, graph: Graph) -> str:
        """One full sentence that says what is missing, without what was looked for."""
        raise NotImplementedError

    def advice(self, graph: Graph) -> str:
        """The remedy for this stack."""
        return self.remedy

    def check(self, graph: Graph) -> Iterator[Finding]:
        if self.capability in graph.external or self.present(graph) or self.offered(graph, self.capability):
            return
        places = _first(self.needed(graph), graph)
        if not places or (graph.is_tutorial(places[0].at.path) and not graph.is_production(places[0].at.path)):
            return  # what only examples beside the system need, nobody lacks
        partial = graph.evidence(self.capability, Status.DISABLED, Status.DECLARED)[:3]
        yield self.finding(
            " ".join([self.message(graph), *_partly(partial)]),
            places[0].at,
            subject="repository",
            note=places[0].note,
            related=[*places[1:], *(Place(one.at, f"{one.status.value}: {one.what}") for one in partial)],
            remedy=self.advice(graph),
            looked_for=graph.looked_for(self.capability, self.searched),
        )


_NEAREST = (False, False)


def _first(places: Iterable[Place], graph: Graph, most: int = 4) -> list[Place]:
    """The first few, each once; what is aside comes last."""
    aside: dict[str, tuple[bool, bool]] = {}
    found: dict[tuple[bool, bool], dict[Place, None]] = {}
    for place in places:
        path = place.at.path
        if path not in aside:
            aside[path] = _is_aside(graph, path)
        same = found.setdefault(aside[path], {})
        if len(same) < most:
            same[place] = None
        elif aside[path] == _NEAREST:
            break  # nothing can come before these
    return [place for key in sorted(found) for place in found[key]][:most]


def _is_aside(graph: Graph, path: str) -> tuple[bool, bool]:
    """Whether a file is another one than what runs in production; a notebook is, beside a script that does the same."""
    return not graph.is_production(path), path.endswith(".ipynb")


def _partly(found: Iterable[Evidence]) -> Iterator[str]:
    """What is said of safeguards without effect, each once with all its places."""
    places: dict[tuple[str, str], list[str]] = {}  # by what stands before and after them
    for one in found:
        if one.status is Status.DISABLED and one.why:
            said = (_begun(one.what), f", without effect: {one.why}.")
        elif one.status is Status.DISABLED:
            said = (f"'{one.tool}' is there but switched off", ".")
        elif one.why:
            said = (_begun(one.what), f": {one.why}.")
        else:
            said = (f"'{one.tool}' is declared and never used", ".")
        places.setdefault(said, []).append(str(one.at))
    yield from (f"{before} ({', '.join(at)}){after}" for (before, after), at in places.items())


def _begun(what: str) -> str:
    """The words as the beginning of a sentence; a name of code or of a type of resource keeps its case."""
    return what if _NAME.match(what) else what[:1].upper() + what[1:]
