"""TypeScript and JavaScript, as far as a declaration of constructs needs it: imports, what `new` makes of them, and
the methods of what was made.
"""

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
_WORD = r"[A-Za-z_$][\w$]*"
_CALL = re.compile(
    rf"\bnew\s+(?P<name>{_WORD}(?:\s*\.\s*{_WORD}){{0,5}})\s*(?:<[^<>()]{{0,100}}>)?\("
    rf"|(?<![\w$.])(?P<owner>(?:this\s*\.\s*)?{_WORD}(?:\s*[?!]?\.\s*{_WORD}){{0,3}}?)\s*[?!]?\.\s*(?P<method>{_WORD})\s*\("
)
_ASSIGNED = re.compile(rf"(?<![\w$.])(?:this\.)?({_WORD})\s*(?::\s*[\w$.<>]{{1,80}})?\s*=\s*(?:await)?\Z")
_BEFORE = 120  # characters before a call in which it may be assigned
_ARGUMENT = re.compile(rf"[()\[\]{{}},]|(?<![\w$]){_WORD}(?=\s*[:,}}])")
_WITHIN = 4_000  # characters of one call
_READ = 400_000  # characters of the arguments of all
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
    """`new name(...)`, or a method of what that made: `module` and `name` as they were imported, line and column, the
    `options` that an object among the arguments gives.
    """

    module: str
    name: str
    line: int
    column: int
    options: tuple[str, ...] = ()


def made(text: str) -> Iterator[Made]:
    """What is made of imported things, and called of it, in order. Comments and strings make nothing."""
    bare = _bare(text, tuple(_CLOSING))
    known = dict(_imports(text, bare))
    if not known:
        return
    line, opened, seen, left = 1, 0, 0, _READ  # of what was counted last
    for found in _CALL.finditer(bare):
        path = re.sub(r"[\s?!]", "", found["name"] or f"{found['owner']}.{found['method']}").removeprefix("this.")
        first, _, rest = path.partition(".")
        if first not in known:
            continue
        line += bare.count("\n", seen, found.start())
        opened = max(opened, bare.rfind("\n", seen, found.start()) + 1)
        seen = found.start()
        module, name = known[first]
        whole = ".".join(one for one in (name, rest) if one)[:_BEFORE]
        options = _options(bare, found.end()) if left > 0 else ()
        left -= _WITHIN
        before = bare[max(0, seen - _BEFORE) : seen].rstrip()
        assigned = _ASSIGNED.search(before) if before.endswith(("=", "await")) else None
        if assigned is not None:
            known[assigned[1]] = module, whole
        yield Made(module, whole, line, seen - opened + 1, options)


def _options(bare: str, start: int) -> tuple[str, ...]:
    """The keys of an object that is an argument of the call that opens before `start`."""
    found: list[str] = []
    opened, before = 1, "("
    in_object = False
    for one in _ARGUMENT.finditer(bare, start, start + _WITHIN):
        sign = one[0]
        if sign in "([{":
            opened += 1
            in_object = in_object or (sign == "{" and opened == 2)
        elif sign in ")]}":
            opened -= 1
            in_object = in_object and opened >= 2
            if not opened:
                break
        elif sign != "," and in_object and opened == 2 and before in "{,":
            found.append(sign)
        before = sign
    return tuple(found)


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
