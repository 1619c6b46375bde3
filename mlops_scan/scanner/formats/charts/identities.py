"""Which object a rendered document is, found without parsing it: kind and name."""

from __future__ import annotations

import re

_KIND = re.compile(r"^kind[ \t]*:[ \t]*[\"']?(\w+)", re.MULTILINE)
_METADATA = re.compile(r"^metadata[ \t]*:(.*)\n?", re.MULTILINE)
_NAME = re.compile(r"[\"']?name[\"']?[ \t]*:[ \t]*[\"']?([\w.-]+)")
_FLOW = re.compile(r"[{,][ \t]*" + _NAME.pattern)


def identity(document: str) -> tuple[str, str]:
    """(kind, name) of a document; each '' where it is not seen."""
    kind = _KIND.search(document)
    return kind[1] if kind else "", _name(document)


def _name(document: str) -> str:
    metadata = _METADATA.search(document)
    if metadata is None:
        return ""
    if "{" in metadata[1]:
        found = _FLOW.search(metadata[1])
        return found[1] if found else ""
    margin = -1
    for line in document[metadata.end() :].split("\n"):
        bare = line.lstrip(" ")
        if not bare or bare.startswith("#"):
            continue
        own = len(line) - len(bare)
        if not own:
            break
        margin = own if margin < 0 else margin
        if own == margin and (found := _NAME.match(bare)):
            return found[1]
    return ""


def kind_at(document: str) -> int:
    """The offset of the kind in a document; -1 where it is not seen."""
    found = _KIND.search(document)
    return found.start() if found else -1
