"""Configurations that a decorator composes of several files: a main file and the options that its `defaults` choose."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact, Location

_Files = Mapping[str, Mapping[str, Fact]]
_CHAIN = re.compile(r"([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[[\"'][\w-]+[\"']\])+)\Z")
_PART = re.compile(r"\.(\w+)|\[[\"']([\w-]+)[\"']\]")
_SUFFIXES = (".yaml", ".yml")
_DEEP = 3


class Composed:
    """Functions that are handed such a configuration, and what stands in it."""

    def __init__(self, code: Code, files: _Files) -> None:
        self._code, self._files = code, files
        self._mains: dict[tuple[str, str], tuple[str, str]] = {}  # function -> (folder, path of its main file)
        for call in code.facts("call"):
            kwargs = call.get("kwargs") or {}
            if call.get("decorates") and isinstance(kwargs.get("config_name"), str):
                folder = self._folder(str(kwargs.get("config_path") or ""), call.at.path)
                path = self._file(folder, str(kwargs["config_name"]))
                if path:
                    self._mains[call.at.path, str(call.get("decorates"))] = (folder, path)

    def of(self, text: str, fact: Fact) -> tuple[Any, Location] | None:
        """What `cfg.model.name` is, where `cfg` is a parameter of the function in which the fact stands."""
        found = _CHAIN.match(text) if self._mains else None
        if found is None:
            return None
        function = self._code.functions.get((fact.at.path, str(fact.get("function") or "")))
        names = [one.get("name") for one in (function.get("params") or ())] if function is not None else []
        if found[1] not in names:
            return None
        main = self._mains.get((fact.at.path, str(fact.get("function"))))
        if main is None and len(set(self._mains.values())) == 1 and found[1] in self._handed():
            main = next(iter(self._mains.values()))
        key = ".".join(one or other for one, other in _PART.findall(found[2]))
        return self._entry(*main, key, _DEEP) if main is not None else None

    def _handed(self) -> set[str]:
        """The names under which main functions take their configuration."""
        functions = (self._code.functions.get(one) for one in self._mains)
        return {str(one.get("params")[0].get("name")) for one in functions if one is not None and one.get("params")}

    def _entry(self, folder: str, path: str, key: str, left: int) -> tuple[Any, Location] | None:
        entries = self._files.get(path, {})
        if key in entries:
            value = entries[key].get("value")
            plain = isinstance(value, (str, int, float)) and "${" not in str(value)
            return (value, entries[key].at) if plain else None
        if not left or "defaults" not in entries:
            return None
        for one in reversed(_list(entries["defaults"].get("value"))):
            for group, option in one.items() if isinstance(one, Mapping) else ((str(one), ""),):
                found = self._option(folder, str(group), option, key, left)
                if found is not None:
                    return found
        return None

    def _option(self, folder: str, group: str, option: Any, key: str, left: int) -> tuple[Any, Location] | None:
        """The entry in the file that a line of `defaults` chooses, where the key lies in its package."""
        group, _, package = group.removeprefix("override ").strip().lstrip("/").partition("@")
        if not option:  # `- base`: another main file
            path = self._file(folder, group)
            return self._entry(folder, path, key, left - 1) if path else None
        prefix = (package or group).replace("/", ".") + "."
        path = self._file(f"{folder}/{group}".strip("/"), str(option))
        if not path:
            return None
        inner = key.removeprefix(prefix) if key.startswith(prefix) else key if package == "_global_" else ""
        return self._entry(posixpath.dirname(path), path, inner, left - 1) if inner else None

    def _folder(self, written: str, origin: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(origin), written)).removeprefix("./")

    def _file(self, folder: str, name: str) -> str:
        for suffix in ("", *_SUFFIXES):
            path = posixpath.normpath(posixpath.join(folder if folder != "." else "", f"{name}{suffix}"))
            if path in self._files:
                return path
        return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
