"""Shell text as simple commands: enough of POSIX sh to know which programs run with which words. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\1")
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)*)?\Z")
_KEYWORDS = frozenset(
    ("if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "}", "time", "case", "esac")
)
# wrapper -> options that take a value (they and their value are skipped)
_WRAPPERS: dict[str, frozenset[str]] = {
    "sudo": frozenset(("-u", "-g", "-E")),
    "exec": frozenset(),
    "nohup": frozenset(),
    "env": frozenset(("-u",)),
    "command": frozenset(),
    "nice": frozenset(("-n",)),
    "stdbuf": frozenset(("-o", "-e", "-i")),
    "xargs": frozenset(("-n", "-I", "-P")),
    "timeout": frozenset(("-s", "-k")),
    "tini": frozenset(),
    "dumb-init": frozenset(),
    "catchsegv": frozenset(),
}
_RUNNERS: dict[str, frozenset[str]] = {  # 'uv run X': the word after the runner must be 'run' (or 'exec')
    "uv": frozenset(("--with", "--group", "--extra", "--python", "-p", "--env-file", "--project", "--directory")),
    "poetry": frozenset(("-C", "--directory")),
    "pdm": frozenset(("-p",)),
    "pipenv": frozenset(),
    "hatch": frozenset(("-e",)),
    "conda": frozenset(("-n", "--name", "-p", "--prefix")),
    "mamba": frozenset(("-n", "-p")),
    "micromamba": frozenset(("-n", "-p")),
    "pixi": frozenset(("-e",)),
    "rye": frozenset(),
    "doppler": frozenset(),
    "nox": frozenset(),
}
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ash", "ksh"))
_DEPTH = 5  # bash -c inside bash -c


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command. `argv[0]` is the program's base name, wrappers taken off, `python3.11` made `python`.

    `line` counts from zero from the start of the text; `raw` is the text as written, at most 400 characters.
    """

    argv: tuple[str, ...]
    line: int
    raw: str


def commands(text: str) -> list[Command]:
    """Every simple command of a shell text, in order, `bash -c '...'` opened."""
    return list(_commands(text, 0, 0))


def from_argv(argv: list[str] | tuple[str, ...]) -> list[Command]:
    """The commands behind an exec-form list (Dockerfile CMD, container command + args)."""
    return list(_from_words([word for word in argv if word], 0, " ".join(argv)[:400], 0))


def _commands(text: str, base: int, depth: int) -> Iterator[Command]:
    for words, line, raw in _simple_commands(text):
        yield from _from_words(words, base + line, raw, depth)


def _from_words(words: list[str], line: int, raw: str, depth: int) -> Iterator[Command]:
    argv = unwrap(words)
    if not argv:
        return
    program = argv[0]
    if program in _SHELLS and depth < _DEPTH:
        script = _inline_script(argv)
        if script is not None:
            yield from _commands(script, line, depth + 1)
            return
    yield Command(tuple(argv), line, raw)


def _inline_script(argv: list[str]) -> str | None:
    for index, word in enumerate(argv[1:], start=1):
        if word.startswith("-") and word.endswith("c") and not word.startswith("--"):
            return argv[index + 1] if index + 1 < len(argv) else None
        if not word.startswith("-"):
            return None
    return None


def unwrap(words: list[str]) -> list[str]:
    """The words without keywords, assignments and wrappers (sudo, uv run, poetry run ...); the program as base name."""
    rest = list(words)
    while rest:
        head = rest[0].rsplit("/", 1)[-1] if not rest[0].startswith("./") else rest[0]
        if rest[0] in _KEYWORDS or (rest[0].startswith("(") and len(rest[0]) == 1) or _ASSIGNMENT.match(rest[0]):
            rest = rest[1:]
        elif rest[0] == "-" or (rest[0].startswith("@") and len(rest[0]) > 1):
            rest = [rest[0].lstrip("@-"), *rest[1:]] if rest[0].lstrip("@-") else rest[1:]
        elif head in _WRAPPERS:
            rest = _skip_options(rest[1:], _WRAPPERS[head])
            if head == "timeout" and rest:
                rest = rest[1:]
        elif head in _RUNNERS and _run_index(rest) is not None:
            rest = _skip_options(rest[(_run_index(rest) or 0) + 1 :], _RUNNERS[head])
        else:
            return [_program(rest[0]), *rest[1:]]
    return []


def _run_index(words: list[str]) -> int | None:
    for index, word in enumerate(words[1:4], start=1):
        if word in ("run", "exec"):
            return index if index + 1 < len(words) else None
        if not word.startswith("-"):
            return None
    return None


def _skip_options(words: list[str], with_value: frozenset[str]) -> list[str]:
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] != "--":
        index += 2 if words[index] in with_value else 1
    if index < len(words) and words[index] == "--":
        index += 1
    return words[index:]


def _program(word: str) -> str:
    name = word if word.startswith(("./", "../")) else word.rsplit("/", 1)[-1]
    return "python" if _PYTHON.match(name) else "pip" if re.match(r"pip[\d.]+\Z", name) else name


def _simple_commands(text: str) -> Iterator[tuple[list[str], int, str]]:
    """(words, line, raw) of each simple command, split at ; & | && || and newlines outside quotes."""
    lexer = _Lexer(_without_heredocs(text))
    yield from lexer.run()


def _without_heredocs(text: str) -> str:
    """Blank heredoc bodies, keeping line numbers."""
    if "<<" not in text:
        return text
    kept: list[str] = []
    ends: list[str] = []
    for line in text.split("\n"):
        if ends:
            if line.strip() == ends[0]:
                ends.pop(0)
            kept.append("")
            continue
        ends += [match[2] for match in _HEREDOC.finditer(line)] if not line.lstrip().startswith("#") else []
        kept.append(line)
    return "\n".join(kept)


class _Lexer:
    """Splits shell text into words and commands; `$(...)` and backticks stay inside their word."""

    def __init__(self, text: str) -> None:
        self.text, self.size = text, len(text)
        self.index = self.line = 0
        self.words: list[str] = []
        self.word: list[str] | None = None
        self.start_line = self.start = 0
        self.out: list[tuple[list[str], int, str]] = []

    def run(self) -> list[tuple[list[str], int, str]]:
        while self.index < self.size:
            self._step(self.text[self.index])
        self._end_command()
        return self.out

    def _step(self, char: str) -> None:
        if char == "\\" and self.index + 1 < self.size:
            self._escape()
        elif char in "'\"":
            self._quoted(char)
        elif (char == "$" and self.text.startswith("$(", self.index)) or char == "`":
            self._substitution(char)
        elif char == "$" and self.text.startswith(("${", "${{"), self.index):
            self._braces()
        elif char == "#" and self.word is None:
            end = self.text.find("\n", self.index)
            self.index = self.size if end < 0 else end
        elif char in " \t":
            self._end_word()
            self.index += 1
        elif char in "\n;|&" and not self._is_redirect(char):
            self._end_command()
            self.line += char == "\n"
            self.index += 1
        elif char in "()" and self.word is None:
            self._end_command()
            self.index += 1
        else:
            self._add(char)
            self.index += 1

    def _is_redirect(self, char: str) -> bool:
        before = self.text[self.index - 1] if self.index else ""
        after = self.text[self.index + 1] if self.index + 1 < self.size else ""
        return char == "&" and (before == ">" or after == ">")

    def _escape(self) -> None:
        following = self.text[self.index + 1]
        if following == "\n":
            self._end_word()
            self.line += 1
        else:
            self._add(following)
        self.index += 2

    def _quoted(self, quote: str) -> None:
        self._add("")
        self.index += 1
        while self.index < self.size and self.text[self.index] != quote:
            char = self.text[self.index]
            if char == "\\" and quote == '"' and self.index + 1 < self.size:
                self.index += 1
                char = self.text[self.index]
                if char == "\n":
                    char = ""
                    self.line += 1
            self.line += char == "\n"
            self._add(char)
            self.index += 1
        self.index += 1

    def _substitution(self, char: str) -> None:
        close = "`" if char == "`" else ")"
        depth = 0
        first = True
        while self.index < self.size:
            current = self.text[self.index]
            self.line += current == "\n"
            self._add(current)
            self.index += 1
            depth += current == "("
            depth -= current == ")"
            if current == close and depth <= 0 and not first:
                return
            first = False

    def _braces(self) -> None:
        depth = 0
        while self.index < self.size:
            current = self.text[self.index]
            self.line += current == "\n"
            self._add(current)
            self.index += 1
            depth += current == "{"
            depth -= current == "}"
            if current == "}" and depth == 0:
                return

    def _add(self, char: str) -> None:
        if self.word is None:
            self.word = []
            if not self.words:
                self.start_line, self.start = self.line, self.index
        self.word.append(char)

    def _end_word(self) -> None:
        if self.word is not None:
            self.words.append("".join(self.word))
            self.word = None

    def _end_command(self) -> None:
        self._end_word()
        if self.words:
            self.out.append((self.words, self.start_line, self.text[self.start : self.index].strip()[:400]))
            self.words = []
