"""What a `comparison` fact says of a choice that a workflow makes between its steps."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

_WORD = re.compile(r"[A-Za-z_]\w*")


def words(text: str) -> list[str]:
    """The identifiers of a condition, each once, in order."""
    return list(dict.fromkeys(_WORD.findall(text)))


def choice(
    step: str, names: list[str], operator: str, yes: Collection[str], no: Collection[str] | None = None
) -> dict[str, Any]:
    """A comparison at `step` that leads to the steps `yes`, or else to `no`; without `no` it lets go on or ends."""
    says = {"in": "choice", "function": step, "names": names, "ops": [operator], "body": sorted(yes)}
    if no is None:
        return {**says, "exits": True}
    return {**says, "else": sorted(no), "exits": bool(yes) != bool(no)}
