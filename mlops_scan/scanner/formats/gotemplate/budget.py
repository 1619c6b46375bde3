"""What evaluating may still cost, and the ways out of a loop."""

from __future__ import annotations

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.nodes import (
    BoundError,
)


class Budget:
    """Steps left for a whole chart, all its renderings together."""

    __slots__ = ("left",)

    def __init__(self, steps: int = bounds.TEMPLATE_STEPS) -> None:
        self.left = steps

    def take(self, steps: int = 1) -> None:
        """Use some up. Raises BoundError when none are left."""
        self.left -= steps
        if self.left < 0:
            raise BoundError(f"more than {bounds.TEMPLATE_STEPS} template steps")


class BreakError(Exception):
    """`{{ break }}` on its way to its range."""


class ContinueError(Exception):
    """`{{ continue }}` on its way to its range."""
