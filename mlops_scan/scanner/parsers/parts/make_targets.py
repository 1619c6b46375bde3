"""Makefiles: the commands of each target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import circles, makerules, maketext, shell
from mlops_scan.scanner.formats.makefilling import Filling
from mlops_scan.scanner.formats.maketext import Recipe, Target
from mlops_scan.scanner.formats.runs import Runner, or_talk
from mlops_scan.scanner.formats.textlines import indent, lines_of
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.parts import include_circles

_SPECIAL = re.compile(r"\.[A-Z_]+\Z")  # .PHONY, .DEFAULT_GOAL
_AUTOMATIC = re.compile(r"(?<!\$)\$[@<^]")
_NOTES = 20  # of one file: lines that are not filled in


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    rules, variables = maketext.read(source.text)
    filling = Filling(variables)
    targets = makerules.targets(rules, filling)
    told = list(islice(_commands(source, targets, filling), bounds.SHELL_COMMANDS + 1))
    yield from circles.of_tasks(told[: bounds.SHELL_COMMANDS])
    if len(told) > bounds.SHELL_COMMANDS:
        yield Note(told[-1].at, f"more than {bounds.SHELL_COMMANDS} commands: the rest of the file is left out")
    yield from include_circles.notes(include_circles.MAKE, source, tree)
    yield from islice(_unfinished(source, rules, filling), _NOTES)


def _unfinished(source: SourceFile, rules: list[Target], filling: Filling) -> Iterator[Note]:
    """Lines whose variables come to more text than is kept."""
    for target in rules:
        for recipe in target.recipe:
            if "$" in recipe.text and not filling.expanded(recipe.text)[1]:
                at = Location(source.path, recipe.line)
                yield Note(at, "variables refer to themselves or come to more text than is kept: not all are filled in")


def _commands(source: SourceFile, targets: list[Target], filling: Filling) -> Iterator[Fact]:
    made = {name for target in targets for name in target.names if not _SPECIAL.match(name)}
    goal = filling.variables.get(".DEFAULT_GOAL") or next(
        (one for target in targets for one in target.names if not _SPECIAL.match(one) and "%" not in one), ""
    )
    for target in targets:
        (name,) = target.names  # each has one by now
        if _SPECIAL.match(name):
            continue
        owner = f"{source.path}#{name}"
        says = {"default": name == goal}
        runner = Runner(source.path, "make", owner, stage=name, folder=source.folder, macros=True, says=says)
        for need in target.needs:  # what a target needs is made first
            if need in made:
                made_first = shell.Command(("make", need), 0, f"make {need}")
                yield from runner.commands((made_first,), lambda _, line=target.line: (line, 1))  # type: ignore[misc]
        yield from or_talk(runner, partial(_recipes, source, target, filling))


def _recipes(source: SourceFile, target: Target, filling: Filling, runner: Runner) -> Iterator[Fact]:
    for recipe in target.recipe:
        yield from _recipe(
            replace(runner, soft=True) if recipe.soft else runner, recipe, target, filling, lines_of(source)
        )


def _recipe(runner: Runner, recipe: Recipe, target: Target, filling: Filling, lines: Sequence[str]) -> Iterator[Fact]:
    own = {"$@": runner.stage, "$<": target.needs[0] if target.needs else "", "$^": " ".join(target.needs)}
    text = filling.filled(_AUTOMATIC.sub(lambda found: own[found[0]], recipe.text))

    def locate(command: shell.Command) -> tuple[int, int]:
        line = recipe.line + command.line
        return line, indent(lines, line)

    yield from runner.commands(shell.commands(text, macros=True), locate)
