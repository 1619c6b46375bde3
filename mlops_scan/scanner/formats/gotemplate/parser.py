"""Builds the syntax tree of a template."""

from __future__ import annotations

from collections.abc import Callable

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.lexer import Piece, pieces
from mlops_scan.scanner.formats.gotemplate.nodes import (
    Action,
    Call,
    Definition,
    If,
    Jump,
    Node,
    Pipeline,
    Range,
    Template,
    TemplateError,
    Text,
)
from mlops_scan.scanner.formats.gotemplate.tokens import Tokens


def parse(source: str, path: str) -> Template:
    """The template in `source`. Raises TemplateError with the line where it stops being one."""
    try:
        return _Blocks(source, path).template()
    except RecursionError:
        raise TemplateError("nested too deeply") from None


class _Blocks:
    """The block structure: if, with, range, define and what they enclose."""

    def __init__(self, source: str, path: str) -> None:
        self.path = path
        self.pieces: list[Piece] = list(pieces(source))
        self.index = self.depth = 0
        self.definitions: dict[str, Definition] = {}

    def template(self) -> Template:
        body, _ = self._list(open_at=0)
        return Template(self.path, body, self.definitions)

    def _list(self, open_at: int) -> tuple[tuple[Node, ...], Tokens | None]:
        """Nodes up to `end` or `else` (whose tokens are returned); `open_at` is the line of the block, 0 for a file."""
        found: list[Node] = []
        while self.index < len(self.pieces):
            piece = self.pieces[self.index]
            self.index += 1
            if piece.tokens is None:
                found.append(Text(piece.text, piece.line))
                continue
            tokens = Tokens(piece.tokens, piece.line)
            kind, word = tokens.peek()
            if kind == "word" and word in ("end", "else"):
                if not open_at:
                    raise TemplateError(f"unexpected {word}", piece.line)
                tokens.next()
                return tuple(found), tokens if word == "else" else None
            node = self._action(tokens, word if kind == "word" else "", piece.line)
            if node is not None:
                found.append(node)
        if open_at:
            raise TemplateError("block has no end", open_at)
        return tuple(found), None

    def _action(self, tokens: Tokens, word: str, line: int) -> Node | None:
        if word in _STARTS:
            tokens.next()
            self.depth += 1
            if self.depth > bounds.TEMPLATE_DEPTH:
                raise TemplateError(f"nested deeper than {bounds.TEMPLATE_DEPTH} levels", line)
            node = _STARTS[word](self, tokens, line)
            self.depth -= 1
            return node
        pipeline = tokens.pipeline()
        tokens.end()
        return Action(pipeline, line)

    def _branches(self, tokens: Tokens, line: int) -> tuple[Pipeline, tuple[Node, ...], tuple[Node, ...]]:
        pipeline = tokens.pipeline()
        tokens.end()
        then, other = self._list(line)
        return pipeline, then, self._else(other, line) if other is not None else ()

    def _else(self, tokens: Tokens, line: int) -> tuple[Node, ...]:
        word = tokens.peek()[1]
        if word in ("if", "with", "range"):  # `else if` shares its `end` with the block it continues
            node = self._action(tokens, word, tokens.line)
            return () if node is None else (node,)
        tokens.end()
        body, extra = self._list(line)
        if extra is not None:
            raise TemplateError("second else", extra.line)
        return body

    def _if(self, tokens: Tokens, line: int) -> Node:
        return If(*self._branches(tokens, line), line, rebinds=False)

    def _with(self, tokens: Tokens, line: int) -> Node:
        return If(*self._branches(tokens, line), line, rebinds=True)

    def _range(self, tokens: Tokens, line: int) -> Node:
        return Range(*self._branches(tokens, line), line)

    def _define(self, tokens: Tokens, line: int) -> None:
        name = tokens.name()
        tokens.end()
        body, extra = self._list(line)
        if extra is not None:
            raise TemplateError("else in define", extra.line)
        if name not in self.definitions or any(not isinstance(node, Text) or node.text.strip() for node in body):
            self.definitions[name] = Definition(name, body, self.path)

    def _block(self, tokens: Tokens, line: int) -> Node:
        name = tokens.name()
        pipeline = tokens.pipeline()
        body, _ = self._list(line)
        self.definitions.setdefault(name, Definition(name, body, self.path))
        return Call(name, pipeline, line)

    def _call(self, tokens: Tokens, line: int) -> Node:
        name = tokens.name()
        pipeline = tokens.pipeline() if tokens.peek()[0] else None
        tokens.end()
        return Call(name, pipeline, line)


_STARTS: dict[str, Callable[[_Blocks, Tokens, int], Node | None]] = {
    "if": _Blocks._if,
    "with": _Blocks._with,
    "range": _Blocks._range,
    "define": _Blocks._define,
    "block": _Blocks._block,
    "template": _Blocks._call,
    "break": lambda _, __, line: Jump(True, line),
    "continue": lambda _, __, line: Jump(False, line),
}
