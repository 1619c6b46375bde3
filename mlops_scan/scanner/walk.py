"""Discovery: the files git knows, else a walk; links and vendored trees sorted out."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mlops_scan.scanner import paths
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats.gitignore import IgnoreRules
from mlops_scan.scanner.model import Location, Note, Skipped

_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
_GIT_SECONDS = 60
_INSTALLED = (
    "node_modules|bower_components|site-packages|__pycache__|__pypackages__|\\.terraform|\\.terragrunt-cache|\\.venv"
    "|\\.git|\\.hg|\\.svn|\\.tox|\\.nox|\\.eggs|\\.pixi|\\.ipynb_checkpoints|\\.mypy_cache|\\.ruff_cache|\\.pytest_cache"
    "|cdk\\.out|[^/]+\\.egg-info"
)
_LEFT_OUT = re.compile(rf"(?:^|/)(?:{_INSTALLED})(?=/)")
_FOLDER_LEFT_OUT = re.compile(rf"(?:{_INSTALLED})\Z")
_VCS = (".git", ".hg", ".svn")
_OFTEN_COMMITTED = (".ipynb_checkpoints",)  # by accident: they say nothing of where they lie


class Discovery(NamedTuple):
    """The files, what was left out and why, and what could not be listed."""

    tree: Tree
    skipped: tuple[Skipped, ...]
    notes: tuple[Note, ...]


def discover(root: Path, exclude: Sequence[str] = ()) -> Discovery:
    """Every file of the repository at `root`; `exclude` holds patterns in gitignore syntax, relative to `root`.

    Installed and generated trees are not listed at all; vendored sources are listed (a chart or a kustomization may
    need them) and named in `skipped`. Raises OSError when the root itself cannot be read.
    """
    with os.scandir(root):
        pass
    notes: list[Note] = []
    listed = _listed_by_git(root)
    left_out: set[str] = set()
    if not listed:
        above = _rules_above(root)
        walk = _Walk(root)
        listed = walk.files(above)
        if above and not listed:  # the root itself is ignored, yet it was asked for
            listed = walk.files(())
        if git_top(root) is None and walk.ignored and not walk.worked_in:
            listed = walk.files((), honour=False)
        notes += walk.notes
        left_out |= walk.left_out
    kept = _without_installed(listed, left_out)
    skipped = [Skipped(folder, "installed or generated, not this repository's own") for folder in left_out]
    if exclude:
        kept, excluded = _without_excluded(kept, exclude)
        skipped += excluded
    sources = list(_sources(root, kept, skipped))
    skipped += [Skipped(folder, "somebody else's code, copied in") for folder in _vendored(sources)]
    return Discovery(
        Tree(root, sources),
        tuple(sorted(skipped, key=lambda one: (one.path, one.reason))),
        tuple(sorted(notes)),
    )


def git_top(root: Path) -> Path | None:
    """The top of the git work tree that `root` lies in."""
    absolute = root.resolve()
    return next((folder for folder in (absolute, *absolute.parents) if (folder / ".git").exists()), None)


def git_prefix(root: Path) -> str:
    """Path of `root` relative to the top of its git work tree; '' at the top and outside git."""
    top = git_top(root)
    prefix = "" if top is None else root.resolve().relative_to(top).as_posix()
    return "" if prefix == "." else prefix


def _listed_by_git(root: Path) -> list[str]:
    """Tracked and untracked, not ignored files; [] where git is missing, refuses, or ignores the root itself."""
    if git_top(root) is None:
        return []
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [*_GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            env=clean,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    # a file in conflict is listed once a side
    return sorted({os.fsdecode(name) for name in done.stdout.split(b"\0") if name})


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


class _Walk:
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

    def files(self, above: tuple[_Rules, ...], *, honour: bool = True) -> list[str]:
        """Paths by name; `above` are the ignore files of the folders above."""
        self.notes, self.left_out, self.ignored, self.worked_in = [], set(), False, False
        return sorted(self._walked(above, honour))

    def _walked(self, above: tuple[_Rules, ...], honour: bool) -> Iterator[str]:
        waiting = [_Folder("", above)]
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
                if entry.name in _VCS or self._passed_over(path, is_folder, rules):
                    continue
                if is_folder and _FOLDER_LEFT_OUT.match(entry.name):
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
            name = path.rpartition("/")[2]
            self.worked_in |= folder and name not in _OFTEN_COMMITTED and bool(_FOLDER_LEFT_OUT.match(name))
            return True
        return False


def _rules_above(root: Path) -> tuple[_Rules, ...]:
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


def _without_installed(listed: list[str], left_out: set[str]) -> list[str]:
    environments = tuple(path[: -len("pyvenv.cfg")] for path in listed if path.endswith("/pyvenv.cfg"))
    left_out.update(folder[:-1] for folder in environments)
    kept = []
    for path in listed:
        if path.startswith(environments):
            continue
        found = _LEFT_OUT.search(path)
        if found:
            left_out.add(path[: found.end()])
        else:
            kept.append(path)
    left_out -= {folder for folder in left_out if folder.rpartition("/")[2] in _VCS}
    return kept


def _without_excluded(listed: list[str], exclude: Sequence[str]) -> tuple[list[str], list[Skipped]]:
    rules = IgnoreRules("\n".join(exclude))
    folders: dict[str, bool] = {"": False}

    def folder_excluded(path: str) -> bool:
        if path not in folders:
            above = path.rpartition("/")[0]
            folders[path] = folder_excluded(above) or bool(rules.decide(path, folder=True))
        return folders[path]

    kept = [
        path for path in listed if not (folder_excluded(path.rpartition("/")[0]) or rules.decide(path, folder=False))
    ]
    count = len(listed) - len(kept)
    return kept, [Skipped(".", f"{count} files excluded by configuration")] if count else []


def _sources(root: Path, listed: list[str], skipped: list[Skipped]) -> Iterator[SourceFile]:
    """Plain files, and links to listed files. A path that is gone, a device or a pipe is passed over."""
    home = os.path.realpath(root)
    known = set(listed)
    for path in listed:
        try:
            status = os.lstat(f"{home}/{path}")
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(status.st_mode):
            yield SourceFile(root, path, status.st_size)
        elif stat.S_ISDIR(status.st_mode):
            skipped.append(Skipped(path.rstrip("/"), "a repository of its own (git submodule)"))
        elif stat.S_ISLNK(status.st_mode):
            target = os.path.realpath(f"{home}/{path}")
            inside = os.path.relpath(target, home).replace(os.sep, "/")
            if inside in known and Path(target).is_file():
                yield SourceFile(root, path, Path(target).stat().st_size, link=inside)
            elif inside.split("/")[0] == ".." or not Path(target).exists():
                skipped.append(Skipped(path, "symbolic link that leads out of the scanned folder or nowhere"))


def _vendored(sources: list[SourceFile]) -> list[str]:
    """The topmost folder of each vendored tree."""
    found = set()
    for source in sources:
        if paths.is_vendored(source.path):
            parts = source.path.split("/")
            depth = next(depth for depth in range(1, len(parts)) if paths.is_vendored("/".join(parts[:depth]) + "/"))
            found.add("/".join(parts[:depth]))
    return sorted(found)
