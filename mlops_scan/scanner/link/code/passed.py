"""What commands pass to the options of a program: `train.py --model churn` wins over what the option is by default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from mlops_scan.scanner.formats.python.placeholders import between
from mlops_scan.scanner.formats.python.values import PARSES
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.starts import commands
from mlops_scan.scanner.link.code.written import constant, pieces
from mlops_scan.scanner.model import Fact, Location

_RUNS = 8  # of one program
_NODES = 200  # values of one call
_HOPS = 3  # from name to name
_OPEN = re.compile(r"[${}<>%*]")  # in a word of which the rest is known elsewhere
_WORD = re.compile(r"--?[A-Za-z][\w.-]*\Z")
_CHAIN = re.compile(r"(?<![\w.\"'])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_SPELLED = re.compile(r"[\"'](--?[A-Za-z][\w-]*)[\"']")  # in an annotation or a default: `Option("--name")`
_DECLARES = ".add_argument"
_DECORATES = (".option", ".argument", ".command")
_RUNS_FUNCTION = ("run", "Fire", "cli", "main")  # calls that are handed the function whose parameters are options


@dataclass(frozen=True, slots=True)
class _Run:
    """One start of a program: the words of its options, with what each is given."""

    given: Mapping[str, str | None]
    at: Location


@dataclass(slots=True)
class _Option:
    """An option: the words that set it, and what it is without them."""

    words: set[str] = field(default_factory=set)
    default: Any = None


def fill(code: Code) -> None:
    """Put into the values of programs what commands pass to their options: one value, or each of several."""
    telling = [one for one in code.facts("command") if _tells(one.says.get("argv") or ())]
    if not telling:
        return
    paths = commands(telling, frozenset(one.at.path for one in code.facts("module"))).keys()
    for path, found in commands(code.facts("command"), frozenset(paths)).items() if paths else ():
        runs = [_Run(dict(_given(one.says.get("argv") or (), path)), one.at) for one in found]
        if any(one.given for one in runs):
            _Program(code, path, runs).fill()


def _tells(argv: Sequence[Any]) -> bool:
    return any(str(word).startswith("--") for word in argv[1:])


def _given(argv: Sequence[Any], path: str) -> Iterator[tuple[str, str | None]]:
    """(word of an option, what it is given if that is known) behind the word that names the program."""
    words = [str(word) for word in argv]
    stem = path.rpartition("/")[2].removesuffix(".py")
    named = (place for place, word in enumerate(words) if re.split(r"[/.]", word.removesuffix(".py"))[-1] == stem)
    start = next(named, len(words)) + 1
    for place, word in enumerate(words[start:], start):
        name, equals, value = word.partition("=")
        if not _WORD.match(name):
            continue
        value = value if equals else next(iter(words[place + 1 : place + 2]), "")
        if value and not _WORD.match(value):
            yield name, None if _OPEN.search(value) else value


class _Program:
    """A file with options, and the runs of it."""

    def __init__(self, code: Code, path: str, runs: Sequence[_Run]) -> None:
        self._code, self._path, self._runs = code, path, runs
        self._constants = {one.name: one for one in code.in_file(path, "constant")}

    @cached_property
    def _options(self) -> dict[tuple[str, str], _Option]:
        """The options by (function whose parameter it is, or '', name)."""
        found: dict[tuple[str, str], _Option] = {}
        for call in self._code.calls(self._path):
            if call.name.endswith(_DECLARES):
                _add(found, "", call.says)
        for function in self._code.in_file(self._path, "function"):
            for one in function.says.get("decorators") or ():
                if str(one.get("name")).endswith(_DECORATES[:2]):
                    _add(found, function.name, one)
            if self._is_run(function):
                _add_parameters(found, function.name, function.says.get("params") or ())
        return found

    def _is_run(self, function: Fact) -> bool:
        """Whether a command line is made of the parameters of a function."""
        decorators = function.says.get("decorators") or ()
        return function.name in self._handed or any(str(one.get("name")).endswith(_DECORATES) for one in decorators)

    @cached_property
    def _handed(self) -> frozenset[str]:
        """What is handed to calls that run it by the command line."""
        given = (
            one
            for call in self._code.calls(self._path)
            if call.says.get("known") and call.name.rpartition(".")[2] in _RUNS_FUNCTION
            for one in call.says.get("args") or ()
        )
        return frozenset(str(one.get("expr")) for one in given if isinstance(one, dict))

    def fill(self) -> None:
        for call in self._code.calls(self._path) if self._options else ():
            stack = [*(call.says.get("args") or ()), *(call.says.get("kwargs") or {}).values()]
            for _ in range(_NODES):
                if not stack:
                    break
                one = stack.pop()
                if isinstance(one, dict) and "expr" in one:
                    self._fill(one, str(call.says.get("function") or ""))
                    stack += one.get("args") or ()
                elif isinstance(one, (dict, list)):
                    stack += one.values() if isinstance(one, dict) else one

    def _fill(self, value: dict[str, Any], function: str) -> None:
        if not any(self._option(name, function) for name in self._names(value)):
            return
        told = [(self._made(value, function, run), run.at) for run in self._runs]
        whole = {"".join(text): at for text, at in reversed(told) if text and None not in text}  # type: ignore[arg-type]
        if len(whole) > 1:
            value.pop("const", None)
            value.pop("parts", None)
            value["each"] = list(islice(reversed(whole), _RUNS))
        elif whole:
            ((made, at),) = whole.items()
            if made != value.get("const"):
                value["const"], value["told"] = made, str(at)
        elif (parts := next((between(text) for text, _ in told if text and any(text)), None)) and "const" not in value:
            value["parts"] = parts

    def _names(self, value: Mapping[str, Any]) -> Iterator[str]:
        yield from _CHAIN.findall(str(value["expr"]))
        if PARSES.search(str(value.get("name")).rpartition(".")[0]):
            yield str(value["name"])

    def _made(self, value: Mapping[str, Any], function: str, run: _Run) -> Sequence[str | None]:
        """The pieces of what a value is in one run."""
        text = str(value["expr"])
        name = text if _CHAIN.fullmatch(text) else ""
        if name or PARSES.search(str(value.get("name")).rpartition(".")[0]):
            known = self._known(name, function, run)
            if known is None and value.get("name"):
                known = self._known(str(value["name"]), function, run)
            return [None if known is None else str(known)]
        return pieces(text, lambda one: self._known(one, function, run))

    def _known(self, name: str, function: str, run: _Run, left: int = _HOPS) -> Any:
        """What a name is in one run: an option, or a constant of the file."""
        option = self._option(name, function)
        if option is not None:
            return next((run.given[word] for word in option.words if word in run.given), option.default)
        fact = self._constants.get(name)
        value = fact.says.get("value") if fact is not None else None
        if isinstance(value, dict) and left and _CHAIN.fullmatch(text := str(value.get("expr"))):
            return self._known(text, "", run, left - 1)
        return constant(value)

    def _option(self, name: str, function: str) -> _Option | None:
        """The option that `args.model` is, or the parameter of a function that is run by its options."""
        owner, dot, last = name.rpartition(".")
        if not dot:
            return self._options.get((function, name)) if function else None
        option = self._options.get(("", last))
        return option if option is not None and not self._is_foreign(owner) else None

    def _is_foreign(self, owner: str) -> bool:
        """Whether the object of an attribute comes from elsewhere: no parser filled it."""
        imported = self._code.names.imports(owner.partition(".")[0], self._path)
        return imported and not PARSES.search(owner)


def _add(found: dict[tuple[str, str], _Option], function: str, says: Mapping[str, Any]) -> None:
    """An option as a call or a decorator declares it."""
    kwargs = says.get("kwargs") or {}
    names = [one for one in says.get("args") or () if isinstance(one, str)]
    words = {one for one in names if one.startswith("-")}
    names.sort(key=lambda name: (name.startswith("-"), not name.startswith("--")))
    told = kwargs.get("dest", names[0] if names else None)
    if isinstance(told, str) and words:
        default = constant(kwargs.get("default"))
        found[function, told.lstrip("-").replace("-", "_")] = _Option(words, default)


def _add_parameters(found: dict[tuple[str, str], _Option], function: str, params: Iterable[Mapping[str, Any]]) -> None:
    """The parameters of a function, each an option of its name where nothing else is told."""
    for one in params:
        name, default = str(one.get("name")), one.get("default")
        spelled = f"{one.get('annotation')} {default.get('expr') if isinstance(default, dict) else ''}"
        words = set(_SPELLED.findall(spelled)) or {f"--{name}", f"--{name.replace('_', '-')}"}
        if (function, name) not in found:
            inner = (default.get("args") or ())[:1] if isinstance(default, dict) else ()
            found[function, name] = _Option(words, constant(next(iter(inner), default)))
