"""Dockerfile syntax: instructions with exact places, continuations and heredocs."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner import bounds

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(\S+)\s*\Z")
_HEREDOC = re.compile(r"(?<![<\w$(])\d*<<(-?)(['\"]?)([A-Za-z_][\w.-]*)\2(?![<\w])")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+""", re.DOTALL)
_FLAG = re.compile(r"--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|\Z)")
_WITH_HEREDOC = frozenset(("RUN", "COPY", "ADD"))
KEYWORDS = frozenset(
    (
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"),
        *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    )
)


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A heredoc's name and body; `line` is the first line of the body."""

    name: str
    body: str
    line: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. `value` is its text after keyword and flags, continuations joined.

    `shell` is the same text with a newline for every physical line, so that lines count from `value_line`.
    """

    keyword: str
    value: str
    shell: str
    line: int
    end_line: int
    value_line: int
    flags: tuple[tuple[str, str], ...]
    heredocs: tuple[Heredoc, ...]
    pieces: tuple[tuple[int, int, int], ...]  # (offset in value, line, column)

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) of the character at `offset` of `value`."""
        at = max(bisect_right(self.pieces, (offset, 1 << 60, 0)) - 1, 0)
        begin, line, column = self.pieces[at]
        return line, column + offset - begin

    def flag(self, name: str) -> str:
        """The value of the flag `--name`, '' when it is not given."""
        return next((value for key, value in self.flags if key == name), "")

    def words(self) -> list[tuple[str, int]]:
        """(word as written, offset) of the value."""
        return [(match[0], match.start()) for match in _WORD.finditer(self.value)]

    def exec_form(self) -> list[str] | None:
        """The words of `["a", "b"]`, or None for the shell form."""
        if not self.value.lstrip().startswith("["):
            return None
        try:
            words = json.loads(self.value)
        except (ValueError, RecursionError):
            return None
        return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The instructions of a file, and (line, reason) of what could not be read."""

    instructions: tuple[Instruction, ...]
    problems: tuple[tuple[int, str], ...]


def read(text: str) -> Dockerfile:
    """Split a Dockerfile into instructions, as BuildKit does. Raises nothing: what is odd becomes a problem."""
    reader = _Reader(text)
    instructions = tuple(reader.run())
    return Dockerfile(instructions, tuple(reader.problems))


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.index = 0
        self.escape = "\\"
        self.problems: list[tuple[int, str]] = []
        self.ends: dict[str, list[int]] | None = None

    def run(self) -> Iterator[Instruction]:
        self._directives()
        while self.index < len(self.lines):
            line = self.lines[self.index]
            if not line.strip() or line.lstrip().startswith("#"):
                self.index += 1
                continue
            if (made := self._instruction()) is not None:
                yield made

    def _directives(self) -> None:
        """`# escape=` and `# syntax=` count only above everything else."""
        for line in self.lines:
            found = _DIRECTIVE.match(line)
            if found is None:
                return
            if found[1].lower() == "escape" and found[2] in ("\\", "`"):
                self.escape = found[2]

    def _instruction(self) -> Instruction | None:
        first = self.index
        pieces, shell = self._logical_line()
        text = "".join(piece for _, _, piece in pieces)
        keyword = text.lstrip().split(None, 1)[0].upper() if text.strip() else ""
        if keyword not in KEYWORDS:
            if keyword:
                self.problems.append((first + 1, f"'{keyword[:40]}' is no instruction"))
            return None
        start = text.index(text.lstrip()[0]) + len(keyword)
        start += len(text[start:]) - len(text[start:].lstrip())
        flags, start = _flags(text, start) if keyword != "ONBUILD" else ((), start)
        places = _places(pieces, start)
        heredocs = tuple(self._heredocs(text[start:])) if keyword in _WITH_HEREDOC else ()
        skipped = places[0][1] - (first + 1)
        return Instruction(
            keyword,
            text[start:].rstrip(),
            _shell_text(shell, skipped, places[0][2], self.escape),
            first + 1,
            self.index,
            places[0][1],
            flags,
            heredocs,
            places,
        )

    def _logical_line(self) -> tuple[list[tuple[int, int, str]], list[str]]:
        """The (line, column, text) pieces of one instruction, and its physical lines with comments blanked."""
        pieces: list[tuple[int, int, str]] = []
        shell: list[str] = []
        while self.index < len(self.lines):
            line = self.lines[self.index][: bounds.LINE_CHARS]
            number = self.index + 1
            self.index += 1
            if pieces and (not line.strip() or line.lstrip().startswith("#")):
                shell.append("")  # dropped inside a continuation
                continue
            stripped = line.rstrip()
            continued = stripped.endswith(self.escape)
            if continued:
                stripped = stripped[:-1]
            pieces.append((number, 1, stripped if continued else line.rstrip("\r")))
            shell.append(stripped)
            if not continued:
                break
        return pieces, shell

    def _heredocs(self, value: str) -> Iterator[Heredoc]:
        for match in _HEREDOC.finditer(value):
            end = self._end_of(match[3], tabs=match[1] == "-")
            if end is None:
                self.problems.append((self.index, f"heredoc '{match[3]}' has no end"))
                return
            body = self.lines[self.index : end]
            yield Heredoc(match[3], "\n".join(line.lstrip("\t") if match[1] else line for line in body), self.index + 1)
            self.index = end + 1

    def _end_of(self, name: str, *, tabs: bool) -> int | None:
        """The line that ends the heredoc `name`; the candidates are gathered once a file."""
        if self.ends is None:
            self.ends = {}
            for index, line in enumerate(self.lines):
                if len(line) < 200:
                    self.ends.setdefault(line.lstrip("\t"), []).append(index)
        found = self.ends.get(name, [])
        for index in found[bisect_left(found, self.index) :]:
            if tabs or self.lines[index] == name:
                return index
        return None


def _flags(text: str, start: int) -> tuple[tuple[tuple[str, str], ...], int]:
    flags: list[tuple[str, str]] = []
    while match := _FLAG.match(text, start):
        flags.append((match[1], match[2] or ""))
        start = match.end()
    return tuple(flags), start


def _places(pieces: list[tuple[int, int, str]], start: int) -> tuple[tuple[int, int, int], ...]:
    """(offset, line, column) where each physical line begins in the text from `start` on."""
    found: list[tuple[int, int, int]] = []
    offset = 0
    for line, column, text in pieces:
        if offset + len(text) > start or (not found and (line, column, text) == pieces[-1]):
            inner = max(start - offset, 0)
            found.append((max(offset - start, 0), line, column + inner))
        offset += len(text)
    return tuple(found)


def _shell_text(lines: list[str], skipped: int, column: int, escape: str) -> str:
    """The lines joined by POSIX continuations, so that a shell reader counts them as the file does."""
    kept = lines[skipped:]
    if not kept:
        return ""
    kept = [kept[0][column - 1 :], *kept[1:]]
    if escape == "`":
        kept = [line.replace("\\", "/") for line in kept]
    return "\\\n".join(kept)
