"""Values whose constant stands in another file: a module of constants, a class of settings, a configuration file.

Parsers see one file at a time. Here their values get the `const` that they lead to, and `told`, where it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python.placeholders import between
from mlops_scan.scanner.link.code.composed import Composed
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.readings import KEYS, Readings
from mlops_scan.scanner.link.code.written import is_made, is_plain, of_field, pieces
from mlops_scan.scanner.model import Fact, Location

_Known = tuple[Any, Location]
_GET = ".get"
_STEPS = 4  # from name to name


class Constants:
    """What is known, over all files, of the values of one repository."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._constants: dict[tuple[str, str], Fact] = {}
        for fact in code.facts("constant"):
            self._constants.setdefault((fact.at.path, fact.name), fact)
        self._parameters: dict[str, dict[str, Fact]] = defaultdict(dict)
        for fact in code.facts("parameter"):
            self._parameters[fact.at.path].setdefault(fact.name, fact)
        self._composed = Composed(code, self._parameters)
        self._readings = Readings(code, self._parameters)
        self._led: dict[tuple[int, int, int], _Known | None] = {}
        self._left = _STEPS

    def complete(self, value: Any, fact: Fact) -> None:
        """Fill in what a value of a call leads to, and the values inside it."""
        stack = [value]
        while stack:
            one = stack.pop()
            if isinstance(one, list):
                stack += one[:20]
            elif not isinstance(one, dict):
                continue
            elif "expr" not in one:
                stack += list(one.values())[:20]
            elif "const" in one:
                continue
            elif known := self._turns(one, fact):
                if all(text == known[0][0] for text, _ in known):
                    one["const"], one["told"] = known[0][0], str(known[0][1])
                else:
                    one["each"] = list(dict.fromkeys(text for text, _ in known if not isinstance(text, list)))
                    one.pop("parts", None)
            else:
                self._partly(one, fact)
                stack += one.get("args") or ()

    def _turns(self, value: Mapping[str, Any], fact: Fact) -> list[_Known]:
        """The constant that a value leads to, in each of the runs that commands start with other words."""
        turns = self._composed.turns(fact)
        if turns == 1:
            known = self.of(value, fact)
            return [known] if known is not None else []
        found: list[_Known] = []
        for turn in range(turns):
            self._composed.turn = turn
            known = self.of(value, fact)
            found += [known] if known is not None else []
        self._composed.turn = 0
        return found

    def of(self, value: Mapping[str, Any], fact: Fact) -> _Known | None:
        """The constant that a value leads to, and where it stands."""
        origin = fact.at.path
        if value.get("file"):
            laid = self._composed.of(str(value.get("expr") or ""), fact)
            return laid or self._in_file(str(value["file"]), str(value.get("key")), origin)
        text = str(value.get("expr") or "")
        name = value.get("name") or str(value.get("call") or "").replace(_GET, "")
        if name and (found := self._named(str(name), text, origin)) is not None:
            return found
        found = self._composed.of(text, fact) if self._composed.holds else None
        if found is None and is_made(text):
            found = self._written(text, value, fact)
        return found or (self._readings.of(value, fact) if self._parameters else None)

    def _written(self, text: str, value: Mapping[str, Any], fact: Fact) -> _Known | None:
        """A text put together of names, at least one of which another file tells."""
        found, places = self._pieces(text, value, fact)
        if not places or None in found:
            return None
        made = "".join(map(str, found))
        return (made, min(places)) if len(made) <= bounds.FACT_TEXT else None

    def _partly(self, value: dict[str, Any], fact: Fact) -> None:
        """More of the known end of a text than its own file tells."""
        if not value.get("parts"):
            place = self._code.names.place(str(value.get("name")), fact.at.path) if value.get("name") else None
            held = self._constants.get(place) if place is not None and place[0] != fact.at.path else None
            made = held.says.get("value") if held is not None else None
            if held is not None and isinstance(made, Mapping) and made.get("parts") and "const" not in made:
                told = dict(made)
                self._partly(told, held)
                value["parts"] = told["parts"]
        else:
            found, places = self._pieces(str(value.get("expr") or ""), value, fact)
            parts = between(found) if places else [""]
            if len(parts[-1]) > len(str(value["parts"][-1])):
                value["parts"] = parts

    def _pieces(self, text: str, value: Mapping[str, Any], fact: Fact) -> tuple[list[str | None], list[Location]]:
        """The pieces of a text, and the places of those that other files tell."""
        places: list[Location] = []
        if not is_made(text):
            return [], places
        origin = fact.at.path
        read = {_quoted(one["expr"]): one for one in value.get("pieces") or ()}

        def lookup(name: str) -> Any:
            piece = read.get(_quoted(name))
            known = (
                self.of(piece, fact)
                if piece is not None
                else self.by_text(name, origin) or self._composed.of(name, fact)
            )
            if known is not None:
                places.append(known[1])
                return known[0]
            own = self._constants.get((origin, name)) if name.isupper() else None
            value = own.get("value") if own is not None else None
            return value.get("const") if isinstance(value, Mapping) else value

        return pieces(text, lookup), places

    def by_text(self, text: str, origin: str) -> _Known | None:
        """The constant that a dotted name as written in a file leads to."""
        name = text.partition("[")[0]
        return self._named(name, text, origin) if self._code.names.imports(name.partition(".")[0], origin) else None

    def _in_file(self, file: str, key: str, origin: str) -> _Known | None:
        nearest = self._composed.entries.nearest(file, origin)
        entries = self._parameters[nearest] if nearest else {}
        same = [key] if key in entries else [name for name in entries if name.endswith(f".{key}")]
        if not nearest or len(same) > 1:
            return None
        return _constant(self._composed.entries.read(nearest, same[0] if same else key))

    def _named(self, name: str, text: str, origin: str) -> _Known | None:
        place = self._code.names.place(name, origin)
        if place is None or (place[0] == origin and place[1] == name and (origin, name) not in self._constants):
            return None
        return self._at(*place, text, _STEPS)

    def _at(self, path: str, name: str, text: str, left: int) -> _Known | None:
        fact = self._constants.get((path, name))
        if fact is not None:
            return self._constant(fact, text, left)
        owner, _, attribute = name.partition(".")
        held = self._constants.get((path, owner)) if attribute else None
        if held is not None and (found := self._entry(held, attribute.split("."))) is not None:
            return found
        if not attribute or "." in attribute or not left:
            return None
        if (path, owner) in self._code.classes:
            return self._member(path, owner, attribute, left)
        for call in self._code.calls(path):
            function = str(call.get("function") or "")
            if (call.get("assigned") == owner and not function) or (call.get("returned") and function == owner):
                given = (call.get("kwargs") or {}).get(attribute)
                if isinstance(given, (str, int, float)):
                    return given, call.at
                made = self._code.made(call)
                return (
                    self._member(*made, attribute, left - 1)
                    if made is not None
                    else self._of_function(call, attribute, left)
                )
        return None

    def _of_function(self, call: Fact, attribute: str, left: int) -> _Known | None:
        """`settings = get_settings()`: what the function returns."""
        target = self._code.called(call)
        return self._at(target[0], f"{target[1]}.{attribute}", "", left - 1) if target is not None else None

    def _member(self, path: str, owner: str, name: str, left: int) -> _Known | None:
        """An attribute of a class: assigned in its body, the default of a field, or of a base."""
        fact = self._constants.get((path, f"{owner}.{name}"))
        if fact is not None:
            return self._constant(fact, "", left)
        cls = self._code.classes.get((path, owner))
        if cls is None or not left:
            return None
        for one in cls.get("fields") or ():
            if one.get("name") == name:
                default = of_field(one.get("default"))
                return (default, cls.at) if default is not None else None
        for base in cls.get("bases") or ():
            found = self._code.names.find(str(base), path)
            if found is not None and found != (path, owner):
                return self._member(*found, name, left - 1)
        return None

    def _constant(self, fact: Fact, text: str, left: int) -> _Known | None:
        value = fact.get("value")
        if isinstance(value, Mapping) and "expr" in value:
            if "const" in value:
                value = value["const"]
            elif isinstance(value.get("holds"), Mapping):
                value = value["holds"]
            elif value.get("file") and (keys := [one or other for one, other in KEYS.findall(text)]):
                return self._entry(fact, keys)
            else:
                return self._further(value, fact) if left else None
        for one, other in KEYS.findall(text):
            value = value.get(one or other) if isinstance(value, Mapping) else None
        return (value, fact.at) if is_plain(value) else None

    def _entry(self, fact: Fact, keys: list[str]) -> _Known | None:
        """What stands under keys in a configuration file that a constant was read from, or in a part of one."""
        value = fact.get("value")
        file = value.get("file") if isinstance(value, Mapping) else None
        keys = [*([str(value["key"])] if file and "key" in value else []), *keys]
        return self._in_file(str(file), ".".join(keys), fact.at.path) if file and keys else None

    def _further(self, value: Mapping[str, Any], fact: Fact) -> _Known | None:
        """What the value of a constant leads to in turn: names that lead back to themselves lead nowhere."""
        key = (id(fact), self._composed.turn, self._left)
        if self._left and key not in self._led:
            self._led[key] = None
            self._left -= 1
            self._led[key] = self.of(value, fact)
            self._left += 1
        return self._led.get(key)


def _quoted(text: str) -> str:
    return text.replace('"', "'")


def _constant(found: _Known | None) -> _Known | None:
    return found if found is not None and is_plain(found[0]) else None
