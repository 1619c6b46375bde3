"""Conditions of signatures: on the arguments of a call, and on the attributes of a resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.globs import glob

_ARGUMENT = re.compile(r"(?P<no>!)?(?P<refs>(?:self\.)?\w+(?:\|(?:self\.)?\w+)*)=(?P<value>.*)\Z")
_STEP = re.compile(r"(?P<key>[\w*/-]+|\"[^\"]+\")(?:\[(?:>=(?P<many>\d+)|(?P<field>[\w-]+)=(?P<value>[^\]]+))\])?")
_PART = r"(?:[\w*/-]+|\"[^\"]+\")(?:\[[^\]]+\])?"
_ATTRIBUTE = re.compile(rf"(?P<no>!)?\.(?P<path>{_PART}(?:\.{_PART})*)(?:=(?P<value>\S.*))?\Z")
_TEXT = 400  # characters of a value that a pattern looks at
_ENTRIES = 20  # of a dictionary that is compared as it is written


@dataclass(frozen=True, slots=True)
class Argument:
    """`kw=` (given), `kw=glob`, `0=glob` (position), `0|kw=glob` (either); `!` in front negates.

    `self.0` and `self.kw` are what the receiver of the method was made with.
    """

    refs: tuple[int | str, ...]
    value: str
    negated: bool

    @classmethod
    def parse(cls, text: str) -> Argument:
        """Raises ValueError when `text` is no condition on an argument."""
        found = _ARGUMENT.match(text.strip())
        if found is None:
            raise ValueError(f"'{text}' is no condition on an argument")
        refs = tuple(int(ref) if ref.isdigit() else ref for ref in found["refs"].split("|"))
        return cls(refs, found["value"], bool(found["no"]))

    def holds(self, says: Mapping[str, Any]) -> bool:
        """Whether the call with these args and kwargs meets the condition."""
        given, value = argument(says, self.refs)
        if given and self.value:
            given = any(glob(self.value).fullmatch(text) for text in texts(value))
        return given != self.negated


def argument(says: Mapping[str, Any], refs: Sequence[int | str]) -> tuple[bool, Any]:
    """(given, value) of the first of `refs` (positions and keywords) that the call passes."""
    for ref in refs:
        if isinstance(ref, str) and ref.startswith("self."):
            name = ref.removeprefix("self.")
            found = _passed(says, "receiver_args", "receiver_kwargs", int(name) if name.isdigit() else name)
        else:
            found = _passed(says, "args", "kwargs", ref)
        if found[0]:
            return found
    return False, None


def _passed(says: Mapping[str, Any], by_position: str, by_keyword: str, ref: int | str) -> tuple[bool, Any]:
    args, kwargs = says.get(by_position) or (), says.get(by_keyword) or {}
    if isinstance(ref, int):
        return (True, args[ref]) if ref < len(args) else (False, None)
    if ref in kwargs:
        return True, kwargs[ref]
    spread = _spread(kwargs)
    return (True, spread[ref]) if ref in spread else (False, None)


def _spread(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `**mapping` passes, where the mapping is a constant."""
    spread = kwargs.get("**")
    known = spread.get("const") if isinstance(spread, Mapping) else None
    return known if isinstance(known, Mapping) else {}


def texts(value: Any) -> Iterator[str]:
    """The spellings of a fact's value that a pattern may fit: constant, resolved name, call, known pieces, source."""
    if isinstance(value, Mapping):
        for key in ("const", "value", "name", "call", "expr"):
            if isinstance(value.get(key), (str, int, float)):
                yield str(value[key])[:_TEXT]
        if value.get("parts"):
            yield "".join(str(part) for part in value["parts"])[:_TEXT]
        entries = value if "expr" not in value else value.get("const")
        if isinstance(entries, Mapping) and len(entries) <= _ENTRIES:
            yield str(dict(entries))[:_TEXT]
    elif isinstance(value, (list, tuple)):
        for one in value[:50]:
            yield from texts(one)
    else:
        yield str(value)[:_TEXT]


@dataclass(frozen=True, slots=True)
class Step:
    """One key of an attribute path; `many`: a list of at least so many; `field=value`: its entries that have this."""

    key: str
    many: int = 0
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """`.a.b` (present and not empty), `.a.b=glob`, `.a[>=2].b`, `.a[field=value].b`; `!` in front negates.

    Lists on the way are entered by themselves, `*` is any key.
    """

    path: tuple[Step, ...]
    value: str
    negated: bool

    @classmethod
    def parse(cls, text: str) -> Attribute:
        """Raises ValueError when `text` is no condition on an attribute."""
        found = _ATTRIBUTE.match(text.strip())
        if found is None:
            raise ValueError(f"'{text}' is no condition on an attribute")
        steps = tuple(
            Step(one["key"].strip('"'), int(one["many"] or 0), one["field"] or "", one["value"] or "")
            for one in _STEP.finditer(found["path"])
        )
        return cls(steps, found["value"] or "", bool(found["no"]))

    def holds(self, data: Any) -> bool:
        """Whether `data` has such an attribute."""
        first = self.path[0].key
        if data.__class__ is dict and first not in data and first != "*":  # nearly always
            return self.negated
        return any(map(self._fits, _reached(data, self.path))) != self.negated

    def _fits(self, value: Any) -> bool:
        if not self.value:
            return value is not None and value not in ("", [], {})
        if value.__class__ is str:  # nearly always
            return glob(self.value).fullmatch(value[:_TEXT])
        return any(glob(self.value).fullmatch(text) for text in _scalars(value))


def attribute_values(data: Any, path: str) -> list[Any]:
    """The values of `data` at a dotted path, by place in their lists."""
    found = _reached(data, tuple(Step(key) for key in path.strip(".").split(".")))
    return [inner for one in found[::-1] for inner in (one if isinstance(one, list) else [one])]


def _reached(data: Any, path: tuple[Step, ...]) -> list[Any]:
    """The values at the end of a path, in no order."""
    found = [data]
    for step in path:
        waiting, found = found, []
        while waiting:
            one = waiting.pop()
            if isinstance(one, list):
                waiting += one
            elif isinstance(one, (dict, Mapping)):
                if step.key == "*":
                    found += one.values()
                elif step.key in one:
                    found += _entered(one[step.key], step)
    return found


def _entered(value: Any, step: Step) -> list[Any]:
    """The value behind a step as a list of one, or nothing where it is not what the step asks for."""
    if step.many and not (isinstance(value, list) and len(value) >= step.many):
        return []
    if step.field:
        wanted = glob(step.value)
        entries = value if isinstance(value, list) else [value]
        value = [
            one
            for one in entries
            if isinstance(one, Mapping) and any(wanted.fullmatch(text) for text in _scalars(one.get(step.field)))
        ]
        if not value:
            return []
    return [value]


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, list):
        for one in value:
            yield from _scalars(one)
    elif isinstance(value, Mapping):
        yield from texts(value)
    elif value is not None:
        yield str(value)[:_TEXT]
