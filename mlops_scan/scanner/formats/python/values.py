"""Expressions as the `value`s of docs/facts.md: JSON constants, or what is known of the rest."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.python.resolver import TYPES, Resolver, last_assigned
from mlops_scan.scanner.formats.python.scopes import MISSING, Binding, Scope
from mlops_scan.scanner.formats.python.source import Source

_ITEMS = 100  # of one list or dict
_DEPTH = 5
_NODES = 400  # of one value
_PIECES = 60  # of one concatenation
_CALL_ARGS = 4  # of a call inside a value
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[-#0 +]*[\d.]*[a-zA-Z]")
_ENVIRONMENT = frozenset(("os.environ.get", "os.getenv", "environ.get", "os.environ.pop", "os.environ.setdefault"))
_JOINING = frozenset(("os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath"))
_TRANSPARENT = frozenset(("str", "int", "float", "bool", "os.fspath", "os.path.abspath", "os.path.expanduser", "open"))
CONSTANT_CALLS = _ENVIRONMENT | _JOINING | _TRANSPARENT  # of which a constant may be known
_CONFIGURATION = re.compile(r"[\w.\-/ ]{1,200}\.(?:ya?ml|json|toml)\Z")
PARSES = re.compile(r"(?:[Pp]ars|arguments?\Z)\w*\Z")  # what fills a class from options: the last word of its name
_SPELLING = frozenset(("lower", "upper", "strip", "lstrip", "rstrip"))  # texts that stay what they name
_USUAL = {"params_show": "params.yaml"}
_KEYS = 6  # of one value in a configuration file
_GAP = None  # an unknown piece of a text


class Values:
    """Makes JSON values of one file's expressions."""

    def __init__(self, source: Source, resolver: Resolver) -> None:
        self.source, self.resolver = source, resolver
        self.options: dict[str, Any] = {}  # defaults of command-line options by attribute name
        self._left = 0
        self._files: dict[int, str] = {}  # configuration file that a call reads, by the id of its node

    def of(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression."""
        if isinstance(node, ast.Constant):
            plain = constant(node.value)
            return {"expr": self.source.text(node)} if plain is MISSING else plain
        self._left = _NODES
        return self._of(node, scope, 0)

    def const(self, node: ast.expr, scope: Scope) -> Any:
        """The JSON constant that an expression is known to be, or MISSING."""
        value = self.of(node, scope)
        return value.get("const", MISSING) if isinstance(value, dict) and "expr" in value else value

    def declare(self, call: ast.Call, scope: Scope) -> None:
        """Options that a parser takes from the classes it is handed: their fields, with their defaults."""
        given = [*call.args[:_CALL_ARGS], *(keyword.value for keyword in call.keywords[:4])]
        listed = [
            one for value in given for one in (value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value])
        ]
        for one in listed[:_CALL_ARGS]:
            cls = self.resolver.resolve(one, scope).cls if isinstance(one, (ast.Name, ast.Attribute)) else None
            for name, field in cls.scope.names.items() if cls is not None else ():
                default = self._default(field) if field.const is MISSING else field.const
                if default is not MISSING:
                    self.options.setdefault(name, default)

    def _default(self, field: Binding) -> Any:
        """What a field is without an answer: `field(default="x")`, `Field("x")`."""
        if field.call is None or field.scope is None:
            return MISSING
        told = [one.value for one in field.call.keywords if one.arg == "default"] or field.call.args[:1]
        return self.const(told[0], field.scope) if told else MISSING

    def _of(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        self._left -= 1
        if depth < _DEPTH and self._left > 0:
            reader = _READERS.get(node.__class__)
            if reader is not None:
                found = reader(self, node, scope, depth)
                if found is not MISSING:
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
                made.update(self.entries(value, scope, depth + 1))
            else:
                name = constant(key.value) if isinstance(key, ast.Constant) else MISSING
                made[name if isinstance(name, str) else self.source.text(key)] = self._of(value, scope, depth + 1)
        return made

    def entries(self, node: ast.expr, scope: Scope, depth: int = 0) -> dict[str, Any]:
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
        known = self._known(binding, scope, depth)
        if known is MISSING and isinstance(node, ast.Attribute) and node.attr in self.options and not binding.known:
            known = self.options[node.attr]
        elif known is MISSING and self.options and PARSES.search(binding.name.rpartition(".")[0]):
            known = self.options.get(binding.name.rpartition(".")[2], MISSING)
        elif known is MISSING and isinstance(node, ast.Attribute) and node.attr == "value" and depth < _DEPTH:
            inner = _plain(self._of(node.value, scope, depth + 1))  # of a member of an enumeration
            known = inner if isinstance(inner, str) else MISSING
        if known is not MISSING:
            made["const" if _is_constant(known) else "holds"] = known
        elif isinstance(node, ast.Attribute):
            self._configured(made, node, binding, depth)
        return made

    def _configured(self, made: dict[str, Any], node: ast.expr, binding: Binding, depth: int) -> None:
        """`file` and `key` of what stands in a configuration file that a call read: `load(open("p.yaml"))["a"].b`."""
        keys: list[str] = []
        while len(keys) < _KEYS:
            if isinstance(node, ast.Attribute):
                keys.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Subscript):
                if not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, str):
                    return
                keys.append(node.slice.value)
                node = node.value
            elif isinstance(node, ast.Call) and _is_get(node):
                keys.append(node.args[0].value)  # type: ignore[attr-defined]
                node = node.func.value  # type: ignore[attr-defined]
            else:
                break
        file = self._file(binding.call, binding.scope, depth) if keys else ""
        if file:
            made["file"], made["key"] = file, ".".join(reversed(keys))

    def _file(self, call: ast.Call | None, scope: Scope | None, depth: int) -> str:
        """The configuration file that a call is given by its constant path, itself or in a call among its arguments."""
        if call is None or scope is None or depth >= _DEPTH:
            return ""
        if id(call) not in self._files:
            self._files[id(call)] = self._usual(call, scope)
            if self._files[id(call)]:
                return self._files[id(call)]
            for one in (*call.args[:2], *(keyword.value for keyword in call.keywords[:4]), *self._around(call)):
                plain = _plain(self._of(one, scope, depth + 1))
                found = plain if isinstance(plain, str) and _CONFIGURATION.search(plain) else ""
                if not found and isinstance(one, ast.Call):
                    found = self._file(one, scope, depth + 1)
                if found:
                    self._files[id(call)] = found
                    break
        return self._files[id(call)]

    def _usual(self, call: ast.Call, scope: Scope) -> str:
        """The file that a reader opens when it is told none."""
        named = bool(call.args) or any(one.arg != "stages" for one in call.keywords)
        return "" if named else _USUAL.get(self.resolver.callee(call, scope).name.rpartition(".")[2], "")

    def _around(self, call: ast.Call) -> list[ast.expr]:
        """Where else the path may stand where a function returns the call: its arguments, defaults, what it opens."""
        outer = self.resolver.outer.get(id(call))
        if outer is None:
            return []
        info, called, _ = outer
        names = [one.id for one in call.args[:2] if isinstance(one, ast.Name)]
        body = info.node.body if isinstance(info.node.body, list) else []
        opened = [found for name in names if (found := last_assigned(body, name)) is not None]
        given = [*called.args[:2], *(keyword.value for keyword in called.keywords[:4])]
        return [*given, *info.node.args.defaults, *opened]

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
        if _is_get(node):
            assert isinstance(node.func, ast.Attribute)
            self._configured(made, node, self._root(node.func.value, scope), depth)
        args = [self._of(one, scope, depth + 2) for one in node.args[:_CALL_ARGS]]
        if any(not isinstance(one, dict) or len(one) > 1 for one in args):
            made["args"] = args
        if name in _ENVIRONMENT and args and isinstance(args[0], str):
            made["env"] = args[0]
            if len(args) > 1 and not _unknown(args[1]):
                made["const"] = _plain(args[1])
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _SPELLING and not node.args:
            inner = _plain(self._of(node.func.value, scope, depth + 1))
            if isinstance(inner, str):
                made["const"] = getattr(inner, node.func.attr)()
        elif name in _JOINING or (name in _TRANSPARENT and args) or name == "str.format":
            made.update(self._text(node, scope, depth))
        return made

    def _subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> Any:
        binding = self.resolver.resolve(node.value, scope)
        made: dict[str, Any] = {"expr": self.source.text(node)}
        key = constant(node.slice.value) if isinstance(node.slice, ast.Constant) else MISSING
        if binding.name:
            made["name"] = binding.name
        if binding.name == "os.environ" and isinstance(key, str):
            made["env"] = key
        elif isinstance(binding.node, ast.Dict) and isinstance(key, str):
            for one, value in zip(binding.node.keys, binding.node.values, strict=True):
                if isinstance(one, ast.Constant) and one.value == key and isinstance(value, ast.Constant):
                    made["const"] = constant(value.value)
        if "const" not in made:
            self._configured(made, node, self._root(node.value, scope), depth)
        return made if made.get("const") is not MISSING else {"expr": made["expr"]}

    def _root(self, node: ast.expr, scope: Scope) -> Binding:
        """What a chain of subscripts, attributes and `get` calls begins with."""
        while True:
            if isinstance(node, (ast.Attribute, ast.Subscript)):
                node = node.value
            elif isinstance(node, ast.Call) and _is_get(node):
                assert isinstance(node.func, ast.Attribute)
                node = node.func.value
            else:
                return self.resolver.resolve(node, scope)

    def _unary(self, node: ast.UnaryOp, scope: Scope, depth: int) -> Any:
        if isinstance(node.operand, ast.Constant) and isinstance(node.op, ast.USub):
            plain = constant(node.operand.value)
            if isinstance(plain, (int, float)) and not isinstance(plain, bool):
                return -plain
        return MISSING

    def _boolean(self, node: ast.BoolOp, scope: Scope, depth: int) -> Any:
        """`a or "default"`: the default is what is known."""
        made = {"expr": self.source.text(node)}
        first, last = (self._of(one, scope, depth + 1) for one in (node.values[0], node.values[-1]))
        if isinstance(first, dict):
            made = {**first, **made}
            made.pop("args", None)
        if isinstance(node.op, ast.Or) and not _unknown(last):
            made["const"] = _plain(last)
        return made

    def _pieces(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        return {"expr": self.source.text(node), **self._text(node, scope, depth)}

    def _text(self, node: ast.expr, scope: Scope, depth: int) -> dict[str, Any]:
        """`const` of a text whose pieces are all known, else its known `parts`."""
        pieces: list[str | None] = list(self._split(node, scope, depth))[:_PIECES]
        if pieces and _GAP not in pieces:
            return {"const": "".join(piece for piece in pieces if piece is not None)[: bounds.FACT_TEXT]}
        parts: list[str] = []
        glued = False
        for piece in pieces:
            if piece and glued:
                parts[-1] += piece
            elif piece:
                parts.append(piece)
            glued = bool(piece)
        return {"parts": [part[: bounds.FACT_TEXT] for part in parts]} if parts else {}

    def template(self, node: ast.expr, scope: Scope) -> str:
        """A text with `{}` for what is unknown; '' when nothing of it is known."""
        self._left = _NODES
        if isinstance(node, (ast.JoinedStr, ast.BinOp)) or (isinstance(node, ast.Call) and node.args):
            pieces = self._split(node, scope, 0)
            return "".join("{}" if piece is None else piece for piece in pieces) if any(pieces) else ""
        plain = self.const(node, scope)
        return plain if isinstance(plain, str) else ""

    def _split(self, node: ast.expr, scope: Scope, depth: int) -> list[str | None]:
        if isinstance(node, ast.JoinedStr):
            return [piece for one in node.values[:_PIECES] for piece in self._piece(one, scope, depth)]
        if isinstance(node, ast.Call):
            return self._split_call(node, scope, depth)
        operands: list[ast.expr] = []
        operator = node.op.__class__ if isinstance(node, ast.BinOp) else None
        while isinstance(node, ast.BinOp) and node.op.__class__ is operator and len(operands) < _PIECES:
            operands.append(node.right)
            node = node.left
        if operator is ast.Mod:
            return self._template(node, scope, depth)
        found: list[str | None] = self._piece(node, scope, depth)
        for operand in reversed(operands):
            found += [*(["/"] if operator is ast.Div else []), *self._piece(operand, scope, depth)]
        return found

    def _split_call(self, node: ast.Call, scope: Scope, depth: int) -> list[str | None]:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            return self._template(node.func.value, scope, depth)
        found: list[str | None] = []
        for index, one in enumerate(node.args[:_PIECES]):
            found += [*(["/"] if index else []), *self._piece(one, scope, depth)]
            if self.resolver.callee(node, scope).name in _TRANSPARENT:
                break
        return found

    def _template(self, node: ast.expr, scope: Scope, depth: int) -> list[str | None]:
        text = self._of(node, scope, depth + 1)
        found: list[str | None] = []
        for piece in _PLACEHOLDER.split(_plain(text) if isinstance(_plain(text), str) else ""):
            found += [piece, _GAP]
        return found

    def _piece(self, node: ast.expr, scope: Scope, depth: int) -> list[str | None]:
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            return [_GAP]
        value = self._of(inner, scope, depth + 1)
        if _unknown(value):
            parts = value.get("parts")
            return [piece for part in parts for piece in (part, _GAP)] if parts else [_GAP]
        plain = _plain(value)
        return [str(plain)] if isinstance(plain, (str, int, float)) else [_GAP]


def _is_get(node: ast.Call) -> bool:
    """Whether a call is `x.get("key")`."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "get" or not node.args:
        return False
    return isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)


def constant(value: Any) -> Any:
    """A Python constant as a JSON value, or MISSING. Long texts are cut, what UTF-8 cannot hold is replaced."""
    if isinstance(value, str):
        value = value[: bounds.FACT_TEXT]
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else MISSING
    if isinstance(value, float):
        return value if math.isfinite(value) else MISSING
    return MISSING


def _is_constant(value: Any) -> bool:
    """Whether nothing unknown is in a value."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if "expr" in one:
                return False
            stack += one.values()
        elif isinstance(one, list):
            stack += one
    return True


def _unknown(value: Any) -> bool:
    return isinstance(value, dict) and "expr" in value and "const" not in value


def _plain(value: Any) -> Any:
    return value["const"] if isinstance(value, dict) and "expr" in value and "const" in value else value


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
    ast.UnaryOp: Values._unary,
    ast.BoolOp: Values._boolean,
    ast.BinOp: Values._pieces,
    ast.JoinedStr: Values._pieces,
}
