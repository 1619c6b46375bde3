"""What stands in a configuration of several files: a main file, and the options that its `defaults` choose."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner.formats.entrytexts import resolve, resolve_option
from mlops_scan.scanner.model import Fact, Location

Files = Mapping[str, Mapping[str, Fact]]
_SUFFIXES = (".yaml", ".yml")
_SECTIONED = (".ini", ".cfg")
_DEEP = 3  # files that choose files
_OPTIONS = 200_000  # lines of `defaults` that are followed in all
_SELF = "_self_"


class Composition:
    """Entries by file, and the values that they come to."""

    def __init__(self, files: Files) -> None:
        self._files, self._left = files, _OPTIONS
        self._known: dict[tuple[str, str], Fact | None] = {}

    def read(self, path: str, key: str) -> tuple[Any, Location] | None:
        """What stands under a key of a file and of the options that it chooses, with what it names put in."""
        sectioned = path.endswith(_SECTIONED)
        found = self._found(path, key)
        if found is None and sectioned:
            found = self._found(path, f"DEFAULT.{key.rpartition('.')[2]}")
        if found is None:
            return None
        known = (resolve_option if sectioned else resolve)(
            found.get("value"), key, lambda name: self._value(path, name)
        )
        return (known, found.at) if known is not None else None

    def file(self, folder: str, name: str) -> str:
        """The path of a file of entries by its name, which may go without suffix; '' where there is none."""
        for suffix in ("", *_SUFFIXES):
            path = posixpath.normpath(posixpath.join(folder if folder != "." else "", f"{name}{suffix}"))
            if path in self._files:
                return path
        return ""

    def ending(self, folder: str, name: str) -> str:
        """The same for a folder of which only the end is known; '' where several fit."""
        ends = tuple(posixpath.normpath(f"/{folder}/{name}{suffix}") for suffix in ("", *_SUFFIXES))
        fitting = [path for path in self._files if f"/{path}".endswith(ends)]
        return fitting[0] if len(fitting) == 1 else ""

    def _value(self, path: str, key: str) -> Any:
        found = self._found(path, key)
        return found.get("value") if found is not None else None

    def _found(self, path: str, key: str) -> Fact | None:
        if (path, key) not in self._known:
            self._known[path, key] = self._entry(posixpath.dirname(path), path, key, _DEEP)
        return self._known[path, key]

    def _entry(self, folder: str, path: str, key: str, left: int) -> Fact | None:
        """The entry that holds: what comes last in `defaults` wins, the file itself where they do not say otherwise."""
        entries = self._files.get(path, {})
        listed = _list(entries["defaults"].get("value")) if left and "defaults" in entries else []
        for one in reversed(listed if _SELF in listed else [*listed, _SELF]):
            if one == _SELF:
                if key in entries:
                    return entries[key]
                continue
            for group, option in one.items() if isinstance(one, Mapping) else ((str(one), ""),):
                for chosen in option if isinstance(option, list) else [option]:
                    found = self._option(folder, str(group), chosen, key, left)
                    if found is not None:
                        return found
        return None

    def _option(self, folder: str, group: str, option: Any, key: str, left: int) -> Fact | None:
        """The entry in the file that a line of `defaults` chooses, where the key lies in its package."""
        self._left -= 1
        if self._left < 0:
            return None
        for word in ("optional ", "override "):
            group = group.removeprefix(word).strip()
        group, _, package = group.lstrip("/").partition("@")
        if not option:  # `- base`: another main file
            path = self.file(folder, group) if option == "" else ""
            return self._entry(folder, path, key, left - 1) if path else None
        prefix = (package or group).replace("/", ".") + "."
        path = self.file(f"{folder}/{group}".strip("/"), str(option))
        if not path:
            return None
        inner = key.removeprefix(prefix) if key.startswith(prefix) else key if package == "_global_" else ""
        return self._entry(posixpath.dirname(path), path, inner, left - 1) if inner else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def plain(found: tuple[Any, Location] | None) -> tuple[Any, Location] | None:
    """What was found, where it is a constant."""
    return found if found is not None and isinstance(found[0], (str, int, float)) else None
