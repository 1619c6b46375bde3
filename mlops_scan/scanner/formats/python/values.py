"""Expressions as the `value`s of docs/facts.md: JSON constants, or what is known of the rest."""

from __future__ import annotations

import ast
import re
from typing import Any

from mlops_scan.scanner.formats.python.constant import constant, is_constant, is_unknown, negative, plain
from mlops_scan.scanner.formats.python.entries import Entries, asked
from mlops_scan.scanner.formats.python.literals import Rows, under
from mlops_scan.scanner.formats.python.openers import OPENS, as_path, opened
from mlops_scan.scanner.formats.python.paths import ON_PATHS, PATHS, SPELLING, of_path
from mlops_scan.scanner.formats.python.resolver import TYPES, Resolver
from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, Scope
from mlops_scan.scanner.formats.python.source import Source
from mlops_scan.scanner.formats.python.texts import TRANSPARENT, Texts

_ITEMS = 100  # of one list or dict
_DEPTH = 5
_NODES = 400  # of one value
_CALL_ARGS = 4  # of a call inside a value
_ENVIRONMENT = frozenset(("os.environ.get", "os.getenv", "environ.get", "os.environ.pop", "os.environ.setdefault"))
_JOINING = frozenset(("os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath"))
CONSTANT_CALLS = _ENVIRONMENT | _JOINING | TRANSPARENT  # of which a constant may be known
WIDGET_READERS = frozenset(("dbutils.widgets.get", "dbutils.widgets.getArgument"))
PARSES = re.compile(r"(?:[Pp]ars|arguments?\Z)\w*\Z")  # what fills a class from options: the last word of its name


class Values:
    """Makes JSON values of one file's expressions."""

    def __init__(self, source: Source, resolver: Resolver) -> None:
        self.source, self.resolver = source, resolver
        self.widgets: dict[str, str] = {}  # defaults of a notebook's widgets by name
        self.options: dict[str, Any] = {}  # defaults of command-line options by attribute name
        self.rows = Rows()
        self.entries = Entries(resolver, self._of)
        self._texts = Texts(resolver, self._of)
        self._left = 0

    def dissolve(self) -> None:
        """Let go of what holds a method of this object: the circle would keep the file's whole tree."""
        del self.entries, self._texts

    def of(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression."""
        if isinstance(node, ast.Constant):
            known = constant(node.value)
            return {"expr": self.source.text(node)} if known is MISSING else known
        self._left = _NODES
        return self._of(node, scope, 0)

    def const(self, node: ast.expr, scope: Scope) -> Any:
        """The JSON constant that an expression is known to be, or MISSING."""
        value = self.of(node, scope)
        return value.get("const", MISSING) if isinstance(value, dict) and "expr" in value else value

    def _of(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        self._left -= 1
        if depth < _DEPTH and self._left > 0:
            reader = _READERS.get(node.__class__)
            if reader is not None and (found := reader(self, node, scope, depth)) is not MISSING:
                return found
        return {"expr": self.source.text(node)}

    def _constant(self, node: ast.Constant, scope: Scope, depth: int) -> Any:
        return constant(node.value)

    def _list(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope, depth: int) -> Any:
        return [self._of(one, scope, depth + 1) for one in node.elts[: min(_ITEMS, max(self._left, 0))]]

    def _dict(self, node: ast.Dict, scope: Scope, depth: int) -> Any:
        made: dict[str, Any] = {}
        for key, value in list(zip(node.keys, node.values, strict=True))[: min(_ITEMS, max(self._left, 0))]:
            if key is None:
                made.update(self.spread(value, scope, depth + 1))
            else:
                name = constant(key.value) if isinstance(key, ast.Constant) else MISSING
                made[name if isinstance(name, str) else self.source.text(key)] = self._of(value, scope, depth + 1)
        return made

    def spread(self, node: ast.expr, scope: Scope, depth: int = 0) -> dict[str, Any]:
        """What `**node` adds: the entries of a known dict, else {"**": value}; a named empty dict is filled later."""
        if not depth:
            self._left = _NODES
        found: ast.expr | None = node
        if isinstance(node, (ast.Name, ast.Attribute)):
            binding = self.resolver.resolve(node, scope)
            found, scope = binding.node, binding.scope or scope
        if isinstance(found, ast.Dict) and (found.keys or found is node) and depth < _DEPTH:
            made = self._dict(found, scope, depth + 1)
            return made if isinstance(made, dict) else {}
        return {"**": self._of(node, scope, depth)}

    def _name(self, node: ast.Name | ast.Attribute, scope: Scope, depth: int) -> Any:
        binding = self.resolver.resolve(node, scope)
        made: dict[str, Any] = {"expr": self.source.text(node)}
        if binding.name and not binding.name.startswith("?"):
            made["name"] = binding.name if binding.name not in TYPES else made["expr"]
        if binding.parts:
            made["parts"] = binding.parts
        if binding.each:
            made["each"] = binding.each
        elif depth < 2 and (rows := self.rows.of(node, scope)):
            made["turns"] = [self._of(row, scope, depth + 2) for row in rows]
        if binding.param and isinstance(node, ast.Attribute):
            owner = self.resolver.resolve(node.value, scope).cls
            if owner is not None:
                made["param"] = f"{owner.name}.__init__.{binding.param}"
        elif binding.param and binding.name.endswith(OPENS):  # a file of that parameter
            made["param"] = binding.param
        known = self._told(node, binding, scope, depth)
        if known is not MISSING:
            made["const" if is_constant(known) else "holds"] = known
        elif isinstance(node, ast.Attribute):
            self._configured(made, node, scope)
        elif binding.entry is not None:
            made["file"], made["key"] = binding.entry
        return made

    def _told(self, node: ast.Name | ast.Attribute, binding: Binding, scope: Scope, depth: int) -> Any:
        """What a name is known to be, or an attribute of options, of an enumeration's member, of a path."""
        known = self._known(binding, scope, depth)
        if known is not MISSING or isinstance(node, ast.Name):
            return self._option(binding) if known is MISSING else known
        if node.attr in self.options and not binding.known:
            return self.options[node.attr]
        if self.options and PARSES.search(binding.name.rpartition(".")[0]):
            return self._option(binding)
        if depth < _DEPTH and node.attr == "value":
            inner = plain(self._of(node.value, scope, depth + 1))
            return inner if isinstance(inner, str) else MISSING
        if depth < _DEPTH and node.attr in ON_PATHS and binding.name.startswith(PATHS):
            return of_path(node.attr, plain(self._of(node.value, scope, depth + 1)), [])
        return MISSING

    def _option(self, binding: Binding) -> Any:
        """The default of an option that a parser gave."""
        if self.options and PARSES.search(binding.name.rpartition(".")[0]):
            return self.options.get(binding.name.rpartition(".")[2], MISSING)
        return MISSING

    def _configured(self, made: dict[str, Any], node: ast.expr, scope: Scope) -> None:
        """`file` and `key` of what stands in a configuration file that the code reads by a constant path."""
        entry = self.entries.of(node, scope)
        if entry is not None:
            made["file"], made["key"] = entry

    def _known(self, binding: Binding, scope: Scope, depth: int) -> Any:
        if binding.const is not MISSING:
            return binding.const
        if isinstance(binding.node, (ast.List, ast.Tuple, ast.Set, ast.Dict)) and depth < 2:
            return self._of(binding.node, binding.scope or scope, depth + 2)
        if isinstance(binding.node, ast.BoolOp) and isinstance(binding.node.values[-1], ast.Constant) and depth < 2:
            found = self._boolean(binding.node, binding.scope or scope, depth + 2)  # `a or 3`
            return found.get("const", MISSING)
        return MISSING

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> Any:
        made: dict[str, Any] = {"expr": self.source.text(node)}
        name = self.resolver.callee(node, scope).name
        if name:
            made["call"] = name
        if asked(node):
            self._configured(made, node, scope)
        args = [self._of(one, scope, depth + 2) for one in node.args[:_CALL_ARGS]]
        if any(not isinstance(one, dict) or len(one) > 1 for one in args):
            made["args"] = args
        if name in _ENVIRONMENT and args and isinstance(args[0], str):
            made["env"] = args[0]
            if len(args) > 1 and not is_unknown(args[1]):
                made["const"] = plain(args[1])
        elif name in WIDGET_READERS and args and isinstance(args[0], str) and args[0] in self.widgets:
            made["const"] = self.widgets[args[0]]
        else:
            made.update(self._made(node, name, args, scope, depth))
        return made

    def _made(self, node: ast.Call, name: str, args: list[Any], scope: Scope, depth: int) -> dict[str, Any]:
        """What a call says that puts a text together, makes another of one, or opens a path."""
        func = node.func
        if isinstance(func, ast.Attribute) and (
            func.attr in SPELLING or (func.attr in ON_PATHS and name.startswith(PATHS))
        ):
            known = of_path(func.attr, plain(self._of(func.value, scope, depth + 1)), args)
            return {"const": known} if known is not MISSING else {}
        if name in _JOINING or (name in TRANSPARENT and node.args) or name == "str.format":
            return self._texts.of(node, scope, depth)
        path = opened(node, name) if name.endswith(OPENS) and name != "open" else None
        return as_path(self._of(path, scope, depth + 1)) if path is not None else {}

    def _subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> Any:
        made: dict[str, Any] = {"expr": self.source.text(node)}
        binding = self.resolver.resolve(node.value, scope)
        key = constant(node.slice.value) if isinstance(node.slice, ast.Constant) else MISSING
        if binding.name:
            made["name"] = binding.name
        if binding.name == "os.environ" and isinstance(key, str):
            made["env"] = key
        elif isinstance(key, str) and (found := under(node.value, key, scope, self.resolver, depth)) is not None:
            known = plain(self._of(*found, depth + 1))
            if isinstance(known, (str, int, float)):
                made["const"] = known
        if "const" not in made:
            self._configured(made, node, scope)
        if isinstance(key, str) and (turns := self.rows.entries(node.value, key, scope)):
            made["each"] = turns
        return made

    def _boolean(self, node: ast.BoolOp, scope: Scope, depth: int) -> Any:
        """`a or "default"`: the default is what is known."""
        made = {"expr": self.source.text(node)}
        first, last = (self._of(one, scope, depth + 1) for one in (node.values[0], node.values[-1]))
        if isinstance(first, dict):
            made = {**first, **made}
            made.pop("args", None)
        if isinstance(node.op, ast.Or) and not is_unknown(last):
            made["const"] = plain(last)
        return made

    def _pieces(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        return {"expr": self.source.text(node), **self._texts.of(node, scope, depth)}

    def template(self, node: ast.expr, scope: Scope) -> str:
        """A text with `{}` for what is unknown; '' when nothing of it is known."""
        self._left = _NODES
        if isinstance(node, (ast.JoinedStr, ast.BinOp)) or (isinstance(node, ast.Call) and node.args):
            pieces = self._texts.pieces(node, scope, 0)
            return "".join(piece if isinstance(piece, str) else "{}" for piece in pieces) if any(pieces) else ""
        known = self.const(node, scope)
        return known if isinstance(known, str) else ""


_READERS: dict[type[ast.expr], Any] = {
    ast.Constant: Values._constant,
    ast.List: Values._list,
    ast.Tuple: Values._list,
    ast.Set: Values._list,
    ast.Dict: Values._dict,
    ast.Name: Values._name,
    ast.Attribute: Values._name,
    ast.Call: Values._call,
    ast.Subscript: Values._subscript,
    ast.UnaryOp: lambda _, node, _scope, _depth: negative(node),
    ast.BoolOp: Values._boolean,
    ast.BinOp: Values._pieces,
    ast.JoinedStr: Values._pieces,
}
