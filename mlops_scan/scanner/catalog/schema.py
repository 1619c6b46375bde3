"""Checks catalogue files as their authors would like to be told: every complaint with its file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mlops_scan.scanner.catalog import vocabulary
from mlops_scan.scanner.catalog.conditions import Argument, Attribute
from mlops_scan.scanner.catalog.signature import SignatureError, has_attributes, parse
from mlops_scan.scanner.catalog.tools import TABLES

_TEXT = frozenset(("id", "name", "status", "status_note", "verified", "cloud", "notes"))
_LISTS = frozenset(("capabilities", "pypi", "import", "npm", "kinds", "source"))
_FLAGS = frozenset(("import_proves", "import_needed", "generic"))
_GROUPS = {"sig": frozenset(vocabulary.CAPABILITIES), "roles": frozenset(vocabulary.ROLES)}
_VALUES = {
    "status": frozenset(vocabulary.STATUSES),
    "verified": frozenset(vocabulary.VERIFIED),
    "cloud": frozenset(vocabulary.CLOUDS),
    "capabilities": frozenset(vocabulary.CAPABILITIES),
    "kinds": frozenset(vocabulary.KINDS),
}
_STRENGTHS = frozenset(strength.label for strength in vocabulary.Strength)
_THEMES = frozenset((*vocabulary.CAPABILITIES, "libraries", "clouds"))


def problems(folder: Path) -> Iterator[str]:
    """`file:line: what is wrong`, for every catalogue file of the folder; nothing when all is well."""
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in TABLES:
            continue
        if path.stem not in _THEMES:
            yield f"{path.name}:1: the file is named after no capability"
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.SequenceNode):
            yield f"{path.name}:1: not a list of entries"
            continue
        for node in root.value:
            yield from (f"{path.name}:{line}: {what}" for line, what in _entry(node, path.stem))
            name = _keys(node)["id"].value if isinstance(node, yaml.MappingNode) and "id" in _keys(node) else ""
            if name in seen:
                yield f"{path.name}:{_line(node)}: id '{name}' stands in {seen[name]} already"
            seen.setdefault(name, path.name)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _keys(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value}


def _entry(node: yaml.Node, theme: str) -> Iterator[tuple[int, str]]:
    if not isinstance(node, yaml.MappingNode):
        yield _line(node), "not an entry"
        return
    keys = _keys(node)
    for needed in ("id", "source", "status"):
        if needed not in keys:
            yield _line(node), f"an entry without {needed}"
    for key, value in keys.items():
        if key in _GROUPS:
            yield from _group(key, value)
        elif key == "facts":
            if not isinstance(value, yaml.MappingNode):
                yield _line(value), "facts is not a mapping"
        elif key in _TEXT | _LISTS | _FLAGS:
            yield from _field(key, value)
        else:
            yield _line(value), f"unknown key '{key}'"
    gives = [one.value for one in keys["capabilities"].value] if "capabilities" in keys else [theme]
    if theme in vocabulary.CAPABILITIES and gives and gives[0] != theme:
        yield _line(node), f"stands in {theme}.yaml, but its first capability is '{gives[0]}'"


def _field(key: str, value: yaml.Node) -> Iterator[tuple[int, str]]:
    if key in _LISTS and not isinstance(value, yaml.SequenceNode):
        yield _line(value), f"{key} is not a list"
        return
    if key not in _LISTS and not isinstance(value, yaml.ScalarNode):
        yield _line(value), f"{key} is not a text"
        return
    if key in _FLAGS and value.value != "true":
        yield _line(value), f"{key} is true or left out"
    for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
        allowed = _VALUES.get(key)
        if allowed is not None and one.value not in allowed:
            yield _line(one), f"unknown {key} '{one.value}'"
        if key == "pypi" and one.value != one.value.lower().replace("_", "-").replace(".", "-"):
            yield _line(one), f"'{one.value}' is not a normalised distribution name"


def _group(group: str, node: yaml.Node) -> Iterator[tuple[int, str]]:
    if not isinstance(node, yaml.MappingNode):
        yield _line(node), f"{group} is not a mapping"
        return
    for key, written in node.value:
        if key.value not in _GROUPS[group]:
            yield _line(key), f"unknown {'capability' if group == 'sig' else 'role'} '{key.value}'"
        if not isinstance(written, yaml.SequenceNode):
            yield _line(written), f"{key.value} is not a list of signatures"
            continue
        seen: set[str] = set()
        for one in written.value:
            text = one.value if isinstance(one, yaml.ScalarNode) else str(_plain(one).get("sig", ""))
            if text in seen:
                yield _line(one), f"'{text}' twice"
            seen.add(text)
            yield from ((_line(one), what) for what in _signature(_plain(one)))


def _plain(node: yaml.Node) -> Mapping[str, Any]:
    made = yaml.constructor.SafeConstructor().construct_object(node, deep=True)
    return {"sig": made} if isinstance(made, str) else made if isinstance(made, dict) else {}


def _signature(says: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(says.get("sig"), str):
        yield "a signature is a text, or a mapping with 'sig'"
        return
    try:
        parse(says["sig"])
    except SignatureError as error:
        yield str(error)
    if says.get("strength", "weak") not in _STRENGTHS:
        yield f"unknown strength '{says['strength']}'"
    for key, value in says.items():
        if key in vocabulary.REFERENCES:
            if not all(isinstance(ref, (int, str)) for ref in (value if isinstance(value, list) else [value])):
                yield f"{key} names no arguments"
        elif key in ("safe_when", "off_when"):
            yield from _conditions(key, value, of_resource=key == "off_when" and has_attributes(says["sig"]))
        elif key == "kinds":
            if not set(value) <= set(vocabulary.KINDS):
                yield f"unknown kinds {value}"
        elif key not in ("sig", "strength"):
            yield f"unknown key '{key}' of a signature"


def _conditions(key: str, value: Any, *, of_resource: bool) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{key} is not a list"
        return
    for text in value:
        try:
            for one in str(text).split(", "):
                if of_resource:
                    Attribute.parse(one)
                else:
                    Argument.parse(one)
        except ValueError as error:
            yield str(error)
