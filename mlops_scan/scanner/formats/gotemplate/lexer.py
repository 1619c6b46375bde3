"""Splits a template into text and actions, and an action into tokens, with the line each begins on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError

_SPACE = " \t\r\n"
# a leading blank is part of each match; `close` first, since `-}}` must not be read as a minus
_TOKEN = re.compile(
    r"""
      (?P<close>\s+-\}\}|\s*\}\})
    | \s*(?:
        (?P<field>\.[^\W\d]\w*)
      | (?P<word>[^\W\d]\w*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<variable>\$\w*)
      | (?P<number>[-+]?(?:0[xX][0-9a-fA-F_]+|0[bBoO][0-7_]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?))
      | (?P<raw>`[^`]*`)
      | (?P<char>'(?:\\.|[^'\\])+')
      | (?P<mark>:=|=|\||\(|\)|,|\.)
      )
    """,
    re.VERBOSE,
)

# (kind, text): the kind is the name of the pattern, or `glued` for a field right after the token before it
Token = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Literal text, or the tokens of one action (`tokens` is None for text)."""

    text: str
    tokens: tuple[Token, ...] | None
    line: int


def pieces(source: str) -> Iterator[Piece]:
    """Text and actions in order; comments are dropped, `{{-` and `-}}` trim. Raises TemplateError."""
    position, line, trim = 0, 1, False
    while True:
        start = source.find("{{", position)
        text = source[position:] if start < 0 else source[position:start]
        begin, line = line, line + text.count("\n")
        if trim:
            kept = text.lstrip(_SPACE)
            begin += text[: len(text) - len(kept)].count("\n")
            text = kept
        inside = start + 2
        if start >= 0 and source[inside : inside + 1] == "-" and source[inside + 1 : inside + 2] in _SPACE:
            text = text.rstrip(_SPACE)
            inside += 1
        if text:
            yield Piece(text, None, begin)
        if start < 0:
            return
        tokens, position, trim = _action(source, inside, line)
        if tokens is not None:
            yield Piece("", tokens, line)
        line += source.count("\n", start, position)


def _action(source: str, position: int, line: int) -> tuple[tuple[Token, ...] | None, int, bool]:
    """(tokens, or None for a comment; where the action ends; whether the text after it is trimmed)."""
    first = position
    while first < len(source) and source[first] in _SPACE:
        first += 1
    if source.startswith("/*", first):
        return None, *_comment(source, first, line)
    tokens: list[Token] = []
    while True:
        match = _TOKEN.match(source, position)
        if match is None:
            raise TemplateError(_complaint(source, position), line)
        kind = match.lastgroup or ""
        if kind == "close":
            return tuple(tokens), match.end(), match.group().endswith("-}}")
        text = match[kind]
        if kind == "field" and tokens and match.end() - len(text) == position:
            kind = "glued"
        tokens.append((kind, text))
        position = match.end()


def _complaint(source: str, position: int) -> str:
    return f"unexpected {source[position : position + 12]!r} in action" if position < len(source) else "unclosed action"


def _comment(source: str, position: int, line: int) -> tuple[int, bool]:
    end = source.find("*/", position)
    if end < 0:
        raise TemplateError("unclosed comment", line)
    end += 2
    while end < len(source) and source[end] in _SPACE:
        end += 1
    trim = source.startswith("-}}", end)
    if not trim and not source.startswith("}}", end):
        raise TemplateError("comment ends before closing delimiter", line)
    return end + (3 if trim else 2), trim
