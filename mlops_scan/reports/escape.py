"""Text of a scanned repository made harmless: for terminals, for Markdown, for Mermaid labels."""

from __future__ import annotations

import re
from urllib.parse import quote

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~])")


def printable(text: str) -> str:
    """One line without control, bidirectional or broken characters: nothing of a file steers the terminal."""
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def markdown(text: str) -> str:
    """Text that Markdown shows as it is inside a line: no markup, no HTML (parentheses need no escape)."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


def code(text: str) -> str:
    """An inline code span: the fence is longer than any run of backticks inside."""
    clean = printable(text)
    longest = max((len(run) for run in re.findall(r"`+", clean)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{pad}{clean}{pad}{fence}"


def link(path: str, line: int) -> str:
    """A relative Markdown link to a line, shown as path:line."""
    target = quote(path.encode("utf-8", "surrogateescape"), safe="/-._~")
    return f"[{markdown(f'{path}:{line}')}]({target}#L{line})"


def mermaid(text: str, limit: int = 60) -> str:
    """A quoted Mermaid label: entities for what would end it or start markup."""
    clean = printable(text)
    clean = clean if len(clean) <= limit else f"{clean[: limit - 3]}..."
    return "".join(char if char.isalnum() or char in " ._-/:=,@+" else f"#{ord(char)};" for char in clean)
