"""Variables of Dockerfiles: what ARG, ENV and LABEL set, and texts with their values put in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.dockerfile import Instruction

_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)(\"?)|'([^']*)'")
_VARIABLE = re.compile(
    r"(?P<quoted>\\\$|\\.)|\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)"
    r"(?::?(?P<mark>[-+?])(?P<word>(?:[^{}]|\{[^{}]*\})*)|(?P<trim>[#%/][^}]*))?\})",
    re.ASCII,
)
_NESTED = 5  # defaults that hold variables again


def substitute(text: str, values: Mapping[str, str | None], depth: int = 0) -> tuple[str, frozenset[str]]:
    """`text` with its variables replaced, and the names that were used.

    A variable without a known value stays as written.
    """
    if "$" not in text:
        return text, frozenset()
    used: set[str] = set()
    room = bounds.LINE_CHARS  # a variable of variables may double at every step

    def replace(match: re.Match[str]) -> str:
        nonlocal room
        if room < 0:
            return match[0]
        chosen = resolve(match)
        room -= len(chosen)
        return chosen

    def resolve(match: re.Match[str]) -> str:
        if match["quoted"]:
            return "$" if match["quoted"] == "\\$" else match["quoted"]
        name = match["plain"] or match["name"]
        value = values.get(name)
        used.add(name)
        if match["mark"] in ("-", "+"):
            chosen = match["word"] if (match["mark"] == "+") == bool(value) else (value or "")
            if "$" in chosen and depth < _NESTED:
                chosen, more = substitute(chosen, values, depth + 1)
                used.update(more)
            return chosen
        return match[0] if value is None or match["trim"] else value

    return _VARIABLE.sub(replace, text), frozenset(used)


def unquote(word: str) -> str:
    """A word without the quotes around it or its parts; one that does not close stays."""

    def bare(found: re.Match[str]) -> str:
        return str(found[3] if found[3] is not None else found[1] if found[2] else found[0])

    return _QUOTED.sub(bare, word)


def assignments(instruction: Instruction) -> list[tuple[str, str | None, int]]:
    """(name, value, offset) of ENV, ARG or LABEL; None for an ARG without default; `ENV name rest of line` too."""
    words = instruction.words()
    if instruction.keyword == "ENV" and words and "=" not in words[0][0]:
        name = words[0][0]
        return [(name, instruction.value[len(name) :].strip() or None, words[0][1])]
    found: list[tuple[str, str | None, int]] = []
    for word, offset in words:
        name, equals, value = word.partition("=")
        if re.fullmatch(r"[\w.-]+", name):
            found.append((name, unquote(value) if equals else None, offset))
    return found
