"""Builds the syntax tree of a template."""

from __future__ import annotations

import re
from collections.abc import Callable

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.lexer import Piece, Token, pieces
from mlops_scan.scanner.formats.gotemplate.nodes import (
    Action,
    Call,
    Chain,
    Command,
    Constant,
    Definition,
    Dot,
    Function,
    If,
    Jump,
    Node,
    Operand,
    Parens,
    Pipeline,
    Range,
    Template,
    TemplateError,
    Text,
    Value,
    Variable,
)

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NOTHING = Token("", "")
_WORDS: dict[str, Value] = {"true": True, "false": False, "nil": None}


def parse(source: str, path: str) -> Template:
    """The template in `source`. Raises TemplateError with the line where it stops being one."""
    try:
        return _Blocks(source, path).template()
    except RecursionError:
        raise TemplateError("nested too deeply") from None


def unquote(literal: str) -> str:
    """The text of a Go string or character literal."""
    return _ESCAPE.sub(_unescape, literal[1:-1])


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


class _Blocks:
    """The block structure: if, with, range, define and what they enclose."""

    def __init__(self, source: str, path: str) -> None:
        self.path = path
        self.pieces: list[Piece] = list(pieces(source))
        self.index = self.depth = 0
        self.definitions: dict[str, Definition] = {}
        self.starts: dict[str, Callable[[_Tokens, int], Node | None]] = {
            "if": self._if,
            "with": self._with,
            "range": self._range,
            "define": self._define,
            "block": self._block,
            "template": self._call,
            "break": lambda _, line: Jump(True, line),
            "continue": lambda _, line: Jump(False, line),
        }

    def template(self) -> Template:
        body, _ = self._list(open_at=0)
        return Template(self.path, body, self.definitions)

    def _list(self, open_at: int) -> tuple[tuple[Node, ...], _Tokens | None]:
        """Nodes up to `end` or `else` (whose tokens are returned); `open_at` is the line of the block, 0 for a file."""
        found: list[Node] = []
        while self.index < len(self.pieces):
            piece = self.pieces[self.index]
            self.index += 1
            if piece.tokens is None:
                found.append(Text(piece.text, piece.line))
                continue
            tokens = _Tokens(piece.tokens, piece.line)
            word = tokens.peek()
            if word.kind == "word" and word.text in ("end", "else"):
                if not open_at:
                    raise TemplateError(f"unexpected {word.text}", piece.line)
                tokens.next()
                return tuple(found), tokens if word.text == "else" else None
            node = self._action(tokens, word, piece.line)
            if node is not None:
                found.append(node)
        if open_at:
            raise TemplateError("block has no end", open_at)
        return tuple(found), None

    def _action(self, tokens: _Tokens, word: Token, line: int) -> Node | None:
        if word.kind == "word" and word.text in self.starts:
            tokens.next()
            self.depth += 1
            if self.depth > bounds.TEMPLATE_DEPTH:
                raise TemplateError(f"nested deeper than {bounds.TEMPLATE_DEPTH} levels", line)
            node = self.starts[word.text](tokens, line)
            self.depth -= 1
            return node
        pipeline = tokens.pipeline()
        tokens.end()
        return Action(pipeline, line)

    def _branches(self, tokens: _Tokens, line: int) -> tuple[Pipeline, tuple[Node, ...], tuple[Node, ...]]:
        pipeline = tokens.pipeline()
        tokens.end()
        then, other = self._list(line)
        return pipeline, then, self._else(other, line) if other is not None else ()

    def _else(self, tokens: _Tokens, line: int) -> tuple[Node, ...]:
        word = tokens.peek()
        if word.text in ("if", "with", "range"):  # `else if` shares its `end` with the block it continues
            node = self._action(tokens, word, tokens.line)
            return () if node is None else (node,)
        tokens.end()
        body, extra = self._list(line)
        if extra is not None:
            raise TemplateError("second else", extra.line)
        return body

    def _if(self, tokens: _Tokens, line: int) -> Node:
        return If(*self._branches(tokens, line), line, rebinds=False)

    def _with(self, tokens: _Tokens, line: int) -> Node:
        return If(*self._branches(tokens, line), line, rebinds=True)

    def _range(self, tokens: _Tokens, line: int) -> Node:
        return Range(*self._branches(tokens, line), line)

    def _define(self, tokens: _Tokens, line: int) -> None:
        name = tokens.name()
        tokens.end()
        body, extra = self._list(line)
        if extra is not None:
            raise TemplateError("else in define", extra.line)
        if name not in self.definitions or any(not isinstance(node, Text) or node.text.strip() for node in body):
            self.definitions[name] = Definition(name, body, self.path)

    def _block(self, tokens: _Tokens, line: int) -> Node:
        name = tokens.name()
        pipeline = tokens.pipeline()
        body, _ = self._list(line)
        self.definitions.setdefault(name, Definition(name, body, self.path))
        return Call(name, pipeline, line)

    def _call(self, tokens: _Tokens, line: int) -> Node:
        name = tokens.name()
        pipeline = tokens.pipeline() if tokens.peek().kind else None
        tokens.end()
        return Call(name, pipeline, line)


class _Tokens:
    """The tokens of one action, read as pipelines."""

    def __init__(self, tokens: tuple[Token, ...], line: int) -> None:
        self.tokens, self.line = tokens, line
        self.index = 0

    def peek(self) -> Token:
        """The next token that is not space."""
        while self.index < len(self.tokens) and self.tokens[self.index].kind == "space":
            self.index += 1
        return self.tokens[self.index] if self.index < len(self.tokens) else _NOTHING

    def next(self) -> Token:
        token = self.peek()
        self.index += 1
        return token

    def end(self) -> None:
        """Complain about anything left."""
        if self.peek().kind:
            raise TemplateError(f"unexpected {self.peek().text!r} in action", self.line)

    def name(self) -> str:
        """The quoted name of a template."""
        token = self.next()
        if token.kind not in ("string", "raw"):
            raise TemplateError(f"unexpected {token.text!r}: a template's name is wanted", self.line)
        return unquote(token.text) if token.kind == "string" else token.text[1:-1]

    def pipeline(self) -> Pipeline:
        names, declares = self._names()
        commands = [self._command()]
        while self.peek() == Token("mark", "|"):
            self.next()
            commands.append(self._command())
        return Pipeline(tuple(commands), names, declares)

    def _names(self) -> tuple[tuple[str, ...], bool]:
        """The variables on the left of `:=` or `=`, if there is such a side."""
        self.peek()
        start = self.index
        names: list[str] = []
        while self.peek().kind == "variable":
            names.append(self.next().text)
            mark = self.next().text
            if mark in (":=", "="):
                return tuple(names), mark == ":="
            if mark != ",":
                break
        self.index = start
        return (), False

    def _command(self) -> Command:
        operands: list[Operand] = []
        while True:
            token = self.peek()
            if not token.kind or (token.kind == "mark" and token.text in ("|", ")")):
                break
            operands.append(self._operand())
        if not operands:
            raise TemplateError("missing value for command", self.line)
        return tuple(operands)

    def _operand(self) -> Operand:
        token = self.next()
        base = self._base(token)
        fields = [token.text[1:]] if token.kind == "field" else []
        while self.index < len(self.tokens) and self.tokens[self.index].kind == "field":
            fields.append(self.tokens[self.index].text[1:])
            self.index += 1
        return Chain(base, tuple(fields)) if fields else base

    def _base(self, token: Token) -> Operand:
        kind, text = token.kind, token.text
        if kind == "field" or (kind == "mark" and text == "."):
            return Dot()
        if kind == "variable":
            return Variable(text)
        if kind == "word":
            return Constant(_WORDS[text]) if text in _WORDS else Function(text)
        if kind in ("string", "raw"):
            return Constant(unquote(text) if kind == "string" else text[1:-1])
        if kind == "number":
            return Constant(number(text))
        if kind == "char":
            return Constant(ord(unquote(text)[:1] or "\0"))
        if kind == "mark" and text == "(":
            inner = self.pipeline()
            if self.next() != Token("mark", ")"):
                raise TemplateError("unclosed left paren", self.line)
            return Parens(inner)
        raise TemplateError(f"unexpected {text!r} in operand", self.line)
