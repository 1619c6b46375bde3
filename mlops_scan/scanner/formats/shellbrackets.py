"""Where a quote or bracket of shell text closes: one pass with a stack of its own, no recursion."""

from __future__ import annotations

import re

_BALANCE = re.compile(r"[\\'\"$`(){}#]")


def closing(text: str, start: int, closer: str, limit: int | None = None) -> int:
    """Index of `closer` that ends what was opened before `start`, quotes and nested brackets respected; -1 if none.

    Nothing at or after `limit` is looked at.
    """
    stack = [closer]
    index, size = start, len(text) if limit is None else min(limit, len(text))
    while found := _BALANCE.search(text, index, size):
        char, at = found[0], found.start()
        top, index = stack[-1], at + 1
        if char == "\\":
            index += 1
        elif char == top:
            stack.pop()
            if not stack:
                return at
        elif char in '"`':
            stack.append(char)
        elif char == "$":
            if text.startswith(("(", "{"), index):
                stack.append(")" if text[index] == "(" else "}")
                index += 1
        elif top == '"' or (top == "}" and len(stack) > 1 and stack[-2] == '"'):
            continue
        elif char == "(" and top != "}":
            stack.append(")")
        else:
            index = _skipped(text, char, at, size) or index
    return -1


def _skipped(text: str, char: str, at: int, size: int) -> int:
    """Where a single-quoted string or a comment that begins at `at` is over; 0 when there is none."""
    if char == "'":
        return text.find("'", at + 1, size) + 1
    if char == "#" and text[at - 1].isspace():
        end = text.find("\n", at, size)
        return end if end >= 0 else size
    return 0
