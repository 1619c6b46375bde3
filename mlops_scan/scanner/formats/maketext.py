"""Makefiles as targets with their recipes: continuations joined, simple variables filled in. Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlops_scan.scanner.formats.shellbrackets import closing

_ASSIGNMENT = re.compile(
    r"(?:export[ \t]+|override[ \t]+)*([A-Za-z_.][\w.-]*)[ \t]*(\?|:{1,3}|\+|!)?=[ \t]*(.*)", re.DOTALL
)
_RULE = re.compile(r"([^\s:=#][^:=#]*)::?(?!=)([^=]*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\$[({]([A-Za-z_][\w.-]*)[)}]")
_CONDITIONAL = re.compile(
    r"(?:-|s)?include\b|if(?:n?eq|n?def)\b|else\b|endif\b|define\b|endef\b|export\b|unexport\b|vpath\b"
)
_COMMENT = re.compile(r"(?<![ \t])[ \t]+#.*\Z", re.DOTALL)
_CONTINUED = re.compile(r"(?:(?<![ \t])[ \t]+)?\\\n[ \t]*")
_FUNCTION = re.compile(r"(?<!\$)\$\((?=[a-z-]+[ \t])")
_CALL = re.compile(r"(?<!\$)\$\(call[ \t]+([A-Za-z_][\w.-]*)(?=[,)])")
_NUMBERED = re.compile(r"(?<!\$)\$(?:[({](\d)[)}]|(\d))")
_DEPTH = 10  # variables that stand in the values of variables
_NESTED = 3  # functions in functions
_CHARS = 4_000
_FUNCTION_CHARS = 2_000


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
            name, operator, value = assigned.groups()
            value = _CONTINUED.sub(" ", value).split(" #", 1)[0].strip()
            if name == ".RECIPEPREFIX":
                prefix = value[:1] or "\t"
            elif operator == "+":
                variables[name] = f"{variables.get(name, '')} {value}".strip()[:_CHARS]
            elif operator != "?" or name not in variables:
                variables[name] = value[:_CHARS]
        elif rule := _RULE.match(_COMMENT.sub("", bare)):
            if open_rule is not None:
                found.append(_closed(open_rule, recipe))
            needs, _, first = rule[2].partition(";")
            open_rule = Target(tuple(rule[1].split()), tuple(needs.replace("|", " ").split()), line, ())
            recipe = _recipe(first.strip(), line) if first.strip() else []
    if open_rule is not None:
        found.append(_closed(open_rule, recipe))
    return found, variables


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


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with `$(NAME)` of known plain variables replaced, `$(MAKE)` made make, `$$` made `$`.

    `$(shell X)` becomes the shell's `$(X)`; other functions become `${function ...}`, which starts nothing.
    """
    text, _ = expanded(text, variables)
    for _nested in range(_NESTED):
        text = _without_functions(text)
    return text.replace("$$(", "$( ").replace("$$", "$")  # '$(NAME)' is make's, '$( command)' the shell's


def expanded(text: str, variables: Mapping[str, str]) -> tuple[str, bool]:
    """The text with variables and calls of functions of the file filled in, and whether that came to an end."""
    for _ in range(_DEPTH):
        replaced = _VARIABLE.sub(lambda found: _value(found, variables), _called(text, variables))
        if replaced == text:
            return text, True
        if len(replaced) > _CHARS * 10:
            break
        text = replaced
    return text, False


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found[1] == "MAKE":
        return "make"
    value = variables.get(found[1])
    return found[0] if value is None or len(value) > _CHARS // 10 else value


def _called(text: str, variables: Mapping[str, str]) -> str:
    """The text with `$(call NAME,a,b)` made the text of NAME, its `$(1)` and `$(2)` filled in."""
    pieces: list[str] = []
    position = 0
    for found in _CALL.finditer(text):
        end = closing(text, found.end(), ")", found.end() + _FUNCTION_CHARS)
        defined = variables.get(found[1], "")
        if found.start() < position or end < 0 or not defined or len(defined) > _CHARS // 10:
            continue
        if sum(map(len, pieces)) > _CHARS * 10:
            break
        given = [one.strip() for one in text[found.end() : end].split(",")]
        body = _NUMBERED.sub(lambda one, given=given: _argument(one, given), defined)  # type: ignore[misc]
        pieces += [text[position : found.start()], body]
        position = end + 1
    return "".join((*pieces, text[position:]))


def _argument(found: re.Match[str], given: list[str]) -> str:
    number = int(found[1] or found[2])
    return given[number] if number < len(given) else ""


def _without_functions(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for found in _FUNCTION.finditer(text):
        if found.start() < position:
            continue
        end = closing(text, found.end(), ")", found.end() + _FUNCTION_CHARS)
        if end < 0:
            break
        inside = text[found.end() : end]
        called = f"$$({inside[6:]})" if inside.startswith(("shell ", "shell\t")) else f"${{{inside}}}"
        pieces += [text[position : found.start()], called]
        position = end + 1
    return "".join((*pieces, text[position:]))
