"""tox: the commands of each environment, from tox.ini, setup.cfg, tox.toml or pyproject.toml."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import shell, tomllines
from mlops_scan.scanner.formats.inifile import Option, options
from mlops_scan.scanner.formats.runs import Runner, task_runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

ALL, BASE = "env_list", "testenv"  # targets: all that runs by default; what an environment without a section runs
_INI = re.compile(rb"^\[(?:tox(?::tox)?|testenv)", re.MULTILINE)
_FOLDERS = ("changedir", "change_dir")
_COMMANDS = ("commands_pre", "commands", "commands_post")
_FACTOR = re.compile(r"([\w.{}!-]+(?:[ \t]*,[ \t]*[\w.{}!-]+)*)[ \t]*:[ \t]+(?=\S)")  # py310-linux: pytest
_FILLED = (
    ("{toxinidir}/", ""),
    ("{tox_root}/", ""),
    ("{toxinidir}", "."),
    ("{tox_root}", "."),
    ("{envpython}", "python"),
)
_POSARGS = re.compile(r"\{posargs(?::([^{}]*))?\}")
_BIN = re.compile(r"\{env_?bin_?dir\}/")
_ENVIRONMENT = re.compile(r"(?:[\w.-]|\{[\w.,-]+\})+")
_CHOICE = re.compile(r"\{([\w.,-]+)\}")
_LISTS = tuple((section, key) for section in ("tox", "tox:tox") for key in ("envlist", "env_list"))
_MOST = 200


class Tox(Parser):
    """The owner of a command is `path#environment`."""

    patterns: ClassVar[tuple[str, ...]] = ("tox.ini", "setup.cfg", "tox.toml", "pyproject.toml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree):
            return False
        if source.name == "pyproject.toml":
            return b"[tool.tox" in source.data
        return source.name == "tox.toml" or _INI.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        found = _toml(source) if source.name.endswith(".toml") else _ini(source, source.text, 0)
        yield from islice(found, bounds.FACTS_PER_FILE + 1)


Held = dict[tuple[str, str], Option]


def _ini(source: SourceFile, text: str, above: int) -> Iterator[Fact]:
    """Facts of INI text that begins `above` lines below the start of the file."""
    held = {(one.section, one.key): one for one in options(text)}
    for (section, key), option in held.items():
        if section in ("tox", "tox:tox") and key in ("envlist", "env_list"):
            yield from _listed(source, _environments(option.text), option.line + above)
        elif key in _COMMANDS and (section == BASE or section.startswith("testenv:")):
            lines = list(_commands(option, held))
            for name in _sections(section, held, lines):
                for line, command in lines:
                    if (held_here := _for_environment(command, name)) is not None:
                        runner = task_runner(source.path, _folder(source, _stated(section, held, name)), name)
                        yield from _command(runner, held_here, line + above, source.folder)


def _stated(section: str, held: Held, name: str) -> str:
    """The folder that an environment says it runs in, else the base of all; '' where neither does."""
    options = (held.get((one, key)) for one in (section, BASE) for key in _FOLDERS)
    for option in options:
        for line in option.text.split("\n") if option is not None else ():
            if (told := _for_environment(line.strip(), name)) is not None:
                return told
    return ""


def _folder(source: SourceFile, stated: str) -> str | None:
    """The folder from the root of the repository; None for one that is not of the repository."""
    for written, filled in _FILLED:
        stated = stated.replace(written, filled)
    path = posixpath.normpath(posixpath.join(source.folder, stated))
    return None if "{" in path or path.startswith(("/", "..")) else "" if path == "." else path


def _sections(section: str, held: Held, lines: list[tuple[int, str]]) -> list[str]:
    """The environments of a section; of the base section those in the list, too, to which some line is bound."""
    name = section.partition(":")[2]
    if name:
        return _environments(name) or _expanded(name)
    if not any(_FACTOR.match(text) for _, text in lines):
        return [BASE]
    known = [held[key] for key in _LISTS if key in held]
    own = {one for part, _ in held if part.startswith("testenv:") for one in _expanded(part.partition(":")[2])}
    return [BASE, *(one for option in known for one in _environments(option.text) if one not in own)]


def _for_environment(text: str, name: str) -> str | None:
    """A command without its condition; None where the condition does not hold in an environment of this name."""
    factor = _FACTOR.match(text)
    if factor is None:
        return text
    if name == BASE:  # of whatever environment has no section and stands in no list
        return text[factor.end() :]
    own = set(name.split("-"))
    for one in _expanded_list(factor[1]):
        wanted = [part for part in one.split("-") if part]
        if all((part[1:] not in own) if part.startswith("!") else part in own for part in wanted):
            return text[factor.end() :]
    return None


def _expanded_list(condition: str) -> list[str]:
    """The alternatives of a condition: split at commas outside of braces, each multiplied out."""
    parts = re.split(r",(?![^{]*\})", condition.replace(" ", ""))
    return [one for part in parts if part for one in _expanded(part)][:_MOST]


def _commands(option: Option, held: dict[tuple[str, str], Option], depth: int = 0) -> Iterator[tuple[int, str]]:
    """(line, command): continued lines joined, `{[section]key}` opened."""
    open_, start = "", 0
    for line, _, text in option.pieces:
        start = start if open_ else line
        open_ += text.removesuffix("\\").rstrip() + " "
        if text.endswith("\\"):
            continue
        command, open_ = open_.strip(), ""
        if reference := re.fullmatch(r"\{\[([^\]]+)\](\w+)\}", command):
            other = held.get((reference[1], reference[2]))
            if other is not None and depth < 4:
                yield from _commands(other, held, depth + 1)
            continue
        yield start, command


def _environments(text: str) -> list[str]:
    """The names of an `envlist`, `{a,b}` multiplied out."""
    return [name for one in _ENVIRONMENT.findall(text) for name in _expanded(one)][:_MOST]


def _expanded(name: str) -> list[str]:
    names = [name.strip()]
    while len(names) < _MOST and (choice := _CHOICE.search(names[0])):
        names = [one.replace(choice[0], part.strip(), 1) for one in names for part in choice[1].split(",")]
    return names


def _listed(source: SourceFile, names: list[str], line: int) -> Iterator[Fact]:
    for name in names:
        yield from task_runner(source.path, source.folder, ALL).argv(["tox", "-e", name], (line, 1))


def _command(runner: Runner, text: str, line: int, home: str) -> Iterator[Fact]:
    """`home`: the folder of the file, to which a command may lead from wherever it runs."""
    soft = text.startswith("-")
    text = text.lstrip("-! ")
    text = _BIN.sub("", _POSARGS.sub(lambda found: found[1] or "", text))
    up = posixpath.relpath(home or ".", runner.folder or ".") if runner.folder is not None else "."
    for written, filled in _FILLED:
        text = text.replace(
            written, filled if up == "." or written == "{envpython}" else f"{up}/" if not filled else up
        )
    words = Runner(runner.path, runner.where, runner.owner, runner.stage, runner.folder, soft)
    yield from words.commands(shell.commands(text), lambda command: (line, 1))


def _toml(source: SourceFile) -> Iterator[Fact]:
    try:
        document = tomllines.read(source.text)
    except tomllines.TomlError:
        return  # the parser of the manifest says so
    keys: tuple[str, ...] = () if source.name == "tox.toml" else ("tool", "tox")
    table = tomllines.table(document.data, *keys) if keys else document.data
    legacy = table.get("legacy_tox_ini")
    if isinstance(legacy, str):
        at = document.at(source.path, *keys, "legacy_tox_ini")
        opening = lines_of(source)[at.line - 1].rstrip()
        yield from _ini(source, legacy, at.line - (not opening.endswith(('"""', "'''"))))
    listed = [str(one) for one in tomllines.array(table.get("env_list"))]
    yield from _listed(source, listed[:_MOST], document.at(source.path, *keys, "env_list").line)
    environments = {name: ("env", name) for name in tomllines.table(table, "env")}
    for name, path in ((BASE, ("env_run_base",)), *environments.items()):
        settings: Any = tomllines.table(table, *path)
        stated = str(settings.get("change_dir") or tomllines.table(table, "env_run_base").get("change_dir") or "")
        runner = task_runner(source.path, _folder(source, stated), name)
        for key in _COMMANDS:
            for index, words in enumerate(tomllines.array(settings.get(key))):
                argv = [one for one in tomllines.array(words) if isinstance(one, str)]
                line = document.at(source.path, *keys, *path, key, index).line
                yield from _command(runner, " ".join(argv), line, source.folder)
