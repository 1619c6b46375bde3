"""Tasks kept in a configuration file: package.json, Taskfile.yml, mise, pixi and hatch, tables of pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats import circles, shell, tomllines, yamlnodes
from mlops_scan.scanner.formats.runs import Runner, or_talk, task_runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_TASKFILES = ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml")
_TOML = {  # tables of tasks; '*' stands for any key
    "mise.toml": (("tasks",),),
    ".mise.toml": (("tasks",),),
    "mise.local.toml": (("tasks",),),
    "pixi.toml": (("tasks",), ("feature", "*", "tasks"), ("target", "*", "tasks")),
    "hatch.toml": (("envs", "*", "scripts"),),
    "pyproject.toml": (
        ("tool", "poe", "tasks"),
        ("tool", "taskipy", "tasks"),
        ("tool", "pdm", "scripts"),
        ("tool", "rye", "scripts"),
        ("tool", "hatch", "envs", "*", "scripts"),
        ("tool", "pixi", "tasks"),
        ("tool", "pixi", "feature", "*", "tasks"),
        ("tool", "pixi", "target", "*", "tasks"),
    ),
}
_TABLES = re.compile(rb"tool\.(?:poe|taskipy|pdm\.scripts|rye\.scripts|hatch\.envs|pixi)\b")
# what tells a program of its own to run another task of the file
_CALLERS = {"mise": ("mise", "run"), "pixi": ("pixi", "run"), "hatch": ("hatch", "run"), "poe": ("poe",)}
_NEEDS = ("depends", "deps", "depends-on", "depends_on", "depends_post")


class TaskFiles(Parser):
    """The commands of each task; its owner is `path#task`."""

    patterns: ClassVar[tuple[str, ...]] = ("package.json", *_TASKFILES, *_TOML)

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree):
            return False
        if source.name == "pyproject.toml":
            return _TABLES.search(source.data) is not None
        return source.name != "package.json" or b'"scripts"' in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        yield from circles.of_tasks(_toml(source) if source.name.endswith(".toml") else _tasks(source))
        if source.name in _TASKFILES:
            from mlops_scan.scanner.parsers.parts import include_circles

            yield from include_circles.notes(include_circles.TASK, source, tree)


def _tasks(source: SourceFile) -> Iterator[Fact]:
    for document in yamlnodes.documents(source).documents[:1]:
        tasks = yamlnodes.child(document, "scripts" if source.name == "package.json" else "tasks")
        for name, task in tasks.items() if isinstance(tasks, Mapping) else ():
            yield from or_talk(task_runner(source.path, source.folder, name), partial(_task, source, task))


def _task(source: SourceFile, task: Node, runner: Runner) -> Iterator[Fact]:
    """A script, a list of commands, or a mapping with `cmds`, `cmd` and `deps`."""
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
    for pattern in _TOML[source.name]:
        for keys in _tables(document.data, pattern):
            for name, task in tomllines.table(document.data, *keys).items():
                yield from _toml_task(source, document, (*keys, name), task)


def _tables(data: dict[str, Any], pattern: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of tables that a pattern means."""
    if "*" not in pattern:
        yield pattern
        return
    at = pattern.index("*")
    for name in tomllines.table(data, *pattern[:at]):
        yield (*pattern[:at], name, *pattern[at + 1 :])


def _toml_task(source: SourceFile, document: tomllines.Toml, keys: tuple[str, ...], task: Any) -> Iterator[Fact]:
    name = keys[-1]
    kind = (
        "mise"
        if "mise" in source.name
        else next((one for one in ("pixi", "hatch") if one in (*keys, source.name.partition(".")[0])), "poe")
    )
    names = [name]
    if kind == "hatch":  # `hatch run env:script`
        names.append(f"{keys[-3]}:{name}")
    for one in names:
        runner = replace(task_runner(source.path, source.folder, one), folder=_folder(source, task))
        for key in _NEEDS:
            for need, at in _texts(source, document, keys, task, key):
                yield from runner.argv([*_CALLERS[kind], need], (at.line, at.column))
        yield from or_talk(runner, partial(_toml_commands, source, document, keys, task))


def _toml_commands(
    source: SourceFile, document: tomllines.Toml, keys: tuple[str, ...], task: Any, runner: Runner
) -> Iterator[Fact]:
    for key in ("run", "cmd", "shell", "composite", "sequence", "script"):
        words = task.get(key) if isinstance(task, dict) else None
        if key == "cmd" and isinstance(words, list):  # the words of one command
            at = document.at(source.path, *keys, key)
            yield from runner.argv([str(word) for word in words], (at.line, at.column))
            continue
        for text, at in _texts(source, document, keys, task, key):
            yield from _toml_script(runner, source, text, at)


def _folder(source: SourceFile, task: Any) -> str:
    inside = task.get("cwd") or task.get("dir") if isinstance(task, dict) else None
    return resolve(source.folder, inside) or source.folder if isinstance(inside, str) else source.folder


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
        named = one.get("task") or one.get("cmd") if isinstance(one, dict) else one
        if isinstance(named, str) and named:
            yield named, document.at(source.path, *path, index)


def _toml_script(runner: Runner, source: SourceFile, text: str, at: Location) -> Iterator[Fact]:
    """A string keeps to its line; the lines of a multi-line string follow its opening quotes."""
    lines = lines_of(source)
    opening = lines[at.line - 1] if at.line <= len(lines) else ""
    below = opening.rstrip().endswith(('"""', "'''")) and "\n" in text

    def locate(command: shell.Command) -> tuple[int, int]:
        return (at.line + command.line + 1, 1) if below else (at.line, at.column)

    yield from runner.commands(shell.commands(text), locate)
