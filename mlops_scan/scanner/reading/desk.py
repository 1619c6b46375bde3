"""Which files are read, by which readers, in how many processes; the pages do not depend on the last."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from mlops_scan.scanner import bounds, catalog, forking
from mlops_scan.scanner.files import Mould, SourceFile, Tree
from mlops_scan.scanner.formats import moulds
from mlops_scan.scanner.packing import Packer, Unpacker
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.dispatch import Dispatch
from mlops_scan.scanner.reading.pages import Page, Pages, lost

_SERIAL_WEIGHT = 400_000  # below this much to parse, a second process costs more than it saves
_FILE_WEIGHT = 500  # opening a file, in bytes of parsing
_ANCHORS = ("Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization")


class Desk:
    """The files that some parser may read, and how they are read."""

    def __init__(self, tree: Tree, readers: Sequence[Parser]) -> None:
        self.tree = tree
        dispatch = Dispatch(readers)
        self.work = [
            (source, candidates)
            for path in tree.paths
            if (source := _seen(tree, path)) and source.own and (candidates := dispatch.candidates(source.path))
        ]
        self._pages = Pages(tree)
        self._packer, self.unpacker = Packer(), Unpacker()

    def pages(self, jobs: int) -> Iterator[tuple[int, Page]]:
        count = self._processes(jobs)
        if count > 1:
            catalog.load()  # the children inherit it
            for index, packed in forking.run(self._packed, self._shares(count), bounds.FILE_SECONDS):
                yield index, self._unpacked(index, packed)
                gc.freeze()
        else:
            with forking.time_bounds(bounds.FILE_SECONDS) as bounded:
                for index in range(len(self.work)):
                    yield index, self._pages.read(*self.work[index], bounded)

    def _processes(self, jobs: int) -> int:
        if jobs == 1 or not forking.possible():
            return 1
        if jobs == 0 and sum(self._weights()) < _SERIAL_WEIGHT:
            return 1
        return min(jobs or forking.worth_it(), max(1, len(self.work)))

    def _shares(self, count: int) -> list[list[int]]:
        """Shares of about equal weight, the heaviest dealt first; each in path order, so that neighbours meet."""
        weights = self._weights()
        shares: list[list[int]] = [[] for _ in range(count)]
        loads = [0] * count
        for index in sorted(range(len(self.work)), key=lambda index: (-weights[index], index)):
            lightest = loads.index(min(loads))
            shares[lightest].append(index)
            loads[lightest] += weights[index]
        return [sorted(share) for share in shares]

    def _weights(self) -> list[int]:
        """About how long each file takes, in bytes of text."""
        return [_FILE_WEIGHT + self._contents(source, candidates) for source, candidates in self.work]

    def _contents(self, source: SourceFile, candidates: Sequence[Parser]) -> int:
        if source.name in _ANCHORS:
            below = (self.tree.get(path) for path in self.tree.under(source.folder))
            return 4 * sum(min(one.size, 50_000) for one in below if one)
        if source.size > bounds.FILE_BYTES or all(reader.headers_only for reader in candidates):
            return 0
        return source.size

    def _packed(self, index: int) -> tuple[Any, ...]:
        """A page, and what the catalogue says of its facts, in plain tuples."""
        page = self._pages.read(*self.work[index], nullcontext())  # the kernel bounds a child
        facts, notes = self._packer.facts(page.facts), self._packer.notes(page.notes)
        return facts, notes, page.parsed, page.skipped, page.mentions, page.tracebacks

    def _unpacked(self, index: int, packed: tuple[Any, ...] | forking.Lost) -> Page:
        if isinstance(packed, forking.Lost):
            return lost(self.work[index][0], packed)
        facts, notes, *rest = packed
        return Page(self.unpacker.facts(facts), self.unpacker.notes(notes), *rest)


def _seen(tree: Tree, path: str) -> SourceFile | None:
    """The file at `path`; one of a project template as what it becomes, unless that is there, too."""
    source, inner = tree.get(path), moulds.becomes(path)
    if source is None or not inner or (inner != path and tree.get(inner) is not None):
        return source
    return Mould(source, inner)
