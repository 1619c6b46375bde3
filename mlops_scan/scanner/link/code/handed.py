"""Constants that callers hand to a function: `save(model, "m.joblib")` tells the path that `save` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph.callees import argument_of
from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.code.constants import Constants
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.written import begun, constant, written
from mlops_scan.scanner.model import Fact, Location

_STEPS = 2  # from a function to who calls it
_MANY = 30  # callers of one function
_UNKNOWN = object()

_Given = tuple[Any, Location]


class Handed:
    """The calls of functions in whose bodies something that counts is given one of their parameters."""

    def __init__(self, code: Code, constants: Constants) -> None:
        self._code, self._constants = code, constants
        self._names: dict[Definition, frozenset[str]] = {}

    def complete(self, calls: Iterable[Fact]) -> None:
        """Add to the values of calls what callers of the function around them hand over."""
        for call in sorted(filter(self._may_hand, calls), key=lambda call: (call.at, call.name)):
            for value in (*(call.says.get("args") or ()), *(call.says.get("kwargs") or {}).values()):
                if isinstance(value, dict) and "expr" in value and "told" not in value:
                    self._complete(value, call)

    def _may_hand(self, call: Fact) -> bool:
        """Whether a call stands in a function that has parameters, or is given what its object was made with."""
        says = call.says
        function = says.get("function")
        if not function:
            return False
        given = (*(says.get("args") or ()), *(says.get("kwargs") or {}).values())
        return bool(self.names_of((call.at.path, function))) or any(_is_open(one) and "param" in one for one in given)

    def value(self, value: dict[str, Any], call: Fact) -> None:
        """Add to one value what callers of the function around a call hand over."""
        self._complete(value, call)

    def _complete(self, value: dict[str, Any], call: Fact) -> None:
        found = list(dict.fromkeys(self._given(value, call, _STEPS)))
        known = [one for one in found if one[0] is not _UNKNOWN]
        if not known:
            return
        value["given"] = [[text, at.path, at.line] for text, at in known]
        if len({text for text, _ in found}) == 1:
            value["const"], value["told"] = known[0][0], str(known[0][1])

    def _given(self, value: Mapping[str, Any], call: Fact, left: int) -> Iterator[_Given]:
        """(constant, place) that each caller hands over; an unknown one for a caller of which nothing is known."""
        owner, names = self._parameters(value, call)
        if not names or not left:
            return
        for caller in self.calling(owner)[:_MANY]:
            yield from self._from(caller, owner, value, names, left)

    def _from(
        self, caller: Fact, owner: Definition, value: Mapping[str, Any], names: list[str], left: int
    ) -> Iterator[_Given]:
        told = {name: self.argument(caller, owner, name) for name in names}
        text = str(value["expr"])
        if text != names[0] and not value.get("param"):
            made = written(text, lambda name: constant(told.get(name)))
            yield (_UNKNOWN if made is None else made), caller.at
            return
        given = told[names[0]]
        known = self._known(given, caller)
        if isinstance(known, str):
            yield known, caller.at
            return
        further = list(self._given(given, caller, left - 1)) if _is_open(given) else []
        yield from further or [(_UNKNOWN, caller.at)]

    def _known(self, given: Any, caller: Fact) -> Any:
        found = constant(given)
        if found is None and _is_open(given):
            told = self._constants.of(given, caller)
            found = told[0] if told is not None else None
        return found

    def _parameters(self, value: Mapping[str, Any], call: Fact) -> tuple[Definition, list[str]]:
        """The function whose parameters a value is made of, and their names."""
        if value.get("param"):
            function, _, name = str(value["param"]).rpartition(".")
            owner = (call.at.path, function or str(call.says.get("function") or ""))
            return owner, [name] if owner in self._code.functions else []
        owner = (call.at.path, str(call.says.get("function") or ""))
        known = self.names_of(owner)
        if not known:
            return owner, []
        return owner, [word for word in begun(str(value["expr"])) if word in known]

    def names_of(self, owner: Definition) -> frozenset[str]:
        """The names of a function's parameters."""
        if owner not in self._names:
            around = self._code.functions.get(owner)
            params = around.says.get("params") or () if around is not None else ()
            self._names[owner] = frozenset(str(one.get("name")) for one in params) - {"self", "cls"}
        return self._names[owner]

    def argument(self, call: Fact, owner: Definition, name: str) -> Any:
        """What a call gives for a parameter: its argument, else the default; None where it gives nothing."""
        params = self._code.functions[owner].get("params") or ()
        default = next((one.get("default") for one in params if one.get("name") == name), None)
        return argument_of(call, owner[1], [str(one.get("name")) for one in params], name, default)

    def calling(self, owner: Definition) -> list[Fact]:
        """The calls of a function of this repository."""
        return self._code.callers.get(owner, [])


def _is_open(value: Any) -> bool:
    return isinstance(value, Mapping) and "expr" in value
