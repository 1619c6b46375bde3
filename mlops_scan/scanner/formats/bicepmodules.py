"""Which Bicep files stand for nothing: every `module` that names them is switched off by a parameter."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mlops_scan.scanner.formats.yamlnodes import Repository

_MODULE = re.compile(
    r"^module[ \t]+\w+[ \t]+'(?P<path>[^'\n:]+\.bicep)'[ \t]*=[ \t]*(?:if[ \t]*\((?P<asks>[^()\n]*)\))?", re.MULTILINE
)
_DEFAULT = re.compile(r"^param[ \t]+(\w+)[ \t]+bool[ \t]*=[ \t]*(true|false)[ \t]*(?://.*)?$", re.MULTILINE)
# of a file of parameters: the value of azd's `${NAME=value}` is the one that counts where the environment says nothing
_GIVEN = re.compile(r"\"(\w+)\"\s*:\s*\{\s*\"value\"\s*:\s*(?:\"\$\{\w+=(true|false)\}\"|(true|false)\b)?")
_WRITTEN = re.compile(r"^param[ \t]+(\w+)[ \t]*=[ \t]*(?:(true|false)[ \t]*(?://.*)?$)?", re.MULTILINE)
_FLAG = re.compile(r"(!?)[ \t]*(\w+)")
_DEPTH = 8  # modules within modules


@dataclass(frozen=True, slots=True)
class _Use:
    path: str
    asks: str


def switched_off(tree: Repository, path: str) -> bool:
    """Whether the file is a module that nothing makes with the parameters as they stand."""
    return _is_off(tree, path, _DEPTH)


def _is_off(tree: Repository, path: str, left: int) -> bool:
    uses = tree.memo("bicep-modules", lambda: _uses(tree)).get(path, ())
    return bool(uses) and left > 0 and all(_false(tree, use) or _is_off(tree, use.path, left - 1) for use in uses)


def _uses(tree: Repository) -> dict[str, tuple[_Use, ...]]:
    found: dict[str, list[_Use]] = defaultdict(list)
    for path in tree.paths:
        source = tree.get(path) if path.endswith(".bicep") else None
        for match in _MODULE.finditer(source.text) if source is not None else ():
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match["path"]))
            found[target].append(_Use(path, (match["asks"] or "").strip()))
    return {path: tuple(uses) for path, uses in found.items()}


def _false(tree: Repository, use: _Use) -> bool:
    """Whether the condition of a module is known to be false."""
    flag = _FLAG.fullmatch(use.asks)
    if use.asks == "false" or flag is None:
        return use.asks == "false"
    values = tree.memo(f"bicep-flags:{use.path}", lambda: _flags(tree, use.path))
    return values.get(flag[2]) is bool(flag[1])


def _flags(tree: Repository, path: str) -> Mapping[str, bool | None]:
    """The switches of a file: their defaults, or what all files of parameters say; None where these differ."""
    source = tree.get(path)
    if source is None or path in tree.memo("bicep-modules", lambda: _uses(tree)):
        return {}  # a module gets its own from whoever names it
    values: dict[str, bool | None] = {name: text == "true" for name, text in _DEFAULT.findall(source.text)}
    told: dict[str, set[bool | None]] = defaultdict(set)
    for name, value in _told(tree, posixpath.dirname(path)):
        told[name].add(value)
    for name, said in told.items():
        values[name] = next(iter(said)) if len(said) == 1 else None
    return values


def _told(tree: Repository, folder: str) -> Iterator[tuple[str, bool | None]]:
    within = f"{folder}/" if folder else ""
    for path in tree.paths:
        as_json = path.endswith(".json") and "parameters" in path.rpartition("/")[2]
        if not path.startswith(within) or not (as_json or path.endswith(".bicepparam")):
            continue
        source = tree.get(path)
        for match in (_GIVEN if as_json else _WRITTEN).finditer(source.text) if source is not None else ():
            text = next((one for one in match.groups()[1:] if one), "")
            yield match[1], (text == "true" if text else None)
