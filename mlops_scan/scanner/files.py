"""Which files there are, and confined access to their contents."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.formats import moulds

T = TypeVar("T")
_HEAD_BYTES = 8192
_AT_ONCE = 65_536  # opening a file a second time costs more than reading so much of it
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class SourceFile:
    """One file of the repository: its path relative to the root, with forward slashes, and its bytes read once.

    `link` is the path a symbolic link stands for ('' for a plain file): another name of a file that is listed, too.
    """

    def __init__(self, root: Path, path: str, size: int = 0, link: str = "") -> None:
        self.root = root
        self.path = path
        self.size = size
        self.link = link
        self._memo: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        """Parent folder relative to the root, '' at the root."""
        return self.path.rpartition("/")[0]

    @property
    def own(self) -> bool:
        """Whether the file is read for itself: not a link to one that is, not somebody else's code copied in."""
        return not self.link and not paths.is_vendored(self.path)

    @cached_property
    def data(self) -> bytes:
        """Contents, at most bounds.FILE_BYTES; b'' when the file cannot be read."""
        return self._start(bounds.FILE_BYTES)

    @cached_property
    def head(self) -> bytes:
        """The first 8 KiB."""
        known = "data" in self.__dict__ or self.size <= _AT_ONCE
        return self.data[:_HEAD_BYTES] if known else self._start(_HEAD_BYTES)

    @property
    def binary(self) -> bool:
        """Whether a NUL byte stands near the start; text in UTF-16 with its mark is none."""
        return b"\0" in self.head and not self.head.startswith(_UTF16)

    @cached_property
    def text(self) -> str:
        """Contents as UTF-8 (UTF-16 with its mark; a BOM is dropped, wrong bytes are replaced), line ends made LF."""
        encoding = "utf-16" if self.data.startswith(_UTF16) else "utf-8-sig"
        text = self.data.decode(encoding, errors="replace")
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    def _start(self, limit: int) -> bytes:
        try:
            with open(f"{self.root}/{self.path}", "rb", 0) as file:  # noqa: PTH123
                return file.read(limit)
        except (OSError, ValueError):
            return b""

    def release(self) -> None:
        """Forget contents and memos: memory is bounded by what is being read, not by the repository."""
        self._memo.clear()
        for name in ("data", "head", "text"):
            self.__dict__.pop(name, None)

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """`make()`, once a file: several parsers share one reading of it."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found


class Mould(SourceFile):
    """A file of a project template, seen as the file that it becomes: with that path, and placeholders filled in."""

    def __init__(self, source: SourceFile, path: str) -> None:
        super().__init__(source.root, path, source.size, source.link)
        self.made_of = source.path

    def _start(self, limit: int) -> bytes:
        try:
            with (self.root / self.made_of).open("rb") as file:
                raw = file.read(bounds.FILE_BYTES)
        except (OSError, ValueError):
            return b""
        if b"\0" in raw:
            return raw[:limit]
        both = not self.path.endswith((".yml", ".yaml"))
        return moulds.filled(raw.decode("utf-8-sig", errors="replace"), both).encode()[:limit]


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
        found = self._sources.get(path)
        if found is not None:
            return found
        resolved = resolve("", path)
        return None if resolved is None else self._sources.get(resolved)

    def under(self, folder: str) -> tuple[str, ...]:
        """Paths below `folder` ('' is the root), sorted."""
        prefix = folder.strip("/")
        if not prefix:
            return self._paths
        # '0' is the character after '/': both ends of the range are found without a look at each path
        return self._paths[bisect_left(self._paths, prefix + "/") : bisect_left(self._paths, prefix + "0")]

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """`make()`, once a tree: what several parsers must know of the whole repository."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found


def resolve(folder: str, path: str) -> str | None:
    """`path` as written in a file of `folder`, relative to the root and normalised; None when it leaves the root."""
    if path.startswith("/"):
        return None
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def walk(root: Path) -> list[SourceFile]:
    """The repository's files, sorted by path."""
    return [
        SourceFile(root, path.relative_to(root).as_posix(), path.stat().st_size)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".git" not in path.parts
    ]
