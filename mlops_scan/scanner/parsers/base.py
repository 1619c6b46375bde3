"""What every parser is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.globs import fits
from mlops_scan.scanner.model import Fact, Note

WILD = re.compile(r"[*?\[]")


class Parser:
    """Turns one kind of file into facts. Stateless: one instance reads many files, in several processes.

    A format of several files (a chart, a kustomization, a Terraform module) is anchored at one of them and reads
    the others through `tree`.
    """

    patterns: ClassVar[tuple[str, ...]] = ()  # globs over the file's name; over the whole path where they hold a '/'
    headers_only: ClassVar[bool] = False  # wants a name, a size or a header: is asked about binary and huge files, too

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        """Whether this parser reads `source`: cheap, by name first, then by a look at the bytes.

        It is asked only about files that one of `patterns` fits and about files without a suffix, whose contents
        may say what they are (about all files, where there are no patterns).
        """
        return matches(source.path, self.patterns)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        """Yield what the file says, and a Note for what of it could not be read. Raises nothing for odd input."""
        raise NotImplementedError


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a glob fits the file's name (or, holding a '/', its whole path). Case matters, as it does on Linux."""
    name = path.rpartition("/")[2]
    names, ends, others = _sorted_out(patterns)
    return name in names or name.endswith(ends) or any(fits(path if "/" in one else name, one) for one in others)


@cache
def _sorted_out(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """(whole names, ends of names, the rest), so that few globs are left to be tried."""
    names = frozenset(one for one in patterns if "/" not in one and not WILD.search(one))
    ending = [one for one in patterns if one.startswith("*") and "/" not in one and not WILD.search(one[1:])]
    others = tuple(one for one in patterns if one not in names and one not in ending)
    return names, tuple(one[1:] for one in ending), others
