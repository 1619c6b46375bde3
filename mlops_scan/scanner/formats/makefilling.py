"""Values of a makefile's variables, filled into its texts; the characters of all that are written are bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlops_scan.scanner.formats.circles import settled
from mlops_scan.scanner.formats.shellbrackets import closing

_VARIABLE = re.compile(r"\$[({]([A-Za-z_][\w.-]*)[)}]")
_FUNCTION = re.compile(r"(?<!\$)\$\((?=[a-z-]+[ \t])")
_CALL = re.compile(r"(?<!\$)\$\(call[ \t]+([A-Za-z_][\w.-]*)(?=[,)])")
_NUMBERED = re.compile(r"(?<!\$)\$(?:[({](\d)[)}]|(\d))")
_DEPTH = 10  # variables that stand in the values of variables
_NESTED = 3  # functions in functions
_CHARS = 4_000
_FUNCTION_CHARS = 2_000
_TEXT = 40_000  # characters that one text may come to
_LATE_TEXT = 400  # when those of the file are used up
_FILE = 1_000_000  # characters that are written while the texts of one file are filled


class Filling:
    """The variables of one file, put into its texts. What a text comes to is worked out once."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        endless = _circular(variables)
        plain = {name: value for name, value in variables.items() if name not in endless}
        self.endless = endless | _too_large(plain)
        self.variables = {name: value for name, value in plain.items() if name not in self.endless}
        self.left = _FILE
        self._known: dict[str, tuple[str, bool]] = {}

    def filled(self, text: str) -> str:
        """The text with `$(NAME)` of known plain variables replaced, `$(MAKE)` made make, `$$` made `$`.

        `$(shell X)` becomes the shell's `$(X)`; other functions become `${function ...}`, which starts nothing.
        """
        if "$" not in text:
            return text
        text, _ = self.expanded(text)
        for _nested in range(_NESTED):
            text = _without_functions(text)
        return text.replace("$$(", "$( ").replace("$$", "$")  # '$(NAME)' is make's, '$( command)' the shell's

    def expanded(self, text: str) -> tuple[str, bool]:
        """The text with variables and calls of functions of the file filled in, and whether that came to an end."""
        if "$" not in text:
            return text, True
        if text not in self._known:
            self._known[text] = self._expanded(text)
        return self._known[text]

    def _expanded(self, text: str) -> tuple[str, bool]:
        for _ in range(_DEPTH):
            replaced = _VARIABLE.sub(self._value, self._called(text))
            if replaced == text:
                return text, self.endless.isdisjoint(_names(text))
            self.left -= len(replaced)
            if len(replaced) > (_TEXT if self.left > 0 else _LATE_TEXT):
                break
            text = replaced
        return text, False

    def _value(self, found: re.Match[str]) -> str:
        if found[1] == "MAKE":
            return "make"
        value = self.variables.get(found[1])
        return found[0] if value is None or len(value) > _CHARS // 10 else value

    def _called(self, text: str) -> str:
        """The text with `$(call NAME,a,b)` made the text of NAME, its `$(1)` and `$(2)` filled in."""
        pieces: list[str] = []
        position = 0
        for found in _CALL.finditer(text):
            end = closing(text, found.end(), ")", found.end() + _FUNCTION_CHARS)
            defined = self.variables.get(found[1], "")
            if found.start() < position or end < 0 or not defined or len(defined) > _CHARS // 10:
                continue
            if sum(map(len, pieces)) > _TEXT:
                break
            given = [one.strip() for one in text[found.end() : end].split(",")]
            body = _NUMBERED.sub(lambda one, given=given: _argument(one, given), defined)  # type: ignore[misc]
            pieces += [text[position : found.start()], body]
            position = end + 1
        return "".join((*pieces, text[position:]))


def _circular(variables: Mapping[str, str]) -> frozenset[str]:
    """Variables that need themselves, and those between two such: they have no end."""
    needs = {name: {one for one in _names(value) if one in variables} for name, value in variables.items()}
    for _ in range(2):  # what leads to no circle, then what no circle leads to
        ended = set(settled(needs))
        needs = _turned({name: others - ended for name, others in needs.items() if name not in ended})
    return frozenset(needs)


def _too_large(variables: Mapping[str, str]) -> frozenset[str]:
    """Variables that come to more than a text may, by the sizes of what stands in their values; none is in a circle."""
    needs = {name: [one for one in _VARIABLE.findall(value) if one in variables] for name, value in variables.items()}
    sizes: dict[str, int] = {}
    for one in settled(needs):
        sizes[one] = min(len(variables[one]) + sum(sizes[other] for other in needs[one]), _TEXT + 1)
    return frozenset(name for name, size in sizes.items() if size > _TEXT)


def _turned(ways: Mapping[str, set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in ways}
    for name, others in ways.items():
        for one in others:
            found[one].add(name)
    return found


def _names(text: str) -> set[str]:
    return {*_VARIABLE.findall(text), *_CALL.findall(text)} if "$" in text else set()


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
