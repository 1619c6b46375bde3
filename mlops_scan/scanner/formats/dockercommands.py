"""What the instructions of a Dockerfile run and start, as `command` facts at their lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.formats.dockerfile import Instruction
from mlops_scan.scanner.formats.dockervariables import substitute
from mlops_scan.scanner.model import Fact, Location

Said = tuple[Instruction, list[str]]  # CMD or ENTRYPOINT, and its words
Variables = Mapping[str, str | None]
_SCRIPT = (".sh", ".bash", "entrypoint", "docker-entrypoint", "start")


def said(instruction: Instruction) -> Said:
    """CMD or ENTRYPOINT with its words; the shell form is wrapped in a shell, as Docker does."""
    words = instruction.exec_form()
    if words is not None:
        return instruction, words
    return instruction, ["sh", "-c", instruction.value] if instruction.value else []


class Commands:
    """The commands of the Dockerfile at `path`, in the order in which they are asked for."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self._path, self._lines = path, lines
        self._last = (0, 0)  # line and offset of the last command

    def run(self, instruction: Instruction, stage: str, values: Variables) -> Iterator[Fact]:
        """What RUN runs while the image is built."""
        words = instruction.exec_form()
        if words is not None:
            yield from self._facts(shell.from_argv(words), instruction.value_line, "dockerfile", stage, values)
            return
        whole = instruction.heredocs and instruction.value.startswith("<<")
        if not whole:
            found = shell.commands(instruction.shell)
            yield from self._facts(found, instruction.value_line, "dockerfile", stage, values)
        for heredoc in instruction.heredocs if whole else ():
            first = heredoc.body.split("\n", 1)[0]
            if not first.startswith("#!") or "sh" in first:
                yield from self._facts(shell.commands(heredoc.body), heredoc.line, "dockerfile", stage, values)

    def start(self, entry: Said | None, cmd: Said | None, stage: str, values: Variables) -> Iterator[Fact]:
        """What a container of a stage starts, at the line that says it."""
        if entry is not None and entry[1]:
            words = [*entry[1], *(cmd[1] if cmd is not None and _is_exec(entry[0]) else [])]
            wrapper = cmd is not None and not shell.unwrap(list(entry[1]))
            line = cmd[0] if wrapper and cmd is not None else entry[0]
            where = "dockerfile-cmd" if wrapper else "dockerfile-entrypoint"
            yield from self._facts(_started(words, entry[0]), line.value_line, where, stage, values)
            script = entry[1][-1].rsplit("/", 1)[-1].lower()
            if wrapper or not _is_exec(entry[0]) or not (script.endswith(_SCRIPT[:2]) or script in _SCRIPT[2:]):
                return  # CMD is arguments, or is not used
        if cmd is not None and cmd[1]:
            yield from self._facts(_started(cmd[1], cmd[0]), cmd[0].value_line, "dockerfile-cmd", stage, values)

    def _facts(
        self, found: Iterable[shell.Command], line: int, where: str, stage: str, values: Variables
    ) -> Iterator[Fact]:
        for command in found:
            at = self._place(command.raw, line + command.line)
            for argv in _expanded(command.argv, values):
                says = {
                    "argv": [word[: bounds.FACT_TEXT] for word in argv],
                    "raw": command.raw.rstrip(" \\\t\n"),
                    "where": where,
                    "owner": self._path,
                    "stage": stage,
                }
                yield Fact("command", argv[0], at, says)

    def _place(self, raw: str, line: int) -> Location:
        begin = raw.split("\n", 1)[0].rstrip("\\ \t")
        text = self._lines[line - 1][: bounds.LINE_CHARS] if line <= len(self._lines) else ""
        after = self._last[1] if self._last[0] == line else 0
        column = text.find(begin, after) + 1 or text.find(begin) + 1
        column = column or text.find("[") + 1  # the exec form is not written as it runs
        self._last = (line, column)
        return Location(self._path, line, column or 1)


def _started(words: list[str], form: Instruction) -> list[shell.Command]:
    return shell.from_argv(words) if _is_exec(form) else shell.commands(form.shell)


def _expanded(words: Sequence[str], values: Variables) -> list[list[str]]:
    """The words with their variables; a variable that holds a whole command (`$PIP_INSTALL numpy`) is that command."""
    argv = [substitute(word, values)[0] if "\n" not in word else word for word in words]
    if words[0].startswith("$") and " " in argv[0].strip():
        held = shell.from_argv([*argv[0].split(), *argv[1:]])
        return [list(one.argv) for one in held] or [argv]
    return [argv]


def _is_exec(instruction: Instruction) -> bool:
    return instruction.exec_form() is not None
