"""Words of shell text: quotes, escapes, variables and substitutions, gathered piece by piece."""

from __future__ import annotations

import re

from mlops_scan.scanner.formats.shellbrackets import closing

_QUOTED = re.compile(r"[^\"\\$`]+")
_FAILURES = 8  # unclosed quotes and brackets, after which no more are searched


class Scanner:
    """A place in a text and the word that is being read there.

    `inner` are the texts of `$(...)` and backticks with their offsets, `start` is where the first word of the command
    stood, `quoted` whether a part of the word was.
    """

    def __init__(self, text: str) -> None:
        self.text, self.size, self.index = text, len(text), 0
        self.word: list[str] | None = None
        self.quoted = False
        self.start = -1
        self.inner: list[tuple[int, str]] = []
        self.failures = 0
        self.line_starts: dict[str, list[int]] | None = None

    @property
    def searching(self) -> bool:
        """Whether it is still worth looking for the end of a quote or bracket."""
        return self.failures < _FAILURES

    def add(self, piece: str, end: int) -> None:
        if self.word is None:
            self.word, self.quoted = [], False
            if self.start < 0:
                self.start = self.index
        self.word.append(piece)
        self.index = end

    def escape(self) -> None:
        following = self.text[self.index + 1 : self.index + 2]
        if following == "\n":
            self.index += 2  # the line goes on
        else:
            self.add(following, self.index + 2)
            self.quoted = True

    def single_quoted(self, start: int) -> None:
        end = self.text.find("'", start) if self.searching else -1
        if end < 0:
            self.failures += 1
            self.add("'", start)
            return
        self.add(self.text[start:end], end + 1)
        self.quoted = True

    def double_quoted(self) -> None:
        end = self.find_closing(self.index + 1, '"') if self.searching else -1
        if end < 0:
            self.failures += 1
            self.add('"', self.index + 1)
            return
        self.add("", self.index + 1)
        self.quoted = True
        while self.index < end:
            char = self.text[self.index]
            if run := _QUOTED.match(self.text, self.index, end):
                self.add(run[0], run.end())
            elif char == "\\":
                following = self.text[self.index + 1]
                kept = "" if following == "\n" else following if following in '"\\$`' else "\\" + following
                self.add(kept, self.index + 2)
            else:
                self.expansion(char)
        self.index = end + 1

    def expansion(self, char: str) -> None:
        text, at = self.text, self.index
        if text.startswith("${{", at):
            self.until(text.find("}}", at) if self.searching else -1, 2)
        elif char == "`" or text.startswith("$(", at):
            opening = 1 if char == "`" else 2
            end = self.find_closing(at + opening, "`" if char == "`" else ")")
            if end >= 0 and not text.startswith("$((", at):
                self.inner.append((at + opening, text[at + opening : end]))
            self.until(end, 1)
        elif text.startswith("${", at):
            self.until(self.find_closing(at + 2, "}"), 1)
        elif text.startswith("$'", at) and not (self.word is not None and self.quoted):
            self.single_quoted(at + 2)
        else:
            self.add(char, at + 1)

    def until(self, end: int, closing: int) -> None:
        """Take the text up to `end` and its closing characters as written; just one character if nothing closes."""
        if end < 0:
            self.failures += 1
            self.add(self.text[self.index], self.index + 1)
        else:
            self.add(self.text[self.index : end + closing], end + closing)

    def comment(self) -> None:
        if self.word is not None:
            self.add("#", self.index + 1)
            return
        end = self.text.find("\n", self.index)
        self.index = self.size if end < 0 else end

    def find_closing(self, start: int, closer: str) -> int:
        """Where the bracket or quote opened just before `start` closes, or -1."""
        if not self.searching:
            return -1
        return closing(self.text, start, closer)

    def lines(self) -> dict[str, list[int]]:
        """Where the lines begin, by their text without the blanks around it."""
        if self.line_starts is None:
            self.line_starts = {}
            start = 0
            for line in self.text.split("\n"):
                self.line_starts.setdefault(line.strip(), []).append(start)
                start += len(line) + 1
        return self.line_starts
