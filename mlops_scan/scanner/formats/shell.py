"""The programs that shell text starts: wrappers taken off, `bash -c`, `$(...)` and `ssh` opened. Runs nothing."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from mlops_scan.scanner.formats import shellwords
from mlops_scan.scanner.formats.shellvariables import Variables
from mlops_scan.scanner.formats.shellwrappers import inline_script, remote_words, unwrap

__all__ = ["Command", "Session", "asks_python", "commands", "from_argv", "unwrap"]

_RAW_CHARS = 400
_REMEMBERED = 200  # texts read last, of which the commands are kept
_SHORT = 4_000  # characters of those
_DEPTH = 5  # bash -c inside bash -c
_IGNORING = (("true",), (":",), ("exit", "0"), ("echo",), ("printf",))  # 'x || true': whether x fails does not matter
_ASKING = frozenset(("if", "elif", "while", "until"))
_BEFORE = frozenset(("then", "else", "do", "!", "{"))
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ash", "ksh"))
_MACRO = re.compile(r"[\w.@%<^?*+-]+\Z")
_STATUS = re.compile(r"\$\?|\$\{?PIPESTATUS")
_OPAQUE = re.compile(r"[$`~*]|\A-\Z")


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command. `argv[0]` is the program, wrappers taken off, `python3.11` made `python`.

    `line` counts from zero from the start of the text, `offset` is the character where it begins; `raw` is the text as
    written, at most 400 characters. `soft`: a `|| true` or a `set +e` swallows its failure. `cwd` is the folder it runs
    in relative to where the text started, "" at first, None after a `cd` to somewhere unknown. `asked`: it is the
    condition of an `if` or `while`, which goes on whatever it finds; `guard`: the condition of the `if` around it.
    `ways`: argv with the variables that the text itself sets, once for each way to fill them; () where it uses none.
    """

    argv: tuple[str, ...]
    line: int
    raw: str
    offset: int = 0
    soft: bool = False
    cwd: str | None = ""
    asked: bool = False
    guard: str = ""
    ways: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class Session:
    """A shell that gets one text after another: the folder it is in, and the variables that it knows."""

    folder: str | None = ""
    variables: Variables = field(default_factory=Variables)


def commands(
    text: str,
    *,
    macros: bool = False,
    session: Session | None = None,
    simples: Sequence[shellwords.Simple] | None = None,
) -> list[Command]:
    """Every simple command of a shell text, in order, substitutions before the command that uses them.

    `macros`: `$(NAME)` is a variable of whoever runs the text (make, Azure Pipelines), not a command.
    `session`: the shell that got the texts before. `simples`: the text split, where that is known.
    """
    if session is None and simples is None and len(text) < _SHORT:
        return list(_remembered(text, macros=macros))
    return _read(text, macros=macros, session=session, simples=simples)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(text: str, *, macros: bool) -> tuple[Command, ...]:
    """A text that stands alone, which several that call the same workflow or script come to."""
    return tuple(_read(text, macros=macros, session=None, simples=None))


def _read(
    text: str, *, macros: bool, session: Session | None, simples: Sequence[shellwords.Simple] | None
) -> list[Command]:
    place = Command((), 0, "", cwd=session.folder) if session else None
    reader = _Reader(text, 0, place, macros=macros, variables=session.variables if session else None)
    found = list(reader.run(simples))
    if session:
        session.folder = reader.folders[0]
    return found


def from_argv(argv: Sequence[str]) -> list[Command]:
    """The commands behind an exec-form list (Dockerfile CMD, container command + args); lines are the script's."""
    return list(_of_words(tuple(word for word in argv if word)))


@lru_cache(maxsize=_REMEMBERED)
def _of_words(words: tuple[str, ...]) -> tuple[Command, ...]:
    text = " ".join(words)
    return tuple(_Reader(text, 0).open(list(words), Command((), 0, text[:_RAW_CHARS])))


def asks_python(words: Sequence[str]) -> bool:
    """Whether what follows a program of which nothing is known tells that it is Python: `-m`, or a script."""
    return words[:1] == ["-m"] or (bool(words) and words[0].endswith(".py"))


class _Reader:
    """Reads one text; `depth` counts the texts around it."""

    def __init__(
        self,
        text: str,
        depth: int,
        place: Command | None = None,
        *,
        macros: bool = False,
        variables: Variables | None = None,
    ) -> None:
        self.text, self.depth, self.macros = text, depth, macros
        self.variables = variables or Variables()
        self.place = place or Command((), 0, "")
        self.breaks = [found.start() for found in re.finditer("\n", text)] if text else []
        self.folders: list[str | None] = [self.place.cwd]
        self.pushed: list[str | None] = []
        self.lenient = False  # after `set +e`, unless the text asks for a status
        self.guards: list[str] = []  # conditions of the `if`s that are open
        self.keyword = ""  # what stood alone before a condition
        self.asks = _STATUS.search(text) is not None

    def run(self, simples: Sequence[shellwords.Simple] | None = None) -> Iterator[Command]:
        found = shellwords.split(self.text) if simples is None else simples
        for index, simple in enumerate(found):
            if not simple.words and simple.after in ("(", ")"):
                self._group(simple.after)
                continue
            following = found[index + 1] if index + 1 < len(found) else None
            yield from self._simple(simple, following)

    def _group(self, bracket: str) -> None:
        """A subshell has a working directory of its own."""
        if bracket == "(":
            self.folders.append(self.folders[-1])
        elif len(self.folders) > 1:
            self.folders.pop()

    def _simple(self, simple: shellwords.Simple, following: shellwords.Simple | None) -> Iterator[Command]:
        raw = self.text[simple.start : min(simple.end, simple.start + _RAW_CHARS)].strip()
        soft = simple.after == "||" and following is not None and _ignores(following.words)
        soft = soft or (self.lenient and following is not None)  # the last one's status is the text's
        asked = self._branch(simple.words, raw)
        guard = self.guards[-1] if self.guards and not asked else self.place.guard
        offset = self.place.offset + simple.start
        place = Command((), self._line(simple.start), raw, offset, soft, self.folders[-1], asked, guard)
        if self.depth < _DEPTH:
            for offset, text in simple.inner:
                if self.macros and _MACRO.match(text):
                    continue
                inner = Command((), self._line(offset), raw, self.place.offset + offset, soft, place.cwd)
                yield from self._inside(text, inner).run()
        if simple.words:
            self.variables.take(simple.words, maybe=bool(self.guards))
            yield from self.open(list(simple.words), place, simple.heredoc)

    def _branch(self, words: Sequence[str], raw: str) -> bool:
        """Open and close `if`s; whether the command is a condition. Of `if ((x))` the `if` comes by itself."""
        if words[:1] == ("fi",) and self.guards:
            self.guards.pop()
        leading = next((word for word in words[:3] if word not in _BEFORE), "")
        word = leading if leading in _ASKING else self.keyword
        self.keyword = leading if leading in _ASKING and words[-1] == leading else ""
        if self.keyword:
            return False
        if word in ("if", "elif"):
            self.guards[len(self.guards) - (word == "elif") :] = [raw]
        return word != ""

    def _inside(self, text: str, place: Command) -> _Reader:
        return _Reader(text, self.depth + 1, place, macros=self.macros, variables=self.variables)

    def _line(self, offset: int) -> int:
        return self.place.line + bisect_right(self.breaks, offset - 1)

    def open(self, words: list[str], place: Command, heredoc: tuple[int, str] | None = None) -> Iterator[Command]:
        """The command that `words` are, or the commands that it hands to a shell."""
        argv = unwrap(words)
        if not argv:
            return
        if self.depth < _DEPTH and (script := inline_script(argv)) is not None:
            yield from self._inside(script, place).run()
            return
        self._change_folder(argv)
        if argv[0] == "set" and not self.asks:
            self.lenient = _lenient(argv[1:], before=self.lenient)
        ways = self.variables.ways(argv)
        yield replace(place, argv=tuple(argv), soft=place.soft or self.place.soft, ways=ways)
        if self.depth >= _DEPTH:
            return
        if remote := remote_words(argv):
            far = Command((), place.line, place.raw, place.offset, place.soft, None)
            if len(remote) == 1:
                yield from self._inside(remote[0], far).run()
            else:
                yield from self.open(remote, far)
        if heredoc and (argv[0] == "ssh" or (argv[0] in _SHELLS and all(word[:1] == "-" for word in argv[1:]))):
            body = Command((), self._line(heredoc[0]), "", self.place.offset + heredoc[0], place.soft, place.cwd)
            yield from self._inside(heredoc[1], body).run()

    def _change_folder(self, argv: list[str]) -> None:
        if argv[0] == "popd":
            self.folders[-1] = self.pushed.pop() if self.pushed else None
            return
        if argv[0] not in ("cd", "pushd"):
            return
        target = next((word for word in argv[1:] if word not in ("--", "-P", "-L")), "~")
        here = self.folders[-1]
        if argv[0] == "pushd":
            self.pushed.append(here)
        if _OPAQUE.search(target) or (here is None and not target.startswith("/")):
            self.folders[-1] = None
        else:
            folder = posixpath.normpath(posixpath.join(here or "", target))
            self.folders[-1] = "" if folder == "." else folder


def _lenient(words: Sequence[str], *, before: bool) -> bool:
    """Whether a shell goes on after a command that failed, once `set` got these words."""
    for index, word in enumerate(words):
        named = word[1:] == "o" and words[index + 1 : index + 2] == ["errexit"]
        if word[:1] in ("-", "+") and (named or (word[1:].isalpha() and "e" in word[1:])):
            before = word[0] == "+"
    return before


def _ignores(words: tuple[str, ...]) -> bool:
    return any(words[: len(ignoring)] == ignoring for ignoring in _IGNORING)
