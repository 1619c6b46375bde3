"""Matches facts with the catalogue: which tool, which capability or role, how strongly."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any

from mlops_scan.scanner import paths
from mlops_scan.scanner.catalog import charts, commands
from mlops_scan.scanner.catalog.index import ImageIndex, NameIndex, PathIndex
from mlops_scan.scanner.catalog.sighting import Match, Sighting, fits, marked, matched, stated, valued
from mlops_scan.scanner.catalog.signature import dotted, path_glob
from mlops_scan.scanner.catalog.tools import Tool
from mlops_scan.scanner.catalog.vocabulary import Strength
from mlops_scan.scanner.formats import azapi, images
from mlops_scan.scanner.globs import glob
from mlops_scan.scanner.model import Fact

_METRIC = re.compile(r"[A-Za-z_:][\w:]{3,}")


class Matcher:
    """Answers `matches(fact)` from indexes, one a prefix, each built when it is first needed."""

    def __init__(
        self, tools: Iterable[Tool], sightings: Iterable[Sighting], platforms: Callable[[], Mapping[str, str]] = dict
    ) -> None:
        self._read_platforms = platforms
        self._tools = tuple(tools)
        self._by_prefix: dict[str, list[Sighting]] = defaultdict(list)
        for sighting in sightings:
            self._by_prefix[sighting.signature.prefix].append(sighting)
        self._indexes: dict[str, NameIndex] = {}
        self._readers: dict[str, Callable[[Fact], Iterator[Match]]] = {
            "call": lambda fact: self._called(fact.name, fact.says),
            "function": self._function,
            "class": self._class,
            "import": self._import,
            "package": self._package,
            "command": self._command,
            "container": self._container,
            "resource": self._resource,
            "workload": self._annotated,
            "image": self._image,
            "chart": lambda fact: self._installed(charts.from_chart(fact.says)),
            "release": lambda fact: self._installed(charts.from_release(fact.says)),
            "action": self._action,
            "env": self._env,
            "setting": self._setting,
            "alert": self._alert,
        }

    def matches(self, fact: Fact) -> tuple[Match, ...]:
        """What the catalogue says of the fact: a tool gives a capability or plays a role once, by its best match."""
        kind = fact.kind
        reader = self._readers.get(kind)
        found: dict[tuple[str, str, str], Match] = {}
        sure = self._index("fact").find(kind)
        matches = reader(fact) if reader is not None else ()
        for one in chain(stated(sure, fact.says), matches) if sure else matches:
            known = found.get(one.key)
            if known is None or known.rank < one.rank:
                found[one.key] = one
        return tuple(found[key] for key in sorted(found)) if found else ()

    def file_matches(self, paths: Iterable[str]) -> Iterator[tuple[str, Match]]:
        """(path, match) for every file that shows a tool by its name alone."""
        for path in paths:
            for sighting in self._files.find(path):
                yield path, matched(sighting)

    def setting_keys(self, path: str) -> tuple[str, ...]:
        """Globs of the dotted keys that the catalogue wants to hear of in the file at `path`, sorted."""
        return tuple(sorted({one.signature.words[0] for one in self._settings.find(path)}))

    # -- indexes

    def _index(self, prefix: str) -> NameIndex:
        if prefix not in self._indexes:
            test = _dotted if prefix == "py" else _once
            separator = {"py": ".", "def": "_", "env": "_", "metric": "_"}.get(prefix, "/")
            self._indexes[prefix] = NameIndex(self._by_prefix[prefix], test, separator)
        return self._indexes[prefix]

    @cached_property
    def _platforms(self) -> Mapping[str, str]:
        return self._read_platforms()

    @cached_property
    def _images(self) -> ImageIndex:
        return ImageIndex(self._by_prefix["img"], glob)

    @cached_property
    def _files(self) -> PathIndex:
        return PathIndex(self._by_prefix["file"], path_glob)

    @cached_property
    def _settings(self) -> PathIndex:
        return PathIndex(self._by_prefix["cfg"], path_glob)

    @cached_property
    def _modules(self) -> dict[str, list[Tool]]:
        return _grouped((module, tool) for tool in self._tools for module in tool.imports)

    @cached_property
    def _distributions(self) -> dict[str, list[Tool]]:
        return _grouped((name, tool) for tool in self._tools for name in tool.pypi)

    @cached_property
    def _npm(self) -> dict[str, list[Tool]]:
        return _grouped((name, tool) for tool in self._tools for name in tool.npm)

    # -- one reader a kind of fact

    def _called(self, name: str, says: Mapping[str, Any]) -> Iterator[Match]:
        fitting = [
            one
            for one in self._index("py").find(name)
            if all(condition.holds(says) for condition in one.signature.arguments)
        ]
        # a method of any object says something only where nothing is known of the object
        known = {(one.capability, one.role) for one in fitting if not one.signature.name.startswith("*.")}
        for one in fitting:
            if not one.signature.name.startswith("*.") or (one.capability, one.role) not in known:
                yield matched(one, says)

    def _function(self, fact: Fact) -> Iterator[Match]:
        if not fact.says.get("stub") and not fact.says.get("prints"):
            yield from map(matched, self._index("def").find(fact.name.rsplit(".", 1)[-1].lower()))

    def _class(self, fact: Fact) -> Iterator[Match]:
        for name in fact.get("bases") or ():
            yield from self._called(str(name), {})

    def _import(self, fact: Fact) -> Iterator[Match]:
        names = (fact.name, *(f"{fact.name}.{name}" for name in fact.says.get("names") or () if name != "*"))
        for module in sorted({parent for name in names for parent in _parents(name)}):
            for tool in self._modules.get(module, ()):
                strength = Strength.MEDIUM if tool.import_proves else Strength.WEAK
                yield from _declared(tool, strength, f"import:{module}")

    def _package(self, fact: Fact) -> Iterator[Match]:
        known = self._npm if fact.get("manager") == "npm" else self._distributions
        for tool in known.get(fact.name, ()):
            yield from _declared(tool, Strength.WEAK, f"package:{fact.name}")

    def _image(self, fact: Fact) -> Iterator[Match]:
        tag = str(fact.get("tag") or "")
        for one in self._images.find(fact.name):
            if not any(glob(str(other)).fullmatch(tag) for other in one.data.get("not_tag", ())):
                yield matched(one)

    def _command(self, fact: Fact) -> Iterator[Match]:
        argv = [str(word) for word in fact.get("argv") or (fact.name,)]
        for program, rest in commands.programs(argv):
            for one in self._index("cli").find(program):
                if commands.fits(one.signature.words, rest):
                    yield matched(one)
        yield from self._installed(charts.from_command(argv))

    def _container(self, fact: Fact) -> Iterator[Match]:
        """What arguments without a command say to the program of the image; that it runs, the image says itself."""
        words = [str(word) for word in fact.get("args") or ()]
        if not words or fact.get("command"):
            return
        for image in self._images.find(images.parse(str(fact.get("image") or "")).repository):
            for program in map(str, image.data.get("starts", ())):
                name, *own = program.split()
                for one in self._index("cli").find(name):
                    telling = one.data or any(word.startswith("-") for word in one.signature.words)
                    if telling and commands.fits(one.signature.words, [*own, *words]):
                        yield matched(one)

    def _resource(self, fact: Fact) -> Iterator[Match]:
        kind, data = str(fact.get("type") or ""), fact.get("data")
        prefix = self._platforms.get(str(fact.get("platform") or ""), "")
        spoken = [(prefix, kind, data)] if prefix else []
        if kind in azapi.KINDS and (named := azapi.declared(data)):
            spoken.append(("arm", *named))
        for language, name, says in spoken:
            for one in self._index(language).find(name):
                if all(condition.holds(says) for condition in one.signature.attributes):
                    yield matched(one, marked(fact, says) if one.off_when and isinstance(says, Mapping) else None)
        yield from self._annotated(fact)
        yield from self._installed(charts.from_resource(kind, data))

    def _annotated(self, fact: Fact) -> Iterator[Match]:
        for key in ("annotations", "labels"):
            marks = fact.get(key)
            for name, value in marks.items() if isinstance(marks, Mapping) else ():
                yield from valued(self._index("ann").find(str(name)), value)

    def _installed(self, releases: Iterable[charts.Release]) -> Iterator[Match]:
        for release in releases:
            for one in self._index("helm").find(release.chart):
                if not one.signature.words or release.comes_from(one.signature.words[0]):
                    yield matched(one, off=release.off)

    def _action(self, fact: Fact) -> Iterator[Match]:
        name = fact.name.split("@", 1)[0]
        for candidate in dict.fromkeys((name, "/".join(name.split("/")[:2]))):
            for one in self._index("gha").find(candidate):
                if all(condition.holds(fact.says) for condition in one.signature.attributes):
                    yield matched(one)

    def _env(self, fact: Fact) -> Iterator[Match]:
        if fact.get("value") != "" and not paths.is_sample(fact.at.path):
            yield from valued(self._index("env").find(fact.name), fact.get("value"))

    def _setting(self, fact: Fact) -> Iterator[Match]:
        for one in self._settings.find(fact.at.path):
            key, value = one.signature.words
            if glob(key).fullmatch(fact.name) and fits(value, fact.get("value")):
                yield matched(one)

    def _alert(self, fact: Fact) -> Iterator[Match]:
        for metric in sorted(set(_METRIC.findall(str(fact.get("expr") or "")))):
            yield from map(matched, self._index("metric").find(metric))


def _dotted(pattern: str) -> Callable[[str], object]:
    return dotted(pattern).fullmatch


def _once(pattern: str) -> Callable[[str], object]:
    return glob(pattern).once


def _declared(tool: Tool, strength: Strength, signature: str) -> Iterator[Match]:
    """A dependency or import speaks for what the tool is for, which is its first capability."""
    if tool.capabilities and not tool.generic:
        yield Match(tool.id, tool.capabilities[0], "", strength, signature)


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _grouped(pairs: Iterable[tuple[str, Tool]]) -> dict[str, list[Tool]]:
    found: dict[str, list[Tool]] = defaultdict(list)
    for name, tool in pairs:
        found[name].append(tool)
    return found
