"""A fact that the catalogue recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.model import Fact, Location


@dataclass(frozen=True, slots=True)
class Use:
    """A fact that the catalogue knows: `key` is a capability or a role; `strength` is strong, medium or weak."""

    key: str
    tool: str
    strength: str
    fact: Fact
    match: Match

    @property
    def at(self) -> Location:
        return self.fact.at

    @property
    def disabled(self) -> bool:
        """Switched off: by a default around it, or by an argument of its own."""
        return bool(self.fact.says.get("state") == "disabled") or self.match.off

    @property
    def tried_out(self) -> bool:
        """Made by a call in a notebook, cell by cell: nobody operates it by what stands there."""
        return self.fact.get("origin") == "sdk" and self.at.path.endswith(".ipynb")

    @property
    def safe(self) -> bool:
        """An argument takes the danger away (role unsafe-load)."""
        return self.match.safe

    @property
    def within(self) -> str:
        """' (in 'function')', for a sentence; '' at the level of the module."""
        function = self.fact.get("function")
        return f" (in '{function}')" if function else ""

    def argument(self, key: str) -> Any:
        """What the call passes for an argument that the catalogue names (id, revision, timeout ...), or None."""
        return self.match.argument(self.fact, key)

    def given(self, key: str) -> bool:
        """Whether the call passes anything for that argument."""
        return self.match.given(self.fact, key)
