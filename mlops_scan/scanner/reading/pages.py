"""What one file gives: its facts and notes, whichever of its readers fail at it."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from mlops_scan.scanner import bounds, forking, suppress
from mlops_scan.scanner.files import Mould, SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser, matches

_HELD_BYTES = 32 * 2**20  # contents of files that are kept for parsers that come back to them
_ANY = "*"


@dataclass(slots=True)
class Page:
    """What one file gave. `mentions`: paths among its facts' places that speak of this tool."""

    facts: list[Fact] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    parsed: bool = False
    skipped: str = ""
    mentions: set[str] = field(default_factory=set)
    tracebacks: list[str] = field(default_factory=list)


class Pages:
    """Reads file by file, and keeps the contents of the last ones."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._held: deque[SourceFile] = deque()
        self._held_bytes = 0
        self._looked: dict[str, bool] = {}

    def read(self, source: SourceFile, candidates: Sequence[Parser], bounded: AbstractContextManager[None]) -> Page:
        """The page of a file that some of the candidates may read. `bounded`: bounds how long reading it takes."""
        page = Page()
        try:
            with bounded:
                self._fill(page, source, candidates)
        except forking.OverdueError:
            page = lost(source, forking.TOO_LONG)
        self._hold(source)
        return page

    def _fill(self, page: Page, source: SourceFile, candidates: Sequence[Parser]) -> None:
        for reader in candidates:
            try:
                if not reader.reads(source, self._tree):
                    continue
                if not reader.headers_only and (unfit := _unfit(source)):
                    page.skipped = unfit
                    continue
                page.parsed = True
                self._take(page, reader.parse(source, self._tree))
            except Exception as error:
                self._failed(page, source, reader, error)
        if not page.parsed and not page.skipped and _named(source, candidates):
            page.skipped = _unfit(source)
        if isinstance(source, Mould):
            page.facts, page.notes = [_moved(fact, source) for fact in page.facts], []
        if source.size and not source.head:
            page.notes.append(Note(Location(path_of(source)), "could not be opened"))
        if page.parsed:
            places = {path_of(source), *(fact.at.path for fact in page.facts)}
            page.mentions = {path for path in places if self._mentions(path)}

    def _take(self, page: Page, items: Iterator[Fact | Note]) -> None:
        for item in items:
            if isinstance(item, Note):
                page.notes.append(item)
            elif len(page.facts) < bounds.FACTS_PER_FILE:
                page.facts.append(item)
            else:
                page.notes.append(Note(item.at, f"more than {bounds.FACTS_PER_FILE} facts: the rest is left out"))
                return

    def _failed(self, page: Page, source: SourceFile, reader: Parser, error: Exception) -> None:
        name = type(reader).__name__
        page.notes.append(Note(Location(source.path), f"could not be read: {type(error).__name__} ({name})"))
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-20))
        page.tracebacks.append(f"{source.path}: {name}\n{trace}")

    def _mentions(self, path: str) -> bool:
        if path not in self._looked:
            source = self._tree.get(path)
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


def lost(source: SourceFile, why: forking.Lost) -> Page:
    """The page of a file that was given up."""
    return Page(notes=[Note(Location(path_of(source)), f"could not be read: {why.reason}")], parsed=True)


def path_of(source: SourceFile) -> str:
    """Where a reader finds the file: of a project template, the template."""
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
    """Whether a reader of text takes files of this name, whatever it thought of the contents; not of any name."""
    return any(
        not reader.headers_only and matches(source.path, tuple(one for one in reader.patterns if one != _ANY))
        for reader in candidates
    )


def _unfit(source: SourceFile) -> str:
    """Why a reader of text cannot have the file, or ''."""
    if source.size > bounds.FILE_BYTES:
        return f"larger than {bounds.FILE_BYTES // 2**20} MB"
    return "binary, though its name says text" if source.binary else ""
