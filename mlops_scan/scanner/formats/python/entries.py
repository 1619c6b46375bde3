"""Entries of configuration files that code reads by a constant path: `load(open("p.yaml"))["a"]["b"]`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

from mlops_scan.scanner.formats.python.bodies import last_assigned
from mlops_scan.scanner.formats.python.constant import plain
from mlops_scan.scanner.formats.python.resolver import Resolver
from mlops_scan.scanner.formats.python.scopes import Scope

_CONFIGURATION = re.compile(r"[\w.\-/ ]{1,200}\.(?:ya?ml|json|toml|ini|cfg)\Z")
_USUAL = {"params_show": "params.yaml"}
_OPENS = frozenset(("read_text", "read_bytes", "open", "read", "decode"))  # methods of what names the file
READS = "Parser.read"  # what fills a parser of sections and options from a file
_READER = re.compile(r"load|read|conf|cfg|param|setting|ya?ml|toml|json", re.IGNORECASE)
_KEYS = 6  # of one value in a configuration file
_DEPTH = 5
_WITHIN = 3  # files whose names stand in files

Entry = tuple[str, str]  # file as written, dotted key


class Entries:
    """Which entries the expressions of one file read; `value` makes the value of an expression at a depth."""

    def __init__(self, resolver: Resolver, value: Callable[[ast.expr, Scope, int], Any]) -> None:
        self._resolver, self._value = resolver, value
        self._files: dict[int, str] = {}  # the file that a call reads, by the id of its node
        self._within = 0
        self.files: dict[str, ast.expr] = {}  # files of which an entry is read, with the first expression that does

    def of(self, node: ast.expr, scope: Scope) -> Entry | None:
        """The entry that an expression reads, if it reads one of a known file."""
        keys: list[str] = []
        binding, start = None, node
        while len(keys) < _KEYS and binding is None:
            if isinstance(node, ast.Attribute) and not self._is_own(node, scope):
                keys.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Subscript):
                if not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, str):
                    return None
                keys.append(node.slice.value)
                node = node.value
            elif isinstance(node, ast.Call) and (named := asked(node)):
                keys += reversed(named if len(named) == 1 or self._is_parser(node, scope) else named[:1])
                node = node.func.value  # type: ignore[attr-defined]
            else:
                binding = self._resolver.resolve(node, scope)
        if binding is None:
            return None
        if binding.entry is not None:
            return binding.entry if not keys else (binding.entry[0], ".".join([binding.entry[1], *reversed(keys)]))
        if not keys or self._within >= _WITHIN:
            return None
        self._within += 1
        try:
            file = self._file(binding.call, binding.scope, 0)
        finally:
            self._within -= 1
        if not file:
            return None
        self.files.setdefault(file, start)
        return file, ".".join(reversed(keys))

    def whole(self, call: ast.Call, scope: Scope) -> str:
        """The configuration file of which a call gives all, where it is called like one that does."""
        func = call.func
        if not _READER.search(getattr(func, "attr", "") or getattr(func, "id", "")):
            return ""
        binding = self._resolver.resolve(call, scope)
        file = self._file(binding.call, binding.scope, 0)
        if file:
            self.files.setdefault(file, call)
        return file

    def read(self, call: ast.Call, scope: Scope) -> None:
        """`parser.read("c.ini")`: from here on the parser holds what the file says."""
        made = self._resolver.callee(call, scope).call
        given = call.args[0] if call.args else None
        last = given.elts[-1:] if isinstance(given, (ast.List, ast.Tuple)) else call.args[:1]
        found = self._path(last[0], scope, 0) if last else ""
        if made is not None and found:
            self._files[id(made)] = found

    def _file(self, call: ast.Call | None, scope: Scope | None, depth: int) -> str:
        """The configuration file that a call is given by its constant path, itself or in a call among its arguments."""
        if call is None or scope is None or depth >= _DEPTH:
            return ""
        if id(call) not in self._files:
            self._files[id(call)] = self._usual(call, scope)
            if self._files[id(call)]:
                return self._files[id(call)]
            for one in self._places(call):
                found = self._path(one, scope, depth)
                if not found and isinstance(one, ast.Call):
                    found = self._file(one, scope, depth + 1)
                if found:
                    self._files[id(call)] = found
                    break
        return self._files[id(call)]

    def _path(self, node: ast.expr, scope: Scope, depth: int) -> str:
        """The path that an expression is, or the known end of one that begins at an unknown folder."""
        value = self._value(node, scope, depth + 1)
        known = plain(value)
        if isinstance(known, dict) and known.get("parts"):
            known = str(known["parts"][-1]).lstrip("/") if str(known["parts"][-1]).startswith("/") else ""
        return known if isinstance(known, str) and _CONFIGURATION.match(known) else ""

    def _is_own(self, node: ast.Attribute, scope: Scope) -> bool:
        """Whether an attribute is one of an object of this file: what it was set to is asked."""
        return isinstance(node.value, ast.Name) and self._resolver.name(node.value.id, scope).cls is not None

    def _is_parser(self, node: ast.Call, scope: Scope) -> bool:
        """Whether `get` is asked for a section and an option."""
        return self._resolver.callee(node, scope).name.endswith("Parser.get")

    def _usual(self, call: ast.Call, scope: Scope) -> str:
        """The file that a reader opens when it is told none."""
        named = bool(call.args) or any(one.arg != "stages" for one in call.keywords)
        return "" if named else _USUAL.get(self._resolver.callee(call, scope).name.rpartition(".")[2], "")

    def _places(self, call: ast.Call) -> Iterator[ast.expr]:
        """Where the path may stand: among the arguments, in what is opened, around a function that returns the call."""
        yield from call.args[:2]
        yield from (keyword.value for keyword in call.keywords[:4])
        if isinstance(call.func, ast.Attribute) and call.func.attr in _OPENS:
            yield call.func.value
        outer = self._resolver.outer.get(id(call))
        if outer is None:
            return
        info, called, _ = outer
        yield from called.args[:2]
        yield from (keyword.value for keyword in called.keywords[:4])
        yield from info.node.args.defaults
        body = info.node.body if isinstance(info.node.body, list) else []
        for one in call.args[:2]:
            opened = last_assigned(body, one.id) if isinstance(one, ast.Name) else None
            if opened is not None:
                yield opened


def asked(node: ast.Call) -> list[str]:
    """The constant keys of `x.get("key")`, `x.get("key", "default")` or `parser.get("section", "option")`."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "get" or not node.args:
        return []
    names = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return names if names and names[0] is getattr(node.args[0], "value", None) else []
