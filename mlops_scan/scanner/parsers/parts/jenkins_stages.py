"""Jenkinsfiles: stages with their steps and conditions, container agents, variables, triggers and approvals."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, shell
from mlops_scan.scanner.formats.groovytext import Token, arguments, block, named_texts, opens_block, tokens
from mlops_scan.scanner.formats.groovyvalues import Groovy
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import indent, lines_of
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.parts.jenkins_images import Images, build

_SHELL_STEPS = frozenset(("sh", "bat", "powershell", "pwsh"))
_TRIGGERS = {"cron": "schedule", "pollSCM": "push", "githubPush": "push", "upstream": "workflow"}
_NAMED = frozenset(("script", "label", "returnStdout", "returnStatus", "encoding"))
_PARAMETERS = ("string", "choice", "text", "booleanParam")
_SOFTENS = ("catchError", "warnError")
_PLUGIN = re.compile(r"(?:[uU]pload|[dD]eploy|[pP]ublish)\Z")  # steps of plug-ins that bring something somewhere
_WORDS = 60  # of a condition
_IMAGES = frozenset(("docker.image", "docker.build", "docker", "image"))
_LOOK_AHEAD = 12  # tokens between `sh` and the string it runs


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    yield from islice(_Reader(source).facts(), bounds.FACTS_PER_FILE + 1)


@dataclass(slots=True)
class _Job:
    """A stage that is open: its owner id, the brace depth it opened at, what it says."""

    runner: Runner
    depth: int
    place: tuple[int, int]
    name: str
    says: dict[str, Any] = field(default_factory=dict)


class _Reader:
    def __init__(self, source: SourceFile) -> None:
        self.source, self.tokens = source, list(tokens(source.text))
        self.lines = lines_of(source)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.runner = Runner(source.path, "ci", source.path)
        self.open: list[_Job] = []
        self.before: list[str] = []
        self.triggers: list[str] = []
        self.folders: list[tuple[int, str | None]] = []  # `dir('x') {`: the depth it opened at
        self.soft: list[int] = []  # depths of blocks in which a failure is caught
        self.images = Images(self.tokens)
        self.groovy = Groovy(source.text, self.tokens)
        self.known = dict(self.groovy.known)
        self.fixed: dict[str, tuple[str, ...]] = {}  # variables of `environment`
        self.libraries: list[Token] = []

    def facts(self) -> Iterator[Fact | Note]:
        """Facts of stages come when they close; the workflow comes last, when its triggers are known.

        Without triggers of its own the service keeps them, or starts it for every branch.
        """
        depth = 0
        for index, token in enumerate(self.tokens):
            if token.kind == "mark":
                depth += (token.text == "{") - (token.text == "}")
                while token.text == "}" and self.open and depth <= self.open[-1].depth:
                    yield self._close()
                self.folders = [one for one in self.folders if one[0] < depth or token.text != "}"]
                self.soft = [one for one in self.soft if one < depth or token.text != "}"]
            elif token.kind == "word":
                yield from self._word(index, token, depth)
        while self.open:
            yield self._close()
        says = {"provider": "jenkins", "triggers": list(dict.fromkeys(self.triggers)), "active": True}
        yield Fact("workflow", self.source.path, Location(self.source.path), says)
        for library in self.libraries[:_LOOK_AHEAD]:
            at = Location(self.source.path, *self._place(library.offset))
            yield Note(at, f"steps of the shared library '{library.text[:80]}' are not known")

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def _close(self) -> Fact:
        job = self.open.pop()
        made = job.runner.fact("job", job.name, job.place, job.says)
        if not self.open:
            self.before = [job.name]
        return made

    def _string(self, index: int) -> Token | None:
        """The string argument of the word at `index`, `label: '...'` and the like passed over."""
        name = ""
        for token in self.tokens[index + 1 : index + _LOOK_AHEAD]:
            if token.kind == "string" and name in ("", "script", "image", "message", "job"):
                return token
            if token.kind == "mark" and token.text in "{};\n" and token.text != "\n":
                return None
            if token.kind == "mark" and token.text == "\n" and not name:
                return None
            if token.kind == "word":
                if not name and token.text not in _NAMED | {"image", "message", "job", "args"}:
                    return None
                name = token.text
        return None

    def _word(self, index: int, token: Token, depth: int) -> Iterator[Fact]:
        current = self._runner(token)
        word = token.text
        argument = self._image_name(index) if word in ("docker.build", "docker.image") else self._string(index)
        if word == "stage" and argument is not None:
            self._stage(argument, depth)
        elif word in _SHELL_STEPS and argument is not None:
            yield from self._commands(replace(current, soft=current.soft or self._asks_status(index)), argument)
        elif word == "echo" and argument is not None and self.open:
            yield from current.argv(["echo", argument.text.strip()], self._place(argument.offset))
        elif word in _TRIGGERS and (argument is not None or word == "githubPush"):
            self.triggers.append(_TRIGGERS[word])
            if word == "cron" and argument is not None:
                says = {"owner": self.source.path, "where": "ci"}
                yield self.runner.fact("schedule", argument.text.strip(), self._place(argument.offset), says)
        elif word in _IMAGES or word.endswith("push"):
            yield from self._of_image(index, argument, current)
        elif word == "build" and argument is not None and self.tokens[index + 1].text in ("job", "("):
            used: dict[str, Any] = {"owner": current.owner, "with": {"job": argument.text.strip()}}
            yield current.fact("action", "build", self._place(argument.offset), used)
        elif self.open and _PLUGIN.search(word) and (options := named_texts(self.tokens, index)):
            given: dict[str, Any] = {"owner": current.owner, "with": options}
            yield current.fact("action", word, self._place(token.offset), given)
        elif word == "input" and self.open:
            self.open[-1].says["manual"] = True
        elif word in ("when", "environment") and opens_block(self.tokens, index):
            yield from self._block(word, index, current)
        else:
            self._around(index, word, argument, depth)

    def _of_image(self, index: int, name: Token | None, runner: Runner) -> Iterator[Fact]:
        """What a step uses, builds or pushes."""
        token = self.tokens[index]
        if name is None or token.text not in _IMAGES:
            if pushed := self.images.pushed(index):
                yield from runner.argv(["docker", "push", pushed], self._place(token.offset))
            return
        place = self._place(name.offset)
        if token.text == "docker.build":
            yield runner.image(name.text.strip(), "build", place)
            yield build(self.tokens, index, name, runner, place)
        elif self._is_image(index, token.text):
            yield runner.image(name.text.strip(), "ci", place)
        self.images.named(index, name.text, runner)

    def _image_name(self, index: int) -> Token | None:
        """The name of an image that a call is given: a text, a variable, or a sum of such."""
        argument = self._string(index)
        start = index + 2 if self.tokens[index + 1 : index + 2] and self.tokens[index + 1].text == "(" else -1
        made = self.groovy.sum(start) if 0 < start < len(self.tokens) else ""
        return Token("string", made, self.tokens[start].offset) if made else argument

    def _runner(self, token: Token) -> Runner:
        """Who runs a step that stands there."""
        runner = self.open[-1].runner if self.open else self.runner
        folder = self.folders[-1][1] if self.folders else ""
        off = runner.disabled or self.groovy.is_off(token.offset)
        return replace(runner, soft=bool(self.soft), known=self.known, folder=folder, disabled=off)

    def _around(self, index: int, word: str, argument: Token | None, depth: int) -> None:
        """Blocks that change how the steps inside them run, and what a run may be given."""
        if word == "dir" and argument is not None:
            inside = argument.text.strip()
            outer = [one for _, one in self.folders[-1:] if one]
            self.folders.append((depth, None if "$" in inside else "/".join([*outer, inside])))
        elif word in _PARAMETERS:
            self._parameter(index)
        elif word in _SOFTENS:
            self.soft.append(depth)
        elif word == "Library" and argument is not None:
            self.libraries.append(argument)

    def _asks_status(self, index: int) -> bool:
        """`returnStatus: true` gives the status to the script and fails nothing."""
        words = [one.text for one in self.tokens[index + 1 : index + _LOOK_AHEAD] if one.text != "\n"]
        return ["returnStatus", ":", "true"] in [words[at : at + 3] for at in range(len(words))]

    def _block(self, word: str, index: int, runner: Runner) -> Iterator[Fact]:
        """`when { ... }` is the condition of the stage; `environment { A = 'x' }` sets variables."""
        inside = block(self.tokens, index)
        if word == "when" and self.open:
            text = " ".join(one.text for one in inside[1 : _WORDS + 1])
            self.open[-1].says["when"] = text[: bounds.FACT_TEXT]
            if self.groovy.never_when(index, self.fixed):
                self.open[-1].runner = replace(self.open[-1].runner, disabled=True)
        elif word == "environment":
            for at, sign in enumerate(inside):
                if sign.text == "=" and 0 < at < len(inside) - 1 and inside[at - 1].kind == "word":
                    yield self._variable(runner, inside[at - 1], inside[at + 1 : at + 4])

    def _variable(self, runner: Runner, name: Token, value: list[Token]) -> Fact:
        place = self._place(name.offset)
        if value[0].kind != "string":  # credentials('id')
            secret = next((one.text for one in value if one.kind == "string"), "")
            made = runner.variable(name.text, "", place)
            return replace(made, says={**made.says, "value": None, "secret_ref": secret})
        text = placeholders.fill(value[0].text, {key: one for key, one in self.known.items() if key != name.text})
        if text.strip("${}") != name.text:
            self.known[name.text] = self.known[f"env.{name.text}"] = self.fixed[f"env.{name.text}"] = (text,)
        return runner.variable(name.text, text, place)

    def _parameter(self, index: int) -> None:
        """`string(name: 'X', defaultValue: 'y')`, `choice(name: 'X', choices: ['y', ...])`: what a run has unasked."""
        told = arguments(self.tokens, index)
        name, value = told.get("name", ""), told.get("defaultValue") or told.get("choices", "").partition("\n")[0]
        if name and value and "$" not in value:
            self.known.update(dict.fromkeys((name, f"params.{name}", f"env.{name}"), (value.strip(),)))

    def _is_image(self, index: int, word: str) -> bool:
        """`image '...'` counts only inside `docker { ... }`."""
        if word != "image":
            return True
        before = self.tokens[max(0, index - 8) : index]
        return any(one.kind == "word" and one.text in ("docker", "kubernetes") for one in before)

    def _stage(self, name: Token, depth: int) -> None:
        title = name.text.strip()[: bounds.FACT_TEXT]
        owner = f"{self.source.path}#{title}"
        says = {"id": owner, "workflow": self.source.path, "title": title, "needs": list(self.before)}
        runner = replace(self.runner, owner=owner)
        self.open.append(_Job(runner, depth, self._place(name.offset), title, says))

    def _commands(self, runner: Runner, script: Token) -> Iterator[Fact]:
        def locate(command: shell.Command) -> tuple[int, int]:
            line, column = self._place(script.offset)
            return line + command.line, column if command.line == 0 else indent(self.lines, line + command.line)

        yield from runner.commands(shell.commands(script.text), locate)
