"""Container image references: registry/repository:tag@digest, as the distribution specification writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.model import Fact

_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?\Z")
_UNRESOLVED = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{\{|<[^>]*>|%\(")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """`repository` includes the registry; `tag` and `digest` are '' when not written.

    `unresolved`: a variable or placeholder stands where the version could be: in the last part, behind the last '/'.
    """

    repository: str
    tag: str
    digest: str
    unresolved: bool


def parse(reference: str) -> ImageRef:
    """Split an image reference. Never fails: what is not understood stays in `repository`."""
    rest, _, digest = reference.strip().strip("'\"").partition("@")
    start = _last_part(rest)
    last = rest[start:]
    name, _, tag = last.partition(":") if "{" not in last and "$" not in last else _split_variable(last)
    return ImageRef(rest[:start] + name, tag, digest, bool(_UNRESOLVED.search(f"{last}@{digest}")))


def used(reference: str, owner: str, role: str = "run") -> tuple[str, dict[str, Any]]:
    """The name of the image that something runs, builds or pushes, and what its fact says: nothing that is empty."""
    ref = parse(reference)
    says = {
        "tag": ref.tag,
        "digest": ref.digest,
        "role": role,
        "raw": reference[: bounds.FACT_TEXT],
        "owner": owner,
        "unresolved": ref.unresolved,
    }
    return ref.repository[: bounds.FACT_TEXT], {key: value for key, value in says.items() if value}


def floats(image: Fact) -> bool:
    """Whether what is pulled changes under one name: no tag and no digest, or `latest`, also as a variable's default.

    A version that only comes with a variable is not known to float. A registry's host alone is a gap that something
    fills in before anybody pulls it.
    """
    if _HOST.match(image.name):
        return False
    tag, default = image.get("tag") or "", image.get("default_tag")
    if image.get("digest") or (image.get("unresolved") and not default and tag != "latest"):
        return False
    return (default or tag) in ("", "latest")


def _last_part(reference: str) -> int:
    """Where the part behind the last '/' begins; a '/' inside braces, as in ${IMAGE:-a/b}, separates nothing."""
    depth = start = 0
    for index, char in enumerate(reference):
        if char in "{(":
            depth += 1
        elif char in "})":
            depth -= 1
        elif char == "/" and depth <= 0:
            start = index + 1
    return start


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
