"""Justfiles: the commands of each recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import circles, shell
from mlops_scan.scanner.formats.runs import Runner, or_talk
from mlops_scan.scanner.formats.textlines import indent, lines_of
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_ASSIGNMENT = re.compile(r"(?:export[ \t]+)?([A-Za-z_][\w-]*)[ \t]*:=[ \t]*(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`)?")
_RECIPE = re.compile(r"@?([A-Za-z_][\w-]*)(?![\w-])([^:]*):(?!=)[ \t]*(.*)")
_INTERPOLATION = re.compile(r"\{\{[ \t]*([\w-]+)[ \t]*\}\}")
_NEED = re.compile(r"\(?[ \t]{0,20}([A-Za-z_][\w-]*)(?:[^()&]{0,200}\))?")


@dataclass(slots=True)
class _Recipe:
    name: str
    line: int
    needs: list[str]
    body: list[tuple[int, str]] = field(default_factory=list)


class Just(Parser):
    """justfile, .justfile, *.just."""

    patterns: ClassVar[tuple[str, ...]] = ("justfile", "Justfile", ".justfile", "JUSTFILE", "*.just")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        yield from islice(circles.of_tasks(_commands(source)), bounds.FACTS_PER_FILE + 1)
        from mlops_scan.scanner.parsers.parts import include_circles

        yield from include_circles.notes(include_circles.JUST, source, tree)


def _commands(source: SourceFile) -> Iterator[Fact]:
    recipes, variables = _read(lines_of(source))
    for recipe in recipes:
        owner = f"{source.path}#{recipe.name}"
        runner = Runner(source.path, "just", owner, stage=recipe.name, folder=source.folder)
        runner = replace(runner, says={"default": recipe is recipes[0]})
        for need in recipe.needs:
            yield from runner.argv(["just", need], (recipe.line, 1))
        yield from or_talk(runner, partial(_recipe, source, recipe, variables))


def _recipe(source: SourceFile, recipe: _Recipe, variables: dict[str, str], runner: Runner) -> Iterator[Fact]:
    for line, text, soft in _texts(recipe):
        filled = _INTERPOLATION.sub(lambda found: variables.get(found[1], found[0]), text)

        def locate(command: shell.Command, first: int = line) -> tuple[int, int]:
            return first + command.line, indent(lines_of(source), first + command.line)

        yield from replace(runner, soft=soft).commands(shell.commands(filled), locate)


def _read(lines: Sequence[str]) -> tuple[list[_Recipe], dict[str, str]]:
    recipes: list[_Recipe] = []
    variables: dict[str, str] = {}
    held: _Recipe | None = None
    for number, line in enumerate(lines, start=1):
        if line[:1] in (" ", "\t"):
            if held is not None:
                held.body.append((number, line))
        elif assigned := _ASSIGNMENT.match(line):
            value = assigned[2] or assigned[3]
            if value:
                variables[assigned[1]] = value[: bounds.FACT_TEXT]
        elif (head := _RECIPE.match(line)) and not line.startswith(("set ", "alias ", "import ", "mod ")):
            needs = [found[1] for found in _NEED.finditer(head[3].split("#", 1)[0].replace("&&", " "))]
            held = _Recipe(head[1], number, needs)
            recipes.append(held)
        elif line.strip() and not line.startswith(("#", "[")):
            held = None
        elif not line and held is not None:
            held.body.append((number, ""))
    return recipes, variables


def _texts(recipe: _Recipe) -> Iterator[tuple[int, str, bool]]:
    """(first line, text, whether it may fail): each line by itself, or the whole body when it is a shell script."""
    written = [(number, line) for number, line in recipe.body if line.strip()]
    if written and written[0][1].strip().startswith("#!"):
        if "sh" in written[0][1].rsplit("/", 1)[-1]:
            first = written[0][0]
            body = [line.strip() for number, line in recipe.body if number >= first]
            yield first, "\n".join(body), False
        return
    held: list[str] = []
    start = 0
    for number, line in recipe.body:
        start = start if held else number
        held.append(line.strip())
        if not line.endswith("\\"):
            text = "\n".join(held)
            bare = text.lstrip("@-")
            if bare and not bare.startswith("#"):
                yield start, bare, "-" in text[: len(text) - len(bare)]
            held = []
