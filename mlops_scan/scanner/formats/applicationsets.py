"""The applications of an ApplicationSet: its generators as far as the repository tells, and its templates filled.

What only a cluster or another service tells (names of clusters, files of another repository) may be anything: `*`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from mlops_scan.scanner.formats.holes import Parameters, filled, flat

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.goholes import GoHoles

MOST = 300  # applications of one set
_DEPTH = 4
_OWN = ("list", "git", "matrix", "merge", "selector", "template")
_STARS = 8
_DOCUMENTS = 1_000  # of the files that one generator reads
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


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


def language(spec: Any) -> GoHoles | None:
    """What fills the texts of a set that is written in Go's whole template language."""
    if not isinstance(spec, Mapping) or spec.get("goTemplate") is not True:
        return None
    from mlops_scan.scanner.formats.goholes import GoHoles  # few repositories have such sets

    return GoHoles(whole=_is_whole(_items(spec, "generators"), 0))


def _is_whole(generators: list[Any], depth: int) -> bool:
    """Whether the repository alone tells the parameters: nothing of a cluster, a registry or a pull request."""
    return depth < _DEPTH and all(
        kind in _OWN and _is_whole(_items(content, "generators"), depth + 1)
        for one in generators
        for kind, content in (one.items() if isinstance(one, Mapping) else ())
    )


def applications(spec: Any, folders: Folders) -> list[Parameters]:
    """The parameters of each application that the generators of a set make."""
    return list(islice(_all(_items(spec, "generators"), folders, 0), MOST))


def left_out(spec: Any, folders: Folders) -> bool:
    """Whether the generators of a set make more applications than are told."""
    return next(islice(_all(_items(spec, "generators"), folders, 0), MOST, None), None) is not None


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


def _all(generators: list[Any], folders: Folders, depth: int) -> Iterator[Parameters]:
    for one in generators:
        if isinstance(one, Mapping) and depth < _DEPTH:
            for kind, content in one.items():
                yield from _made(str(kind), content, folders, depth)


def _made(kind: str, content: Any, folders: Folders, depth: int) -> Iterator[Parameters]:
    if kind == "list":
        yield from (dict(flat(one)) for one in _items(content, "elements") if isinstance(one, Mapping))
        if not _items(content, "elements"):
            yield {}
    elif kind == "git":
        yield from _of_git(content, folders)
    elif kind == "matrix":
        parts = [list(_all([one], folders, depth + 1))[:MOST] for one in _items(content, "generators")]
        for chosen in product(*parts) if parts else ():
            yield {key: value for one in chosen for key, value in one.items()}
    elif kind == "merge":
        yield from _merged(content, folders, depth)
    elif kind not in ("selector", "template"):
        yield dict(flat({"values": content.get("values")})) if isinstance(content, Mapping) else {}


def _merged(content: Any, folders: Folders, depth: int) -> Iterator[Parameters]:
    keys = [str(one) for one in _items(content, "mergeKeys")]
    first, *others = [list(_all([one], folders, depth + 1))[:MOST] for one in _items(content, "generators")] or [[]]
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
            own = dict(flat({"values": content.get("values")}))
            for document in read:
                made = {**dict(flat(document)), **place}
                yield {**made, **{key: filled(value, made) for key, value in own.items()}}


def _place(folder: str) -> Parameters:
    name = posixpath.basename(folder)
    plain = re.sub(r"[^a-z0-9.-]", "-", name.lower())
    made = {"path": folder, "path.path": folder, "path.basename": name, "path.basenameNormalized": plain}
    return {**made, **{f"path[{number}]": part for number, part in enumerate(folder.split("/"))}}


def _items(data: Any, key: str) -> list[Any]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return list(found) if isinstance(found, list) else []
