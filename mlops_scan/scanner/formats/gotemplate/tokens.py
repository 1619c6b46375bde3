"""The tokens of one action as pipelines, commands and operands."""

from __future__ import annotations

import re

from mlops_scan.scanner.formats.gotemplate.lexer import Token
from mlops_scan.scanner.formats.gotemplate.nodes import (
    Chain,
    Command,
    Constant,
    Dot,
    Function,
    Operand,
    Parens,
    Pipeline,
    TemplateError,
    Value,
    Variable,
)

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NOTHING: Token = ("", "")
_PIPE: Token = ("mark", "|")
_CLOSE: Token = ("mark", ")")
_DOT = Dot()
_WORDS: dict[str, Value] = {"true": True, "false": False, "nil": None}


def unquote(literal: str) -> str:
    """The text of a Go string or character literal."""
    bare = literal[1:-1]
    return _ESCAPE.sub(_unescape, bare) if "\\" in bare else bare


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code in _ESCAPES:
        return _ESCAPES[code]
    if len(code) == 1:
        return code
    number = int(code[1:], 16) if code[0] in "xuU" else int(code, 8)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


def number(literal: str) -> int | float:
    """A Go number literal: 0755 is octal, 1e3 a float."""
    text = literal.replace("_", "")
    if text.lower().lstrip("+-").startswith(("0x", "0b", "0o")):
        return int(text, 0)
    if any(char in text for char in ".eE"):
        return float(text)
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and not set(digits) & {"8", "9"}:
        return int(text, 8)
    return int(text) if len(digits) < 40 else float(text)


class Tokens:
    """The tokens of one action, read as pipelines."""

    def __init__(self, tokens: tuple[Token, ...], line: int) -> None:
        self.tokens, self.line = tokens, line
        self.index = 0

    def peek(self) -> Token:
        """The next token, an empty one at the end."""
        return self.tokens[self.index] if self.index < len(self.tokens) else _NOTHING

    def next(self) -> Token:
        token = self.peek()
        self.index += 1
        return token

    def end(self) -> None:
        """Complain about anything left."""
        if self.index < len(self.tokens):
            raise TemplateError(f"unexpected {self.peek()[1]!r} in action", self.line)

    def name(self) -> str:
        """The quoted name of a template."""
        kind, text = self.next()
        if kind not in ("string", "raw"):
            raise TemplateError(f"unexpected {text!r}: a template's name is wanted", self.line)
        return unquote(text) if kind == "string" else text[1:-1]

    def pipeline(self) -> Pipeline:
        names, declares = self._names()
        commands = [self._command()]
        while self.peek() == _PIPE:
            self.index += 1
            commands.append(self._command())
        return Pipeline(tuple(commands), names, declares)

    def _names(self) -> tuple[tuple[str, ...], bool]:
        """The variables on the left of `:=` or `=`, if there is such a side."""
        start = self.index
        names: list[str] = []
        while self.peek()[0] == "variable":
            names.append(self.next()[1])
            mark = self.next()[1]
            if mark in (":=", "="):
                return tuple(names), mark == ":="
            if mark != ",":
                break
        self.index = start
        return (), False

    def _command(self) -> Command:
        operands: list[Operand] = []
        tokens, size = self.tokens, len(self.tokens)
        while self.index < size and tokens[self.index] not in (_PIPE, _CLOSE):
            operands.append(self._operand())
        if not operands:
            raise TemplateError("missing value for command", self.line)
        return tuple(operands)

    def _operand(self) -> Operand:
        tokens = self.tokens
        kind, text = tokens[self.index]
        self.index += 1
        base = self._base(kind, text)
        fields = [text[1:]] if kind in ("field", "glued") else []
        while self.index < len(tokens) and tokens[self.index][0] == "glued":
            fields.append(tokens[self.index][1][1:])
            self.index += 1
        return Chain(base, tuple(fields)) if fields else base

    def _base(self, kind: str, text: str) -> Operand:
        if kind in ("field", "glued"):
            return _DOT
        if kind == "word":
            return Constant(_WORDS[text]) if text in _WORDS else Function(text)
        if kind == "string":
            return Constant(unquote(text))
        if kind == "variable":
            return Variable(text)
        if kind == "number":
            return Constant(number(text))
        if kind == "raw":
            return Constant(text[1:-1])
        if kind == "char":
            return Constant(ord(unquote(text)[:1] or "\0"))
        return self._marked(text)

    def _marked(self, text: str) -> Operand:
        if text == ".":
            return _DOT
        if text != "(":
            raise TemplateError(f"unexpected {text!r} in operand", self.line)
        inner = self.pipeline()
        if self.next() != _CLOSE:
            raise TemplateError("unclosed left paren", self.line)
        return Parens(inner)
