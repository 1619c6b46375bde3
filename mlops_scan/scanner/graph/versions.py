"""Which versions of distributions the repository fixes, where, and for which files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from mlops_scan.scanner.model import Fact, by_place

_OF_A_PROJECT = ("uv-lock", "poetry-lock", "pdm-lock", "pipfile-lock", "npm-lock")


class Versions:
    """Declared, pinned and locked distributions."""

    def __init__(
        self,
        packages: Iterable[Fact],
        locked: Iterable[Fact],
        manifests: Iterable[Fact],
        commands: Iterable[Fact] = (),
    ) -> None:
        self._packages, self._locked_facts = tuple(packages), tuple(locked)
        manifests = tuple(manifests)
        self._fixed: dict[str, list[Fact]] = defaultdict(list)  # manifest or lock -> what it fixes
        self._by_folder: dict[str, set[str]] = defaultdict(set)
        for fact in (*self._packages, *self._locked_facts):
            if fact.says.get("pinned") or fact.says.get("version"):
                for path in sorted({fact.at.path, str(fact.says.get("manifest") or fact.at.path)}):
                    self._fixed[path].append(fact)
            if fact.says.get("group") not in ("dev", "build"):
                self._by_folder[_folder(fact.at.path)].add(fact.at.path)
        self._locks: dict[str, list[str]] = defaultdict(list)
        for fact in manifests:
            if fact.says.get("lock"):
                self._locks[_folder(fact.at.path)].append(fact.at.path)
        self._apart = frozenset(path for command in commands for path in _listed(command))
        self._of_projects = {fact.at.path for fact in manifests if fact.says.get("format") in _OF_A_PROJECT}
        self._listed = {fact.at.path for fact in manifests if fact.says.get("format") == "requirements"}
        self._compiled = {_folder(fact.at.path) for fact in manifests if fact.says.get("compiled")}
        self._locked = {(fact.at.path, fact.name) for fact in self._locked_facts}
        self._constraints = {fact.at.path: tuple(fact.says.get("constraints") or ()) for fact in manifests}

    def is_locked(self, package: Fact) -> bool:
        """Whether a lock covers the package.

        A lock file in the folder of the manifest or a parent of it, or a constraints file that the manifest names.
        What pip installs from a list below a project, or in an image, is not held by the lock of that project's own
        manager.
        """
        manifest = str(package.get("manifest") or package.at.path)
        if any((path, package.name) in self._locked for path in self._constraints.get(manifest, ())):
            return True
        folder = _folder(manifest)
        if folder in self._compiled and package.at.path.endswith(".in"):
            return True
        alone = manifest in self._listed
        passed_over: Collection[str] = self._of_projects if alone and manifest in self._apart else ()
        while True:
            locks = [lock for lock in self._locks.get(folder, ()) if lock not in passed_over]
            if any((lock, package.name) in self._locked for lock in locks):
                return True
            if not folder or manifest in self._apart:
                return False  # its image is built from that folder: the lock of the project around it is not there
            folder = _folder(folder)
            passed_over = self._of_projects if alone else ()

    def of(self, name: str) -> tuple[Fact, ...]:
        """Every place that pins or locks a version of the distribution, by place."""
        found = [fact for fact in self._locked_facts if fact.name == name]
        found += [fact for fact in self._packages if fact.name == name and fact.get("pinned")]
        return tuple(sorted(found, key=by_place))

    def fixed_in(self, manifests: Collection[str]) -> dict[str, Fact]:
        """Distribution -> the fact that fixes its version, in the manifests at these paths; the first by place."""
        found: dict[str, Fact] = {}
        for fact in sorted((fact for path in manifests for fact in self._fixed[path]), key=by_place):
            found.setdefault(fact.name, fact)
        return found

    def near(self, path: str) -> frozenset[str]:
        """The manifests and locks in the folder of `path`, or in the nearest folder above that has any."""
        folder = _folder(path)
        while folder not in self._by_folder and folder:
            folder = _folder(folder)
        return frozenset(self._by_folder.get(folder, ()))


def _listed(command: Fact) -> Iterator[str]:
    """The requirement lists beside a Dockerfile that it installs with pip."""
    argv = [str(word) for word in command.get("argv") or ()]
    if command.get("where") == "dockerfile" and "pip" in argv[:3] and "install" in argv:
        for option, value in pairwise(argv):
            if option in ("-r", "--requirement"):
                name = value.rpartition("/")[2]
                yield f"{_folder(command.at.path)}/{name}".lstrip("/")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
