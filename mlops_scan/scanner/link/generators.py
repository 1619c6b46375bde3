"""Which folders the applications of an ApplicationSet are made of: its generators, as far as the repository tells.

What only a cluster or another service tells (names of clusters, contents of generated files) may be anything: `*`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

_MOST = 300  # applications of one set
_DEPTH = 4
_STARS = 8
_HOLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_SEGMENT = re.compile(r"index\s+\.?path\.segments\s+(\d+)")
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}

Parameters = dict[str, str]


class Folders:
    """The folders of a repository, to be matched with patterns."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self.files = files
        found: set[str] = set()
        for path in files:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        self.folders = tuple(sorted(found))

    def matching(self, pattern: str, *, files: bool = False) -> list[str]:
        """Folders (or files) that a glob names; `*` stays in its segment, `**` does not."""
        pattern = posixpath.normpath(pattern.lstrip("/"))
        if pattern.count("*") > _STARS:
            return []
        fits = re.compile("".join(_GLOBS.get(one) or re.escape(one) for one in re.split(r"(\*\*/|\*+|\?)", pattern)))
        return [one for one in (self.files if files else self.folders) if fits.fullmatch(one)]


def applications(spec: Any, folders: Folders) -> list[Parameters]:
    """The parameters of each application that the generators of a set make."""
    return list(islice(_all(_items(spec, "generators"), folders, 0), _MOST))


def filled(text: str, parameters: Parameters) -> str:
    """A template's text for one application; what is unknown in it is `*`."""
    return _HOLE.sub(lambda hole: parameters.get(_key(hole[1]), "*"), text)


def _key(expression: str) -> str:
    """The name of a parameter in either template language."""
    if match := _SEGMENT.search(expression):
        return f"path[{match[1]}]"
    return expression.partition("|")[0].strip().removeprefix(".")


def _all(generators: list[Any], folders: Folders, depth: int) -> Iterator[Parameters]:
    for one in generators:
        if isinstance(one, Mapping) and depth < _DEPTH:
            for kind, content in one.items():
                yield from _made(str(kind), content, folders, depth)


def _made(kind: str, content: Any, folders: Folders, depth: int) -> Iterator[Parameters]:
    if kind == "list":
        yield from (dict(_flat(one)) for one in _items(content, "elements") if isinstance(one, Mapping))
        if not _items(content, "elements"):
            yield {}
    elif kind == "git":
        yield from _of_git(content, folders)
    elif kind == "matrix":
        parts = [list(_all([one], folders, depth + 1))[:_MOST] for one in _items(content, "generators")]
        for chosen in product(*parts) if parts else ():
            yield {key: value for one in chosen for key, value in one.items()}
    elif kind == "merge":
        yield from _merged(content, folders, depth)
    elif kind not in ("selector", "template"):
        yield dict(_flat({"values": content.get("values")})) if isinstance(content, Mapping) else {}


def _merged(content: Any, folders: Folders, depth: int) -> Iterator[Parameters]:
    keys = [str(one) for one in _items(content, "mergeKeys")]
    first, *others = [list(_all([one], folders, depth + 1))[:_MOST] for one in _items(content, "generators")] or [[]]
    for base in first:
        made = dict(base)
        for other in others:
            same = (one for one in other if keys and all(one.get(key) == base.get(key) for key in keys))
            for one in same:
                made.update(one)
        yield made


def _of_git(content: Any, folders: Folders) -> Iterator[Parameters]:
    """One application a folder, or a file, that the patterns name and no exclusion does."""
    for key, files in (("directories", False), ("files", True)):
        wanted: dict[str, None] = {}
        out: set[str] = set()
        for one in _items(content, key):
            pattern = str(one.get("path") or "") if isinstance(one, Mapping) else ""
            found = folders.matching(pattern, files=files) if pattern else []
            if isinstance(one, Mapping) and one.get("exclude") is True:
                out.update(found)
            else:
                wanted.update(dict.fromkeys(found))
        for path in wanted:
            if path not in out:
                yield _place(posixpath.dirname(path) if files else path)


def _place(folder: str) -> Parameters:
    name = posixpath.basename(folder)
    plain = re.sub(r"[^a-z0-9.-]", "-", name.lower())
    made = {"path": folder, "path.path": folder, "path.basename": name, "path.basenameNormalized": plain}
    return {**made, **{f"path[{number}]": part for number, part in enumerate(folder.split("/"))}}


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{key}.")
        elif isinstance(inner, (str, int, float)):
            yield f"{prefix}{key}", str(inner)


def _items(data: Any, key: str) -> list[Any]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return list(found) if isinstance(found, list) else []
