"""Steps of pipelines that functions of one's own make: each call of such a function is one, with what it hands over."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from mlops_scan.scanner.formats.python.literals import rows
from mlops_scan.scanner.graph.facts import counts
from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code.constants import Constants
from mlops_scan.scanner.link.code.handed import Handed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.moulds import filled, names, poured
from mlops_scan.scanner.model import Fact, Location

_STEPS = 2  # from the function that makes a step to the pipeline
_CALLERS = 100  # of one function
_TURNS = 20  # of one call in a loop
_TAILS = 4  # `step.with_options(...).submit(...)`
_MOST = 500  # steps of one repository
_DECLARED = frozenset(("resource", "workload", "container", "image", "command"))
_CIRCUMSTANCES = ("function", "assigned", "returned", "loop", "main", "chain", "guards", "cell", "state", "why")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


@dataclass(frozen=True, slots=True)
class _Made:
    """A step as a caller makes it: the call, and what the names of the function's parameters stand for."""

    call: Fact
    given: Mapping[str, Any]
    caller: Fact


def spread(code: Code, uses: Sequence[Use]) -> tuple[set[int], list[Fact]]:
    """(ids of facts of functions that make steps for their callers, the facts of each of the calls)."""
    making = list(_making(code, uses))
    calling = list(_calling(code, uses))
    if not making and not calling:
        return set(), []
    made = _Factories(code)
    gone, found = made.spread(making) if making else (set(), [])
    return gone, [*found, *made.called(calling, {(use.at.path, str(use.fact.get("decorates"))) for use in uses})]


def _making(code: Code, uses: Sequence[Use]) -> Iterator[tuple[Fact, bool]]:
    """(call that makes a step, whether only who calls its function can name it)."""
    steps = {id(use.fact): use for use in uses if use.key == "pipeline-step" and _may_be_made(use)}
    owners = {(use.at.path, str(use.fact.get("function"))) for use in steps.values()}
    if not owners:
        return
    owners -= {(use.at.path, str(use.fact.get("function") or "")) for use in uses if use.key == "pipeline"}
    owners -= {(use.at.path, str(use.fact.get("decorates"))) for use in uses if use.fact.says.get("decorates")}
    functions = {
        owner: {str(one.get("name")) for one in code.functions[owner].get("params") or ()} - {"self", "cls"}
        for owner in owners
        if owner in code.functions
    }
    for use in steps.values():
        owner = (use.at.path, str(use.fact.get("function")))
        told = use.match.argument(use.fact, "name")
        if owner in functions:
            unnamed = bool(names([told]) & functions[owner]) and "const" not in told
            if unnamed or use.fact.get("returned"):
                yield use.fact, unnamed


def _calling(code: Code, uses: Sequence[Use]) -> Iterator[Fact]:
    """Calls that may be those of a decorated step, in functions that return them and are no steps themselves."""
    decorated = {str(use.fact.get("decorates")) for use in uses if use.key == "pipeline-step"} - {"None"}
    tails = {one.rpartition(".")[2] for one in decorated}
    within = {(use.at.path, use.fact.get("decorates")) for use in uses if use.key in ("pipeline", "pipeline-step")}
    for fact in code.facts("call") if tails else ():
        says = fact.says
        if says.get("returned") and says.get("function") and not says.get("decorates"):
            outside = (fact.at.path, says["function"]) not in within and counts(fact.at.path)
            if outside and not tails.isdisjoint(fact.name.split(".")[-_TAILS:]):
                yield fact


def _may_be_made(use: Use) -> bool:
    says = use.fact.says
    return use.fact.kind == "call" and bool(says.get("function")) and not says.get("decorates") and counts(use.at.path)


class _Factories:
    """Functions that make steps, and their callers."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._constants = Constants(self._code)
        self._handed = Handed(self._code, self._constants)
        self._seen: Counter[str] = Counter()

    def spread(self, making: Sequence[tuple[Fact, bool]]) -> tuple[set[int], list[Fact]]:
        declared = self._declared([call for call, _ in making])
        gone: set[int] = set()
        found: list[Fact] = []
        for call, unnamed in making:
            made = list(islice(self._made(call, _STEPS), _MOST - len(found)))
            for one in made:
                found += [one.call, *self._instances(declared[id(call)], one)]
            if made or unnamed:  # a step that only a caller could name is none without one
                gone |= {id(one) for one in (call, *declared[id(call)])}
        return gone, found

    def called(self, calling: Sequence[Fact], steps: set[Definition]) -> Iterator[Fact]:
        """The calls of decorated steps, where those stand who call the functions that call them."""
        for call in calling:
            if self._code.called(call) in steps:
                yield from (one.call for one in islice(self._made(call, _STEPS), _CALLERS))

    def _made(self, call: Fact, left: int) -> Iterator[_Made]:
        owner = (call.at.path, str(call.get("function") or ""))
        for caller in self._handed.calling(owner)[:_CALLERS] if left and owner in self._code.functions else ():
            for given in self._ways(caller, owner):
                made = _Made(self._instance(call, given, caller), given, caller)
                further = [
                    _Made(one.call, {name: filled(value, one.given) for name, value in given.items()}, one.caller)
                    for one in self._made(made.call, left - 1)
                ]
                yield from further or [made]

    def _ways(self, caller: Fact, owner: Definition) -> Iterator[Mapping[str, Any]]:
        """What a call hands over for each parameter, once for each turn of a loop around it."""
        known = self._handed.names_of(owner)
        given = {name: self._turns(self._handed.argument(caller, owner, name), caller) for name in sorted(known)}
        rest = {key: value for key, value in (caller.get("kwargs") or {}).items() if key not in known}
        for row in rows(list(given.values()), _TURNS):
            yield {**dict(zip(given, row, strict=True)), "**": rest}

    def _turns(self, value: Any, caller: Fact) -> list[Any]:
        if not isinstance(value, Mapping) or "expr" not in value or "const" in value:
            return [value]
        if value.get("each"):
            return list(value["each"][:_TURNS])
        told = self._constants.of(value, caller)
        return [{**value, "const": told[0], "told": str(told[1])} if told is not None else value]

    def _declared(self, making: Iterable[Fact]) -> Mapping[int, list[Fact]]:
        """By id of a call: what is declared by its arguments, a pod and its image."""
        by_path: dict[str, list[Fact]] = defaultdict(list)
        for call in making:
            by_path[call.at.path].append(call)
        found: dict[int, list[Fact]] = defaultdict(list)
        ids: dict[str, int] = {}
        here = [fact for fact in self._code.all if fact.kind in _DECLARED and fact.at.path in by_path]
        for fact in here:
            for call in by_path[fact.at.path]:
                if _within(fact.at, call.at):
                    found[id(call)].append(fact)
                    ids.setdefault(str(fact.get("id") or ""), id(call))
        for fact in here:  # an image that a function of its own names
            call_id = ids.get(str(fact.get("owner") or fact.get("workload") or "-"))
            if call_id is not None and fact not in found[call_id]:
                found[call_id].append(fact)
        return found

    def _instances(self, declared: Sequence[Fact], made: _Made) -> Iterator[Fact]:
        """What is declared, as it is for one caller."""
        ids: dict[str, str] = {}
        path, at = made.caller.at.path, made.caller.at
        for fact in declared:
            says = {key: poured(value, made.given) for key, value in fact.says.items()}
            for key in ("id", "workload", "owner"):
                if isinstance(says.get(key), str) and says[key].startswith(f"{fact.at.path}#"):
                    identity = f"{path}#{says[key].partition('#')[2]}"
                    if identity not in ids:
                        self._seen[identity] += 1
                        ids[identity] = identity + (f"~{self._seen[identity]}" if self._seen[identity] > 1 else "")
                    says[key] = ids[identity]
            name = poured(fact.name, made.given)
            if fact.kind == "image" and says.get("raw") == fact.get("raw"):
                yield replace(fact, says=says)  # stands where it is written, whoever calls
                continue
            says |= {key: at.line for key in ("kind_line", "end_line") if key in says}
            says |= {"lines": dict.fromkeys(says["lines"], at.line)} if isinstance(says.get("lines"), Mapping) else {}
            says |= {"path": path} if "path" in says else {}
            yield Fact(fact.kind, name, at, says)

    def _instance(self, call: Fact, given: Mapping[str, Any], caller: Fact) -> Fact:
        """The call that makes a step, as it is for one caller."""
        says = {key: value for key, value in call.says.items() if key not in _CIRCUMSTANCES}
        says |= {key: caller.says[key] for key in _CIRCUMSTANCES if key in caller.says}
        if call.get("args"):
            says["args"] = [filled(self._qualified(one, call, caller), given) for one in call.get("args")]
        kwargs = {
            key: filled(self._qualified(one, call, caller), given) for key, one in (call.get("kwargs") or {}).items()
        }
        if isinstance(kwargs.get("**"), Mapping) and _DOTTED.fullmatch(str(kwargs["**"].get("expr"))):
            del kwargs["**"]
            kwargs |= given["**"]
        if kwargs:
            says["kwargs"] = kwargs
        name = call.name
        if says.get("local") and call.at.path != caller.at.path:
            name, says["known"] = f"{call.get('module')}.{name}", True
            del says["local"]
        return Fact("call", name, caller.at, says)

    def _qualified(self, value: Any, call: Fact, caller: Fact) -> Any:
        """A value that is a function of the module that makes the step, by the name that others know it by."""
        name = value.get("name") if isinstance(value, Mapping) else None
        if call.at.path == caller.at.path or (call.at.path, name) not in self._code.functions:
            return value
        return {**value, "name": f"{call.get('module')}.{name}"}


def _within(inner: Location, outer: Location) -> bool:
    first, last = (outer.line, outer.column), (outer.end_line or outer.line, outer.end_column or 10**9)
    return first <= (inner.line, inner.column) < last
