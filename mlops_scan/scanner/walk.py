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
from mlops_scan.scanner.folders import INSTALLED, VCS, Walk, git_top, recorded, rules_above
from mlops_scan.scanner.formats.gitignore import IgnoreRules
from mlops_scan.scanner.model import Note
from mlops_scan.scanner.result import Skipped

_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
_GIT_SECONDS = 60
_LEFT_OUT = re.compile(rf"(?:^|/)(?:{INSTALLED})(?=/)")


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
    left_out: set[str] = set()
    listed = _listed_by_git(root) or _walked(root, notes, left_out)
    kept = _without_installed(listed, left_out)
    skipped = [Skipped(folder, "installed or generated, not this repository's own") for folder in left_out]
    for folder, files in recorded(root, kept).items():
        own = [path for path in kept if path not in files]
        skipped.append(Skipped(folder, f"{len(kept) - len(own)} files of packages that are installed here"))
        kept = own
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


def _walked(root: Path, notes: list[Note], left_out: set[str]) -> list[str]:
    """The files that a walk finds, with what it notes and leaves out."""
    above = rules_above(root)
    walk = Walk(root)
    listed = walk.files(above)
    if above and not listed:  # the root itself is ignored, yet it was asked for
        listed = walk.files(())
    if git_top(root) is None and walk.ignored and not walk.worked_in:
        listed = sorted([*listed, *walk.ignored_files()])
    notes += walk.notes
    left_out |= walk.left_out
    return listed


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
    left_out -= {folder for folder in left_out if folder.rpartition("/")[2] in VCS}
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
