"""What dotted names of Python mean in this repository: its own modules, and what is defined in them."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from mlops_scan.scanner import catalog
from mlops_scan.scanner.model import Fact

Definition = tuple[str, str]  # path, qualified name in its module
_HOPS = 4  # packages that hand on what they import
_SOURCES = "src"  # the folder from which its packages are imported
_PACKAGE = "/__init__.py"


class LocalModules:
    """Dotted names to the repository's own files, by the longest matching tail, the nearest file first.

    An import never means what lies beside its own package: `from airflow import DAG` is the library in a file of
    `orch/airflow`, unless `orch` may be a folder from which modules are imported.
    """

    def __init__(self, modules: Iterable[Fact]) -> None:
        self.tops: set[str] = set()  # first words of all names by which a module may be called
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        self.within: dict[str, dict[str, str]] = {}  # name of a library -> file called so -> folder that may mean it
        shadows: list[tuple[list[str], int, str]] = []
        packages: set[str] = set()
        libraries = _libraries()
        for module in modules:
            parts, path = module.name.split("."), module.at.path
            self.tops.update(parts)
            if path.endswith(_PACKAGE):
                packages.add(path.removesuffix(_PACKAGE))
            for start in range(len(parts)):
                self._by_tail[".".join(parts[start:])].append(path)
                if parts[start] in libraries:
                    shadows.append((parts, start, path))
        self._nearest: dict[str, dict[str, str]] = {}
        for parts, start, path in shadows:
            root = "/".join(path.split("/")[:start])
            if start and parts[start - 1] != _SOURCES and (root in packages or _SOURCES in parts[: start - 1]):
                self.within.setdefault(".".join(parts[start:]), {})[path] = root

    def resolve(self, fact: Fact) -> tuple[str, ...]:
        """The files that an import fact names: the module, and the modules among the imported names."""
        wanted = [fact.name, *(f"{fact.name}.{name}" for name in fact.says.get("names") or ())]
        found = [path for name in wanted if (path := self.find(name, fact.at.path)) is not None]
        return tuple(dict.fromkeys(found))

    def find(self, name: str, origin: str) -> str | None:
        """The file of a dotted module as seen from `origin`; None when no local file fits."""
        candidates = self._by_tail.get(name)
        if not candidates:
            return None
        folder = origin.rpartition("/")[0]
        if name in self.within:
            within = self.within[name]
            candidates = [path for path in candidates if within.get(path, folder) == folder]
            nearest = _by_folder(candidates)
        elif len(candidates) == 1:
            return candidates[0]
        else:
            if name not in self._nearest:
                self._nearest[name] = _by_folder(candidates)
            nearest = self._nearest[name]
        while folder and folder not in nearest:
            folder = folder.rpartition("/")[0]
        return nearest.get(folder)


class Imported:
    """The modules of the repository, and what each file imports."""

    def __init__(self, modules: Iterable[Fact], imports: Iterable[Fact]) -> None:
        self.modules = LocalModules(modules)
        self.names: dict[str, dict[str, str]] = defaultdict(dict)  # file -> name in it -> what it is called elsewhere
        self.stars: dict[str, list[str]] = defaultdict(list)  # file -> modules of which it takes all names
        for fact in imports:
            alias, names = fact.says.get("alias"), fact.says.get("names")
            known = self.names[fact.at.path]
            if not names:  # `import a.b`, `import a.b as c`
                first = fact.name.partition(".")[0]
                known.setdefault(alias or first, fact.name if alias else first)
                continue
            for name in names:
                if name == "*":
                    self.stars[fact.at.path].append(fact.name)
                else:
                    known[str(alias or name)] = f"{fact.name}.{name}"


class Names:
    """Where functions, classes and constants of the repository are defined, as seen from a file."""

    def __init__(self, imported: Imported, defined: Iterable[Fact]) -> None:
        self.modules, self.stars, self._imports = imported.modules, imported.stars, imported.names
        self._defined: dict[str, set[str]] = defaultdict(set)
        for fact in defined:
            self._defined[fact.at.path].add(fact.name)

    def define(self, path: str, name: str) -> None:
        """Take notice of a name that a file gives to an object."""
        self._defined[path].add(name)

    def find(self, name: str, origin: str) -> Definition | None:
        """(file, qualified name) of what a dotted name means in `origin`; None for what is not of this repository."""
        if name in self._defined.get(origin, ()):
            return origin, name
        return self._find(name, origin, _HOPS)

    def imports(self, name: str, path: str) -> bool:
        """Whether a file takes a name from another module."""
        return name in self._imports.get(path, ())

    def place(self, name: str, origin: str) -> Definition | None:
        """(file, rest of the name) of a dotted name, whether or not a definition of it is known there."""
        first = name.partition(".")[0]
        if first not in self.modules.tops and origin not in self.stars and not self._may_know(origin, first, name):
            return None  # most names are of libraries
        path, rest, hops = origin, name, _HOPS
        while hops:
            first, dot, tail = rest.partition(".")
            if self._is_defined(path, rest):
                return path, rest
            handed = self._imports[path].get(first) if path in self._imports else None
            parts = (f"{handed}{dot}{tail}" if handed is not None else rest).split(".")
            for end in range(len(parts), 0, -1) if parts[0] in self.modules.tops else ():
                found = self.modules.find(".".join(parts[:end]), path)
                if found is not None and found != path and not (end == 1 and self._is_library(parts, found)):
                    path, rest = found, ".".join(parts[end:])
                    break
            else:
                return self._starred(path, first, rest) or ((path, rest) if path != origin else None)
            hops -= 1
        return None

    def foreign(self, name: str, origin: str) -> str | None:
        """What a name is outside the repository, where modules of it only hand it on; None for what they define."""
        place = self.place(name, origin)
        if place is None or place[0] == origin:
            return None
        path, rest = place
        first, dot, tail = rest.partition(".")
        handed = self._imports[path].get(first) if path in self._imports and not self._is_defined(path, rest) else None
        return f"{handed}{dot}{tail}" if handed is not None else None

    def _is_library(self, parts: list[str], found: str) -> bool:
        """Whether a name is that of a library: a file called like it does not know what is taken from it."""
        if len(parts) < 2 or parts[0] not in self.modules.within or found in self.stars:
            return False
        return not (self._is_defined(found, parts[1]) or self.imports(parts[1], found))

    def _is_defined(self, path: str, name: str) -> bool:
        known = self._defined.get(path, ())
        return name in known or name.partition(".")[0] in known

    def _may_know(self, path: str, first: str, name: str) -> bool:
        """Whether a file defines a name, or imports its first word from a module that may be of this repository."""
        known = self._defined.get(path)
        if known is not None and (first in known or name in known):
            return True
        handed = self._imports.get(path)
        return handed is not None and first in handed and handed[first].partition(".")[0] in self.modules.tops

    def _starred(self, path: str, first: str, rest: str) -> Definition | None:
        found = (self.modules.find(module, path) for module in self.stars.get(path, ()))
        return next(((one, rest) for one in found if one is not None and self._knows(one, first)), None)

    def _knows(self, path: str, name: str) -> bool:
        return name in self._defined.get(path, ()) or self.imports(name, path)

    def _find(self, name: str, origin: str, hops: int) -> Definition | None:
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            path = self.modules.find(".".join(parts[:end]), origin)
            if path is not None:
                return self._in_file(path, ".".join(parts[end:]), hops)
        return None

    def _in_file(self, path: str, name: str, hops: int) -> Definition | None:
        if name in self._defined.get(path, ()):
            return path, name
        if not hops:
            return None
        first, dot, rest = name.partition(".")
        handed = self._imports[path].get(first) if path in self._imports else None
        if handed is not None:
            return self._find(f"{handed}{dot}{rest}", path, hops - 1)
        for module in self.stars.get(path, ()):
            found = self._find(f"{module}.{name}", path, hops - 1)
            if found is not None:
                return found
        return None


@cache
def _libraries() -> frozenset[str]:
    """The first words of the modules of libraries: Python's own, and those that the catalogue knows."""
    told = (module.partition(".")[0] for tool in catalog.load().tools() for module in tool.imports)
    return sys.stdlib_module_names.union(told)


def _by_folder(candidates: Iterable[str]) -> dict[str, str]:
    """The file that each folder around any of them has nearest: the least deep, then by name."""
    found: dict[str, str] = {}
    for path in sorted(candidates, key=lambda path: (path.count("/"), path)):
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            found.setdefault(folder, path)
    return found
