"""Configurations that are composed of several files: for a function by its decorator, or by a call for a variable."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.code.composition import Composition, Files, plain
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact, Location

_CHAIN = re.compile(r"([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[[\"'][\w-]+[\"']\])+)\Z")
_PART = re.compile(r"\.(\w+)|\[[\"']([\w-]+)[\"']\]")
_MAKES = "compose"  # a call that is given the name of the main file
_BEGINS = "initialize"  # a call before it that is given the folder
_FOLDERS = ("config_path", "config_dir", "config_module")


class Composed:
    """Functions and variables that hold such a configuration, and what stands in it."""

    def __init__(self, code: Code, files: Files) -> None:
        self._code, self.entries = code, Composition(files)
        self._mains: dict[Definition, str] = {}  # function -> path of its main file
        self._variables: dict[tuple[str, str, str], str] = {}  # (file, function or '', name) -> path of the main file
        made: dict[Definition, str] = {}  # functions that return one
        for call in code.facts("call"):
            kwargs = call.get("kwargs") or {}
            if call.get("decorates") and isinstance(kwargs.get("config_name"), str):
                folder = self._folder(_text(kwargs.get("config_path")), call.at.path)
                path = self.entries.file(folder, str(kwargs["config_name"]))
                if path:
                    self._mains[call.at.path, str(call.get("decorates"))] = path
            elif call.get("known") and call.name.rpartition(".")[2] == _MAKES and (path := self._main(call)):
                self._hold(call, path)
                if call.get("returned"):
                    made[call.at.path, str(call.get("function") or "")] = path
        for call in code.facts("call") if made else ():
            target = code.called(call) if call.get("assigned") else None
            if target in made and target is not None:
                self._hold(call, made[target])

    def of(self, text: str, fact: Fact) -> tuple[Any, Location] | None:
        """What `cfg.model.name` is, where `cfg` holds a configuration at the place of the fact."""
        found = _CHAIN.match(text) if self._mains or self._variables else None
        main = self._held(found[1], fact) if found is not None else None
        if found is None or main is None:
            return None
        return plain(self.entries.read(main, ".".join(one or other for one, other in _PART.findall(found[2]))))

    def _held(self, name: str, fact: Fact) -> str | None:
        """The main file of the configuration that a name holds."""
        owner = (fact.at.path, str(fact.get("function") or ""))
        function = self._code.functions.get(owner)
        if name not in [one.get("name") for one in (function.get("params") or ())] if function is not None else True:
            return self._variables.get((*owner, name)) or self._variables.get((owner[0], "", name))
        all_ = {*self._mains.values(), *self._variables.values()}
        if owner not in self._mains and len(all_) == 1 and name in self._handed():
            return next(iter(all_))
        return self._mains.get(owner)

    def _hold(self, call: Fact, path: str) -> None:
        if call.get("assigned"):
            self._variables[call.at.path, str(call.get("function") or ""), str(call.get("assigned"))] = path

    def _handed(self) -> set[str]:
        """The names under which main functions take their configuration, and of variables that hold one."""
        functions = (self._code.functions.get(one) for one in self._mains)
        names = {str(one.get("params")[0].get("name")) for one in functions if one is not None and one.get("params")}
        return names | {name for _, _, name in self._variables}

    def _main(self, call: Fact) -> str:
        """The main file that a call composes from, in the folder that the last call before it named."""
        name = _text((call.get("kwargs") or {}).get("config_name")) or _text(next(iter(call.get("args") or ()), None))
        begun = [one for one in self._code.calls(call.at.path) if one.name.rpartition(".")[2].startswith(_BEGINS)]
        before = [one for one in begun if (one.at.line, one.at.column) <= (call.at.line, call.at.column)] or begun
        if not name or not before:
            return ""
        kwargs = before[-1].get("kwargs") or {}
        key = next((key for key in _FOLDERS if key in kwargs), "")
        told = _text(kwargs[key] if key else next(iter(before[-1].get("args") or ()), None))
        if key == "config_module" or before[-1].name.endswith("_module"):
            return self.entries.ending(told.replace(".", "/"), name)
        if key == "config_path" or before[-1].name.endswith(_BEGINS):
            return self.entries.file(self._folder(told, call.at.path), name)
        return self.entries.ending(told.lstrip("./"), name)

    def _folder(self, written: str, origin: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(origin), written)).removeprefix("./")


def _text(value: Any) -> str:
    """A constant text, the known end of a path, or what stands in the path that a call is given."""
    if isinstance(value, dict):
        parts, args = value.get("parts"), value.get("args")
        if isinstance(value.get("const"), str):
            return str(value["const"])
        return str(parts[-1]) if parts else _text(args[0]) if args else ""
    return value if isinstance(value, str) else ""
