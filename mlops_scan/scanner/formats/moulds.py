"""Files of project templates (`train.py.tmpl`, `ci.yml.j2`, a placeholder in the path), read as what they become."""

from __future__ import annotations

import re

_SUFFIXES = (".tmpl", ".j2", ".jinja", ".jinja2")
_INNER = (".py", ".yml", ".yaml", ".toml", ".txt", ".ipynb", ".sh")
_PLACEHOLDER = re.compile(r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}")
_CONTROL = re.compile(
    r"\{%.*?%\}|\{#.*?#\}|\{\{-?\s*(?:(?:if|else|end|range|with|define|block|break|continue|skip|update_\w+)\b|/\*).*?\}\}",
    re.DOTALL,
)
_VALUE = re.compile(r"\{\{.*?\}\}")
_NUMBER_OF_TAGS = 20_000


def becomes(path: str) -> str:
    """The path of the file that a template makes of the one at `path`; '' when it is no template of a kind we read."""
    inner = next((path.removesuffix(suffix) for suffix in _SUFFIXES if path.endswith(suffix)), path)
    if not inner.endswith(_INNER):
        return ""
    return inner if inner != path or _PLACEHOLDER.search(path.rpartition("/")[0]) else ""


def filled(text: str) -> str:
    """The text with something in place of every placeholder; lines stay where they are.

    Both branches of a condition are kept: a template offers both. A line that is nothing but a placeholder goes empty.
    """
    if text.count("{{") + text.count("{%") > _NUMBER_OF_TAGS:
        return text
    text = _CONTROL.sub(lambda match: "\n" * match[0].count("\n"), text)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "{{" in line:
            alone = not _VALUE.sub("", line).strip()
            lines[number] = "" if alone else _VALUE.sub(lambda match: "x" * min(len(match[0]), 12), line)
    return "\n".join(lines)
