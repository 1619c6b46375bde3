"""How Go's YAML library lays text out: the order of keys, and where long lines are wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cmp_to_key

WIDTH = 80
_ALIKE = re.compile(r"[A-Za-z./ -]*\Z")  # of these characters the library's order is that of their codes
_DIGITS = re.compile(r"[0-9]+")
# where a number goes over into a letter the library's comparison may go in circles: what it makes of them is repeated
_CIRCLING = re.compile(r"[0-9][A-Za-z]|[0-9]{18}|[^\x00-\x7f]")
_MANY = 2000  # keys of one mapping; the order of more is not worth their time
_NUMBERS, _LETTERS = 0x200, 0x300
_CODES = {code: code + _LETTERS for code in range(128) if chr(code).isalpha()}


def in_order(keys: Iterable[str]) -> list[str]:
    """Keys as the library sorts them: numbers in them by their value, signs before letters."""
    plain = sorted(keys, key=str)
    texts = [str(key) for key in plain]
    if all(map(_ALIKE.match, texts)):
        return plain
    if len(plain) > _MANY or not any(map(_CIRCLING.search, texts)):
        return sorted(plain, key=_coded)
    return sorted(plain, key=cmp_to_key(_compare))


def _coded(key: str) -> str:
    """The key as a text that is in order by its codes: signs, then numbers (the longer the higher), then letters."""
    return _DIGITS.sub(_number_coded, str(key)).translate(_CODES)


def _number_coded(found: re.Match[str]) -> str:
    whole = found[0]
    digits = whole.lstrip("0")
    return f"{_of_length(digits)}{digits}{_of_length(whole)}"


def _of_length(digits: str) -> str:
    return chr(min(_NUMBERS + len(digits), _LETTERS))


def _compare(one: str, other: str) -> int:
    one, other = str(one), str(other)
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left == right:
            continue
        letters = left.isalpha(), right.isalpha()
        if all(letters):
            return -1 if left < right else 1
        if any(letters):
            return -1 if letters[1] else 1
        mine, theirs = _number(one, index), _number(other, index)
        if mine != theirs:
            return -1 if mine < theirs else 1
        return -1 if left < right else 1
    return len(one) - len(other)


def _number(text: str, index: int) -> tuple[int, int]:
    """(the number, where it ends) that the digits from `index` on go on; zeros count where others stand before them."""
    end = index
    while end < len(text) and text[end].isascii() and text[end].isdigit():
        end += 1
    before = text[:index]
    lead = before[len(before.rstrip("0123456789")) :].strip("0")
    return int(("1" if lead else "0") + text[index : min(end, index + 18)]), end


def wrapped(line: str, start: int, pad: str) -> Iterator[str]:
    """A line whose scalar begins at `start`, broken at the first single space after column 80, then again."""
    quote = line[start] if line[start] in "'\"" else ""
    first, last = (start + 1, len(line) - 2) if quote else (start - 1, len(line))
    begun, spaces, current = 0, False, ""
    for index, char in enumerate(line):
        if char != " " or index < start:
            spaces = False
            continue
        column = len(current) + index - begun
        alone = quote == '"' or line[index + 1 : index + 2] != " "
        if not spaces and column > WIDTH and first < index < last and alone:
            yield current + line[begun:index]
            begun, current = index + 1, pad + ("\\" if quote == '"' and line[index + 1] == " " else "")
        spaces = True
    yield current + line[begun:]
