"""Which versions of distributions the repository fixes, where, and for which files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from mlops_scan.scanner.model import Fact


class Versions:
    """Declared, pinned and locked distributions."""

    def __init__(self, packages: Iterable[Fact], locked: Iterable[Fact], manifests: Iterable[Fact]) -> None:
        self._packages, self._locked_facts = tuple(packages), tuple(locked)
        manifests = tuple(manifests)
        self._locks = {_folder(fact.at.path): fact.at.path for fact in manifests if fact.get("lock")}
        self._compiled = {_folder(fact.at.path) for fact in manifests if fact.get("compiled")}
        self._locked = {(fact.at.path, fact.name) for fact in self._locked_facts}

    def is_locked(self, package: Fact) -> bool:
        """Whether a lock file covers the manifest that declares the package: in its folder or a parent of it."""
        folder = _folder(str(package.get("manifest") or package.at.path))
        if folder in self._compiled and package.at.path.endswith(".in"):
            return True
        while True:
            lock = self._locks.get(folder)
            if lock is not None and (lock, package.name) in self._locked:
                return True
            if not folder:
                return False
            folder = _folder(folder)

    def of(self, name: str) -> tuple[Fact, ...]:
        """Every place that pins or locks a version of the distribution, by place."""
        found = [fact for fact in self._locked_facts if fact.name == name]
        found += [fact for fact in self._packages if fact.name == name and fact.get("pinned")]
        return tuple(sorted(found, key=lambda fact: fact.order))

    def fixed_in(self, manifests: Collection[str]) -> dict[str, Fact]:
        """Distribution -> the fact that fixes its version, in the manifests at these paths."""
        found: dict[str, Fact] = {}
        for fact in sorted((*self._packages, *self._locked_facts), key=lambda fact: fact.order):
            here = fact.get("manifest") in manifests or fact.at.path in manifests
            if here and (fact.get("pinned") or fact.get("version")):
                found.setdefault(fact.name, fact)
        return found

    def near(self, path: str) -> frozenset[str]:
        """The manifests and locks in the folder of `path`, or in the nearest folder above that has any."""
        by_folder: dict[str, set[str]] = defaultdict(set)
        for fact in (*self._packages, *self._locked_facts):
            if fact.get("group") not in ("dev", "build"):
                by_folder[_folder(fact.at.path)].add(fact.at.path)
        folder = _folder(path)
        while folder not in by_folder and folder:
            folder = _folder(folder)
        return frozenset(by_folder.get(folder, ()))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
