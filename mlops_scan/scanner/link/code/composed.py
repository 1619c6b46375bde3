"""Configurations that are composed of several files: for a function by its decorator, or by a call for a variable."""

from __future__ import annotations

import re
from typing import Any

from mlops_scan.scanner.formats.composition import Composition, Files, Run, plain
from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.code import starts
from mlops_scan.scanner.link.code.index import COMPOSING, Code
from mlops_scan.scanner.model import Fact, Location

_CHAIN = re.compile(r"([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[[\"'][\w-]+[\"']\])+)\Z")
_PART = re.compile(r"\.(\w+)|\[[\"']([\w-]+)[\"']\]")
_COMPOSES = "compose"  # a call that is given the name of the main file
_BEGINS = "initialize"  # a call before it that is given the folder
_FOLDERS = ("config_path", "config_dir", "config_module")


class Composed:
    """Functions and variables that hold such a configuration, and what stands in it in the run that is the `turn`."""

    def __init__(self, code: Code, files: Files) -> None:
        self._code, self.entries, self.turn = code, Composition(files), 0
        self._mains: dict[Definition, tuple[Run, ...]] = {}  # function -> what it is run with
        self._variables: dict[tuple[str, str, str], Run] = {}  # (file, function or '', name)
        made: dict[Definition, Run] = {}  # functions that return one
        decorated: list[Fact] = []
        for call in code.composing if files else ():
            if call.says.get("decorates"):
                decorated.append(call)
            elif (run := self._run(call)) is not None:
                self._hold(call, run)
                if call.says.get("returned"):
                    made[call.at.path, str(call.get("function") or "")] = run
        if decorated:
            self._decorate(decorated)
        for call in code.facts("call") if made else ():
            target = code.called(call) if call.says.get("assigned") else None
            if target in made and target is not None:
                self._hold(call, made[target])

    @property
    def holds(self) -> bool:
        """Whether anything holds such a configuration."""
        return bool(self._mains or self._variables)

    def of(self, text: str, fact: Fact) -> tuple[Any, Location] | None:
        """What `cfg.model.name` is, where `cfg` holds a configuration at the place of the fact."""
        found = _CHAIN.match(text) if self.holds else None
        runs = self._held(found[1], fact) if found is not None else ()
        if found is None or not runs:
            return None
        key = ".".join(one or other for one, other in _PART.findall(found[2]))
        return plain(self.entries.read(runs[min(self.turn, len(runs) - 1)], key))

    def turns(self, fact: Fact) -> int:
        """How many runs with other words there are of what holds the fact."""
        if not self._mains:
            return 1
        own = self._mains.get((fact.at.path, str(fact.get("function") or "")))
        return len(own) if own is not None else max(map(len, self._mains.values()))

    def _decorate(self, decorated: list[Fact]) -> None:
        """The functions that are run with a configuration, by the commands that start their files."""
        started = starts.commands(self._code.all, frozenset(call.at.path for call in decorated))
        for call in decorated:
            kwargs = call.get("kwargs") or {}
            told = (_text(kwargs.get("config_path")), str(kwargs["config_name"]))
            runs = starts.runs(self.entries, call.at.path, *told, started.get(call.at.path, ()))
            if runs:
                self._mains[call.at.path, str(call.get("decorates"))] = runs

    def _run(self, call: Fact) -> Run | None:
        """The configuration that a call makes: of a main file and its options, or of files laid over each other."""
        name = call.name.rpartition(".")[2]
        if name not in COMPOSING:
            return None
        if name == _COMPOSES:
            path = self._main(call)
            return (
                starts.given(self.entries, path, (call.get("kwargs") or {}).get("overrides"), call.at) if path else None
            )
        files = [path for one in call.get("args") or () for path in self._layers(one, call)]
        return Run(tuple(files)) if len(files) > 1 else None

    def _layers(self, value: Any, call: Fact) -> tuple[str, ...]:
        """The files of one of the configurations that are laid over each other."""
        if not isinstance(value, dict):
            return ()
        args = value.get("args") or ()
        name = str(value.get("expr") or "")
        for one in self._code.calls(call.at.path) if not args and name.isidentifier() else ():
            if one.get("assigned") == name and one.get("function") == call.get("function") and one.at < call.at:
                args = one.get("args") or ()
        run = self._variables.get((call.at.path, str(call.get("function") or ""), name))
        path = self.entries.nearest(_text(args[0]), call.at.path) if args else ""
        return run.files if run is not None else (path,) if path else ()

    def _held(self, name: str, fact: Fact) -> tuple[Run, ...]:
        """The configurations that a name holds."""
        owner = (fact.at.path, str(fact.get("function") or ""))
        function = self._code.functions.get(owner)
        if name not in [one.get("name") for one in (function.get("params") or ())] if function is not None else True:
            run = self._variables.get((*owner, name)) or self._variables.get((owner[0], "", name))
            return (run,) if run is not None else ()
        all_ = {*self._mains.values(), *((one,) for one in self._variables.values())}
        if owner not in self._mains and len(all_) == 1 and name in self._handed():
            return next(iter(all_))
        return self._mains.get(owner, ())

    def _hold(self, call: Fact, run: Run) -> None:
        if call.get("assigned"):
            self._variables[call.at.path, str(call.get("function") or ""), str(call.get("assigned"))] = run

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
            return self.entries.file(starts.folder(told, call.at.path), name)
        return self.entries.ending(told.lstrip("./"), name)


def _text(value: Any) -> str:
    """A constant text, the known end of a path, or what stands in the path that a call is given."""
    if isinstance(value, dict):
        parts, args = value.get("parts"), value.get("args")
        if isinstance(value.get("const"), str):
            return str(value["const"])
        return str(parts[-1]) if parts else _text(args[0]) if args else ""
    return value if isinstance(value, str) else ""
