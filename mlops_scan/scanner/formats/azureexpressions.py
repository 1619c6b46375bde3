"""Functions in the template expressions of Azure Pipelines: `${{ format('{0}:{1}', parameters.x, 'y') }}`.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mlops_scan.scanner.formats.placeholders import Known

_PLACE = re.compile(r"\$\{\{((?:[^{}'\n]|'[^'\n]*'){1,400})\}\}")  # `''` in a text is the end of one and another
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z_][\w.-]*(?:\['[^']*'\])?|-?\d[\d.]*)|([(),]))")
_INDEXED = re.compile(r"\['([^']*)'\]")
_NUMBERED = re.compile(r"\{(\d+)\}")
_LONGEST = 500
_DEEP = 20

Value = str | list[str]


def evaluated(text: str, known: Known) -> str:
    """A text with the calls that constants decide put in; what they leave open stays as written."""
    if "${{" not in text or "(" not in text:
        return text
    return _PLACE.sub(lambda found: _put(found, known), text)


def listed(text: str, known: Known) -> list[str] | None:
    """The items that a call makes: `split('a,b', ',')`."""
    value = _value(text, known) if "(" in text else None
    return value if isinstance(value, list) else None


def _put(found: re.Match[str], known: Known) -> str:
    value = _value(found[1], known) if "(" in found[1] else None
    return value[:_LONGEST] if isinstance(value, str) else found[0]


def _value(text: str, known: Known) -> Value | None:
    tokens, place = [], 0
    text = text.strip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            return None
        tokens.append(found)
        place = found.end()
    reader = _Reader(tokens, known)
    value = reader.value(0)
    return value if reader.at == len(tokens) else None


class _Reader:
    def __init__(self, tokens: Sequence[re.Match[str]], known: Known) -> None:
        self._tokens, self._known, self.at = tokens, known, 0

    def value(self, depth: int) -> Value | None:
        if self.at >= len(self._tokens) or depth > _DEEP:
            return None
        text, name, _ = self._tokens[self.at].groups()
        self.at += 1
        if text is not None:
            return text.replace("''", "'")
        if name is None:
            return None
        if self._takes("("):
            return self._called(name.lower(), depth)
        if name[:1].isdigit() or name[:1] == "-" or name.lower() in ("true", "false"):
            return name
        values = self._known.get(_INDEXED.sub(r".\1", name), ())
        return values[0] if len(values) == 1 else None

    def _takes(self, sign: str) -> bool:
        found = self.at < len(self._tokens) and self._tokens[self.at][3] == sign
        self.at += found
        return found

    def _called(self, name: str, depth: int) -> Value | None:
        arguments: list[Value | None] = []
        while not self._takes(")"):
            before = self.at
            arguments.append(self.value(depth + 1))
            self._takes(",")
            if self.at == before or self.at >= len(self._tokens) + 1:
                return None
        make = _FUNCTIONS.get(name)
        if make is None or (None in arguments and name != "coalesce"):
            return None
        try:
            return make(arguments)
        except (IndexError, TypeError, AttributeError, ValueError):
            return None


def _format(given: Sequence[Value | None]) -> str | None:
    if not isinstance(given[0], str) or not all(isinstance(one, str) for one in given):
        return None
    parts = re.split(r"(\{\{|\}\})", given[0])
    made = [
        part[0] if part in ("{{", "}}") else _NUMBERED.sub(lambda found: str(given[1:][int(found[1])]), part)
        for part in parts
    ]
    return "".join(made)[:_LONGEST]


def _text(given: Sequence[Value | None], at: int = 0) -> str:
    one = given[at]
    if not isinstance(one, str):
        raise TypeError
    return one


def _coalesce(given: Sequence[Value | None]) -> str | None:
    for one in given:
        if one is None or isinstance(one, list):
            return None
        if one:
            return one
    return ""


def _join(given: Sequence[Value | None]) -> str:
    items = given[1]
    return _text(given).join(items) if isinstance(items, list) else _text(given, 1)


_FUNCTIONS: dict[str, Callable[[Sequence[Value | None]], Value | None]] = {
    "format": _format,
    "coalesce": _coalesce,
    "join": _join,
    "lower": lambda given: _text(given).lower(),
    "upper": lambda given: _text(given).upper(),
    "trim": lambda given: _text(given).strip(),
    "replace": lambda given: _text(given).replace(_text(given, 1), _text(given, 2))[:_LONGEST],
    "split": lambda given: _text(given).split(_text(given, 1))[:60],
}
