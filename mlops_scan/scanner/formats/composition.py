"""What stands in a configuration of several files: a main file, the options that its `defaults` choose, and what a
command chooses otherwise.

https://hydra.cc/docs/advanced/defaults_list/ and .../override_grammar/basic/, read 2026-11 (version 1.3).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.formats.entrytexts import resolve, resolve_option
from mlops_scan.scanner.model import Fact, Location

Files = Mapping[str, Mapping[str, Fact]]
Words = tuple[tuple[str, Location], ...]  # `model=xgb`, `lr=0.1`, and where that is said
PACKAGE = "@package"  # the entry that says under which key a whole file stands
_SUFFIXES = (".yaml", ".yml")
_SECTIONED = (".ini", ".cfg")
_MOST = 300  # files of one configuration
_OPTIONS = 200_000  # lines of `defaults` that are followed in all
_SELF = "_self_"
_WORD = re.compile(r"(\+{0,2}|~)([A-Za-z_][\w./@-]*)(?:=(.*))?\Z", re.DOTALL)
_OPEN = re.compile(r"\$(?!\{[a-z_.]+\})|`|\A\w+\(")  # what only a shell or a sweep knows
_NUMBER = re.compile(r"-?\d{1,15}\Z")
_MARKS = ("optional ", "override ")


@dataclass(frozen=True, slots=True)
class Run:
    """What a program is given: main files, of which the last wins, and what a command says otherwise."""

    files: tuple[str, ...]
    words: Words = ()


class Composition:
    """Entries by file, and the values that they come to."""

    def __init__(self, files: Files) -> None:
        self._files, self._left = files, _OPTIONS
        self._known: dict[tuple[Run, str], Fact | None] = {}
        self._plans: dict[Run, _Plan] = {}
        self._by_name: dict[str, list[str]] = {}

    def read(self, main: str | Run, key: str) -> tuple[Any, Location] | None:
        """What stands under a key of a file and of the options that it chooses, with what it names put in."""
        run = Run((main,)) if isinstance(main, str) else main
        sectioned = run.files[-1].endswith(_SECTIONED)
        found = self._found(run, key)
        if found is None and sectioned:
            found = self._found(run, f"DEFAULT.{key.rpartition('.')[2]}")
        if found is None:
            return None
        known = (resolve_option if sectioned else resolve)(found.get("value"), key, lambda name: self._value(run, name))
        return (known, found.at) if known is not None else None

    def file(self, folder: str, name: str) -> str:
        """The path of a file of entries by its name, which may go without suffix; '' where there is none."""
        for suffix in ("", *_SUFFIXES):
            path = posixpath.normpath(posixpath.join(folder if folder != "." else "", f"{name}{suffix}"))
            if path in self._files:
                return path
        return ""

    def ending(self, folder: str, name: str) -> str:
        """The same for a folder of which only the end is known; '' where several fit."""
        ends = tuple(posixpath.normpath(f"/{folder}/{name}{suffix}") for suffix in ("", *_SUFFIXES))
        fitting = [path for path in self._files if f"/{path}".endswith(ends)]
        return fitting[0] if len(fitting) == 1 else ""

    def nearest(self, written: str, origin: str) -> str:
        """The file that code means by a path as written; '' where there is none."""
        if not self._by_name:
            for path in self._files:
                self._by_name.setdefault(posixpath.basename(path), []).append(path)
        wanted = posixpath.normpath(written).lstrip("./")
        alike = self._by_name.get(posixpath.basename(wanted), ())
        return max(
            (path for path in alike if f"/{path}".endswith(f"/{wanted}")),
            key=lambda path: (len(posixpath.commonprefix([path, origin])), -path.count("/"), path),
            default="",
        )

    def entries(self, path: str) -> dict[str, Fact]:
        """All entries of a configuration by their whole keys."""
        found: dict[str, Fact] = {}
        for one, prefix in self._plan(Run((path,))).files:
            for key, fact in self._files[one].items():
                found.setdefault(f"{prefix}{key}", fact)
        return found

    def chosen(self, path: str) -> list[str]:
        """The files that the `defaults` of one file choose, seen from its folder."""
        folder = posixpath.dirname(path)
        lines = (line for line in _lines(self._files.get(path, {})) if line[1])
        found = [self.file(f"{folder}/{_plain(group)[0]}".strip("/"), option) for group, option in lines]
        return [one for one in found if one]

    def _value(self, run: Run, key: str) -> Any:
        found = self._found(run, key)
        return found.get("value") if found is not None else None

    def _found(self, run: Run, key: str) -> Fact | None:
        if (run, key) not in self._known:
            self._known[run, key] = self._entry(self._plan(run), key)
        return self._known[run, key]

    def _entry(self, plan: _Plan, key: str) -> Fact | None:
        """The entry that holds: what a command says, then of the files the last."""
        if key in plan.values:
            return plan.values[key]
        for path, prefix in plan.files:
            if key.startswith(prefix) and (found := self._files[path].get(key[len(prefix) :])) is not None:
                return found
        return None

    def _plan(self, run: Run) -> _Plan:
        if run not in self._plans:
            plan = self._plans[run] = _Plan()
            for path in reversed(run.files):
                plan.folder = posixpath.dirname(path)
                for word, at in run.words:
                    self._take(plan, word, at)
                self._visit(plan, path, "", "")
        return self._plans[run]

    def _take(self, plan: _Plan, word: str, at: Location) -> None:
        """What a word of a command chooses or sets."""
        said = _WORD.match(word)
        if said is None:
            return
        sign, name, value = said.groups()
        group, package = _plain(name)
        open_ = value is not None and _OPEN.search(value) is not None
        if sign == "~":
            plan.choices[group, package] = ()
        elif value is None:
            return
        elif package or any(path.startswith(f"{plan.within(group)}/") for path in self._files):
            plan.choices[group, package] = () if open_ else tuple(_parts(value))
            plan.added += [(group, package)] * (sign != "")
        else:
            plan.values[name] = Fact("parameter", name, at, {"value": None if open_ else _typed(value)})

    def _visit(self, plan: _Plan, path: str, group: str, package: str) -> None:
        """Note the file and those that it chooses, the one that wins first: what comes last in `defaults`."""
        self._left -= 1
        if (path, package) in plan.seen or len(plan.seen) >= _MOST or self._left < 0:
            return
        plan.seen.add((path, package))
        lines = list(_lines(self._files.get(path, {})))
        for written, option in lines:
            if written.startswith("override "):
                name, inside = _plain(written)
                plan.choices.setdefault((_within(written, group, name), inside), (option,) if option else ())
        for written, option in reversed([*lines, *_added(plan, group)]):
            if written == _SELF:
                plan.files.append((path, package))
            elif not written.startswith("override "):
                self._choose(plan, written, option, group, package)

    def _choose(self, plan: _Plan, written: str, option: str, group: str, package: str) -> None:
        name, inside = _plain(written)
        whole = _within(written, group, name)
        for chosen in reversed(plan.choices.get((whole, inside), (option,))):
            found = self.file(plan.within(whole), chosen)
            if found:
                self._visit(plan, found, whole, self._package(found, name, inside, package))

    def _package(self, path: str, group: str, inside: str, around: str) -> str:
        """What stands before the keys of a chosen file."""
        header = self._files[path].get(PACKAGE)
        told = inside or (str(header.get("value")) if header is not None else "") or "_group_"
        if told == "_global_" or told.startswith("_global_."):
            return f"{told[9:]}." if told[9:] else ""
        name = "" if told == "_here_" else told.replace("_group_", group.replace("/", "."))
        return f"{around}{name}." if name else around


class _Plan:
    """The files of one configuration with what stands before their keys, the one that wins first."""

    def __init__(self) -> None:
        self.folder = ""  # of the main file
        self.files: list[tuple[str, str]] = []
        self.seen: set[tuple[str, str]] = set()
        self.choices: dict[tuple[str, str], tuple[str, ...]] = {}  # (group, package) -> options
        self.added: list[tuple[str, str]] = []
        self.values: dict[str, Fact] = {}

    def within(self, group: str) -> str:
        return f"{self.folder}/{group}".strip("/")


def _added(plan: _Plan, group: str) -> Iterator[tuple[str, str]]:
    """The lines that a command adds to those of the main file."""
    for name, package in plan.added if not group and len(plan.seen) == 1 else ():
        yield from ((f"{name}@{package}" if package else name, one) for one in plan.choices[name, package])


def _lines(entries: Mapping[str, Fact]) -> Iterator[tuple[str, str]]:
    """(group as written, option) of the lines of `defaults`; the file itself where they do not say, last."""
    listed = entries["defaults"].get("value") if "defaults" in entries else None
    items = listed if isinstance(listed, list) else []
    for one in items if _SELF in items else [*items, _SELF]:
        if not isinstance(one, Mapping):  # `- base` and `- db/mysql` name the file
            named, at, package = str(one).partition("@")
            folder, slash, name = named.rpartition("/")
            yield (_SELF, "") if one == _SELF else (f"{folder}{slash}{at}{package}", name)
            continue
        for group, option in one.items():
            for chosen in option if isinstance(option, list) else [option]:
                yield str(group), "" if chosen is None else str(chosen)


def _plain(written: str) -> tuple[str, str]:
    """(group, package) of a line of `defaults`."""
    for word in _MARKS:
        written = written.removeprefix(word).strip()
    group, _, package = written.lstrip("/").partition("@")
    return group.strip("/"), package


def _within(written: str, group: str, name: str) -> str:
    """A group seen from the main file: what is not absolute lies in the group of the file that names it."""
    for word in _MARKS:
        written = written.removeprefix(word).strip()
    return name if written.startswith("/") or not group else f"{group}/{name}"


def _parts(value: str) -> Sequence[str]:
    """The options of `[a, b]`, or the one that is named; of a sweep `a,b` the first."""
    if value.startswith("[") and value.endswith("]"):
        return [one.strip() for one in value[1:-1].split(",") if one.strip()]
    return [value.split(",")[0].strip()] if value not in ("", "null") else []


def _typed(text: str) -> Any:
    """A value as a command writes it."""
    quoted = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
    return text[1:-1] if quoted else int(text) if _NUMBER.match(text) else text


def plain(found: tuple[Any, Location] | None) -> tuple[Any, Location] | None:
    """What was found, where it is a constant."""
    return found if found is not None and isinstance(found[0], (str, int, float)) else None
