"""Find the classes that sit one to a file in a folder, and those that other packages register."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def load(package: ModuleType, base: type[T], *, plugins: Collection[str] = ()) -> list[type[T]]:
    """Every concrete subclass of `base` below `package`, then those of the named entry points.

    `plugins` holds entry-point names of the group `package.__name__`: an installed package switches nothing on
    by itself. Raises LookupError naming each plugin that is not installed.
    """
    found = [member for name in sorted(_modules(package)) for member in _own_members(name, base)]
    found += _registered(package.__name__, plugins)
    return sorted(found, key=lambda plugin: (plugin.__module__, plugin.__name__))


def _modules(package: ModuleType) -> Iterator[str]:
    for info in pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}."):
        # what all of them share; what they are made of, which each imports when it has something to do
        if not info.name.endswith(".base") and ".parts" not in info.name:
            yield info.name


def _own_members(module_name: str, base: type[T]) -> list[type[T]]:
    module = importlib.import_module(module_name)
    return [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and member.__module__ == module_name
        and issubclass(member, base)
        and member is not base
        and not member.__name__.startswith("_")
    ]


def _registered(group: str, names: Collection[str]) -> list[type]:
    if not names:
        return []
    from importlib.metadata import entry_points  # 17 ms that only a configuration with plugins pays

    known = {entry.name: entry for entry in entry_points(group=group)}
    missing = sorted(set(names) - set(known))
    if missing:
        raise LookupError(f"not installed in entry-point group '{group}': {', '.join(missing)}")
    return [known[name].load() for name in sorted(names)]
