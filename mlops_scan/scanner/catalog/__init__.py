"""Knowledge about tools: one YAML file a capability, a loader, and the matcher of facts (docs/catalog.md)."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from mlops_scan.scanner.catalog import tools as _tools
from mlops_scan.scanner.catalog.conditions import attribute_values
from mlops_scan.scanner.catalog.match import Matcher
from mlops_scan.scanner.catalog.sighting import Match, Sighting
from mlops_scan.scanner.catalog.tools import Tool
from mlops_scan.scanner.catalog.vocabulary import CAPABILITIES, ROLES, Strength
from mlops_scan.scanner.model import Fact

__all__ = [
    "CAPABILITIES",
    "ROLES",
    "Catalog",
    "Match",
    "Sighting",
    "Strength",
    "Tool",
    "attribute_values",
    "load",
    "load_folder",
]


class Catalog:
    """All tools, their signatures, and what a fact shows of them."""

    def __init__(self, tools: Iterable[Tool], sightings: Iterable[Sighting], folder: Path) -> None:
        self._tools = {tool.id: tool for tool in tools}
        self._sightings = tuple(sightings)
        self._folder = folder
        self._matcher = Matcher(self._tools.values(), self._sightings, lambda: self.names.get("platforms") or {})

    def matches(self, fact: Fact) -> tuple[Match, ...]:
        """All that the catalogue says of the fact, in a fixed order."""
        return self._matcher.matches(fact)

    def file_matches(self, paths: Iterable[str]) -> Iterator[tuple[str, Match]]:
        """(path, match) for every file that shows a tool by its name alone."""
        return self._matcher.file_matches(paths)

    def setting_keys(self, path: str) -> tuple[str, ...]:
        """Globs of the dotted keys that are worth a `setting` fact in the file at `path`; () for most files."""
        return self._matcher.setting_keys(path)

    def tool(self, tool_id: str) -> Tool:
        """The entry of that id. Raises KeyError when there is none."""
        return self._tools[tool_id]

    def tools(self) -> tuple[Tool, ...]:
        """Every entry, by id."""
        return tuple(self._tools[key] for key in sorted(self._tools))

    def capabilities(self) -> tuple[str, ...]:
        """Every capability key that a report may name, sorted."""
        return CAPABILITIES

    def roles(self, role: str) -> tuple[Sighting, ...]:
        """The signatures that play a role, in the catalogue's order."""
        return tuple(one for one in self._sightings if one.role == role)

    def signatures(self, capability: str) -> tuple[Sighting, ...]:
        """The signatures that show a capability, in the catalogue's order."""
        return tuple(one for one in self._sightings if one.capability == capability)

    def looked_for(self, capability: str, count: int = 8) -> tuple[str, ...]:
        """The usual ways to have the capability: what the message of an absence says was looked for."""
        return tuple(self._looked_for.get(capability, ()))[:count]

    def step_names(self, capability: str) -> re.Pattern[str] | None:
        """What a step of CI is called that ought to give the capability; None where no name tells."""
        words = self._step_names.get(capability)
        return re.compile("|".join(words), re.IGNORECASE) if words else None

    def distribution_for(self, module: str) -> str:
        """The distribution (PEP 503 name) that provides a module, top-level or dotted; its own name if unknown."""
        for name in _parents_longest_first(module):
            if name in self._distributions:
                return self._distributions[name]
        return module.split(".", 1)[0].lower().replace("_", "-")

    @cached_property
    def names(self) -> Mapping[str, Any]:
        """What products call things, by what it means: `starts`, `model-formats` ..."""
        return _tools.read_table(self._folder / "names.yaml")

    @cached_property
    def image_builds(self) -> Mapping[str, Any]:
        """How builders of images say names, Dockerfile and folder: `commands`, `actions`, `resources` ..."""
        return _tools.read_table(self._folder / "image-builds.yaml")

    @cached_property
    def _distributions(self) -> dict[str, str]:
        return _tools.read_table(self._folder / "distributions.yaml")

    @cached_property
    def _step_names(self) -> dict[str, list[str]]:
        return _tools.read_table(self._folder / "step-names.yaml")

    @cached_property
    def _looked_for(self) -> dict[str, list[str]]:
        return _tools.read_table(self._folder / "looked-for.yaml")


def _parents_longest_first(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:count]) for count in range(len(parts), 0, -1))


@cache
def load() -> Catalog:
    """The catalogue that is shipped, read once a process."""
    collecting = gc.isenabled()
    gc.disable()  # tens of thousands of objects, none of them garbage: collecting would take half the time
    try:
        return load_folder(_tools.folder())
    finally:
        if collecting:
            gc.enable()


def load_folder(folder: Path) -> Catalog:
    """The catalogue in the YAML files of `folder`. Raises SignatureError or KeyError for a broken entry."""
    tools: list[Tool] = []
    sightings: list[Sighting] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in _tools.TABLES:
            continue
        for entry in _tools.read(path):
            tools.append(_tools.tool(entry, path.stem))
            sightings.extend(_tools.sightings(entry))
    return Catalog(tools, sightings, folder)
