"""Every parser over every file, in this process or in forked children; the result does not depend on which."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mlops_scan import plugins
from mlops_scan.scanner import bounds, catalog, parsers, releases, suppress
from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note, by_place
from mlops_scan.scanner.parsers import parameters
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.reading import counted
from mlops_scan.scanner.reading.desk import Desk
from mlops_scan.scanner.reading.pages import Page, path_of
from mlops_scan.scanner.result import Skipped

_PROGRESS_STEP = 50


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


def read(
    tree: Tree,
    jobs: int = 0,
    progress: Callable[[str], None] | None = None,
    readers: Sequence[Parser] | None = None,
) -> Reading:
    """Read the tree with all parsers (or `readers`). `jobs`: processes; 0 lets the amount of work decide."""
    found = [parser() for parser in plugins.load(parsers, Parser)] if readers is None else list(readers)
    desk = Desk(tree, found)
    pages: dict[int, Page] = {}
    for index, page in desk.pages(jobs):
        pages[index] = page
        if progress and len(pages) % _PROGRESS_STEP == 0:
            progress(f"reading {len(pages)} of {len(desk.work)} files")
    result = _bound([(desk.work[index][0], pages[index]) for index in sorted(pages)], desk.unpacker.matches)
    result = _followed(tree, result)
    taken = (path_of(desk.work[index][0]) for index, page in pages.items() if page.parsed)
    result = replace(result, parsed=counted.read(tree, taken, result.facts))
    gc.freeze()  # what was read stays: it need not be looked at again
    suppress.remember(tree, {path for page in pages.values() for path in page.mentions})
    for source, _ in desk.work:
        source.release()  # what is asked again is read again
    _log(result.tracebacks)
    return result


def _log(tracebacks: Sequence[str]) -> None:
    """A fault of a parser is a note in the report; `--debug` shows where it came from."""
    if tracebacks:
        import logging

        for text in tracebacks:
            logging.getLogger(__name__).debug("%s", text)


def _bound(pages: list[tuple[SourceFile, Page]], matches: Mapping[int, tuple[Match, ...]]) -> Reading:
    facts = [fact for _, page in pages for fact in page.facts]
    facts.sort(key=by_place)
    return Reading(
        facts=tuple(facts),
        notes=tuple(sorted({note for _, page in pages for note in page.notes})),
        parsed=0,  # counted when it is known what files lead to
        skipped=tuple(Skipped(path_of(source), page.skipped) for source, page in pages if page.skipped),
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
    more, circles = parameters.followed(tree, result.facts)
    facts, notes = [*facts, *more], [*notes, *circles]
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


@contextmanager
def rare_collection() -> Iterator[None]:
    """A scan makes many objects and next to no cycles: looking for them at every 700 costs a third of the time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*bounds.COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
