"""Rules of makefiles as make has them: a target for each name, and what pattern rules make of names that are needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mlops_scan.scanner.formats.makefilling import Filling
from mlops_scan.scanner.formats.maketext import Target

_MADE = 500  # targets that variables and patterns of one file make
_PATTERNS = 30  # that are tried on names
_CALLED = re.compile(r"\$[({]MAKE[)}][ \t]+((?:[\w./-]+[ \t]*)+)")


def targets(rules: Sequence[Target], filling: Filling) -> list[Target]:
    """The rules with each name as a target of its own, names in variables filled in, and patterns where needed."""
    named = [one for rule in rules for one in _named(rule, filling)][: len(rules) + _MADE]
    known = {name for one in named for name in one.names}
    patterns = [one for one in named if "%" in one.names[0]][:_PATTERNS]
    if not patterns:
        return named
    made = list(named)
    used: set[str] = set()
    for one in made:  # what a pattern makes may need what a pattern makes
        for name in _wanted(one) if len(made) < len(named) + _MADE else ():
            pattern = next((one for one in patterns if _fits(one, name)), None) if name not in known else None
            if pattern is not None:
                known.add(name)
                used.add(pattern.names[0])
                made.append(_instance(pattern, name))
    return [one for one in made if one.names[0] not in used]


def _named(rule: Target, filling: Filling) -> Iterator[Target]:
    needs = tuple(word for need in rule.needs for word in _words(need, filling))
    names = [word for name in rule.names for word in _words(name, filling)]
    yield from (replace(rule, names=(name,), needs=needs) for name in names)


def _words(text: str, filling: Filling) -> list[str]:
    return filling.filled(text).split() if "$" in text else [text]


def _wanted(rule: Target) -> Iterator[str]:
    """What a target needs, and what its recipe makes."""
    yield from (need for need in rule.needs if "%" not in need)
    for recipe in rule.recipe:
        for called in _CALLED.finditer(recipe.text):
            yield from called[1].split()


def _fits(pattern: Target, name: str) -> bool:
    first, _, last = pattern.names[0].partition("%")
    return name.startswith(first) and name.endswith(last) and len(name) > len(first) + len(last)


def _instance(pattern: Target, name: str) -> Target:
    """What a pattern rule is for a name."""
    first, _, last = pattern.names[0].partition("%")
    stem = name[len(first) : len(name) - len(last)]
    return replace(
        pattern,
        names=(name,),
        needs=tuple(one.replace("%", stem, 1) for one in pattern.needs),
        recipe=tuple(replace(one, text=one.text.replace("$*", stem)) for one in pattern.recipe),
    )
