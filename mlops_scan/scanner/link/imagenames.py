"""Names of images of which a part may not be known, and whether two of them mean one image.

A registry's host and what stands before the last variable are left out: `$REG/acme/ranker:$SHA` is `acme/ranker`. A
part in capital letters is no part of a name, but stands for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlops_scan.scanner.formats import images
from mlops_scan.scanner.paths import shared

_KNOWN = re.compile(r"(?!_+\Z)[a-z0-9._:-]+\Z")
_HOST = re.compile(r"[.:]|\Alocalhost\Z")
_MOST = 12  # parts of one name


@dataclass(frozen=True, slots=True)
class Name:
    """`parts`: the last parts of the repository that are known; `whole`: so is all that stands before them."""

    text: str
    parts: tuple[str, ...]
    whole: bool
    host: bool
    tag: str

    @property
    def bare(self) -> bool:
        """A name without any registry or owner, as a machine gives its own images."""
        return self.whole and not self.host and len(self.parts) == 1


def read(reference: str) -> Name | None:
    """The name in a reference, None where its last part is not known."""
    ref = images.parse(reference.removeprefix("docker://"))
    pieces = list(_pieces(ref.repository))[-_MOST:]
    unknown = [_KNOWN.match(piece) is None for piece in pieces]
    host = len(pieces) > 1 and not unknown[0] and bool(_HOST.search(pieces[0]))
    if host:
        pieces, unknown = pieces[1:], unknown[1:]
    known = next((count for count, one in enumerate(reversed(unknown)) if one), len(pieces))
    if not known:
        return None
    return Name(ref.repository, tuple(pieces[-known:]), known == len(pieces), host, ref.tag)


def agreement(built: Name, run: Name) -> int:
    """How many of the last parts agree, 0 where the two are different images."""
    common = shared(reversed(built.parts), reversed(run.parts))
    if built.whole and run.whole:
        return common if built.parts == run.parts or (common and (built.bare or run.bare)) else 0
    needed = [len(one.parts) for one in (built, run) if not one.whole or one.bare]
    return common if common and common >= min(needed) else 0


def _pieces(repository: str) -> list[str]:
    """The parts between the slashes; one inside brackets separates nothing."""
    found, depth = [""], 0
    for char in repository:
        depth += (char in "{(") - (char in "})")
        if char == "/" and depth <= 0:
            found.append("")
        else:
            found[-1] += char
    return found
