"""Variables that a shell text sets (`IMAGE=x`, `export IMAGE=x`, `for name in a b`), filled in where it uses them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlops_scan.scanner.formats import placeholders

_SET = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)\Z", re.DOTALL)
_USED = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*|\d)(?::?[-=]([^{}]*))?\})")
_DECLARING = frozenset(("export", "local", "declare", "readonly", "typeset"))
_LEADING = frozenset(("then", "else", "do", "{", "!"))
_SECRET = re.compile(r"pass|secret|token|cred|pwd|key", re.IGNORECASE)  # their values stay out of what is told
_MOST = 200  # variables of one text
_LONGEST = 400
_ROUNDS = 3  # a value that uses a value


class Variables:
    """What is set so far, in the order of the text; a loop gives its variable several values."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str, ...]] = {}

    def take(self, words: Sequence[str], *, maybe: bool = False) -> None:
        """Note what a command sets; `maybe`: on a branch, so that the value before may hold, too."""
        while words and words[0] in _LEADING:
            words = words[1:]
        if words[:1] and words[0] == "for" and words[2:3] == ("in",) and len(words) > 3:
            self._put(words[1], tuple(self._known(word) for word in words[3:19]))
            return
        if words and words[0] in _DECLARING:
            words = [word for word in words[1:] if not word.startswith("-")]
        found = [_SET.match(word) for word in words]
        if all(found):
            for one in found:
                if one is not None:
                    value = self._known(one[3])
                    before = self._values.get(one[1], ())
                    added = tuple(f"{text}{value}" for text in before) if one[2] else (value,)
                    self._put(one[1], (*before, *added) if maybe and not one[2] else added)

    def ways(self, argv: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The words with what is known filled in, once for each way; () where that changes nothing."""
        if not any("$" in word for word in argv):
            return ()
        words = [self._known(word) for word in argv]
        several = {name: values for name, values in self._values.items() if len(values) > 1}
        for _ in range(_ROUNDS if several and any("$" in word for word in words) else 0):
            found = placeholders.variants(words, several)
            if found == [words]:
                break
            if len(found) > 1:
                return tuple(tuple(self._known(word) for word in one) for one in found)
        return (tuple(words),) if words != list(argv) else ()

    def fill(self, text: str) -> str:
        """A text with the values that are known for sure."""
        return self._known(text)

    def _put(self, name: str, values: tuple[str, ...]) -> None:
        if not _SECRET.search(name) and (name in self._values or len(self._values) < _MOST):
            self._values[name] = tuple(dict.fromkeys(value[:_LONGEST] for value in values))[:16]

    def _known(self, text: str) -> str:
        for _ in range(_ROUNDS if "$" in text else 0):
            filled = _USED.sub(self._value, text)[:_LONGEST]
            if filled == text:
                break
            text = filled
        return text

    def _value(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        values = self._values.get(name, ())
        if len(values) == 1 and f"${name}" not in values[0] and f"${{{name}" not in values[0]:
            return values[0]
        return found[3] if not values and found[3] and not _SECRET.search(name) else found[0]
