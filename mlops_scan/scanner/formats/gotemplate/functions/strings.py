"""Functions on text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.goprint import printf, quote, show, verbose
from mlops_scan.scanner.formats.gotemplate.gotypes import UNKNOWN, to_int, to_list
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, Value

_LOWER_UPPER = re.compile(r"([a-z0-9])([A-Z])")
_UPPER_WORD = re.compile(r"(?<![A-Z])([A-Z]+)([A-Z][a-z])")
_SPACE = " \t\n\r\v\f\x85\xa0"
_WORD_START = re.compile(r"(?<![\w'])\w")


def _fits(size: int) -> int:
    """`size`, if a text may be that long. Raises BoundError."""
    if size > bounds.TEMPLATE_OUTPUT:
        raise BoundError(f"a text of more than {bounds.TEMPLATE_OUTPUT} characters")
    return size


def indent(count: Value, text: Value) -> str:
    """Every line moved to the right."""
    shown, width = show(text), max(to_int(count), 0)
    _fits(len(shown) + width * (shown.count("\n") + 1))
    pad = " " * width
    return pad + shown.replace("\n", "\n" + pad)


def _repeat(count: Value, text: Value) -> str:
    shown, times = show(text), max(to_int(count), 0)
    _fits(len(shown) * times)
    return shown * times


def _replace(old: Value, new: Value, text: Value) -> str:
    shown, before, after = show(text), show(old), show(new)
    _fits(len(shown) + len(after) * (shown.count(before) if before else len(shown) + 1))
    return shown.replace(before, after)


def _join(separator: Value, items: Value) -> str:
    texts = [show(item) for item in to_list(items) if item is not None]
    between = show(separator)
    _fits(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def _trunc(count: Value, text: Value) -> str:
    shown, width = show(text), to_int(count)
    if width < 0:
        return shown[width:] if -width < len(shown) else shown
    return shown[:width]


def _abbrev(width: Value, text: Value) -> str:
    shown, most = show(text), to_int(width)
    return shown if most < 4 or len(shown) <= most else shown[: most - 3] + "..."


def _substring(start: Value, end: Value, text: Value) -> str:
    shown, first, last = show(text), to_int(start), to_int(end)
    if first < 0:
        return shown[: max(last, 0)]
    return shown[first:] if last < 0 or last > len(shown) else shown[first:last]


def _snake(text: Value) -> str:
    parted = _LOWER_UPPER.sub(r"\1_\2", _UPPER_WORD.sub(r"\1_\2", show(text)))
    return re.sub(r"[-\s._]+", "_", parted).lower()


def _camel(text: Value) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_\s]+", show(text)))


def _split(separator: Value, text: Value) -> list[str]:
    between = show(separator)
    return show(text).split(between) if between else list(show(text))


def _numbered(parts: list[str]) -> dict[str, Value]:
    return {f"_{index}": part for index, part in enumerate(parts)}


def _split_at_most(separator: Value, count: Value, text: Value) -> dict[str, Value]:
    return _numbered(show(text).split(show(separator), max(to_int(count) - 1, 0)))


def _quoted(mark: Callable[[str], str]) -> Callable[..., str]:
    """quote and squote: every argument that is not nil, parted by spaces."""
    return lambda *values: " ".join(mark(verbose(one)) for one in values if one is not None and one is not UNKNOWN)


def _wrap(width: Value, text: Value, between: str = "\n", *, breaks: bool = False) -> str:
    most, lines = max(to_int(width), 1), [""]
    for part in show(text).split():
        if lines[-1] and len(lines[-1]) + 1 + len(part) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
        while breaks and len(lines[-1]) > most:
            lines[-1:] = [lines[-1][:most], lines[-1][most:]]
    return between.join(lines)


def _print(*values: Value) -> str:
    """fmt.Sprint: a space between two operands when neither is text."""
    made = ""
    for index, value in enumerate(values):
        both = index and not isinstance(value, str) and not isinstance(values[index - 1], str)
        made += (" " if both else "") + verbose(value)
    return made


def _trim_suffix(end: Value, text: Value) -> str:
    return show(text).removesuffix(show(end))


def _trim_prefix(start: Value, text: Value) -> str:
    return show(text).removeprefix(show(start))


def _trim_all(chars: Value, text: Value) -> str:
    return show(text).strip(show(chars)) if show(chars) else show(text)


STRINGS: Mapping[str, Callable[..., Value]] = {
    "print": _print,
    "println": lambda *values: " ".join(verbose(value) for value in values) + "\n",
    "printf": lambda layout, *values: printf(show(layout), *values),
    "html": lambda *values: _print(*values).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "js": lambda *values: _print(*values),
    "quote": _quoted(quote),
    "squote": _quoted(lambda text: f"'{text}'"),
    "toString": verbose,
    "toStrings": lambda items: [verbose(item) for item in to_list(items) if item is not None],
    "join": _join,
    "indent": indent,
    "nindent": lambda count, text: "\n" + indent(count, text),
    "trim": lambda text: show(text).strip(_SPACE),
    "trimAll": _trim_all,
    "trimall": _trim_all,
    "trimSuffix": _trim_suffix,
    "trimPrefix": _trim_prefix,
    "trunc": _trunc,
    "abbrev": _abbrev,
    "abbrevboth": lambda left, right, text: _abbrev(right, text) if to_int(left) < 4 else show(text),
    "upper": lambda text: show(text).upper(),
    "lower": lambda text: show(text).lower(),
    "title": lambda text: _WORD_START.sub(lambda match: match[0].upper(), show(text)),
    "untitle": lambda text: re.sub(r"(?<!\w)\w", lambda match: match[0].lower(), show(text)),
    "camelcase": _camel,
    "snakecase": _snake,
    "kebabcase": lambda text: _snake(text).replace("_", "-"),
    "swapcase": lambda text: show(text).swapcase(),
    "nospace": lambda text: re.sub(r"\s+", "", show(text)),
    "initials": lambda text: "".join(part[:1] for part in show(text).split()),
    "replace": _replace,
    "contains": lambda part, text: show(part) in show(text),
    "hasPrefix": lambda start, text: show(text).startswith(show(start)),
    "hasSuffix": lambda end, text: show(text).endswith(show(end)),
    "repeat": _repeat,
    "substr": _substring,
    "cat": lambda *values: " ".join(verbose(value) for value in values if value is not None),
    "wrap": _wrap,
    "wrapWith": lambda width, between, text: _wrap(width, text, show(between), breaks=True),
    "plural": lambda one, many, count: one if to_int(count) == 1 else many,
    "splitList": _split,
    "split": lambda separator, text: _numbered(_split(separator, text)),
    "splitn": _split_at_most,
}
