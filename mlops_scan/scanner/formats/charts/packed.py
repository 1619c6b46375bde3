"""Packed dependencies (`charts/*.tgz`) seen as folders: opened in memory, bounded, nothing is ever written."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zlib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.charts.chart import Chart, find
from mlops_scan.scanner.formats.yamlnodes import Readable, Repository
from mlops_scan.scanner.model import Fact, Location, Note

T = TypeVar("T")
SUFFIX = ".tgz"
_UNPACKED = 24 * 2**20  # bytes of all archives of one chart together
_MEMBERS = 20_000
_NESTED = 4  # archives in archives
# lines of a file that nobody can open
_LINES = frozenset(("lines", "kind_line", "replicas_line", "replicas_path", "end_line", "tag_at"))
_PLACES = {"replicas_path": "replicas_line"}
_TOLD = frozenset(("workload", "container", "image", "resource", "schedule", "alert", "receiver", "scrape"))
_GZIP = 16 + zlib.MAX_WBITS


class Member:
    """A file of an archive."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self._memo: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """As `SourceFile.text`."""
        return self.data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """`make()`, once a member."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found


class Opened:
    """A repository in which each packed chart is a folder too: `charts/db-1.2.tgz/templates/set.yaml`."""

    def __init__(self, tree: Repository) -> None:
        self.tree = tree
        self.left = _UNPACKED
        self._members: dict[str, dict[str, Member]] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the repository itself."""
        return self.tree.paths

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """As the repository's own."""
        return self.tree.memo(key, make)

    def get(self, path: str) -> Readable | None:
        """A file of the repository or of one of its archives."""
        archive, inside, _ = path.partition(f"{SUFFIX}/")
        if not inside:
            return self.tree.get(path)
        return self._opened(archive + SUFFIX).get(path)

    def under(self, folder: str) -> tuple[str, ...]:
        """Paths below `folder`, those of packed charts among them."""
        archive, inside, _ = f"{folder}/".partition(f"{SUFFIX}/")
        if inside:
            paths = sorted(self._opened(archive + SUFFIX))
            return tuple(paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")])
        found = self.tree.under(folder)
        packed = [path for path in found if is_packed(path)]
        return tuple(sorted([*found, *(inner for path in packed for inner in self._opened(path))])) if packed else found

    def _opened(self, archive: str) -> dict[str, Member]:
        if archive not in self._members:
            source = self.tree.get(archive)
            data = getattr(source, "data", b"")
            self._members[archive] = {path: Member(path, held) for path, held in self._unpack(data, archive, 0).items()}
        return self._members[archive]

    def _unpack(self, data: bytes, archive: str, depth: int) -> dict[str, bytes]:
        """The files of an archive by path; none when it is no chart, is broken, or unpacks to too much."""
        raw = self._inflated(data)
        found: dict[str, bytes] = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
                for number, entry in enumerate(tar):
                    inner = _inside(entry.name)
                    if number >= _MEMBERS or not inner or not _is_plain(entry):
                        continue
                    held = tar.extractfile(entry)
                    content = held.read() if held is not None else b""
                    path = f"{archive}/{inner}"
                    found[path] = content
                    if is_packed(path) and depth < _NESTED:
                        found.update(self._unpack(content, path, depth + 1))
        except (tarfile.TarError, EOFError, OSError, ValueError):
            return {}
        return found

    def _inflated(self, data: bytes) -> bytes:
        unpacker = zlib.decompressobj(_GZIP)
        try:
            made = unpacker.decompress(data, max(self.left, 1))
        except zlib.error:
            return b""
        self.left -= len(made)
        return made if unpacker.eof else b""


def _is_plain(entry: tarfile.TarInfo) -> bool:
    """Whether an entry is a file of a size that is there: a sparse one says any."""
    return entry.isreg() and not entry.issparse() and entry.size <= bounds.FILE_BYTES


def is_packed(path: str) -> bool:
    """Whether the path is that of a packed dependency of a chart."""
    folder, _, name = path.rpartition("/")
    return name.endswith(SUFFIX) and posixpath.basename(folder) == "charts"


def _inside(name: str) -> str:
    """The path below the one folder that a packed chart has, or '' for one that would leave it."""
    parts = name.removeprefix("./").split("/")
    return "" if len(parts) < 2 or any(part in ("", ".", "..") for part in parts) else "/".join(parts[1:])


class Shelf:
    """Puts what was found in packed charts where a reader can open it: at the line that names the dependency."""

    def __init__(self, chart: Chart) -> None:
        self._lines: dict[str, Location] = {}
        self._note(chart)

    def _note(self, chart: Chart) -> None:
        for sub in chart.charts:
            if sub.folder.endswith(SUFFIX):
                named = next((one for one in chart.dependencies if find(chart.charts, one) is sub), None)
                self._lines[sub.folder] = Location(named.path, named.line) if named else Location(chart.path)
            else:
                self._note(sub)

    def placed(self, items: Iterable[Fact | Note]) -> Iterator[Fact | Note]:
        """Facts and notes with no place inside an archive; what only its maker can mend there is left out."""
        for item in items:
            if isinstance(item, Note):
                yield replace(item, at=self._at(item.at))
            elif not is_inside(item.at.path):
                yield _without(item, [key for key in _PLACES if is_inside(str(item.get(key) or ""))])
            elif item.kind in _TOLD:
                says = {key: value for key, value in item.says.items() if key not in _LINES}
                says |= {"path": self._at(item.at).path} if "path" in says else {}
                yield replace(_without(item, ()), at=self._at(item.at), says={**says, "packed": True})

    def _at(self, at: Location) -> Location:
        archive, inside, _ = at.path.partition(f"{SUFFIX}/")
        if not inside:
            return at
        archive += SUFFIX
        return self._lines.get(archive) or Location(archive)


def _without(fact: Fact, keys: Collection[str]) -> Fact:
    """The fact without the places in archives; `keys` name some, each beside the line that it goes with."""
    also = tuple(place for place in fact.also if not is_inside(place.at.path))
    if not keys and len(also) == len(fact.also):
        return fact
    gone = {*keys, *(_PLACES[key] for key in keys)}
    return replace(fact, says={key: value for key, value in fact.says.items() if key not in gone}, also=also)


def is_inside(path: str) -> bool:
    """Whether the path is that of a file in an archive."""
    return f"{SUFFIX}/" in path
