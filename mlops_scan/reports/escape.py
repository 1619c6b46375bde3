"""Text of a scanned repository made harmless: for terminals, Markdown, Mermaid labels and JSON."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

# controls, invisible and bidirectional formatting, broken surrogates, tags
_UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_CONTROL = re.compile(f"[{_UNSEEN}]")
_IN_JSON = re.compile(f"(?!\n)[{_UNSEEN}]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~$&]|:(?=//)|(?<=\bwww)\.|(?<=\w)@(?=\w))", re.IGNORECASE)
_BLOCK = re.compile(r"^([#+=-]|\d+(?=[.)]))")


def printable(text: str) -> str:
    """One line without control, bidirectional or broken characters: nothing of a file steers the terminal."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no link that GitHub would make of a bare address."""
    inline = _MARKDOWN.sub(r"\\\1", printable(text).strip())
    return _BLOCK.sub(_block, inline)


def _block(match: re.Match[str]) -> str:
    """What would start a heading, a list or a rule, as a character."""
    start = match[0]
    return f"{start}\\" if start.isdigit() else f"\\{start}"


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


def json_text(text: str) -> str:
    """JSON in which unseen characters are escapes, and bytes that are no text are U+FFFD: every reader takes it."""
    return _IN_JSON.sub(
        lambda match: "\\ufffd" if "\ud800" <= match[0] <= "\udfff" else json.dumps(match[0])[1:-1], text
    )
