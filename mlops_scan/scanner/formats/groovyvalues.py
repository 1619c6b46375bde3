"""Values that a Groovy text gives its variables (`def IMG = "a/b"`, loops over lists), and what never runs in it.

Nothing is evaluated but texts, lists of texts and conditions that constants decide.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from mlops_scan.scanner.formats import conditions, placeholders
from mlops_scan.scanner.formats.groovytext import Token
from mlops_scan.scanner.formats.placeholders import Known

_MOST = 200  # variables of one text
_WAYS = 8  # values of one
_PARTS = 20  # of a sum of texts
_ITEMS = 16  # of a list
_AHEAD = 60
_LONGEST = 400
_NO_TEXT = frozenset(("", "false", "0", "null"))  # a text of this content is not what it says
_ALL_OF = frozenset(("allOf", "when"))
_SKIPPED = frozenset(("beforeAgent", "beforeInput", "beforeOptions", "true", "false"))


class Groovy:
    """The tokens of one text: their brackets, the values of variables, and the ranges that never run."""

    def __init__(self, text: str, found: Sequence[Token]) -> None:
        self._text, self._tokens = text, found
        self._closing = dict(_brackets(found))
        self.known: dict[str, tuple[str, ...]] = {}
        self.settled: dict[str, tuple[str, ...]] = {}
        self._read()
        self._off = list(_merged(sorted(self._never())))
        self._starts = [start for start, _ in self._off]

    def is_off(self, offset: int) -> bool:
        """Whether what stands there never runs."""
        index = bisect_right(self._starts, offset) - 1
        return index >= 0 and offset < self._off[index][1]

    def sum(self, index: int) -> str:
        """The text that begins with the token: strings and known variables with `+` between them; '' where unknown."""
        made = ""
        for at in range(index, min(index + _PARTS, len(self._tokens))):
            one = self._tokens[at]
            value = one.text if one.kind == "string" else self._one(one.text) if one.kind == "word" else ""
            if not value:
                return ""
            made += placeholders.fill(value, self.known)
            following = self._tokens[at + 1] if at + 1 < len(self._tokens) else None
            if following is None or not self._is_added(one, following):
                return made if following is None or following.kind == "mark" else ""
        return ""

    def never_when(self, index: int, variables: Known) -> bool:
        """Whether the block of conditions behind the word at `index` never holds."""
        start = self._next(index)
        return start in self._closing and self._all(start, {**variables, **self.settled}, _ALL_OF, 0) is False

    def _one(self, name: str) -> str:
        values = self.known.get(name.removesuffix(".toString"), ())
        return values[0] if len(values) == 1 else ""

    def _is_added(self, one: Token, other: Token) -> bool:
        return self._between(one, other).strip(" \t\"'") == "+"

    def _between(self, one: Token, other: Token) -> str:
        return self._text[one.offset + len(one.text) : other.offset].strip()

    def _next(self, index: int) -> int:
        """The token after the one at `index`, line ends left out."""
        index += 1
        while index < len(self._tokens) and self._tokens[index].text == "\n":
            index += 1
        return index

    def _read(self) -> None:
        """`X = 'text'`, `X = false`, `for (x in ['a', 'b'])`, `['a', 'b'].each { x -> }`."""
        said: dict[str, set[str]] = {}
        inside = 0  # brackets of arguments
        for index, token in enumerate(self._tokens[:-2]):
            following = self._tokens[index + 1]
            inside += (token.text == "(") - (token.text == ")") if token.kind == "mark" else 0
            if token.kind != "word" or len(self.known) > _MOST:
                continue
            if following.text == "=" and following.kind == "mark" and self._between(token, following) == "":
                if self._tokens[index + 2].text != "=" or self._tokens[index + 2].kind == "string":
                    said.setdefault(token.text, set()).add(self._assigned(token.text, index + 2) if inside < 1 else "?")
            elif following.text == "in" and following.kind == "word":
                self._put(token.text, self._list(index + 2))
            elif token.text == "each" and self._tokens[index - 1].text == "]":
                self._each(index)
        self.settled = {name: (next(iter(one)),) for name, one in said.items() if len(one) == 1 and "?" not in one}

    def _assigned(self, name: str, index: int) -> str:
        """Note what a variable is set to; `?` where a condition must not rest on it."""
        one = self._tokens[index]
        if one.kind == "word" and one.text in ("true", "false"):
            return one.text
        value = self.sum(index)
        self._put(name, [value] if value else [])
        return value if value.lower() not in _NO_TEXT and "$" not in value else "?"

    def _each(self, index: int) -> None:
        opened = next(
            (at for at in range(index - 2, max(0, index - _AHEAD), -1) if self._closing.get(at) == index - 1), -1
        )
        block = self._next(index)
        item = self._next(block) if block < len(self._tokens) and self._tokens[block].text == "{" else len(self._tokens)
        if opened >= 0 and item < len(self._tokens):
            one = self._tokens[item]
            named = self._text[one.offset + len(one.text) :][:_ITEMS].lstrip().startswith("->")
            self._put(one.text if named else "it", self._list(opened))

    def _put(self, name: str, values: Sequence[str]) -> None:
        names = (name, name.removeprefix("env.")) if name.startswith("env.") else (name,)
        for one in names if values else ():
            told = (*self.known.get(one, ()), *(value[:_LONGEST] for value in values))
            self.known[one] = tuple(dict.fromkeys(told))[: max(_WAYS, len(values))]

    def _list(self, index: int) -> list[str]:
        """The texts of a list that begins with the token."""
        end = self._closing.get(index, -1)
        if end < 0 or self._tokens[index].text != "[":
            return []
        inside = [one for one in self._tokens[index + 1 : min(end, index + 2 * _ITEMS)] if one.text not in (",", "\n")]
        return [one.text for one in inside] if all(one.kind == "string" for one in inside) else []

    def _never(self) -> Iterator[tuple[int, int]]:
        """The ranges of blocks whose `if` constants decide otherwise."""
        after: dict[int, bool | None] = {}  # where an `else` may stand -> whether a branch before it is always taken
        chained: dict[int, bool | None] = {}  # the same for the `if` behind an `else`
        for index, token in enumerate(self._tokens):
            if token.kind != "word" or token.text not in ("if", "else"):
                continue
            before = (after if token.text == "else" else chained).pop(index, False)
            start = self._next(index)
            following = self._tokens[start].text if start < len(self._tokens) else ""
            if token.text == "else" and following == "if":
                chained[start] = before
                continue
            answer: bool | None = True
            if token.text == "if":
                if following != "(" or start not in self._closing:
                    continue
                answer = self._judged(start, self._closing[start], self.settled)
                start = self._next(self._closing[start])
            if start < len(self._tokens) and self._tokens[start].text == "{" and start in self._closing:
                end = self._closing[start]
                if before is True or answer is False:
                    yield self._tokens[start].offset, self._tokens[end].offset
                after[self._next(end)] = True if True in (before, answer) else None

    def _judged(self, opened: int, closed: int, known: Known) -> bool | None:
        text = self._text[self._tokens[opened].offset + 1 : self._tokens[closed].offset].strip()
        return conditions.judged(text.removeprefix("return ").rstrip("; \n").replace("\n", " "), known)

    def _all(self, opened: int, known: Known, words: frozenset[str], depth: int) -> bool | None:
        """What the conditions in a block come to: all of them, or any."""
        answers: list[bool | None] = []
        index, end = opened + 1, self._closing[opened]
        while index < end:
            one, following = self._tokens[index], self._next(index)
            if one.kind != "word" or one.text in _SKIPPED or self._tokens[following].text == ":":
                index += 1
                continue
            inside = following if self._tokens[following].text == "{" and following in self._closing else -1
            answers.append(self._condition(one.text, index, inside, known, depth))
            index = self._closing[inside] + 1 if inside >= 0 else index + 1
        if words is not _ALL_OF:
            return True if True in answers else None if None in answers or not answers else False
        return False if False in answers else None if None in answers or not answers else True

    def _condition(self, word: str, index: int, inside: int, known: Known, depth: int) -> bool | None:
        if inside >= 0 and depth < _WAYS:
            if word == "expression":
                return self._judged(inside, self._closing[inside], known)
            if word in ("allOf", "not", "anyOf"):
                answer = self._all(inside, known, _ALL_OF if word == "allOf" else frozenset(), depth + 1)
                return answer if word != "not" or answer is None else not answer
        if word == "environment":
            texts = [one.text for one in self._tokens[index : index + 10] if one.kind == "string"][:2]
            values = known.get(f"env.{texts[0]}", ()) if len(texts) == 2 else ()
            return texts[1] in values if len(values) == 1 else None
        return None


def _merged(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges that do not overlap, of some that may lie in each other."""
    last = -1
    for start, end in ranges:
        if end > last:
            yield max(start, last), end
            last = end


def _brackets(found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """(index of an opening bracket, that of the one that closes it)."""
    pairs: Mapping[str, str] = {"}": "{", ")": "(", "]": "["}
    opened: list[int] = []
    for index, token in enumerate(found):
        if token.kind != "mark":
            continue
        if token.text in "{([":
            opened.append(index)
        elif token.text in pairs and opened:
            if found[opened[-1]].text == pairs[token.text]:
                yield opened.pop(), index
            elif token.text == "}":  # what did not close ends with the block
                while opened and found[opened[-1]].text != "{":
                    opened.pop()
                if opened:
                    yield opened.pop(), index
