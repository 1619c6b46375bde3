"""Makefiles as targets with their recipes: continuations joined, variables as they are set. Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ASSIGNMENT = re.compile(
    r"(?:export[ \t]+|override[ \t]+)*([A-Za-z_.][\w.-]*)[ \t]*(\?|:{1,3}|\+|!)?=[ \t]*(.*)", re.DOTALL
)
_RULE = re.compile(r"([^\s:=#][^:=#]*)::?(?!=)([^=]*)\Z", re.DOTALL)
_CONDITIONAL = re.compile(
    r"(?:-|s)?include\b|if(?:n?eq|n?def)\b|else\b|endif\b|define\b|endef\b|export\b|unexport\b|vpath\b"
)
_COMMENT = re.compile(r"(?<![ \t])[ \t]+#.*\Z", re.DOTALL)
_CONTINUED = re.compile(r"(?:(?<![ \t])[ \t]+)?\\\n[ \t]*")
_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """One logical recipe line: its text with the prefixes off, line from one, whether `-` lets it fail."""

    text: str
    line: int
    soft: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A rule: the names before the colon, what it needs, its recipe."""

    names: tuple[str, ...]
    needs: tuple[str, ...]
    line: int
    recipe: tuple[Recipe, ...]


def read(text: str) -> tuple[list[Target], dict[str, str]]:
    """The rules of a makefile in order, and the values of its variables where the file itself sets them plainly."""
    variables: dict[str, str] = {}
    found: list[Target] = []
    open_rule: Target | None = None
    recipe: list[Recipe] = []
    prefix = "\t"
    defining = ""
    for line, logical in _logical(text):
        if defining or logical.startswith("define "):
            defining = _defined(logical, defining, variables)
            continue
        if logical.startswith(prefix) and open_rule is not None:
            recipe += _recipe(logical.lstrip(), line)
            continue
        bare = logical.strip()
        if not bare or bare.startswith("#") or _CONDITIONAL.match(bare):
            continue
        if assigned := _ASSIGNMENT.match(bare):
            prefix = _assigned(assigned, variables) or prefix
        elif rule := _RULE.match(_COMMENT.sub("", bare)):
            if open_rule is not None:
                found.append(_closed(open_rule, recipe))
            needs, _, first = rule[2].partition(";")
            open_rule = Target(tuple(rule[1].split()), tuple(needs.replace("|", " ").split()), line, ())
            recipe = _recipe(first.strip(), line) if first.strip() else []
    if open_rule is not None:
        found.append(_closed(open_rule, recipe))
    return found, variables


def _assigned(found: re.Match[str], variables: dict[str, str]) -> str:
    """Set a variable; the sign before the lines of recipes, where that is what is set."""
    name, operator, value = found.groups()
    value = _CONTINUED.sub(" ", value).split(" #", 1)[0].strip()
    if name == ".RECIPEPREFIX":
        return value[:1] or "\t"
    if operator == "+":
        variables[name] = f"{variables.get(name, '')} {value}".strip()[:_CHARS]
    elif operator != "?" or name not in variables:
        variables[name] = _before(name, value, operator, variables)[:_CHARS]
    return ""


def _before(name: str, value: str, operator: str | None, variables: dict[str, str]) -> str:
    """The value with that from before in it: `FLAGS := $(FLAGS) -x` adds to what the variable held."""
    if operator and operator[0] == ":" and name in variables:
        return value.replace(f"$({name})", variables[name]).replace(f"${{{name}}}", variables[name])
    return value


def _defined(logical: str, name: str, variables: dict[str, str]) -> str:
    """The name whose `define` is open after this line; its lines are one text, as one recipe would run them."""
    if not name:
        name = logical.split()[1].rstrip("=:?+") if logical.split()[1:] else "define"
        variables[name] = ""
        return name
    if logical.startswith("endef"):
        return ""
    line = _CONTINUED.sub(" ", logical).lstrip("@+- \t").strip()
    if line and not line.startswith("#"):
        before = variables[name]
        variables[name] = f"{before}; {line}"[:_CHARS] if before else line[:_CHARS]
    return name


def _closed(rule: Target, recipe: list[Recipe]) -> Target:
    return Target(rule.names, rule.needs, rule.line, tuple(recipe))


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """(line from one, text) with `\\` at line ends kept, so that the shell reader still sees each line."""
    held: list[str] = []
    start = 1
    for number, line in enumerate(text.split("\n"), start=1):
        if not held:
            start = number
        held.append(line)
        if not line.endswith("\\"):
            yield start, "\n".join(held)
            held = []
    if held:
        yield start, "\n".join(held)


def _recipe(text: str, line: int) -> list[Recipe]:
    bare = text.lstrip("@+- \t")
    prefix = text[: len(text) - len(bare)]
    return [Recipe(bare, line, "-" in prefix)] if bare and not bare.startswith("#") else []
