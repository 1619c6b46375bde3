"""What every rule is."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import ClassVar

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import (
    Confidence,
    Edge,
    Finding,
    Location,
    Persona,
    Place,
    RuleInfo,
    Severity,
)

PROJECTS = frozenset({"project", "template"})  # somebody's own ML system, or the mould of one
OPERATED = PROJECTS | {"platform"}  # also charts and platforms for other people's models
ANY_ML = OPERATED | {"notebooks"}
ANY_CODE = ANY_ML | {"library"}


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
            tuple(Place(edge.at, f"{edge.relation} {edge.target.partition(':')[2]}") for edge in chain),
            looked_for,
        )
