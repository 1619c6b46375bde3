"""Values of configuration files that name others of their entries: `${a.b}`, `${.b}`, `${oc.env:X,d}`, `%(name)s`.

What no entry tells (a variable of the environment without default, what only a run knows, a circle) is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mlops_scan.scanner.formats.interpolation import closing

Lookup = Callable[[str], Any]  # dotted key -> the value as written; None where no such entry stands
STEPS = 100  # entries asked for one value
DEEP = 12
_LONGEST = 500
_VARIABLE = re.compile(r"([A-Z_][A-Z0-9_]*)(?::-|-|:(?![?+-]))(.*)\Z", re.DOTALL)  # `NAME:-default`
_DEFAULTED = frozenset(("oc.env", "env"))
_OPTION = re.compile(r"%\((\w+)\)s|%(%)")
_OPENED = re.compile(r"(?<![\\$])\$\{")
_EXTENDED = re.compile(r"\$\{([^{}]+)\}")
_INDEX = re.compile(r"\[[\"']?([\w-]+)[\"']?\]")


def resolve(value: Any, key: str, lookup: Lookup) -> Any:
    """The value that stands under `key`, with what it names put in; None where that is not known."""
    return _Reader(lookup).value(value, key, 0)


def resolve_option(value: Any, key: str, lookup: Lookup) -> Any:
    """The same for a file of sections and options, where `%(name)s` names one of the section or of `DEFAULT`."""
    if not isinstance(value, str) or ("%(" not in value and "${" not in value):
        return value
    section = key.rpartition(".")[0]
    return _Options(lookup, section).text(value, section, 0)


def asks(value: Any) -> bool:
    """Whether a value may name other entries."""
    if value.__class__ is str:
        return "${" in value or "%(" in value
    return value.__class__ is list and "${" in str(value)


def references(value: Any, key: str, lookup: Lookup, *, options: bool = False) -> Iterator[str]:
    """The keys of the entries that the value under `key` names, each as often as it does; `options` as above."""
    if isinstance(value, list):
        for one in value[:STEPS]:
            yield from references(one, key, lookup, options=options)
    elif isinstance(value, str) and len(value) <= _LONGEST:
        yield from _options(value, key.rpartition(".")[0], lookup) if options else _entries(value, key, lookup)


def _entries(text: str, key: str, lookup: Lookup) -> Iterator[str]:
    for start in (found.end() for found in _OPENED.finditer(text)):
        end = closing(text, start)
        name, told, given = text[start : max(end, start)].strip().partition(":")
        if told:
            name = given.partition(",")[0].strip() if name == "oc.select" else ""
        elif "${" in name:
            made = resolve(name, key, lookup)
            name = made if isinstance(made, str) else ""
        if name and "${" not in name:
            yield _absolute(name, key)


def _options(text: str, section: str, lookup: Lookup) -> Iterator[str]:
    named = [(section, found[1]) for found in _OPTION.finditer(text) if found[1]]
    for found in _EXTENDED.finditer(text):
        other, told, name = found[1].rpartition(":")
        named.append((other if told else section, name))
    for home, name in named:
        keys = [f"{one}.{name.lower()}" for one in (home, "DEFAULT")]
        yield keys[0] if lookup(keys[0]) is not None else keys[1]


class _Reader:
    """One value, with a count of what was asked for it."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup, self._left = lookup, STEPS

    def value(self, value: Any, key: str, depth: int) -> Any:
        if isinstance(value, list):
            found = [self.value(one, key, depth) for one in value[:STEPS]]
            return None if None in found else found
        if not isinstance(value, str) or "${" not in value:
            return value
        if depth > DEEP or len(value) > _LONGEST:
            return None
        if value.startswith("${") and closing(value, 2, _LONGEST) == len(value) - 1:
            return self._reference(value[2:-1].strip(), key, depth + 1)
        return self._text(value, key, depth)

    def _text(self, text: str, key: str, depth: int) -> str | None:
        made, place = "", 0
        while (start := text.find("${", place)) >= 0:
            escaped = text[start - 1 : start] in ("\\", "$") and start > place
            end = closing(text, start + 2, _LONGEST)
            if end < 0:
                return None
            made += text[place : start - escaped]
            found = text[start : end + 1] if escaped else self._reference(text[start + 2 : end].strip(), key, depth + 1)
            if not isinstance(found, (str, int, float)) or len(made) > _LONGEST:
                return None
            made, place = made + str(found), end + 1
        return made + text[place:]

    def _reference(self, inner: str, key: str, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEEP:
            return None
        if variable := _VARIABLE.match(inner):
            return self.value(_bare(variable[2]), key, depth)
        name, told, given = inner.partition(":")
        if told and "${" not in name:
            return self._made(name.strip(), given, key, depth)
        if "${" in inner:
            inner = self.value(inner, key, depth)
        return self._entry(_absolute(inner, key), depth) if isinstance(inner, str) else None

    def _made(self, resolver: str, given: str, key: str, depth: int) -> Any:
        """What a resolver makes of its arguments, where a file alone tells it."""
        first, told, default = given.partition(",")
        if resolver in _DEFAULTED:
            return self.value(_bare(default), key, depth) if told else None
        if resolver == "oc.select":
            found = self._entry(_absolute(first.strip(), key), depth)
            return self.value(_bare(default), key, depth) if found is None and told else found
        return None

    def _entry(self, key: str, depth: int) -> Any:
        """An entry, an item of a list, or an entry of the mapping that another entry names."""
        found = self._lookup(key)
        if found is not None:
            return self.value(found, key, depth)
        above, dot, last = key.rpartition(".")
        while dot and self._left > 0:
            self._left -= 1
            holder = self._lookup(above)
            if isinstance(holder, list):
                return (
                    self.value(holder[int(last)], key, depth) if last.isdecimal() and int(last) < len(holder) else None
                )
            if isinstance(holder, str) and holder.startswith("${") and closing(holder, 2, _LONGEST) == len(holder) - 1:
                inner = holder[2:-1].strip()
                plain = depth < DEEP and ":" not in inner and "${" not in inner
                return self._entry(f"{_absolute(inner, above)}.{last}", depth + 1) if plain else None
            above, dot, more = above.rpartition(".")
            last = f"{more}.{last}"
        return None


class _Options:
    """One option of a file of sections; options that name options, some levels deep."""

    def __init__(self, lookup: Lookup, section: str) -> None:
        self._lookup, self._left = lookup, STEPS

    def text(self, text: str, section: str, depth: int) -> str | None:
        if "${" in text:  # `${section:name}`
            return self._extended(text, section, depth)
        made, place = "", 0
        for found in _OPTION.finditer(text):
            inner = "%" if found[2] else self._option(section, found[1].lower(), depth + 1)
            if inner is None or len(made) > _LONGEST:
                return None
            made, place = made + text[place : found.start()] + inner, found.end()
        return made + text[place:]

    def _extended(self, text: str, section: str, depth: int) -> str | None:
        made, place = "", 0
        while (start := text.find("${", place)) >= 0:
            end = text.find("}", start)
            other, told, name = text[start + 2 : end].rpartition(":")
            inner = self._option(other if told else section, name.lower(), depth + 1) if end > 0 else None
            if inner is None or len(made) > _LONGEST:
                return None
            made, place = made + text[place:start] + inner, end + 1
        return made + text[place:]

    def _option(self, section: str, name: str, depth: int) -> str | None:
        self._left -= 1
        if self._left < 0 or depth > DEEP:
            return None
        for home in (section, "DEFAULT"):
            found = self._lookup(f"{home}.{name}")
            if found is not None:
                text = str(found)
                return self.text(text, section, depth) if "%" in text or "${" in text else text
        return None


def _absolute(name: str, key: str) -> str:
    """The key that a name means where it stands: `.b` is beside the entry, `..b` one level above."""
    plain = name.lstrip(".")
    dots = len(name) - len(plain)
    above = key.split(".")[:-dots] if dots else []
    return ".".join([*above, _INDEX.sub(r".\1", plain)])


def _bare(text: str) -> str | None:
    """A default as written, without quotes; None for `null`."""
    text = text.strip()
    quoted = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
    return text[1:-1] if quoted else None if text == "null" else text
