"""Variables in Compose texts: $NAME, ${NAME:-default}, ${NAME:?error}, ${NAME:+other}, nested; $$ is a dollar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEPTH = 10
_ENTRY = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class Interpolated:
    """The text with known variables put in. `unresolved`: one is neither known nor has a default and stays as written;
    `defaulted`: a default that stands in the text was taken."""

    text: str
    unresolved: bool = False
    defaulted: bool = False


def interpolate(text: str, values: Mapping[str, str]) -> Interpolated:
    """Put `values` and defaults into `text`."""
    if "$" not in text:
        return Interpolated(text)
    return _Reader(values).read(text, 0)


class _Reader:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def read(self, text: str, depth: int) -> Interpolated:
        out: list[str] = []
        unresolved = defaulted = False
        index = 0
        while index < len(text):
            dollar = text.find("$", index)
            if dollar < 0:
                out.append(text[index:])
                break
            out.append(text[index:dollar])
            found, index = self._variable(text, dollar, depth)
            out.append(found.text)
            unresolved, defaulted = unresolved or found.unresolved, defaulted or found.defaulted
        return Interpolated("".join(out), unresolved, defaulted)

    def _variable(self, text: str, dollar: int, depth: int) -> tuple[Interpolated, int]:
        """What stands for the variable at `dollar`, and the index behind it."""
        if text.startswith("$$", dollar):
            return Interpolated("$"), dollar + 2
        braced = text.startswith("${", dollar)
        name = _NAME.match(text, dollar + 1 + braced)
        if name is None:
            return Interpolated("$", unresolved=braced), dollar + 1
        if not braced:
            return self._known(name[0], text[dollar : name.end()]), name.end()
        end = closing(text, dollar + 2)
        if end < 0 or depth >= _DEPTH:
            return Interpolated(text[dollar:], unresolved=True), len(text)
        return self._braced(name[0], text[name.end() : end], text[dollar : end + 1], depth), end + 1

    def _known(self, name: str, written: str) -> Interpolated:
        value = self.values.get(name)
        return Interpolated(written, unresolved=True) if value is None else Interpolated(value)

    def _braced(self, name: str, rest: str, written: str, depth: int) -> Interpolated:
        value = self.values.get(name)
        colon = rest.startswith(":")
        sign, word = rest[colon : colon + 1], rest[colon + 1 :]
        is_set = value is not None and (bool(value) or not colon)
        if sign == "+":
            return self.read(word, depth + 1) if is_set else Interpolated("")
        if is_set and value is not None:
            return Interpolated(value)
        if sign == "-":
            default = self.read(word, depth + 1)
            return Interpolated(default.text, default.unresolved, defaulted=True)
        return Interpolated(written, unresolved=True)


def closing(text: str, start: int, most: int | None = None) -> int:
    """Where the bracket closes whose inside begins at `start`; -1 where none does (in so many characters)."""
    depth = 1
    for index in range(start, len(text) if most is None else min(len(text), start + most)):
        if text.startswith("${", index):
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if not depth:
                return index
    return -1


def dotenv(text: str) -> dict[str, str]:
    """The variables of an `.env` file; what cannot be read as `NAME=value` is passed over."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        entry = _ENTRY.match(line.strip())
        if entry is None:
            continue
        value = entry[2].strip()
        if value[:1] in ("'", '"') and value.find(value[0], 1) > 0:
            value = value[1 : value.find(value[0], 1)]
        else:
            value = re.split(r"(?:^|\s)#", value, maxsplit=1)[0].strip()
        found[entry[1]] = value
    return found
