"""The lines that a report quotes, read from the scanned folder once a file; nothing outside it."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from mlops_scan.reports.linehash import line_hashes
from mlops_scan.scanner.model import Location
from mlops_scan.scanner.result import Result

_LARGEST = 8 * 2**20
_QUOTED = 400  # longest line that is quoted


class Sources:
    """Text of the files that findings name. Paths of the result are relative to its root."""

    def __init__(self, result: Result) -> None:
        self._root = Path(result.root)
        self._prefix = result.prefix.strip("/")
        self._result = result
        self._texts: dict[str, str | None] = {}
        self._split: dict[str, list[str]] = {}

    def exists(self, path: str) -> bool:
        """Whether the path is a plain file below the root."""
        return bool(path) and self._text(path) is not None

    def uri(self, path: str) -> str:
        """The path from the top of the git repository, percent-encoded."""
        return _quoted(f"{self._prefix}/{path}" if self._prefix else path)

    @property
    def category(self) -> str:
        """The scanned folder from the top of the git repository, with a slash at its end; '' for the top itself."""
        return f"{_quoted(self._prefix)}/" if self._prefix else ""

    def clamp(self, path: str, line: int) -> int:
        """The line, or the last one where the file is shorter."""
        return max(1, min(line, len(self._lines(path)) or 1))

    def line(self, path: str, number: int) -> str:
        """The text of a line, '' when there is none or it is too long to quote."""
        lines = self._lines(path)
        text = lines[number - 1] if 0 < number <= len(lines) else ""
        return text if len(text) <= _QUOTED else ""

    def around(self, path: str, number: int) -> tuple[int, int, str] | None:
        """(first, last, text) of the line with one line before and after; None when a line is too long to quote."""
        lines = self._lines(path)
        first, last = max(1, number - 1), min(len(lines), number + 1)
        quoted = lines[first - 1 : last]
        if first == last or any(len(text) > _QUOTED for text in quoted):
            return None
        return first, last, "\n".join(quoted)

    def line_hash(self, at: Location) -> str:
        """GitHub's hash of the line."""
        return self._hashes.get((at.path, self.clamp(at.path, at.line)), "0:1")

    @cached_property
    def _hashes(self) -> dict[tuple[str, int], str]:
        wanted: dict[str, set[int]] = {}
        for finding in self._result.findings:
            wanted.setdefault(finding.at.path, set()).add(self.clamp(finding.at.path, finding.at.line))
        return {
            (path, line): value
            for path in sorted(wanted)
            for line, value in line_hashes(self._text(path) or "", wanted[path]).items()
        }

    def _lines(self, path: str) -> list[str]:
        if path not in self._split:
            text = (self._text(path) or "").removeprefix("\ufeff")
            self._split[path] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._split[path]

    def _text(self, path: str) -> str | None:
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str | None:
        whole = self._root / path
        try:
            if whole.is_symlink() or not whole.is_file() or not whole.resolve().is_relative_to(self._root.resolve()):
                return None
            with whole.open("rb") as file:
                return file.read(_LARGEST).decode("utf-8", "replace")
        except (OSError, ValueError):
            return None


def _quoted(path: str) -> str:
    return quote(os.fsencode(path), safe="/-._~!$&'()*+,;=@")
