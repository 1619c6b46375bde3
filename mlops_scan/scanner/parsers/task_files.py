"""Tasks kept in a configuration file: package.json scripts, Taskfile.yml, mise.toml, tables of pyproject.toml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell, tomllines, yamlnodes
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_TASKFILES = ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml")
_MISE = ("mise.toml", ".mise.toml", "mise.local.toml")
_PYPROJECT_TASKS = (("tool", "poe", "tasks"), ("tool", "taskipy", "tasks"), ("tool", "pdm", "scripts"))


class TaskFiles(Parser):
    """The commands of each task; its owner is `path#task`."""

    patterns: ClassVar[tuple[str, ...]] = ("package.json", *_TASKFILES, *_MISE, "pyproject.toml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree):
            return False
        if source.name == "pyproject.toml":
            return any(mark in source.data for mark in (b"tool.poe", b"tool.taskipy", b"tool.pdm.scripts"))
        return source.name != "package.json" or b'"scripts"' in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        if source.name.endswith(".toml"):
            yield from _toml(source)
            return
        for document in yamlnodes.documents(source).documents[:1]:
            tasks = yamlnodes.child(document, "scripts" if source.name == "package.json" else "tasks")
            for name, task in tasks.items() if isinstance(tasks, Mapping) else ():
                yield from _task(source, name, task)


def _runner(source: SourceFile, name: str) -> Runner:
    return Runner(source.path, "config", f"{source.path}#{name}", stage=name, folder=source.folder)


def _task(source: SourceFile, name: str, task: Node) -> Iterator[Fact]:
    """A script, a list of commands, or a mapping with `cmds`, `cmd` and `deps`."""
    runner = _runner(source, name)
    if isinstance(task, Mapping):
        for need in yamlnodes.items(task, "deps"):
            called = need if isinstance(need, Scalar) else yamlnodes.child(need, "task")
            if isinstance(called, Scalar):
                yield from runner.argv(["task", str(called)], (called.line, called.column))
    commands = [*yamlnodes.items(task, "cmds"), *yamlnodes.items(task, "cmd")] if isinstance(task, Mapping) else [task]
    for one in commands if not isinstance(task, yamlnodes.Sequence) else task:
        called = yamlnodes.child(one, "task")
        script = yamlnodes.child(one, "cmd") if isinstance(one, Mapping) else one
        if isinstance(called, Scalar):
            yield from runner.argv(["task", str(called)], (called.line, called.column))
        elif isinstance(script, Scalar):
            yield from runner.script(script, lines_of(source))


def _toml(source: SourceFile) -> Iterator[Fact]:
    try:
        document = tomllines.read(source.text)
    except tomllines.TomlError:
        return  # the parser of the manifest says so
    for keys in (("tasks",),) if source.name in _MISE else _PYPROJECT_TASKS:
        for name, task in tomllines.table(document.data, *keys).items():
            yield from _toml_task(source, document, (*keys, name), task)


def _toml_task(source: SourceFile, document: tomllines.Toml, keys: tuple[str, ...], task: Any) -> Iterator[Fact]:
    runner = _runner(source, keys[-1])
    for key in ("depends", "deps"):
        for need, at in _texts(source, document, keys, task, key):
            yield from runner.argv([*(("mise", "run") if key == "depends" else ("poe",)), need], (at.line, at.column))
    for key in ("run", "cmd", "shell", "composite", "sequence"):
        for text, at in _texts(source, document, keys, task, key):
            yield from _toml_script(runner, source, text, at)


def _texts(
    source: SourceFile, document: tomllines.Toml, keys: tuple[str, ...], task: Any, key: str
) -> Iterator[tuple[str, Location]]:
    """The strings of a task's key with their places; a task that is a string or a list is its own command."""
    if not isinstance(task, dict):
        if key != "cmd":
            return
        found, path = task, keys
    else:
        found, path = task.get(key), (*keys, key)
    if isinstance(found, str) and found:
        yield found, document.at(source.path, *path)
    for index, one in enumerate(found if isinstance(found, list) else ()):
        if isinstance(one, str) and one:
            yield one, document.at(source.path, *path, index)


def _toml_script(runner: Runner, source: SourceFile, text: str, at: Location) -> Iterator[Fact]:
    """A string keeps to its line; the lines of a multi-line string follow its opening quotes."""
    lines = lines_of(source)
    opening = lines[at.line - 1] if at.line <= len(lines) else ""
    below = opening.rstrip().endswith(('"""', "'''")) and "\n" in text

    def locate(command: shell.Command) -> tuple[int, int]:
        return (at.line + command.line + 1, 1) if below else (at.line, at.column)

    yield from runner.commands(shell.commands(text), locate)
