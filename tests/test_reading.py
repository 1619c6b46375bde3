"""Reading: the same facts from any number of processes, and one bad file costs one note."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from mlops_scan.scanner import bounds, forking, reading, suppress, walk
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note, Place
from mlops_scan.scanner.parsers.base import Parser, matches
from mlops_scan.scanner.parsers.dispatch import Dispatch
from mlops_scan.scanner.reading import pages

forks = pytest.mark.skipif(not forking.possible(), reason="no fork here, or this process has threads")


class Words(Parser):
    """A fact a word; certain words do what broken parsers do."""

    patterns = ("*.txt",)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        for number, line in enumerate(source.text.split("\n"), start=1):
            at = Location(source.path, number)
            for word in line.split():
                if word == "RAISE":
                    raise ValueError("broken")
                if word == "DEEP":
                    yield from self.parse(source, tree)
                if word == "DIE":
                    os.kill(os.getpid(), signal.SIGKILL)
                if word == "HANG":
                    while True:
                        time.sleep(0.01)
                if word == "NOTE":
                    yield Note(at, "noted")
                yield Fact("word", word, at, {"length": len(word)}, (Place(Location("also.txt"), "x"),))


class Sizes(Parser):
    """Reads no contents: asked about everything that fits."""

    patterns: ClassVar[tuple[str, ...]] = ("*.txt", "*.bin")
    headers_only = True

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        yield Fact("size", source.path, Location(source.path), {"bytes": source.size})


def tree(root: Path, files: dict[str, str | bytes]) -> Tree:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return Tree(root, [SourceFile(root, path, (root / path).stat().st_size) for path in files])


MANY: dict[str, str | bytes] = {f"d{n % 7}/f{n:03}.txt": f"word{n} NOTE\nmore\n" for n in range(150)}


@forks
@pytest.mark.parametrize("jobs", [2, 3, 7])
def test_any_number_of_processes_reads_the_same(tmp_path: Path, jobs: int) -> None:
    files = {**MANY, "x.txt": "RAISE", "m.txt": "# mlops-scan: ignore[a]"}
    serial, parallel = tree(tmp_path, files), tree(tmp_path, files)
    readers = [Words(), Sizes()]
    assert reading.read(serial, 1, readers=readers) == reading.read(parallel, jobs, readers=readers)
    names: tuple[str, ...] = ("m.txt",)
    assert [one.memo("files that speak of this tool", lambda: ()) for one in (serial, parallel)] == [names, names]


def test_facts_stand_in_order(tmp_path: Path) -> None:
    read = reading.read(tree(tmp_path, {"b.txt": "z a", "a.txt": "y"}), 1, readers=[Words()])
    assert [(fact.at.path, fact.name) for fact in read.facts] == [("a.txt", "y"), ("b.txt", "a"), ("b.txt", "z")]
    assert read.parsed == 2


@pytest.mark.parametrize("word", ["RAISE", "DEEP"])
def test_an_exception_costs_one_note(tmp_path: Path, word: str) -> None:
    read = reading.read(tree(tmp_path, {"a.txt": f"ok {word}", "b.txt": "fine"}), 1, readers=[Words(), Sizes()])
    kind = "ValueError" if word == "RAISE" else "RecursionError"
    assert read.notes == (Note(Location("a.txt"), f"could not be read: {kind} (Words)"),)
    assert {fact.name for fact in read.facts if fact.kind == "word"} >= {"ok", "fine"}
    assert [fact.name for fact in read.facts if fact.kind == "size"] == ["a.txt", "b.txt"]
    assert len(read.tracebacks) == 1


@forks
def test_a_child_that_dies_costs_the_file_it_was_at(tmp_path: Path) -> None:
    files = {**MANY, "d1/f010a.txt": "DIE", "d3/f099a.txt": "DIE"}
    read = reading.read(tree(tmp_path, files), 2, readers=[Words()])
    reason = "could not be read: its reader was ended by SIGKILL"
    assert [note for note in read.notes if note.reason != "noted"] == [
        Note(Location("d1/f010a.txt"), reason),
        Note(Location("d3/f099a.txt"), reason),
    ]
    assert {fact.at.path for fact in read.facts} == set(MANY)


@forks
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FILE_SECONDS", 0.3)
    read = reading.read(tree(tmp_path, {**MANY, "d1/f010a.txt": "HANG"}), jobs, readers=[Words()])
    slow = [note for note in read.notes if note.reason != "noted"]
    assert slow == [Note(Location("d1/f010a.txt"), "could not be read: reading it took too long")]
    assert {fact.at.path for fact in read.facts} == set(MANY)
    assert {signal.getitimer(one) for one in (signal.ITIMER_REAL, signal.ITIMER_PROF)} == {(0.0, 0.0)}


@forks
def test_no_child_is_left_behind(tmp_path: Path) -> None:
    """The one who asks may stop listening."""
    results = forking.run(lambda item: item, [list(range(100)), list(range(100, 200))], 5)
    next(results)
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@forks
def test_big_results_pass_the_pipe() -> None:
    results = dict(forking.run(lambda item: "x" * 300_000, [[0, 1, 2], [3, 4]], 20))
    assert {item: len(str(text)) for item, text in results.items()} == dict.fromkeys(range(5), 300_000)


def test_binary_and_huge_files_are_for_readers_of_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FILE_BYTES", 100)
    files: dict[str, str | bytes] = {"a.txt": b"w\0x", "big.txt": "w " * 100, "b.bin": b"\0" * 500, "c.txt": "w"}
    read = reading.read(tree(tmp_path, files), 1, readers=[Words(), Sizes()])
    assert [fact.at.path for fact in read.facts if fact.kind == "word"] == ["c.txt"]
    assert [fact.at.path for fact in read.facts if fact.kind == "size"] == ["a.txt", "b.bin", "big.txt", "c.txt"]
    assert [one.path for one in read.skipped] == ["a.txt", "big.txt"]


def test_pictures_are_not_told_as_skipped(tmp_path: Path) -> None:
    """A reader of any text takes every name: that one of them is no text is no news."""
    files: dict[str, str | bytes] = {"map.png": b"\x89PNG\0\0", ".DS_Store": b"\0\1Bud1", "app.py": b"x\0", "b.py": "1"}
    assert [one.path for one in reading.read(tree(tmp_path, files), 1).skipped] == ["app.py"]


def test_too_many_facts_are_cut_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FACTS_PER_FILE", 3)
    read = reading.read(tree(tmp_path, {"a.txt": "a b c d e"}), 1, readers=[Words()])
    assert len(read.facts) == 3
    assert [note.reason for note in read.notes] == ["more than 3 facts: the rest is left out"]


def test_links_and_vendored_files_are_not_read(tmp_path: Path) -> None:
    found = tree(tmp_path, {"third_party/a.txt": "x", "b.txt": "y"})
    linked = Tree(
        tmp_path, [*filter(None, map(found.get, found.paths)), SourceFile(tmp_path, "l.txt", 1, link="b.txt")]
    )
    assert [fact.at.path for fact in reading.read(linked, 1, readers=[Words()]).facts] == ["b.txt"]


def test_memory_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_HELD_BYTES", 1000)
    found = tree(tmp_path, {f"{n:02}.txt": "x" * 300 for n in range(20)})
    reading.read(found, 1, readers=[Words()])
    sources = filter(None, map(found.get, found.paths))
    assert sum("data" in vars(source) for source in sources) <= 3


SYSTEMS = sorted(one for one in (Path(__file__).parents[1] / "fixtures" / "systems").iterdir() if one.is_dir())


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda one: one.name)
def test_no_circles_are_left_behind(system: Path) -> None:
    """They would keep whole syntax trees until garbage is looked for, which a scan hardly does."""
    reading.read(walk.discover(system).tree, jobs=1)  # what is loaded once may leave circles, once
    found = walk.discover(system).tree
    gc.unfreeze()
    gc.collect()
    gc.disable()
    try:
        kept = reading.read(found, jobs=1)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.unfreeze()
        gc.collect()
        left = {type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith(("mlops_scan", "ast"))}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert kept.facts
    assert not left


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    reading.read(tree(tmp_path, MANY), 1, told.append, readers=[Words()])
    assert told == ["reading 50 of 150 files", "reading 100 of 150 files", "reading 150 of 150 files"]


def test_what_was_remembered_is_used(tmp_path: Path) -> None:
    found = tree(tmp_path, {"a.txt": "# mlops-scan: ignore[x]\n", "b.txt": "# mlops-scan: ignore[x]\n"})
    reading.read(found, 1, readers=[Words()])
    assert suppress.mentions(found.get("a.txt"))  # type: ignore[arg-type]
    assert found.memo("files that speak of this tool", lambda: ()) == ("a.txt", "b.txt")  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    "path", ["a.txt", "x/a.txt", "Dockerfile.gpu", "a.tf.json", "x/templates/y.yaml", "templates/y.yaml", "b.c", ".txt"]
)
def test_dispatch_agrees_with_the_patterns(path: str) -> None:
    def reader(*globs: str) -> Parser:
        made: Parser = type("Some", (Parser,), {"patterns": globs})()
        return made

    readers = [
        reader("*.txt"), reader("Dockerfile*", "*.tf.json"), reader("b.c"), reader("*/templates/*"), reader("[ab]*"),
        reader("*.json", "?.txt"),
    ]  # fmt: skip
    expected = [one for one in readers if matches(path, one.patterns)]
    assert list(Dispatch(readers).candidates(path)) == expected


def test_files_without_a_suffix_are_offered_to_all() -> None:
    """A script says what it is in its first line."""
    readers = [Words(), Sizes()]
    assert list(Dispatch(readers).candidates("bin/train")) == readers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_an_interrupt_leaves_no_process(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, signal, sys, time
        from mlops_scan.scanner import forking
        def work(item):
            if item == 0:
                os.kill(os.getppid(), signal.SIGINT)
            time.sleep(30)
        try:
            list(forking.run(work, [[0], [1]], 60))
        except KeyboardInterrupt:
            try:
                os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                sys.exit(7)
        """
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=120, check=False).returncode == 7
