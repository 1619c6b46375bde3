"""Groovy text of a Jenkinsfile as strings, words and braces: comments dropped, one pass, nothing evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_scan.scanner import bounds

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
_ARGUMENTS = 60  # tokens of the arguments of one word
_OPTIONS = 80
_BLOCK = 500
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


def opens_block(found: Sequence[Token], index: int) -> bool:
    """Whether a block follows the word at `index`."""
    following = (one for one in found[index + 1 : index + 4] if one.text != "\n")
    return next((one.text == "{" for one in following if one.kind == "mark"), False)


def block(found: Sequence[Token], index: int) -> list[Token]:
    """The tokens of the block that follows the word at `index`, from its bracket on, line ends left out."""
    depth, inside = 0, []
    for token in found[index + 1 : index + _BLOCK]:
        depth += (token.text == "{") - (token.text == "}") if token.kind == "mark" else 0
        if depth == 0 and token.text == "}":
            break
        inside += [token] if token.text != "\n" else []
    return inside


def arguments(found: Sequence[Token], index: int) -> dict[str, str]:
    """`string(name: 'x', choices: ['y', 'z'])`: the first text that follows each word, up to the first bracket."""
    told: dict[str, str] = {}
    key = ""
    for token in found[index + 1 : index + _ARGUMENTS]:
        if token.text == ")":
            break
        if token.kind == "word":
            key = token.text
        elif token.kind == "string" and key:
            told.setdefault(key, token.text)
    return told


def named_texts(found: Sequence[Token], index: int) -> dict[str, str]:
    """`s3Upload(bucket: 'x', file: 'y')`: the options of a step that are texts."""
    texts: dict[str, str] = {}
    inside = [one for one in found[index + 1 : index + _OPTIONS] if one.text != "\n" or one.kind != "mark"]
    depth = 0
    for at, one in enumerate(inside[:-2]):
        depth += (one.text in "([") - (one.text in ")]") if one.kind == "mark" else 0
        if (one.text in "{};" and one.kind == "mark") or depth < 0 or (at and not depth and one.text == ")"):
            break
        if one.kind == "word" and inside[at + 1].text == ":" and inside[at + 2].kind == "string":
            texts[one.text] = inside[at + 2].text.strip()[: bounds.FACT_TEXT]
    return texts
