"""One line a finding, nothing when there is none: for hooks, editors and `grep`."""

from __future__ import annotations

from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import printable
from mlops_scan.scanner.result import Result


class Concise(Report):
    format = "concise"
    linked = False

    def render(self, result: Result, *, color: bool = False, width: int = 100) -> str:
        lines = [
            f"{finding.at.path}:{finding.at.line}:{finding.at.column}: "
            f"{finding.severity.label}[{finding.rule}] {finding.message}"
            for finding in result.open_findings
        ]
        return "".join(f"{printable(line)}\n" for line in lines)
