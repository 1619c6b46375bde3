"""Semantic versions and the constraints on them, as the Masterminds library reads both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.nodes import TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.struct import Struct

_PART = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?(\d{{1,18}})(?:\.(\d{{1,18}}))?(?:\.(\d{{1,18}}))?(?:-({_PART}))?(?:\+({_PART}))?\Z")
_OPERAND = r"v?([0-9xX*]+)(?:\.([0-9xX*]+))?(?:\.([0-9xX*]+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
_HYPHEN = re.compile(rf"\s*({_OPERAND})\s+-\s+({_OPERAND})\s*")
_CONSTRAINT = re.compile(rf"(=>|>=|=<|<=|!=|~>|[=<>~^])?\s*{_OPERAND}")
_LONGEST = 256
_WILD = frozenset(("x", "X", "*"))


@dataclass(frozen=True, slots=True)
class Version:
    """`release` is (major, minor, patch); `before` the pre-release, '' for a release."""

    release: tuple[int, int, int]
    before: str
    build: str

    @property
    def order(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        """Sort key: a pre-release stands before its release."""
        parts = self.before.split(".") if self.before else []
        return self.release, not self.before, tuple(_identifier(part) for part in parts)


def _identifier(part: str) -> tuple[bool, int, str]:
    return (False, int(part[:30]), "") if part.isdigit() else (True, 0, part)


def version(text: str) -> Version:
    """Parse a version, lenient about missing parts and a leading v. Raises TemplateError."""
    match = _VERSION.match(text.strip()[:_LONGEST])
    if match is None:
        raise TemplateError(f"invalid semantic version {text[:40]!r}")
    major, minor, patch, before, build = match.groups()
    return Version((int(major), int(minor or 0), int(patch or 0)), before or "", build or "")


def satisfies(constraint: str, text: str) -> bool:
    """Whether the version `text` fits one of the `||` alternatives. Raises TemplateError for what cannot be read."""
    found = version(text)
    return any(_alternative(part, found) for part in constraint[:_LONGEST].split("||"))


def _alternative(text: str, found: Version) -> bool:
    rewritten = _HYPHEN.sub(r" >=\1 <=\6 ", text).replace(",", " ").strip()
    if not rewritten:
        return not found.before
    if _CONSTRAINT.sub("", rewritten).strip():
        raise TemplateError(f"improper constraint: {text[:40]!r}")
    return all(_holds(match, found) for match in _CONSTRAINT.finditer(rewritten))


def _holds(match: re.Match[str], found: Version) -> bool:
    sign, *parts, before = match.groups()
    fixed: list[int] = []
    for part in parts:
        if part is None or part in _WILD or not part.isdigit():
            break
        fixed.append(int(part[:18]))
    padded = (*fixed, 0, 0, 0)
    wanted = Version((padded[0], padded[1], padded[2]), before or "", "")
    if found.before and not before:
        return False  # a pre-release is only let in by a constraint that names one
    return _compare(sign or "=", found, wanted, len(fixed))


def _compare(sign: str, found: Version, wanted: Version, fixed: int) -> bool:
    start, prefix = found.release[:fixed], wanted.release[:fixed]
    partial = fixed < 3
    if sign == "=":
        return start == prefix if partial else found.order == wanted.order
    if sign == "!=":
        return start != prefix if partial else found.order != wanted.order
    if sign == ">":
        return start > prefix if partial else found.order > wanted.order
    if sign == "<":
        return found.order < wanted.order
    if sign in (">=", "=>"):
        return found.order >= wanted.order
    if sign in ("<=", "=<"):
        return start <= prefix if partial else found.order <= wanted.order
    if found.order < wanted.order:
        return False
    return found.release[: _kept(sign, wanted.release, fixed)] == wanted.release[: _kept(sign, wanted.release, fixed)]


def _kept(sign: str, release: tuple[int, int, int], fixed: int) -> int:
    """How many leading parts `~` or `^` hold fast."""
    if sign in ("~", "~>"):
        return min(fixed, 2)
    for index in range(min(fixed, 3)):
        if release[index]:
            return index + 1
    return fixed


def _struct(text: Value) -> Struct:
    found = version(show(text))
    major, minor, patch = found.release
    shown = f"{major}.{minor}.{patch}" + (f"-{found.before}" if found.before else "")
    shown += f"+{found.build}" if found.build else ""
    fields = {"Major": major, "Minor": minor, "Patch": patch, "Prerelease": found.before, "Metadata": found.build}
    return Struct({**fields, "Original": show(text)}, shown)


SEMVER: Mapping[str, Callable[..., Value]] = {
    "semver": _struct,
    "semverCompare": lambda constraint, text: satisfies(show(constraint), show(text)),
}
