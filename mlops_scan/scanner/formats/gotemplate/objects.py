"""The objects Helm hands to a template besides plain data: file sets, and the list of API versions."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Callable
from typing import Any

from mlops_scan.scanner.formats.gotemplate.goyaml import to_yaml

Member = Callable[..., Any]

_STARS = 8  # of one glob: each may cost the length of a path times what the others cost


class ApiVersions(list[str]):
    """`.Capabilities.APIVersions`."""

    def members(self) -> dict[str, Member]:
        """What a template may call on it."""
        return {"Has": lambda version: version in self}


class FileSet:
    """`.Files`: the chart's files that are no templates, read when asked for and only through `read`."""

    def __init__(self, paths: tuple[str, ...], read: Callable[[str], str]) -> None:
        self.paths = paths
        self._read = read

    def __len__(self) -> int:
        return len(self.paths)

    def get(self, path: Any) -> str:
        """The text of a file of the set, '' when it is none."""
        wanted = posixpath.normpath(str(path))
        return self._read(wanted) if wanted in self.paths else ""

    def items(self) -> list[tuple[str, str]]:
        """(path, text) of each file, sorted by path."""
        return [(path, self._read(path)) for path in self.paths]

    def glob(self, pattern: Any) -> FileSet:
        """The files whose whole path fits the pattern."""
        wanted = glob_pattern(str(pattern))
        return FileSet(tuple(path for path in self.paths if wanted.match(path)), self._read)

    def members(self) -> dict[str, Member]:
        """What a template may call on it."""
        return {
            "Get": self.get,
            "GetBytes": self.get,
            "Glob": self.glob,
            "Lines": lambda path: self.get(path).rstrip("\n").split("\n") if self.get(path) else [],
            "AsConfig": lambda: self._as_yaml(str),
            "AsSecrets": lambda: self._as_yaml(lambda text: base64.b64encode(text.encode()).decode()),
        }

    def _as_yaml(self, change: Callable[[str], str]) -> str:
        return to_yaml({posixpath.basename(path): change(text) for path, text in self.items()})


def glob_pattern(pattern: str) -> re.Pattern[str]:
    """A glob as Helm's `.Files.Glob` takes it: `*` stays in a folder, `**` crosses folders, `{a,b}` chooses."""
    if pattern.count("*") > _STARS:
        return re.compile("(?!)")
    made: list[str] = []
    index = depth = 0
    while index < len(pattern):
        char = pattern[index]
        if pattern.startswith("**/", index):
            made.append("(?:[^/]+/)*")
            index += 2
        elif pattern.startswith("**", index):
            made.append(".*")
            index += 1
        elif char in "*?":
            made.append("[^/]*" if char == "*" else "[^/]")
        elif char == "{":
            made.append("(?:")
            depth += 1
        elif char in ",}" and depth:
            made.append("|" if char == "," else ")")
            depth -= char == "}"
        else:
            made.append(re.escape(char))
        index += 1
    return re.compile("".join(made) + ")" * depth + r"\Z", re.DOTALL)
