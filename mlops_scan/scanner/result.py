"""What a scan comes to: all that a report is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlops_scan.scanner.model import Edge, Evidence, Finding, Node, Note, Place, Profile, RuleInfo, System


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A choice from a decision table, with what decided it. `details` are rows of a plan, all with the same keys."""

    topic: str
    choice: str
    because: tuple[Place, ...]
    why: tuple[str, ...] = ()
    alternatives: tuple[Mapping[str, str], ...] = ()
    trade_offs: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    configuration: str = ""
    details: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What the repository cannot tell, and which recommendations the answer changes."""

    about: str
    ask: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Files found, files a parser read, files left out, and what could not be read."""

    files: int = 0
    parsed: int = 0
    skipped: tuple[Skipped, ...] = ()
    unreadable: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """All that a report is given."""

    name: str
    root: str
    profile: Profile
    capabilities: tuple[Evidence, ...]
    systems: tuple[System, ...]
    findings: tuple[Finding, ...]
    recommendations: tuple[Recommendation, ...]
    questions: tuple[Question, ...]
    coverage: Coverage
    rules: tuple[RuleInfo, ...]
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    prefix: str = ""
    seconds: float = 0.0

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """Findings that no ignore or baseline silences."""
        return tuple(finding for finding in self.findings if finding.suppressed is None)
