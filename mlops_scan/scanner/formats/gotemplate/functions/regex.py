"""Functions on regular expressions: Go's syntax, and Go's promise that no pattern takes more than linear time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mlops_scan.scanner.formats.gotemplate.automaton import Automaton, Span
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.gotypes import to_int
from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError, Value

_REFERENCE = re.compile(r"\$(\$|\{\w+\}|\w+)")
_GROUP_REPEATED = re.compile(r"\)(?:[*+]|\{\d+,\d*\})")
_UNBOUNDED = re.compile(r"(?<!\\)(?:[*+]|\{\d+,\d*\})")
_POSIX = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "space": r"\s",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
    "punct": r"!-/:-@\[-`{-~",
}
_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")
_NAMED = re.compile(r"\[:(\w+):\]")
_LONGEST = 5_000
_SQUARE = 4_000_000  # a pattern with two unbounded repeats may need text length squared


def _may_explode(pattern: str, length: int) -> bool:
    """Whether Python's backtracking could take more than linear time that matters."""
    repeats = len(_UNBOUNDED.findall(pattern))
    return bool(_GROUP_REPEATED.search(pattern)) or repeats > 2 or (repeats == 2 and length**2 > _SQUARE)


class Expressions:
    """The functions, charging what they cost to `take`."""

    def __init__(self, take: Callable[[int], None]) -> None:
        self.take = take

    def functions(self) -> dict[str, Callable[..., Value]]:
        """By the names that templates use."""
        plain: dict[str, Callable[..., Value]] = {
            "regexMatch": self._match,
            "regexFind": self._find,
            "regexFindAll": self._find_all,
            "regexReplaceAll": self._replace,
            "regexReplaceAllLiteral": self._replace_literal,
            "regexSplit": self._split,
        }
        must = {f"must{name[0].upper()}{name[1:]}": function for name, function in plain.items()}
        return {**plain, **must, "regexQuoteMeta": lambda text: _SPECIAL.sub(r"\\\1", show(text))}

    def _spans(self, pattern: str, text: str) -> Iterator[Span]:
        """The matches of a Go pattern in `text`, none overlapping."""
        if len(pattern) > _LONGEST:
            raise TemplateError("regular expression too long")
        adapted = _NAMED.sub(lambda match: _POSIX.get(match[1], ""), pattern).replace(r"\z", r"\Z")
        try:
            compiled = re.compile(adapted, re.ASCII)
        except (re.error, RecursionError, OverflowError) as error:
            raise TemplateError(f"error parsing regexp: {error}") from None
        if _may_explode(adapted, len(text)):
            yield from Automaton(adapted, compiled.groupindex, self.take).spans(text)
            return
        self.take((len(pattern) + len(text)) // 64 + len(text) ** 2 // 2_000 * (len(_UNBOUNDED.findall(adapted)) > 1))
        for match in compiled.finditer(text):
            groups = tuple(match.span(index) for index in range(compiled.groups + 1))
            yield Span(text, groups, dict(compiled.groupindex))

    def _match(self, pattern: Value, text: Value) -> bool:
        return next(self._spans(show(pattern), show(text)), None) is not None

    def _find(self, pattern: Value, text: Value) -> str:
        found = next(self._spans(show(pattern), show(text)), None)
        return found.group(0) if found else ""

    def _find_all(self, pattern: Value, text: Value, count: Value) -> list[str]:
        most = to_int(count)
        found = [span.group(0) for span in self._spans(show(pattern), show(text))]
        return found if most < 0 else found[:most]

    def _rewrite(self, pattern: Value, text: Value, made: Callable[[Span], str]) -> str:
        shown, end, parts = show(text), 0, []
        for span in self._spans(show(pattern), shown):
            start, stop = span.groups[0]
            parts += [shown[end:start], made(span)]
            end = stop
        return "".join([*parts, shown[end:]])

    def _replace(self, pattern: Value, text: Value, replacement: Value) -> str:
        layout = show(replacement)
        return self._rewrite(
            pattern, text, lambda span: _REFERENCE.sub(lambda match: _referred(match[1], span), layout)
        )

    def _replace_literal(self, pattern: Value, text: Value, replacement: Value) -> str:
        return self._rewrite(pattern, text, lambda _: show(replacement))

    def _split(self, pattern: Value, text: Value, count: Value) -> list[str]:
        most, shown = to_int(count), show(text)
        if most == 0:
            return []
        parts: list[str] = []
        end = 0
        for span in self._spans(show(pattern), shown):
            start, stop = span.groups[0]
            if most > 0 and len(parts) == most - 1:
                break
            if stop == 0:
                continue
            parts.append(shown[end:start])
            end = stop
        return [*parts, shown[end:]]


def _referred(name: str, span: Span) -> str:
    """What `$1` or `${name}` stands for."""
    bare = name.strip("{}")
    if bare == "$":
        return "$"
    if bare.isdigit():
        return span.group(int(bare[:6]))
    return span.group(span.names[bare]) if bare in span.names else ""
