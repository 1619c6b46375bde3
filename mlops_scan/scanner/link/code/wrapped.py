"""Programs that a function starts for its callers: `run("src.train")` starts what `run` makes of its parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.formats.python.literals import rows
from mlops_scan.scanner.graph.facts import counts
from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.code.constants import Constants
from mlops_scan.scanner.link.code.handed import Handed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.moulds import names
from mlops_scan.scanner.link.code.programs import program
from mlops_scan.scanner.link.code.written import begun, pieces
from mlops_scan.scanner.model import Fact

_STEPS = 2  # from the function that starts a program to who calls it
_CALLERS = 200  # of one function
_MOST = 2000  # commands of one repository
_TURNS = 20  # of one call in a loop
_SPLIT = re.compile(r"(?:shlex\.split\()?[rf]?([\"'])([^\"'{}\n]*)\1(?:\.split\(\)|\))")
_HOLE = "{}"


@dataclass(frozen=True, slots=True)
class _Mould:
    """The words of a program, or the one value that holds them all, with names of the function's parameters."""

    words: tuple[Any, ...]
    whole: bool
    owner: Definition


def commands(wrappers: Sequence[Fact], code: Code) -> Iterator[Fact]:
    """The `command` facts of the calls of functions that start what they are handed."""
    moulds = []
    for one in wrappers:
        if counts(one.at.path):
            words = tuple(one.get("words") or ()) or (one.get("text"),)
            moulds.append(_Mould(words, not one.get("words"), (one.at.path, str(one.get("function")))))
    takes = {
        owner: {str(one.get("name")) for one in code.functions[owner].get("params") or ()}
        for owner in {mould.owner for mould in moulds}
        if owner in code.functions
    }
    moulds = [one for one in moulds if takes.get(one.owner, set()) & names(one.words)]
    if moulds:
        yield from islice(_Wrapped(code).commands(moulds), _MOST)


class _Wrapped:
    """The callers of such functions, and what they hand over."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._constants = Constants(self._code)
        self._handed = Handed(self._code, self._constants)

    def commands(self, moulds: Sequence[_Mould]) -> Iterator[Fact]:
        seen: set[tuple[Any, ...]] = set()
        for mould in moulds:
            for fact in self._of(mould, _STEPS):
                key = (fact.at, tuple(fact.get("argv")))
                if key not in seen:
                    seen.add(key)
                    yield fact

    def _of(self, mould: _Mould, left: int) -> Iterator[Fact]:
        params = self._handed.names_of(mould.owner)
        for caller in self._handed.calling(mould.owner)[:_CALLERS]:
            if caller.get("state") == "disabled":
                continue
            given = {name: self._argument(caller, mould.owner, name) for name in names(mould.words) & params}
            words = tuple(one for word in mould.words for one in _filled(word, given))
            around = (caller.at.path, str(caller.get("function") or ""))
            further = left > 1 and names(given.values()) & self._handed.names_of(around)
            found = list(self._of(_Mould(words, mould.whole, around), left - 1)) if further else []
            yield from found
            if not found and any(self._turns(one, caller) not in ([None], [[]]) for one in given.values()):
                yield from self._started(words, mould.whole, caller)

    def _argument(self, caller: Fact, owner: Definition, name: str) -> Any:
        """What a caller gives for a parameter: all that is left for the one that takes the rest."""
        params = self._code.functions[owner].get("params") or ()
        known = [str(one.get("name")) for one in params]
        index = known.index(name)
        if not params[index].get("rest"):
            found = self._handed.argument(caller, owner, name)
            return None if isinstance(found, Mapping) and "expr" not in found else found  # a dict is no word
        bound = "." in owner[1] and known[:1] in (["self"], ["cls"])
        return list(caller.get("args") or ())[index - bound :]

    def _started(self, words: Sequence[Any], whole: bool, caller: Fact) -> Iterator[Fact]:
        turns = [self._turns(word, caller) for word in words]
        for way in rows(turns, _TURNS):
            for command in _commands(way, whole):
                says = {"argv": list(command.argv), "raw": command.raw, "where": "python"}
                says |= {key: caller.get(key) for key in ("function", "cell") if caller.get(key)}
                yield Fact("command", command.argv[0], caller.at, says)

    def _turns(self, value: Any, caller: Fact) -> list[Any]:
        """What a value is, once for each turn of a loop: texts, lists of texts, None where nothing is known."""
        if isinstance(value, (list, tuple)):
            return [[_text(self._turns(one, caller)[0]) for one in value]]
        if not isinstance(value, Mapping) or "expr" not in value:
            return [str(value) if isinstance(value, (str, int, float)) else None]
        if value.get("bound"):
            return self._bound(value, caller)
        for key in ("each", "turns"):
            if isinstance(value.get(key), list):
                return [self._turns(one, caller)[0] for one in value[key][:_TURNS]]
        known = value.get("const", value.get("holds"))
        if known is not None and "const" not in value and not program(known):
            return [None]  # a list that a name holds may have grown since: it tells what it starts, or nothing
        if known is None and str(value.get("name")) == "sys.executable":
            known = "python"
        if known is None and (split := _SPLIT.fullmatch(str(value["expr"]))):
            known = split[2].split()
        if known is None:
            told = self._constants.of(value, caller)
            known = told[0] if told is not None else None
        if known is None and value.get("parts"):
            known = _HOLE.join(map(str, value["parts"]))
        return self._turns(known, caller) if known is not None else [None]

    def _bound(self, value: Mapping[str, Any], caller: Fact) -> list[Any]:
        """A text that is put together of parameters, by what is handed over for them."""
        given = {name: self._turns(one, caller) for name, one in value["bound"].items()}
        found: list[Any] = []
        for way in islice(product(*given.values()), _TURNS):
            known = dict(zip(given, way, strict=True))
            made = pieces(str(value["expr"]), known.get)
            found.append("".join(_HOLE if one is None else one for one in made) if any(made) else None)
        return found


def _commands(way: Sequence[Any], whole: bool) -> list[shell.Command]:
    words = [one for word in way for one in (word if isinstance(word, list) else [_text(word)])]
    if whole and not isinstance(way[0], list):
        return shell.commands(way[0]) if way[0] else []
    if words[:1] == [_HOLE] and shell.asks_python(words[1:2]):
        words[0] = "python"
    return shell.from_argv(words) if words and words[0] != _HOLE else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _HOLE


def _filled(word: Any, given: Mapping[str, Any]) -> list[Any]:
    """A word with what is handed over in place of parameters; several where a list is spread."""
    if isinstance(word, (list, tuple)):
        return [[one for inner in word for one in _filled(inner, given)]]
    if not isinstance(word, Mapping) or "expr" not in word:
        return [word]
    if word.get("bound"):
        return [{**word, "bound": {name: _filled(one, given)[0] for name, one in word["bound"].items()}}]
    text = str(word["expr"])
    if text in given:
        one = given[text]
        if not word.get("spread"):
            return [one]
        listed = one.get("holds") if isinstance(one, Mapping) else one
        return listed if isinstance(listed, list) else [] if one is None else [{"expr": f"*{text}", "bound": {}}]
    bound = {name: one for name, one in given.items() if name in begun(text)}
    return [{"expr": text, "bound": bound}] if bound else [word]
