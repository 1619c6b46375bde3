"""Calls by what other files make of their names: `@api.post(...)` of an object that another file makes, and names of
libraries that a module of the repository hands on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mlops_scan.scanner.graph.modules import Names
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact

_KEPT = ("receiver_args", "receiver_kwargs")


def renamed(code: Code) -> dict[int, Fact]:
    """By id of a fact: the same call by the name of what made its receiver, `fastapi.FastAPI.post`, or of the library
    that it comes from; the same class by the names of its bases there.
    """
    if len(code.facts("module")) < 2:
        return {}
    objects = _Objects(code)
    found: dict[int, Fact] = {}
    for fact in filter(objects.may_mean, code.facts("call")):
        name, made = objects.name(fact) if fact.says.get("known") else ("", None)
        if made is not None:
            found[id(fact)] = _named(fact, name, made)
        elif foreign := objects.foreign(fact.name, fact):
            found[id(fact)] = replace(fact, name=foreign, says={**fact.says, "known": True})
    for fact in code.facts("class"):
        bases = [objects.foreign(str(base), fact) or base for base in fact.says.get("bases") or ()]
        if bases and bases != fact.says["bases"]:
            found[id(fact)] = replace(fact, says={**fact.says, "bases": bases})
    return found


def _named(call: Fact, name: str, made: Fact) -> Fact:
    """The call under its better name, with the constants with which the receiver was made."""
    told = {key: made.get(source) for key, source in zip(_KEPT, ("args", "kwargs"), strict=True) if made.get(source)}
    if "receiver_args" in told:
        told["receiver_args"] = [_constant(one) for one in told["receiver_args"]]
    if "receiver_kwargs" in told:
        told["receiver_kwargs"] = {
            key: one for key, one in told["receiver_kwargs"].items() if _constant(one) is not None
        }
    return replace(call, name=name, says={**told, **call.says})


def _constant(value: object) -> object:
    return value if isinstance(value, (str, int, float)) else None


class _Objects:
    """Objects by the file and the name under which it keeps them."""

    def __init__(self, code: Code) -> None:
        self._made: dict[tuple[str, str], Fact] = {}
        self._classes = {(fact.at.path, fact.name): fact for fact in code.facts("class")}
        returned: dict[tuple[str, str], Fact] = {}
        for fact in code.facts("call"):
            says = fact.says
            if not says.get("known"):
                continue
            function = says.get("function")
            if not function and says.get("assigned"):
                self._made.setdefault((fact.at.path, str(says["assigned"])), fact)
            elif function and says.get("returned"):
                returned.setdefault((fact.at.path, str(function)), fact)
        self._made = {**returned, **self._made}
        self._names = Names(code.imported, [*code.facts("class"), *code.facts("function")])
        for path, name in self._made:
            self._names.define(path, name)
        self._tops = self._names.modules.tops
        self._known: dict[tuple[str, str], tuple[str, Fact] | None] = {}
        self._foreign: dict[tuple[str, str], str | None] = {}

    def may_mean(self, fact: Fact) -> bool:
        """Whether a name may be one of this repository: by its first word, or since the file takes all of a module."""
        return fact.name.partition(".")[0] in self._tops or fact.at.path in self._names.stars

    def name(self, call: Fact) -> tuple[str, Fact | None]:
        """(better name, what made the receiver); nothing made it where the name stands as it is."""
        owner, dot, method = call.name.rpartition(".")
        if not dot or owner.partition(".")[0] not in self._tops:
            return call.name, None
        key = (owner, call.at.path.rpartition("/")[0])
        if key not in self._known:
            self._known[key] = self._owner(owner, call.at.path)
        known = self._known[key]
        return (f"{known[0]}.{method}", known[1]) if known is not None else (call.name, None)

    def foreign(self, name: str, fact: Fact) -> str | None:
        """The name in its library, where modules of the repository only hand it on."""
        path = fact.at.path
        if name.partition(".")[0] not in self._tops and path not in self._names.stars:
            return None
        key = (name, path if path in self._names.stars else path.rpartition("/")[0])
        if key not in self._foreign:
            self._foreign[key] = self._names.foreign(name, path)
        return self._foreign[key]

    def _owner(self, owner: str, origin: str) -> tuple[str, Fact] | None:
        place = self._names.place(owner, origin)
        if place is None:
            return None
        path, name = place
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            made = self._made.get((path, ".".join(parts[:end]))) or self._attribute(path, parts[:end])
            if made is not None and made.name.partition(".")[0] not in self._tops:
                return ".".join([made.name, *parts[end:]]), made
        return None

    def _attribute(self, path: str, parts: Sequence[str]) -> Fact | None:
        """An object that a class keeps in its body."""
        cls = self._classes.get((path, parts[0])) if len(parts) == 2 else None
        made = self._made.get((path, parts[1])) if cls is not None else None
        if cls is None or made is None:
            return None
        return made if cls.at.line < made.at.line <= int(cls.get("end_line") or 0) else None
