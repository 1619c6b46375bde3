"""Groovy text of a Jenkinsfile as strings, words and braces: comments dropped, one pass, nothing evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"//[^\n]*|/\*"
    r"|(?P<quote>'''|\"\"\"|'|\")"
    r"|(?P<word>[A-Za-z_][\w.]*)"
    r"|(?P<mark>[{}()\[\],:=;\n])"
)
_UNTIL = {
    "'": re.compile(r"(?:[^\\\n']+|\\.)*", re.DOTALL),
    '"': re.compile(r"(?:[^\\\n\"]+|\\.)*", re.DOTALL),
    "'''": re.compile(r"(?:[^\\']+|\\.|'(?!''))*", re.DOTALL),
    '"""': re.compile(r"(?:[^\\\"]+|\\.|\"(?!\"\"))*", re.DOTALL),
}
_ESCAPE = re.compile(r"\\(\\|['\"$]|\n|n|t)")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark, or a string's text (`kind` is word, mark or string); `offset` is where the text begins."""

    kind: str
    text: str
    offset: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens in order. A string that does not close ends at its line."""
    position = 0
    while found := _TOKEN.search(text, position):
        position = found.end()
        if found[0] == "/*":
            end = text.find("*/", position)
            position = len(text) if end < 0 else end + 2
        elif quote := found["quote"]:
            body = _UNTIL[quote].match(text, position)
            inside = body[0] if body else ""
            yield Token("string", _ESCAPE.sub(_plain, inside), position)
            position += len(inside)
            if text.startswith(quote, position):
                position += len(quote)
        elif found["word"]:
            yield Token("word", found[0], found.start())
        elif found["mark"]:
            yield Token("mark", found[0], found.start())


def _plain(found: re.Match[str]) -> str:
    """Escapes that matter to a shell text; the number of line breaks stays as written."""
    return {"\n": "\\\n", "n": ";", "t": " "}.get(found[1], found[1])
