"""IPython's own syntax in a cell: masked, so that the rest is Python; the commands it runs are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlops_scan.scanner.formats import shell

_CANDIDATE = re.compile(
    r"^[ \t]*(?:[%!?]|[\w.\[\]'\"]+\?{1,2}[ \t]*$)|=[ \t]*[!%]"
    r"|^[ \t]*(?:pip|conda|mamba|uv|ls|cd|cat|cp|mv|rm|mkdir|rmdir|less|more|man)[ \t]",
    re.MULTILINE,
)
# automagic: these begin a line without a sign, where no Python could follow
_BARE = re.compile(
    r"[ \t]*(?:pip|conda|mamba|uv|ls|cd|cat|cp|mv|rm|mkdir|rmdir|less|more|man)[ \t]+(?!(?:in|is|and|or|if|not)\b)"
    r"[^\s=(\[.,:;+*%&|<>!^@-][^=]*\Z|[ \t]*(?:pip|conda|mamba|uv)[ \t]+(?:install|uninstall|add)\b"
)
_ASSIGNED = re.compile(r"([\w., \t\[\]'\"]+=[ \t]*)([!%])(?!=)(.*)\Z", re.DOTALL)
_HELP = re.compile(r"[ \t]*(?:\?{1,2}[\w.]+|[\w.\[\]'\"]+\?{1,2})[ \t]*\Z")
_TOKENS = re.compile(r"#.*|'''|\"\"\"|'(?:[^'\\\n]|\\.)*(?:'|\\?\Z)|\"(?:[^\"\\\n]|\\.)*(?:\"|\\?\Z)|[()\[\]{}]")
_INSTALLERS = frozenset(("pip", "conda", "mamba", "micromamba", "uv", "poetry"))
_SHELL_LINES = frozenset(("sh", "sx", "system", "bash"))
_SHELL_CELLS = frozenset(("bash", "sh", "system", "sx", "!"))
_TIMED = frozenset(("time", "timeit", "prun", "memit", "lprun"))
_OTHER_LANGUAGES = frozenset(
    (
        *("html", "HTML", "javascript", "js", "svg", "SVG", "latex", "markdown", "md", "sql", "bigquery", "R", "ruby"),
        *(
            "perl",
            "cython",
            "julia",
            "cmd",
            "powershell",
            "pwsh",
            "scala",
            "sqlite",
            "mermaid",
            "script",
            "file",
            "css",
        ),
    )
)


@dataclass(slots=True)
class Masked:
    """A cell's lines as Python (line for line), the commands with the line (from zero) they begin at, and the file
    that the cell writes instead of running ('' for none; then the lines are that file's)."""

    lines: list[str]
    commands: list[tuple[int, shell.Command]] = field(default_factory=list)
    writes: str = ""


def mask(lines: list[str]) -> Masked:
    """Take IPython's magics out of a cell."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines and lines[first].startswith("%%"):
        return _cell_magic(lines, first)
    if not _CANDIDATE.search("\n".join(lines)):
        return Masked(lines)
    return _line_magics(lines)


def _cell_magic(lines: list[str], first: int) -> Masked:
    words = lines[first][2:].split()
    name = words[0] if words else ""
    body = [""] * (first + 1) + lines[first + 1 :]
    if name == "script" and len(words) > 1 and words[1].rpartition("/")[2] in _SHELL_CELLS:
        name = "bash"
    if name in _SHELL_CELLS:
        found = [(one.line, one) for one in shell.commands("\n".join(body))]
        return Masked([""] * len(lines), found)
    if name in ("writefile", "file"):
        target = words[-1].strip("'\"")
        return Masked(body, writes=target) if target.endswith(".py") else Masked([""] * len(lines))
    if name in _OTHER_LANGUAGES:
        return Masked([""] * len(lines))
    return _line_magics(body)


def _line_magics(lines: list[str]) -> Masked:
    made = Masked([])
    inside = _Inside()
    index = 0
    while index < len(lines):
        taken = 1
        line = lines[index]
        if not inside.anything and (magic := _magic(line)) is not None:
            while lines[index + taken - 1].endswith("\\") and index + taken < len(lines):
                taken += 1
            text = "\n".join(lines[index : index + taken])
            made.lines += [_replacement(text, magic), *[""] * (taken - 1)]
            made.commands += [(index + one.line, one) for one in line_commands(text)]
        else:
            made.lines.append(line)
        inside.feed(made.lines[index])
        index += taken
    return made


def _magic(line: str) -> str | None:
    """'magic', 'assigned' or 'help' when the line is IPython's, else None."""
    text = line.lstrip()
    if text.startswith(("%", "!")) or _BARE.match(line):
        return "magic"
    if text.startswith("?") or (text.endswith("?") and _HELP.match(line)):
        return "help"
    return "assigned" if _ASSIGNED.match(line) and not text.startswith("#") else None


def _replacement(text: str, magic: str) -> str:
    indent = text[: len(text) - len(text.lstrip())]
    if magic == "assigned":
        match = _ASSIGNED.match(text)
        return f"{match[1]}None" if match else "pass"
    words = text.lstrip().lstrip("%").split(None, 1)
    if magic == "magic" and len(words) == 2 and words[0] in _TIMED and not words[1].startswith("-"):
        return indent + words[1].replace("\\\n", " ")
    return f"{indent}pass"


def line_commands(text: str) -> Iterator[shell.Command]:
    """The commands that a magic line runs: `!x`, `%pip install x`, `%sh x`; `%run x` stays as it is."""
    match = _ASSIGNED.match(text)
    sign, rest = (match[2], match[3]) if match else (text.lstrip()[:1], text.lstrip()[1:])
    if sign == "!":
        yield from shell.commands(rest.lstrip("!"))
        return
    if sign != "%":
        yield from shell.commands(text) if _BARE.match(text) else ()
        return
    words = rest.split(None, 1)
    if not words:
        return
    if words[0] in _INSTALLERS:
        yield from shell.commands(rest)
    elif words[0] in _SHELL_LINES and len(words) == 2:
        yield from shell.commands(words[1])
    elif words[0] == "run" and len(words) == 2:
        yield shell.Command(("%run", *words[1].split()), 0, text.strip()[:400])


class _Inside:
    """Whether a line begins inside brackets, a triple-quoted string or after a backslash: there `%` is Python's."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""
        self.continued = False

    @property
    def anything(self) -> bool:
        return bool(self.depth > 0 or self.quote or self.continued)

    def feed(self, line: str) -> None:
        """Take in one line."""
        for match in _TOKENS.finditer(line):
            token = match[0]
            if self.quote:
                self.quote = "" if token == self.quote else self.quote
            elif token in ("'''", '"""'):
                self.quote = token
            elif token[0] in "([{":
                self.depth += 1
            elif token[0] in ")]}":
                self.depth = max(self.depth - 1, 0)
        self.continued = line.endswith("\\") and not self.quote
