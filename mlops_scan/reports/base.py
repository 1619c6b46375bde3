"""What every report is."""

from __future__ import annotations

from typing import ClassVar

from mlops_scan.scanner.result import Result


class Report:
    """A scan's result as text. `format` is its name on the command line."""

    format: ClassVar[str]
    linked: ClassVar[bool] = True  # it tells of subjects and their links
    full: bool = False  # show every subject, where the format folds some away

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        """The whole report, ending with a newline. Deterministic: same result, same bytes."""
        raise NotImplementedError
