"""Files of project templates (`train.py.tmpl`, `ci.yml.j2`, a placeholder in the path), read as what they become."""

from __future__ import annotations

import re
from keyword import iskeyword

_SUFFIXES = (".tmpl", ".j2", ".jinja", ".jinja2")
_INNER = (".py", ".yml", ".yaml", ".toml", ".txt", ".ipynb", ".sh")
_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,200}\}\}|\{%[^{}]{0,200}%\}")
_CONTROL = re.compile(
    r"\{%(?:(?!\{%|%\}).){0,2000}%\}|\{#(?:(?!\{#|#\}).){0,2000}#\}|\{\{-?\s*(?:(?:if|else|end|range|with|define|block|break|continue|skip|update_\w+)\b|/\*).{0,2000}?\}\}",
    re.DOTALL,
)
_WORD = re.compile(r"\{[{%][-+]?\s*(\w+)")
_OPENING = frozenset(("if", "range", "with", "define", "block", "for", "macro", "call", "filter", "raw"))
_NAME = re.compile(r"[A-Za-z_]\w*")
_VALUE = re.compile(r"(?<!\$)\{\{(?:(?!\{\{|\}\}).){0,1000}\}\}")  # ${{ x }} is an expression of a CI service
_NUMBER_OF_TAGS = 20_000


def becomes(path: str) -> str:
    """The path of the file that a template makes of the one at `path`; '' when it is no template of a kind we read."""
    inner = next((path.removesuffix(suffix) for suffix in _SUFFIXES if path.endswith(suffix)), path)
    if not inner.endswith(_INNER):
        return ""
    return inner if inner != path or _PLACEHOLDER.search(path.rpartition("/")[0]) else ""


def filled(text: str, both: bool = True) -> str:
    """The text with something in place of every placeholder; lines stay where they are.

    `both` branches of a condition are kept, since a template offers both, or the first alone, where a format cannot
    say a thing twice. A line that is nothing but a placeholder goes empty.
    """
    if text.count("{{") + text.count("{%") > _NUMBER_OF_TAGS:
        return text
    text = _without_controls(text, both)
    sign = "" if both else "$"  # other formats know a variable by it
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "{{" in line:
            alone = not _VALUE.sub("", line).strip()
            lines[number] = "" if alone else _VALUE.sub(lambda match: sign + _named(match[0]), line)
    return "\n".join(lines)


def _named(placeholder: str) -> str:
    """`{{ cookiecutter.name }}` is called name."""
    words = _NAME.findall(placeholder)
    return words[-1] if words and not iskeyword(words[-1]) else "x"


def _without_controls(text: str, both: bool) -> str:
    kept: list[str] = []
    blocks: list[bool] = []  # of each open block: whether it has come to its second branch
    end = 0
    for match in _CONTROL.finditer(text):
        between = text[end : match.start()]
        kept.append("\n" * between.count("\n") if not both and any(blocks) else between)
        kept.append("\n" * match[0].count("\n"))
        end = match.end()
        word = _WORD.match(match[0])
        if word is None:
            continue
        if word[1].startswith("end"):
            blocks = blocks[:-1]
        elif word[1] in ("else", "elif"):
            blocks[-1:] = [True]
        elif word[1] in _OPENING:
            blocks.append(False)
    return "".join((*kept, text[end:]))
