"""Which files there are, and confined access to their contents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from mlops_scan.scanner import bounds

T = TypeVar("T")


class SourceFile:
    """One file of the repository: its path relative to the root, with forward slashes, and its bytes read once."""

    def __init__(self, root: Path, path: str, size: int = 0) -> None:
        self.root = root
        self.path = path
        self.size = size
        self._memo: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        """Parent folder relative to the root, '' at the root."""
        return self.path.rpartition("/")[0]

    @cached_property
    def data(self) -> bytes:
        """Contents, at most bounds.FILE_BYTES; b'' when the file cannot be read."""
        try:
            with (self.root / self.path).open("rb") as file:
                return file.read(bounds.FILE_BYTES)
        except OSError:
            return b""

    @cached_property
    def text(self) -> str:
        """Contents as UTF-8 (a BOM is dropped, wrong bytes are replaced), line ends made LF."""
        return self.data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """`make()`, once a file: several parsers share one reading of it."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found


class Tree:
    """All files of the repository by path. Nothing outside the root can be named."""

    def __init__(self, root: Path, sources: Iterable[SourceFile]) -> None:
        self.root = root
        self._sources = {source.path: source for source in sources}
        self._paths = tuple(sorted(self._sources))
        self._memo: dict[str, Any] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        return self._paths

    def get(self, path: str) -> SourceFile | None:
        """The file at `path` (relative to the root; '.' and '..' are resolved), or None."""
        resolved = resolve("", path)
        return None if resolved is None else self._sources.get(resolved)

    def under(self, folder: str) -> tuple[str, ...]:
        """Paths below `folder` ('' is the root), sorted."""
        prefix = folder.strip("/")
        if not prefix:
            return self._paths
        return tuple(path for path in self._paths if path.startswith(prefix + "/"))

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """`make()`, once a tree: what several parsers must know of the whole repository."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found


def resolve(folder: str, path: str) -> str | None:
    """`path` as written in a file of `folder`, relative to the root and normalised; None when it leaves the root."""
    parts: list[str] = []
    for part in PurePosixPath(folder, path).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part == "/":
            return None
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def walk(root: Path) -> list[SourceFile]:
    """The repository's files, sorted by path."""
    return [
        SourceFile(root, path.relative_to(root).as_posix(), path.stat().st_size)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".git" not in path.parts
    ]
