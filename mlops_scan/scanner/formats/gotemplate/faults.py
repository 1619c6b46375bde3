"""What goes wrong while a chart is rendered: the first fault of each template, and templates that are absent."""

from __future__ import annotations

from mlops_scan.scanner.formats.gotemplate.nodes import RefusedError, TemplateError

FAULTS = (TemplateError, TypeError, ValueError, AttributeError, KeyError, IndexError, ArithmeticError)


class Faults:
    """Faults so far; where the chart is to be rendered strictly, the first one is raised.

    `problems` maps a template's path to the line and text of its first fault; `missing` the name of an absent
    template to where it was first wanted.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self.count = 0
        self.problems: dict[str, tuple[int, str]] = {}
        self.missing: dict[str, tuple[str, int]] = {}

    def absent(self, name: str, path: str, line: int) -> None:
        """A template that nobody defines is wanted."""
        if self._strict:
            raise TemplateError(f"template {name!r} not defined")
        self.count += 1
        self.missing.setdefault(name, (path, line))

    def problem(self, path: str, line: int, error: Exception) -> None:
        """A value could not be made."""
        if self._strict:
            raise error
        self.count += 1
        reason = error.reason if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
        refused = "the chart refuses its values: " if isinstance(error, RefusedError) else ""
        self.problems.setdefault(path, (line, f"{refused}{reason}"))
