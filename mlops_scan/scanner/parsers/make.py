"""Makefiles: the commands of each target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import circles, makerules, maketext, shell
from mlops_scan.scanner.formats.maketext import Recipe, Target
from mlops_scan.scanner.formats.runs import Runner, or_talk
from mlops_scan.scanner.formats.textlines import indent, lines_of
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers import include_circles
from mlops_scan.scanner.parsers.base import Parser

_SPECIAL = re.compile(r"\.[A-Z_]+\Z")  # .PHONY, .DEFAULT_GOAL
_AUTOMATIC = re.compile(r"(?<!\$)\$[@<^]")
_GENERATED = (".am", ".in", ".PL", ".win")


class Make(Parser):
    """Makefile, *.mk."""

    patterns: ClassVar[tuple[str, ...]] = ("Makefile", "makefile", "GNUmakefile", "*.mk", "Makefile.*")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and not source.name.endswith(_GENERATED)

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        yield from islice(circles.of_tasks(_commands(source)), bounds.FACTS_PER_FILE + 1)
        yield from include_circles.notes(include_circles.MAKE, source, tree)
        yield from _unfinished(source)


def _unfinished(source: SourceFile) -> Iterator[Note]:
    """Lines whose variables come to more text than is kept."""
    targets, variables = maketext.read(source.text)
    for target in targets:
        for recipe in target.recipe:
            if "$" in recipe.text and not maketext.expanded(recipe.text, variables)[1]:
                at = Location(source.path, recipe.line)
                yield Note(at, "variables refer to themselves or come to more text than is kept: not all are filled in")


def _commands(source: SourceFile) -> Iterator[Fact]:
    rules, variables = maketext.read(source.text)
    targets = makerules.targets(rules, variables)
    made = {name for target in targets for name in target.names if not _SPECIAL.match(name)}
    goal = variables.get(".DEFAULT_GOAL") or next(
        (one for target in targets for one in target.names if not _SPECIAL.match(one) and "%" not in one), ""
    )
    for target in targets:
        name = target.names[0] if target.names else ""
        if not name or _SPECIAL.match(name):
            continue
        owner = f"{source.path}#{name}"
        runner = Runner(source.path, "make", owner, stage=name, folder=source.folder, macros=True)
        runner = replace(runner, says={"default": name == goal})
        for need in target.needs:  # what a target needs is made first
            if need in made:
                yield from runner.argv(["make", need], (target.line, 1))
        yield from or_talk(runner, partial(_recipes, source, target, variables))


def _recipes(source: SourceFile, target: Target, variables: dict[str, str], runner: Runner) -> Iterator[Fact]:
    for recipe in target.recipe:
        yield from _recipe(replace(runner, soft=recipe.soft), recipe, target, variables, lines_of(source))


def _recipe(
    runner: Runner, recipe: Recipe, target: Target, variables: dict[str, str], lines: Sequence[str]
) -> Iterator[Fact]:
    own = {"$@": runner.stage, "$<": target.needs[0] if target.needs else "", "$^": " ".join(target.needs)}
    text = maketext.filled(_AUTOMATIC.sub(lambda found: own[found[0]], recipe.text), variables)

    def locate(command: shell.Command) -> tuple[int, int]:
        line = recipe.line + command.line
        return line, indent(lines, line)

    yield from runner.commands(shell.commands(text, macros=True), locate)
