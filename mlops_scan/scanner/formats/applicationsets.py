"""The applications of an ApplicationSet: its generators as far as the repository tells, and its templates filled.

What only a cluster or another service tells (names of clusters, files of another repository) may be anything: `*`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product
from typing import Any

_MOST = 300  # applications of one set
_DEPTH = 4
_DEEPEST = 20
_STARS = 8
_HOLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_INDEX = re.compile(r"index\s+\.?([\w.-]+)((?:\s+(?:\d+|\"[^\"]*\"))+)\Z")
_DEFAULT = re.compile(r"default\s+\"([^\"]*)\"(?:\s+\.?([\w.-]+))?\Z")
_REPLACE = re.compile(r"replace\s+\"([^\"]+)\"\s+\"([^\"]*)\"\Z")
_SAME = ("quote", "squote", "toString", "trim", "toYaml", "normalize", "print")
_DOCUMENTS = 1_000  # of the files that one generator reads
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}

Parameters = dict[str, str]


class Folders:
    """The folders of a repository, to be matched with patterns; `read` gives the mappings that a file holds."""

    def __init__(self, files: tuple[str, ...], read: Callable[[str], list[Mapping[str, Any]]] | None = None) -> None:
        self.files, self.read = files, read
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


def elsewhere(spec: Any, folders: Folders) -> bool:
    """Whether a generator reads files of which the repository has none."""
    return any(
        not any(folders.matching(str(one.get("path") or ""), files=True) for one in wanted)
        for git in _generators(_items(spec, "generators"), "git", 0)
        if (wanted := [one for one in _items(git, "files") if isinstance(one, Mapping)])
    )


def _generators(generators: list[Any], kind: str, depth: int) -> Iterator[Any]:
    for one in generators:
        for name, content in one.items() if isinstance(one, Mapping) and depth < _DEPTH else ():
            if name == kind:
                yield content
            else:
                yield from _generators(_items(content, "generators"), kind, depth + 1)


def filled(text: str, parameters: Parameters) -> str:
    """A template's text for one application; what is unknown in it is `*`."""
    return _HOLE.sub(lambda hole: _value(hole[1], parameters) or "*", text)


def filled_in(data: Any, parameters: Parameters, depth: int = 0) -> Any:
    """Data of a template for one application; a hole that is unknown stays as it is written."""
    if isinstance(data, str):
        return _HOLE.sub(lambda hole: hole[0] if (known := _value(hole[1], parameters)) is None else known, data)
    if isinstance(data, Mapping) and depth < _DEEPEST:
        return {key: filled_in(value, parameters, depth + 1) for key, value in data.items()}
    if isinstance(data, list) and depth < _DEEPEST:
        return [filled_in(value, parameters, depth + 1) for value in data]
    return data


def _value(expression: str, parameters: Parameters) -> str | None:
    """What an expression of either template language comes to; None where it is not known."""
    first, *pipes = (part.strip() for part in expression.split("|"))
    given = _DEFAULT.match(first)
    if match := _INDEX.match(first):
        steps = re.findall(r"\d+|\"[^\"]*\"", match[2])
        found = parameters.get(".".join([match[1], *(step.strip('"') for step in steps)]))
        found = parameters.get(f"path[{steps[0]}]") if found is None and match[1].endswith("segments") else found
    elif given and given[2]:
        found = parameters.get(given[2]) or given[1]
    else:
        found = parameters.get(first.removeprefix("."))
    for pipe in pipes:
        if match := _DEFAULT.match(pipe):
            found = found or match[1]
        elif found is not None and (match := _REPLACE.match(pipe)):
            found = found.replace(match[1], match[2])
        elif found is not None and pipe in ("lower", "upper"):
            found = found.lower() if pipe == "lower" else found.upper()
        elif pipe not in _SAME:
            return None
    return found


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
        prefix = str(content.get("pathParamPrefix") or "") if isinstance(content, Mapping) else ""
        for path in wanted:
            if path in out:
                continue
            place = _place(posixpath.dirname(path) if files else path)
            if files:
                place["path.filename"] = posixpath.basename(path)
            if prefix:
                place = {f"{prefix}.{key}": value for key, value in place.items()}
            read = folders.read(path)[:_DOCUMENTS] if files and folders.read is not None else [{}]
            own = dict(_flat({"values": content.get("values")}))
            for document in read:
                made = {**dict(_flat(document)), **place}
                yield {**made, **{key: filled(value, made) for key, value in own.items()}}


def _place(folder: str) -> Parameters:
    name = posixpath.basename(folder)
    plain = re.sub(r"[^a-z0-9.-]", "-", name.lower())
    made = {"path": folder, "path.path": folder, "path.basename": name, "path.basenameNormalized": plain}
    return {**made, **{f"path[{number}]": part for number, part in enumerate(folder.split("/"))}}


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, list) and len(inner) <= _DEEPEST:
            inner = {str(number): one for number, one in enumerate(inner)}
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{key}.") if prefix.count(".") < _DEEPEST else ()
        elif isinstance(inner, bool):
            yield f"{prefix}{key}", "true" if inner else "false"
        elif isinstance(inner, (str, int, float)):
            yield f"{prefix}{key}", str(inner)


def _items(data: Any, key: str) -> list[Any]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return list(found) if isinstance(found, list) else []
