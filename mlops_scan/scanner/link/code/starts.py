"""Configurations as commands start programs with them: `train.py model=xgb --config-name prod`, `--multirun lr=1,2`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

from mlops_scan.scanner.formats.composition import Composition, Run
from mlops_scan.scanner.graph.facts import counts
from mlops_scan.scanner.link.commands import entry_files, working_folder
from mlops_scan.scanner.model import Fact, Location

_NAME = ("--config-name", "-cn")
_FOLDER = ("--config-path", "-cp")
_WORD = re.compile(r"(?:\+{0,2}|~)[A-Za-z_][\w./@-]*=|~[A-Za-z_][\w./@-]*\Z")
_LIST = re.compile(r"[^\[\]{}()'\"]*,[^\[\]{}()'\"]*\Z")
_MOST = 8  # runs of one program


def commands(facts: Iterable[Fact], paths: frozenset[str]) -> dict[str, list[Fact]]:
    """The commands that start one of the files."""
    found: dict[str, list[Fact]] = {}
    ends = {path.rpartition("/")[2].removesuffix(".py") for path in paths}
    for fact in facts:
        if fact.kind != "command" or fact.get("state") == "disabled" or not counts(fact.at.path):
            continue
        argv = [str(word) for word in fact.get("argv") or ()]
        if any(re.split(r"[/.]", word.removesuffix(".py"))[-1] in ends for word in argv[:6]):
            for path in entry_files(argv, working_folder(fact), paths):
                found.setdefault(path, []).append(fact)
    return found


def runs(entries: Composition, origin: str, written: str, name: str, started: Sequence[Fact]) -> tuple[Run, ...]:
    """The configurations with which commands start a program, whose own main file is `name` in the written folder."""
    found: list[Run] = []
    seen: set[tuple[str, ...]] = set()
    for fact in started:
        argv = [str(word) for word in fact.get("argv") or ()]
        path = entries.file(folder(_option(argv, _FOLDER) or written, origin), _option(argv, _NAME) or name)
        for words in _turns(argv) if path else ():
            if (path, *words) not in seen and (words or fact.name == "python"):
                seen.add((path, *words))
                found.append(Run((path,), tuple((word, fact.at) for word in words)))
    path = entries.file(folder(written, origin), name)
    return tuple(found[:_MOST]) or ((Run((path,)),) if path else ())


def given(entries: Composition, path: str, words: object, at: Location) -> Run:
    """The configuration of a call that is given such words itself."""
    listed = words if isinstance(words, list) else []
    return Run((path,), tuple((one, at) for one in listed if isinstance(one, str)))


def folder(written: str, origin: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), written)).removeprefix("./")


def _turns(argv: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The words that choose or set something, once for each run of a sweep."""
    several = []
    for word in argv[1:]:
        if _WORD.match(word):
            name, equals, value = word.partition("=")
            values = value.split(",") if _LIST.match(value) else [value]
            several.append([f"{name}{equals}{one.strip()}" for one in values])
    yield from islice(product(*several), _MOST)


def _option(argv: Sequence[str], names: Sequence[str]) -> str:
    for at, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else next(iter(argv[at + 1 : at + 2]), "")
    return ""
