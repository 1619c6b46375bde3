"""The walk over folders where git does not tell which files there are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mlops_scan.scanner.formats.gitignore import IgnoreRules
from mlops_scan.scanner.model import Location, Note

INSTALLED = (
    "node_modules|bower_components|site-packages|__pycache__|__pypackages__|\\.terraform|\\.terragrunt-cache|\\.venv"
    "|\\.git|\\.hg|\\.svn|\\.tox|\\.nox|\\.eggs|\\.pixi|\\.ipynb_checkpoints|\\.mypy_cache|\\.ruff_cache|\\.pytest_cache"
    "|cdk\\.out|[^/]+\\.egg-info"
)
_LEFT_OUT = re.compile(rf"(?:{INSTALLED})\Z")
VCS = (".git", ".hg", ".svn")
_OFTEN_COMMITTED = (".ipynb_checkpoints",)  # by accident: they say nothing of where they lie


_RECORD = ".dist-info/RECORD"


def recorded(root: Path, listed: list[str]) -> dict[str, set[str]]:
    """The files that a package manager put beside the sources (`pip install -t`), by the folder they lie in.

    Each package that is installed keeps a record of its files; what no record names is the repository's own.
    """
    found: dict[str, set[str]] = {}
    for path in listed:
        if not path.endswith(_RECORD):
            continue
        folder = path[: -len(_RECORD)].rpartition("/")[0]
        prefix = f"{folder}/" if folder else ""
        plain = not (root / path).is_symlink()
        for line in _small_text(root / path).splitlines() if plain else ():
            name = line.split(",", 1)[0].strip('"')
            if name and not name.startswith(("/", "../")):
                found.setdefault(folder or ".", set()).add(prefix + name)
    return found


def git_top(root: Path) -> Path | None:
    """The top of the git work tree that `root` lies in."""
    absolute = root.resolve()
    return next((folder for folder in (absolute, *absolute.parents) if (folder / ".git").exists()), None)


class _Rules(NamedTuple):
    """An ignore file. A path is put to it with `above` before it, or without its first `below` characters."""

    above: str
    below: int
    patterns: IgnoreRules

    def decide(self, path: str, folder: bool) -> bool | None:
        return self.patterns.decide(self.above + path[self.below :], folder=folder)


class _Folder(NamedTuple):
    """A folder still to be walked, and the ignore files that speak of it, the nearest last."""

    path: str
    rules: tuple[_Rules, ...]


class Walk:
    """A walk over the folders of `root`, for where git does not tell.

    Outside git `.gitignore` is honoured only where somebody works: ignored caches, environments or installed packages
    lie there. Without any of them the folder is a copy of what was committed (an archive, an export), and a file that
    was committed although a pattern ignores it belongs to the repository, as git would say, too.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes: list[Note] = []
        self.left_out: set[str] = set()
        self.ignored = False  # whether anything was passed over because an ignore file says so
        self.worked_in = False  # whether an environment, or ignored packages or caches lie there
        self._passed: list[tuple[str, bool]] = []  # what was passed over, and whether it is a folder

    def files(self, above: tuple[_Rules, ...]) -> list[str]:
        """Paths by name; `above` are the ignore files of the folders above."""
        self.notes, self.left_out, self.ignored, self.worked_in = [], set(), False, False
        self._passed.clear()
        return sorted(self._walked([_Folder("", above)]))

    def ignored_files(self) -> list[str]:
        """The paths that `files` passed over because an ignore file says so."""
        found: list[str] = []
        waiting: list[_Folder] = []
        for path, is_folder in self._passed:
            if is_folder and _LEFT_OUT.match(path.rpartition("/")[2]):
                self.left_out.add(path)
            elif is_folder:
                waiting.append(_Folder(path, ()))
            else:
                found.append(path)
        return [*found, *self._walked(waiting, honour=False)]

    def _walked(self, waiting: list[_Folder], *, honour: bool = True) -> Iterator[str]:
        while waiting:
            folder = waiting.pop()
            entries = self._entries(folder.path)
            names = {entry.name for entry in entries}
            if folder.path and "pyvenv.cfg" in names:
                self.worked_in = True
                self.left_out.add(folder.path)
                continue
            prefix = f"{folder.path}/" if folder.path else ""
            rules = folder.rules
            if honour and ".gitignore" in names:
                rules = (*rules, _Rules("", len(prefix), IgnoreRules(_small_text(self.root / prefix / ".gitignore"))))
            for entry in entries:
                path = prefix + entry.name
                is_folder = entry.is_dir(follow_symlinks=False)
                if entry.name in VCS or self._passed_over(path, is_folder, rules):
                    continue
                if is_folder and _LEFT_OUT.match(entry.name):
                    self.left_out.add(path)
                elif is_folder:
                    waiting.append(_Folder(path, rules))
                else:
                    yield path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / folder) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.notes.append(Note(Location(folder or "."), f"folder could not be listed: {error.strerror}"))
            return []

    def _passed_over(self, path: str, folder: bool, rules: tuple[_Rules, ...]) -> bool:
        if _ignored(path, folder, rules):
            self.ignored = True
            self._passed.append((path, folder))
            name = path.rpartition("/")[2]
            self.worked_in |= folder and name not in _OFTEN_COMMITTED and bool(_LEFT_OUT.match(name))
            return True
        return False


def rules_above(root: Path) -> tuple[_Rules, ...]:
    """The ignore files between the top of the work tree and `root`."""
    top = git_top(root)
    if top is None:
        return ()
    way = root.resolve().relative_to(top).parts
    found = [
        _Rules("".join(f"{part}/" for part in way), 0, IgnoreRules(_small_text(top / ".git" / "info" / "exclude")))
    ]
    for depth in range(len(way)):
        patterns = IgnoreRules(_small_text(top.joinpath(*way[:depth], ".gitignore")))
        found.append(_Rules("".join(f"{part}/" for part in way[depth:]), 0, patterns))
    return tuple(found)


def _ignored(path: str, folder: bool, rules: tuple[_Rules, ...]) -> bool:
    """What the nearest ignore file that speaks of `path` says."""
    verdicts = (one.decide(path, folder) for one in reversed(rules))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _small_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(2**20).decode("utf-8", errors="surrogateescape")
    except OSError:
        return ""
