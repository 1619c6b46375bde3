"""Every parser over every file, in this process or in forked children; the result does not depend on which."""

from __future__ import annotations

import gc
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from mlops_scan import plugins
from mlops_scan.scanner import bounds, catalog, forking, parsers, releases, suppress
from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.files import Mould, SourceFile, Tree
from mlops_scan.scanner.formats import moulds
from mlops_scan.scanner.model import Fact, Location, Note, Skipped, by_place
from mlops_scan.scanner.packing import Packer, Unpacker
from mlops_scan.scanner.parsers import parameters
from mlops_scan.scanner.parsers.base import Parser, matches
from mlops_scan.scanner.parsers.dispatch import Dispatch

_SERIAL_WEIGHT = 400_000  # below this much to parse, a second process costs more than it saves
_FILE_WEIGHT = 500  # opening a file, in bytes of parsing
_HELD_BYTES = 32 * 2**20  # contents of files that are kept for parsers that come back to them
_ANCHORS = ("Chart.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization")
_PROGRESS_STEP = 50
_COLLECT_AFTER = (2_000_000, 20, 100)


@dataclass(frozen=True, slots=True)
class Reading:
    """All facts by place, what could not be read, how many files some parser read, and tracebacks for `--debug`.

    `matches`: what the catalogue says of facts, by their id, where children have looked already.
    """

    facts: tuple[Fact, ...]
    notes: tuple[Note, ...]
    parsed: int
    skipped: tuple[Skipped, ...] = ()
    tracebacks: tuple[str, ...] = ()
    matches: Mapping[int, tuple[Match, ...]] | None = field(default=None, compare=False)


@dataclass(slots=True)
class _Page:
    """What one file gave. `mentions`: paths among its facts' places that speak of this tool."""

    facts: list[Fact] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    parsed: bool = False
    skipped: str = ""
    mentions: set[str] = field(default_factory=set)
    tracebacks: list[str] = field(default_factory=list)


def read(
    tree: Tree,
    jobs: int = 0,
    progress: Callable[[str], None] | None = None,
    readers: Sequence[Parser] | None = None,
) -> Reading:
    """Read the tree with all parsers (or `readers`). `jobs`: processes; 0 lets the amount of work decide."""
    found = [parser() for parser in plugins.load(parsers, Parser)] if readers is None else list(readers)
    desk = _Desk(tree, found)
    pages: dict[int, _Page] = {}
    for index, page in desk.pages(jobs):
        pages[index] = page
        if progress and len(pages) % _PROGRESS_STEP == 0:
            progress(f"reading {len(pages)} of {len(desk.work)} files")
    result = _bound([(desk.work[index][0], pages[index]) for index in sorted(pages)], desk.unpacker.matches)
    result = _followed(tree, result)
    gc.freeze()  # what was read stays: it need not be looked at again
    suppress.remember(tree, {path for page in pages.values() for path in page.mentions})
    _log(result.tracebacks)
    return result


def _log(tracebacks: Sequence[str]) -> None:
    """A fault of a parser is a note in the report; `--debug` shows where it came from."""
    if tracebacks:
        import logging

        for text in tracebacks:
            logging.getLogger(__name__).debug("%s", text)


def _bound(pages: list[tuple[SourceFile, _Page]], matches: Mapping[int, tuple[Match, ...]]) -> Reading:
    facts = [fact for _, page in pages for fact in page.facts]
    facts.sort(key=by_place)
    return Reading(
        facts=tuple(facts),
        notes=tuple(sorted({note for _, page in pages for note in page.notes})),
        parsed=sum(page.parsed for _, page in pages),
        skipped=tuple(Skipped(_path(source), page.skipped) for source, page in pages if page.skipped),
        tracebacks=tuple(text for _, page in pages for text in page.tracebacks),
        matches=matches or None,
    )


def _followed(tree: Tree, result: Reading) -> Reading:
    """The reading with what other files lead to: values that render a chart, objects that change what they apply,
    configuration that code reads by name.
    """
    over = releases.laid_over(tree, result.facts)
    if over is not None and over.facts:
        result = _without(result, {id(fact) for fact in result.facts if over.drops(fact)})
    facts, notes = releases.rendered(tree, result.facts)
    facts = [*facts, *parameters.named(tree, result.facts)]
    if over is not None:
        facts, notes = [*over.facts, *facts], [*over.notes, *notes]
    if not facts and not notes:
        return result
    matches = result.matches
    if matches is not None:
        known = catalog.load().matches
        matches = {**matches, **{id(fact): found for fact in facts if (found := known(fact))}}
    return replace(
        result,
        facts=tuple(sorted([*result.facts, *facts], key=by_place)),
        notes=tuple(sorted({*result.notes, *notes})),
        matches=matches,
    )


def _without(result: Reading, dropped: set[int]) -> Reading:
    matches = result.matches
    if matches is not None:
        matches = {key: found for key, found in matches.items() if key not in dropped}
    return replace(result, facts=tuple(fact for fact in result.facts if id(fact) not in dropped), matches=matches)


class _Desk:
    """The files that some parser may read, and how they are read."""

    def __init__(self, tree: Tree, readers: Sequence[Parser]) -> None:
        self.tree = tree
        dispatch = Dispatch(readers)
        self.work = [
            (source, candidates)
            for path in tree.paths
            if (source := _seen(tree, path)) and source.own and (candidates := dispatch.candidates(source.path))
        ]
        self._held: deque[SourceFile] = deque()
        self._held_bytes = 0
        self._looked: dict[str, bool] = {}
        self._packer, self.unpacker = Packer(), Unpacker()

    def pages(self, jobs: int) -> Iterator[tuple[int, _Page]]:
        count = self._processes(jobs)
        if count > 1:
            catalog.load()  # the children inherit it
            for index, packed in forking.run(self._packed, self._shares(count), bounds.FILE_SECONDS):
                yield index, self._lost(index, packed) if isinstance(packed, forking.Lost) else self._unpacked(packed)
                gc.freeze()
        else:
            for index in range(len(self.work)):
                yield index, self._page(index)

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

    def _page(self, index: int) -> _Page:
        source, candidates = self.work[index]
        page = _Page()
        try:
            with forking.time_bound(bounds.FILE_SECONDS):
                self._fill(page, source, candidates)
        except forking.OverdueError:
            page = self._lost(index, forking.TOO_LONG)
        self._hold(source)
        return page

    def _fill(self, page: _Page, source: SourceFile, candidates: Sequence[Parser]) -> None:
        for reader in candidates:
            try:
                if not reader.reads(source, self.tree):
                    continue
                if not reader.headers_only and (unfit := _unfit(source)):
                    page.skipped = unfit
                    continue
                page.parsed = True
                self._take(page, reader.parse(source, self.tree))
            except Exception as error:
                self._failed(page, source, reader, error)
        if not page.parsed and not page.skipped and _named(source, candidates):
            page.skipped = _unfit(source)
        if isinstance(source, Mould):
            page.facts, page.notes = [_moved(fact, source) for fact in page.facts], []
        if source.size and not source.head:
            page.notes.append(Note(Location(_path(source)), "could not be opened"))
        if page.parsed:
            places = {_path(source), *(fact.at.path for fact in page.facts)}
            page.mentions = {path for path in places if self._mentions(path)}

    def _take(self, page: _Page, items: Iterator[Fact | Note]) -> None:
        for item in items:
            if isinstance(item, Note):
                page.notes.append(item)
            elif len(page.facts) < bounds.FACTS_PER_FILE:
                page.facts.append(item)
            else:
                page.notes.append(Note(item.at, f"more than {bounds.FACTS_PER_FILE} facts: the rest is left out"))
                return

    def _failed(self, page: _Page, source: SourceFile, reader: Parser, error: Exception) -> None:
        name = type(reader).__name__
        page.notes.append(Note(Location(source.path), f"could not be read: {type(error).__name__} ({name})"))
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-20))
        page.tracebacks.append(f"{source.path}: {name}\n{trace}")

    def _lost(self, index: int, lost: forking.Lost) -> _Page:
        note = Note(Location(_path(self.work[index][0])), f"could not be read: {lost.reason}")
        return _Page(notes=[note], parsed=True)

    def _mentions(self, path: str) -> bool:
        if path not in self._looked:
            source = self.tree.get(path)
            self._looked[path] = source is not None and suppress.mentions(source)
        return self._looked[path]

    def _hold(self, source: SourceFile) -> None:
        """Keep the last files' contents, since formats of several files come back to them; forget older ones."""
        self._held.append(source)
        self._held_bytes += source.size
        while self._held_bytes > _HELD_BYTES:
            oldest = self._held.popleft()
            self._held_bytes -= oldest.size
            oldest.release()

    def _packed(self, index: int) -> tuple[Any, ...]:
        """A page, and what the catalogue says of its facts, in plain tuples."""
        page = self._page(index)
        facts, notes = self._packer.facts(page.facts), self._packer.notes(page.notes)
        return facts, notes, page.parsed, page.skipped, page.mentions, page.tracebacks

    def _unpacked(self, packed: tuple[Any, ...]) -> _Page:
        facts, notes, *rest = packed
        return _Page(self.unpacker.facts(facts), self.unpacker.notes(notes), *rest)


def _seen(tree: Tree, path: str) -> SourceFile | None:
    """The file at `path`; one of a project template as what it becomes, unless that is there, too."""
    source, inner = tree.get(path), moulds.becomes(path)
    if source is None or not inner or (inner != path and tree.get(inner) is not None):
        return source
    return Mould(source, inner)


def _path(source: SourceFile) -> str:
    return source.made_of if isinstance(source, Mould) else source.path


def _moved(fact: Fact, source: Mould) -> Fact:
    """The fact at the template's own path, where a reader finds it."""
    if source.made_of == source.path:
        return fact

    def moved(text: object) -> object:
        if isinstance(text, str) and text.partition("#")[0] == source.path:
            return source.made_of + text[len(source.path) :]
        return text

    at = replace(fact.at, path=source.made_of) if fact.at.path == source.path else fact.at
    says = {key: moved(value) for key, value in fact.says.items()}
    return replace(fact, name=str(moved(fact.name)), at=at, says=says)


def _named(source: SourceFile, candidates: Sequence[Parser]) -> bool:
    """Whether a reader of text takes files of this name, whatever it thought of the contents."""
    return any(not reader.headers_only and matches(source.path, reader.patterns) for reader in candidates)


def _unfit(source: SourceFile) -> str:
    """Why a reader of text cannot have the file, or ''."""
    if source.size > bounds.FILE_BYTES:
        return f"larger than {bounds.FILE_BYTES // 2**20} MB"
    return "binary, though its name says text" if source.binary else ""


@contextmanager
def rare_collection() -> Iterator[None]:
    """A scan makes many objects and next to no cycles: looking for them at every 700 costs a third of the time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
