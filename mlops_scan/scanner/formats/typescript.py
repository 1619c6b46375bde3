"""TypeScript and JavaScript, as far as a declaration of constructs needs it: imports, and what `new` makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_IMPORT = re.compile(
    r"""\bimport\s+(?:type\s+)?(?:\*\s+as\s+(?P<all>\w+)|(?P<default>\w+)\s*(?=from)|\{(?P<names>[^{}]{0,4000})\})"""
    r"""\s*from\s*(?P<quote>['"])(?P<module>[^'"\n]{1,200})(?P=quote)"""
)
_REQUIRE = re.compile(
    r"""\b(?:const|let|var)\s+(?P<all>\w+)\s*=\s*require\(\s*['"](?P<module>[^'"\n]{1,200})['"]\s*\)"""
)
_NEW = re.compile(r"\bnew\s+(?P<name>[A-Za-z_$][\w$]*(?:\s*\.\s*[A-Za-z_$][\w$]*){0,5})\s*(?:<[^<>()]{0,100}>)?\(")
_NAME = re.compile(r"(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?\Z")
_REMARK = r"//[^\n]*"
# what closes; what does not is looked for once, to the end of its line or of the text, not from each sign in it
_CLOSING = {
    "comment": r"/\*.*?(?P<comment>\*/|\Z)",
    "single": r"'(?:[^'\\\n]|\\.)*(?P<single>'?)",
    "double": r"\"(?:[^\"\\\n]|\\.)*(?P<double>\"?)",
    "template": r"`(?:[^`\\]|\\.)*(?P<template>`?)",
}


@dataclass(frozen=True, slots=True)
class Made:
    """`new name(...)`: `module` and `name` as they were imported, line and column of `new`."""

    module: str
    name: str
    line: int
    column: int


def made(text: str) -> Iterator[Made]:
    """What is made of imported things, in order. Comments and strings make nothing."""
    bare = _bare(text, tuple(_CLOSING))
    known = dict(_imports(text, bare))
    line, opened, seen = 1, 0, 0  # of what was counted last
    for found in _NEW.finditer(bare):
        line += bare.count("\n", seen, found.start())
        opened = max(opened, bare.rfind("\n", seen, found.start()) + 1)
        seen = found.start()
        first, _, rest = re.sub(r"\s", "", found["name"]).partition(".")
        if first in known:
            module, name = known[first]
            yield Made(module, ".".join(one for one in (name, rest) if one), line, seen - opened + 1)


def _imports(text: str, bare: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Local name -> module and the name in it ('' for the module itself)."""
    for pattern in (_IMPORT, _REQUIRE):
        for found in pattern.finditer(text):
            if bare[found.start()] == " ":  # in a comment
                continue
            groups = found.groupdict()
            whole = groups.get("all") or groups.get("default")
            if whole:
                yield whole, (found["module"], "")
            for one in (groups.get("names") or "").split(","):
                name = _NAME.match(one.strip())
                if name is not None:
                    yield name[2] or name[1], (found["module"], name[1])


def _bare(text: str, kinds: tuple[str, ...]) -> str:
    """The text with blanks for comments and strings of these kinds.

    A sign that nothing closes opens none (it stands in a regular expression): the rest is read without its kind.
    """

    def blank(found: re.Match[str]) -> str:
        kind = found.lastgroup
        if kind is not None and not found[kind]:
            return found[0][0] + _bare(found[0][1:], tuple(one for one in kinds if one != kind))
        return re.sub(r"[^\n]", " ", found[0])

    return re.sub("|".join((_REMARK, *map(_CLOSING.__getitem__, kinds))), blank, text, flags=re.DOTALL)
