"""Conditions of CI files, judged as far as constants decide them: `a == 'x' && !b`, and `and(eq(a, 'x'), not(b))`.

The answer is True, False, or None where what is not known decides. What a name may be is judged all together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlops_scan.scanner.formats.placeholders import Known

_TOKEN = re.compile(
    r"\s*(?:(&&|\|\||==|!=|[!(),])|'((?:[^']|'')*)'|\"([^\"]*)\"|(\$\{?\w+\}?|[A-Za-z_][\w.-]*(?:\['[^']*'\])?|-?\d[\d.]*)|(.))"
)
_INDEXED = re.compile(r"(?<!\w)(\w+)\['([^']*)'\]")
_MOST = 200  # tokens
_DEEP = 20
_WORDS = {"true": True, "false": False}
_EMPTY = ("", "false", "0", "null")

Token = tuple[str, str]  # (sign, text, name or other; as written)
Answer = bool | None


def never(text: str, known: Known) -> bool:
    """Whether a condition can never hold; `${{ }}` around it is taken off."""
    text = text.strip()
    if text.startswith("${{") and text.endswith("}}") and text.count("${{") == 1:
        text = text[3:-2]
    return judged(text, known) is False


def judged(text: str, known: Known) -> Answer:
    """What constants and known names decide of a condition."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text.strip()):
        sign, single, double, name, other = found.groups()
        if other is not None or len(tokens) >= _MOST:
            return None
        if sign:
            tokens.append(("sign", sign))
        elif name:
            tokens.append(("name", _INDEXED.sub(r"\1.\2", name)))
        else:
            tokens.append(("text", single if single is not None else double or ""))
    reader = _Reader(tokens, known)
    answer = reader.any_of(0)
    return answer if reader.at == len(tokens) and not reader.lost else None


class _Reader:
    """Reads tokens from left to right; `lost`: they are no condition that is understood."""

    def __init__(self, tokens: Sequence[Token], known: Known) -> None:
        self.tokens, self.known, self.at, self.lost = tokens, known, 0, False

    def _next(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _takes(self, sign: str) -> bool:
        found = self._next() == ("sign", sign)
        self.at += found
        return found

    def any_of(self, depth: int) -> Answer:
        answer = self.all_of(depth)
        while self._takes("||"):
            answer = _or(answer, self.all_of(depth))
        return answer

    def all_of(self, depth: int) -> Answer:
        answer = self._compared(depth)
        while self._takes("&&"):
            answer = _and(answer, self._compared(depth))
        return answer

    def _compared(self, depth: int) -> Answer:
        if depth > _DEEP:
            self.lost = True
            return None
        if self._takes("!"):
            return _not(self._compared(depth + 1))
        if self._takes("("):
            answer = self.any_of(depth + 1)
            self.lost = self.lost or not self._takes(")")
            return answer
        left = self._value()
        if self._next() == ("sign", "("):
            return self._called(left, depth)
        for sign in ("==", "!="):
            if self._takes(sign):
                equal = _equal(self._values(left), self._values(self._value()))
                return equal if sign == "==" else _not(equal)
        return self._holds(left)

    def _value(self) -> Token:
        token = self._next()
        if token[0] not in ("name", "text"):
            self.lost = True
        self.at += 1
        return token

    def _values(self, token: Token) -> tuple[str, ...] | None:
        kind, text = token
        if kind == "text" or text in _WORDS or text[:1].isdigit():
            return (text,)
        return self.known.get(text.strip("${}")) if kind == "name" else None

    def _holds(self, token: Token) -> Answer:
        if token[0] == "name" and token[1] in _WORDS:
            return _WORDS[token[1]]
        values = self._values(token)
        if token[0] != "name" or not values:
            return None
        empty = [value.lower() in _EMPTY for value in values]
        return False if all(empty) else None if any(empty) else True

    def _called(self, name: Token, depth: int) -> Answer:
        """A function; of one that is not known the arguments are passed over."""
        self.at += 1
        arguments: list[tuple[Answer, Token | None]] = []
        while not self.lost and not self._takes(")"):
            before = self.at
            answer = self.any_of(depth + 1)
            plain = self.tokens[before] if self.at == before + 1 else None
            arguments.append((answer, plain))
            self._takes(",")
        answers = [answer for answer, _ in arguments]
        values = [self._values(plain) if plain else None for _, plain in arguments]
        function = name[1].lower()
        if function in ("and", "or"):
            answer = function == "and"
            for one in answers:
                answer = _and(answer, one) if function == "and" else _or(answer, one)
            return answer
        if function == "not" and answers:
            return _not(answers[0])
        if function in ("eq", "ne") and len(values) == 2:
            equal = _equal(values[0], values[1])
            return equal if function == "eq" else _not(equal)
        if function in ("in", "notin") and len(values) > 1:
            within: Answer = False
            for one_of in values[1:]:
                within = _or(within, _equal(values[0], one_of))
            return within if function == "in" else _not(within)
        return None


def _equal(left: tuple[str, ...] | None, right: tuple[str, ...] | None) -> Answer:
    if left is None or right is None:
        return None
    one, other = {value.lower() for value in left}, {value.lower() for value in right}
    if one.isdisjoint(other):
        return False
    return True if len(one) == len(other) == 1 else None


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer


def _and(one: Answer, other: Answer) -> Answer:
    return False if one is False or other is False else None if one is None or other is None else True


def _or(one: Answer, other: Answer) -> Answer:
    return True if one is True or other is True else None if one is None or other is None else False
