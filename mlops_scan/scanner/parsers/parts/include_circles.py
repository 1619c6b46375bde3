"""Files of CI and of tasks that come to include themselves: found once for all files of a kind, from their lines."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import circles
from mlops_scan.scanner.model import Location, Note


@dataclass(frozen=True, slots=True)
class Kind:
    """Files that include each other: which they are, the lines that say so, and the files that such a name may mean."""

    name: str
    holds: Callable[[str], bool]
    line: re.Pattern[bytes]
    means: Callable[[str, str], tuple[str, ...]]  # folder of the file, name as written


def _beside(folder: str, written: str) -> tuple[str, ...]:
    return posixpath.normpath(posixpath.join(folder, written)), posixpath.normpath(written)


def _of_root(folder: str, written: str) -> tuple[str, ...]:
    path = posixpath.normpath(written)
    return path, f"{path}/action.yml", f"{path}/action.yaml"


def _template(folder: str, written: str) -> tuple[str, ...]:
    return (posixpath.normpath(written.lstrip("/") if written[:1] == "/" else posixpath.join(folder, written)),)


def _taskfile(folder: str, written: str) -> tuple[str, ...]:
    path = posixpath.normpath(posixpath.join(folder, written))
    return path, f"{path}/Taskfile.yml", f"{path}/Taskfile.yaml"


GITHUB = Kind(
    "github",
    lambda path: path.endswith((".yml", ".yaml")) and ".github/" in path,
    re.compile(rb"^[^#\n]*\buses:[ \t]*['\"]?(\./[^\s'\"#@,}]+)", re.MULTILINE),
    _of_root,
)
AZURE = Kind(
    "azure",
    lambda path: path.endswith((".yml", ".yaml")),
    re.compile(rb"^[^#\n]*\btemplate:[ \t]*['\"]?([^\s'\"#@,}{$]+\.ya?ml)(?:@self)?(?=[\s'\",}]|\Z)", re.MULTILINE),
    _template,
)
MAKE = Kind(
    "make",
    lambda path: path.rpartition("/")[2].lower().startswith(("makefile", "gnumakefile")) or path.endswith(".mk"),
    re.compile(rb"^[ ]*[-s]?include[ \t]+([^\n#]+)", re.MULTILINE),
    _beside,
)
JUST = Kind(
    "just",
    lambda path: path.rpartition("/")[2].lower().lstrip(".") == "justfile" or path.endswith(".just"),
    re.compile(rb"^(?:import|mod)\??[ \t]+(?:\w+[ \t]+)?['\"]([^'\"\n]+)['\"]", re.MULTILINE),
    _beside,
)
TASK = Kind(
    "task",
    lambda path: path.rpartition("/")[2].lower().startswith("taskfile."),
    re.compile(
        rb"^[ \t]+(?!dir:)[\w-]+:[ \t]*['\"]?(\./[^\s'\"#]*|\.\./[^\s'\"#]*|[^\s'\"#]*Taskfile[^\s'\"#]*)[ \t'\"]*$",
        re.MULTILINE,
    ),
    _taskfile,
)


def notes(kind: Kind, source: SourceFile, tree: Tree) -> Iterator[Note]:
    """A note at each line of the file that closes a circle."""
    if kind.line.search(source.data) is not None:
        yield from tree.memo(f"circles-{kind.name}", lambda: _find(kind, tree)).get(source.path, ())


def _find(kind: Kind, tree: Tree) -> dict[str, list[Note]]:
    ways: dict[str, list[tuple[str, int]]] = {}
    for path in tree.paths:
        source = tree.get(path) if kind.holds(path) else None
        if source is not None and (links := list(_links(kind, source, tree))):
            ways[path] = links
    found: dict[str, list[Note]] = {}
    for path, line, names in circles.closing(ways):
        found.setdefault(path, []).append(Note(Location(path, line), circles.told(names)))
    return found


def _links(kind: Kind, source: SourceFile, tree: Tree) -> Iterator[tuple[str, int]]:
    """(file of the repository, line) of what a file includes."""
    data, line, before = source.data, 1, 0
    for found in kind.line.finditer(data):
        line += data.count(b"\n", before, found.start(1))
        before = found.start(1)
        for written in found[1].decode(errors="replace").split():
            known = (one for one in kind.means(source.folder, written) if tree.get(one) is not None)
            if path := next(known, ""):
                yield path, line
