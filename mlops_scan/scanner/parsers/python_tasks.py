"""Tasks written in Python: sessions of noxfile.py, tasks of tasks.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.formats.python.module import parse
from mlops_scan.scanner.formats.pythontasks import UNKNOWN, Reader, Task
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_INVOKE = re.compile(rb"^(?:from|import)[ \t]+invoke\b", re.MULTILINE)
_SESSIONS = frozenset(("nox.session", "session", "nox_poetry.session"))
_TASKS = frozenset(("task", "invoke.task"))
_RUNS = frozenset(("run", "run_always", "run_install", "sudo"))


class PythonTasks(Parser):
    """The owner of a command is `path#session`; a module of a folder `tasks` counts as a tasks.py."""

    patterns: ClassVar[tuple[str, ...]] = ("noxfile.py", "tasks.py", "tasks/*.py", "*/tasks/*.py")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or source.size > bounds.FILE_BYTES:
            return False
        return source.name == "noxfile.py" or _INVOKE.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        try:
            module = parse(source.data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return  # the parser of Python says so
        nox = source.name == "noxfile.py"
        tasks = Reader(module, _SESSIONS if nox else _TASKS, _RUNS).tasks()
        yield from islice((fact for task in tasks for fact in _facts(source, task, nox=nox)), bounds.FACTS_PER_FILE + 1)


def _facts(source: SourceFile, task: Task, *, nox: bool) -> Iterator[Fact]:
    folder = source.folder.removesuffix("tasks").rstrip("/") if source.name != "tasks.py" and not nox else source.folder
    owners = [
        Runner(source.path, "config", f"{source.path}#{name}", stage=name, folder=folder) for name in task.names[:1]
    ]
    program = ["nox", "-s"] if nox else ["invoke"]
    for runner in owners:
        for alias in task.names[1:]:  # the same task under another spelling
            other = Runner(source.path, "config", f"{source.path}#{alias}", stage=alias, folder=folder)
            yield from other.argv([*program, task.names[0]], (task.line, 1))
        for need in task.needs:
            yield from runner.argv([*program, need], (task.line, 1))
        for line, name in task.notified:
            yield from runner.argv([*program, name], (line, 1))
        for line, command, soft in task.commands:
            yield from _command(runner, line, command, soft=soft)


def _command(runner: Runner, line: int, command: str | list[str], *, soft: bool) -> Iterator[Fact]:
    found = shell.from_argv(command) if isinstance(command, list) else shell.commands(command)
    for one in runner.commands(found, lambda command: (line, 1)):
        if not one.name.startswith(UNKNOWN):
            yield one if not soft else Fact(one.kind, one.name, one.at, {**one.says, "soft": True})
