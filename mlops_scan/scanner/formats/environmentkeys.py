"""Credentials by the name of the variable that they are written for, in the text of any format of settings.

`WANDB_API_KEY: 5c1b…`, `export HUB_TOKEN=…`, `{"name": "API_KEY", "value": "…"}`: who starts code hands it variables of
its environment, each platform in a notation of its own. Capital names that end as keys do are told wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.formats.credentials import looks_real, names_secret
from mlops_scan.scanner.formats.keyformats import Credential

_ENDINGS = (b"_KEY", b"_TOKEN", b"_SECRET")
_END = re.compile(rb"_(?:KEY|TOKEN|SECRET)(?![A-Za-z0-9_])")
_NAME = re.compile(rb"[A-Z][A-Z0-9_]{2,60}\Z")
_LONGEST = 64  # characters of a name
# `=`, `:`, or the `value` of a pair that the name began; quotes, spaces and one line break between
_GIVEN = re.compile(
    rb"\\?[\"']?[ \t]{0,40}(?:[:=]|,?[ \t]{0,40}\r?\n?[ \t]{0,40}\\?[\"']?[vV]alue\\?[\"']?[ \t]{0,40}[:=])"
    rb"[ \t]{0,40}\\?[\"']?"
    rb"([A-Za-z0-9+/_.~-]{16,256}={0,2})(?=[\s\"',;})\]\\]|\Z)"
)


def find(data: bytes) -> Iterator[Credential]:
    """Values that look real, each with the name of its variable as its kind."""
    if not any(ending in data for ending in _ENDINGS):
        return
    for end in _END.finditer(data):
        name = _name(data, end.end())
        match = _GIVEN.match(data, end.end()) if name else None
        if match is not None:
            value = match[1].decode("ascii")
            if names_secret(name) and looks_real(name, value):
                yield Credential(name, match.start(1), value)


def _name(data: bytes, end: int) -> str:
    """The variable that ends at `end`; '' where it is a part of something else."""
    start = end
    while start > max(0, end - _LONGEST) and (data[start - 1 : start].isalnum() or data[start - 1 : start] == b"_"):
        start -= 1
    found = _NAME.match(data[start:end])
    before = data[max(0, start - 1) : start]
    return found[0].decode("ascii") if found and before not in (b"$", b"{", b".", b"/", b"-", b"%") else ""
