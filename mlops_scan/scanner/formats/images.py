"""Container image references: registry/repository:tag@digest, as the distribution specification writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNRESOLVED = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{\{|<[^>]*>|%\(")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """`repository` includes the registry; `tag` and `digest` are '' when not written.

    `unresolved`: a variable or placeholder that could not be resolved stands in the reference.
    """

    repository: str
    tag: str
    digest: str
    unresolved: bool


def parse(reference: str) -> ImageRef:
    """Split an image reference. Never fails: what is not understood stays in `repository`."""
    rest = reference.strip().strip("'\"")
    unresolved = bool(_UNRESOLVED.search(rest))
    rest, _, digest = rest.partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":") if "{" not in last and "$" not in last else _split_variable(last)
    return ImageRef(f"{head}{slash}{name}", tag, digest, unresolved)


def _split_variable(last: str) -> tuple[str, str, str]:
    """Split `name:${TAG:-latest}` at the colon that stands outside braces."""
    depth = 0
    for index, char in enumerate(last):
        if char in "{(":
            depth += 1
        elif char in "})":
            depth -= 1
        elif char == ":" and depth == 0:
            return last[:index], ":", last[index + 1 :]
    return last, "", ""
