"""The grammar of catalogue signatures, `prefix:pattern` with conditions; docs/catalog.md explains it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from mlops_scan.scanner.catalog.conditions import Argument, Attribute

_BRACES = re.compile(r"\{([^{}]*)\}")
_FIRST_SEGMENT = re.compile(r"(?:[^.{]|\{[^{}]*\})*")
_CALL = re.compile(r"(?P<name>[^()\s]+)(?:\((?P<conditions>.+)\))?\Z")
_SEGMENT = r"(?:[\w*]|\{[\w*.]+(?:,[\w*.]*)*\})+"
_PIECE = re.compile(r"(?:[^.{]|\{[^{}]*\})+")
_DOTTED = re.compile(rf"{_SEGMENT}(?:\.{_SEGMENT})*\Z")
_OBJECT = re.compile(r"[\w.*-]+/[\w*]+\Z")
_TYPE = re.compile(r"[\w*:./-]+\Z")
_IMAGE = re.compile(r"[\w.*:-]+(?:/[\w.*-]+)*\Z")
_ACTION = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*\Z")
_KEY = re.compile(r"[\w.*/-]+\Z")
_VARIABLE = re.compile(r"[A-Za-z_*][\w*]*\Z")
_METRIC = re.compile(r"[A-Za-z_:][\w:]*\*?\Z")
_PATH = re.compile(r"[^\s:()]+\Z")
_SETTING = re.compile(r"(?P<file>[^\s:]+):(?P<key>[^=\s]+)(?:=(?P<value>.+))?\Z")
_CHART = re.compile(r"(?:(?P<url>(?:https?|oci)://\S+) )?(?P<chart>[\w.*-]+)\Z")


class SignatureError(ValueError):
    """Not a signature; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One way in which a tool shows itself.

    `name` is what the index looks up (dotted name, program, type, image ...), `words` are what else a command, a chart
    or a setting must have, `arguments` and `attributes` the conditions, of which all must hold.
    """

    prefix: str
    text: str
    name: str
    words: tuple[str, ...] = ()
    arguments: tuple[Argument, ...] = ()
    attributes: tuple[Attribute, ...] = ()


def parse(text: str) -> tuple[Signature, ...]:
    """The signatures that `text` stands for (several where it holds braces). Raises SignatureError."""
    prefix, colon, _ = text.partition(":")
    if not colon or prefix not in _READERS:
        raise SignatureError(f"unknown prefix in '{text}' (known: {', '.join(_READERS)})")
    pattern = text[len(prefix) + 1 :].strip()
    # alternatives beside a wildcard stay one regular expression: an index entry each would buy nothing
    whole = prefix != "py" or "*" not in pattern.partition("(")[0]
    read = _READERS[prefix]
    if "{" not in pattern:
        return (read(prefix, text, pattern),)
    return tuple(read(prefix, text, one) for one in _expand(pattern, all_=whole))


def prefixes() -> tuple[str, ...]:
    """Every prefix of the grammar."""
    return tuple(_READERS)


def has_attributes(text: str) -> bool:
    """Whether a signature speaks of a declared resource, which has attributes in place of arguments."""
    return text.partition(":")[0] in ("k8s", "tf", "cfn", "arm", "aml")


@cache
def dotted(pattern: str) -> re.Pattern[str]:
    """A dotted name: `*` inside a segment is any part of it, a segment that is `*` alone is one segment or more."""
    pieces = (r"[^.]+(?:\.[^.]+)*" if one == "*" else _segment(one) for one in _PIECE.findall(pattern))
    return re.compile(r"\.".join(pieces))


def _segment(pattern: str) -> str:
    """A regular expression for one segment: `*`, and alternatives in braces."""
    return "".join(map(_part, re.split(r"(\*|\{[^{}]*\})", pattern)))


def _part(text: str) -> str:
    if text == "*":
        return "[^.]*"
    if text.startswith("{"):
        return f"(?:{'|'.join(map(_segment, text[1:-1].split(',')))})"
    return re.escape(text)


@cache
def path_glob(pattern: str) -> re.Pattern[str]:
    """A path relative to any folder of the repository: `*` stays inside a path segment, `**/` is any folders."""
    parts = re.split(r"(\*\*/|\*)", pattern)
    body = "".join({"**/": "(?:[^/]+/)*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
    return re.compile(f"(?:[^/]+/)*{body}")


def _expand(pattern: str, *, all_: bool) -> Iterator[str]:
    """`a.{b,c}` as `a.b` and `a.c`; if not `all_`, only braces before the first dot."""
    rest = ""
    head = None if all_ else _FIRST_SEGMENT.match(pattern)
    if head is not None:
        pattern, rest = pattern[: head.end()], pattern[head.end() :]
    pieces = _BRACES.split(pattern)
    choices = [piece.split(",") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    for chosen in product(*choices):
        yield "".join(chosen) + rest


def _need(shape: re.Pattern[str], pattern: str, text: str, what: str) -> re.Match[str]:
    found = shape.match(pattern)
    if found is None:
        raise SignatureError(f"'{text}' is not {what}")
    return found


def _attributes(terms: list[str], text: str) -> tuple[Attribute, ...]:
    try:
        return tuple(Attribute.parse(term) for term in terms)
    except ValueError as error:
        raise SignatureError(f"'{text}': {error}") from None


def _call(prefix: str, text: str, pattern: str) -> Signature:
    found = _need(_CALL, pattern, text, "a dotted name with optional conditions in brackets")
    _need(_DOTTED, found["name"], text, "a dotted name")
    try:
        conditions = tuple(Argument.parse(one) for one in (found["conditions"] or "").split(", ") if one)
    except ValueError as error:
        raise SignatureError(f"'{text}': {error}") from None
    return Signature(prefix, text, found["name"], arguments=conditions)


def _command(prefix: str, text: str, pattern: str) -> Signature:
    words = pattern.split()
    if not words or words[0].startswith("-"):
        raise SignatureError(f"'{text}' names no program")
    if words[:2] == ["python", "-m"] and len(words) > 2:
        words = words[2:]  # commands.programs gives the module as a program
    return Signature(prefix, text, words[0], tuple(words[1:]))


def _typed(shape: re.Pattern[str], what: str) -> Callable[[str, str, str], Signature]:
    def read(prefix: str, text: str, pattern: str) -> Signature:
        name, *terms = re.split(r" (?=!?\.)", pattern)
        _need(shape, name, text, what)
        return Signature(prefix, text, name, attributes=_attributes(terms, text))

    return read


def _plain(shape: re.Pattern[str], what: str) -> Callable[[str, str, str], Signature]:
    def read(prefix: str, text: str, pattern: str) -> Signature:
        _need(shape, pattern, text, what)
        return Signature(prefix, text, pattern)

    return read


def _valued(shape: re.Pattern[str], what: str) -> Callable[[str, str, str], Signature]:
    """NAME or NAME=value: the value is kept in `words`."""

    def read(prefix: str, text: str, pattern: str) -> Signature:
        name, equals, value = pattern.partition("=")
        _need(shape, name, text, what)
        return Signature(prefix, text, name, (value,) if equals else ())

    return read


def _chart(prefix: str, text: str, pattern: str) -> Signature:
    found = _need(_CHART, pattern, text, "a chart name, or the URL of a chart repository and a chart name")
    return Signature(prefix, text, found["chart"], (found["url"].rstrip("/"),) if found["url"] else ())


def _setting(prefix: str, text: str, pattern: str) -> Signature:
    found = _need(_SETTING, pattern, text, "a setting (file:key.path, optionally =value)")
    return Signature(prefix, text, found["file"], (found["key"], found["value"] or "*"))


_READERS: dict[str, Callable[[str, str, str], Signature]] = {
    "py": _call,
    "def": _plain(_VARIABLE, "a function name"),
    "cli": _command,
    "k8s": _typed(_OBJECT, "group/Kind"),
    "tf": _typed(_TYPE, "a Terraform resource type"),
    "cfn": _typed(_TYPE, "a CloudFormation type"),
    "arm": _typed(_TYPE, "an Azure resource type"),
    "aml": _typed(_TYPE, "an Azure ML YAML schema"),
    "ann": _valued(_KEY, "an annotation or label"),
    "img": _plain(_IMAGE, "an image repository without a tag"),
    "helm": _chart,
    "file": _plain(_PATH, "a file name or path glob"),
    "cfg": _setting,
    "env": _valued(_VARIABLE, "an environment variable"),
    "gha": _typed(_ACTION, "the owner/name of a CI action"),
    "metric": _plain(_METRIC, "a metric name or the beginning of one"),
    "fact": _typed(_ACTION, "a kind of fact"),
}
