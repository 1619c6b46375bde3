"""Facts about what a CI job, a build target or a script runs: commands, the images they build and push, variables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import images, placeholders, shell
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.python import inline
from mlops_scan.scanner.formats.textlines import ScalarLines
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Location

_TALK = frozenset(  # of a script these say nothing; a CI job may consist of them
    ("echo", "printf", "local", "declare", "shift", "return", "sleep", "true", ":", "continue", "break", "unset")
) | frozenset(("trap", "wait", "read", "pwd", "shopt", "tput"))
_WORDS = 400  # most words of a command that a fact keeps
_SECRET = re.compile(r"\$\{\{[^{}]*\bsecrets\s*(?:\.\s*|\[\s*')([\w-]+)")
_BUILDERS = frozenset(("docker", "podman", "nerdctl", "buildah", "img"))
_ABOUT_IMAGES = _BUILDERS | {"gcloud", "az", "executor"}  # their words are told with the variables of the script filled
_TAG_OPTIONS = ("-t", "--tag", "--image", "--destination", "-d")
_IMAGE_OPTIONS = ("--image", "--container-image", "--container-image-uri")
_STARTERS = {  # program -> the words that start containers
    "gcloud": (
        *(("run", "deploy"), ("run", "services", "update"), ("run", "jobs", "create"), ("run", "jobs", "deploy")),
        *(("run", "jobs", "update"), ("ai", "models", "upload"), ("compute", "instances", "create-with-container")),
    ),
    "az": (("containerapp", "create"), ("containerapp", "update"), ("containerapp", "up"), ("container", "create")),
    "kubectl": (("create", "deployment"), ("create", "cronjob")),  # `run` and `create job` are for a moment
}
_POWERSHELL_BREAK = re.compile(r"`[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs commands: the file, the kind of runner, its owner id, the folder it starts in, and common keys."""

    path: str
    where: str
    owner: str = ""
    stage: str = ""
    folder: str | None = ""
    soft: bool = False
    disabled: bool = False
    macros: bool = False  # $(NAME) is a variable
    talks: bool = False  # commands that only print count
    says: dict[str, Any] = field(default_factory=dict)
    known: Known = field(default_factory=dict)  # values of placeholders
    settled: Known = field(default_factory=dict)  # those of them that nobody chooses otherwise: conditions rest on them
    texts: Known = field(default_factory=dict)  # values that hold expressions: parts of a name are known
    session: shell.Session | None = None  # one shell gets all the texts of the job

    def fact(self, kind: str, name: str, place: tuple[int, int], says: dict[str, Any]) -> Fact:
        """A fact of this runner; keys without a value are left out."""
        if self.disabled:
            says = {**says, "state": "disabled"}
        kept = {key: value for key, value in says.items() if value not in (None, "", [], {}, False)}
        return Fact(kind, name, Location(self.path, *place), kept)

    def commands(
        self, found: Iterable[shell.Command], locate: Callable[[shell.Command], tuple[int, int]]
    ) -> Iterator[Fact]:
        """A `command` fact for each command, and an `image` fact for each image that it builds or pushes."""
        for command in found:
            if command.argv[0] in _TALK and not (self.talks or self.where in ("ci", "dvc")):
                continue
            place = locate(command)
            told: set[tuple[str, ...]] = set()
            about_images = command.argv[0].rpartition("/")[2] in _ABOUT_IMAGES
            for words in command.ways if about_images and command.ways else (command.argv,):
                for argv in self._filled(words[:_WORDS], self.texts if about_images else {}):
                    if tuple(argv) not in told:
                        told.add(tuple(argv))
                        yield from self._command(command, argv, place, locate)

    def _filled(self, words: Sequence[str], texts: Known) -> Iterator[list[str]]:
        """The words with their placeholders filled; a program that was one is looked at again."""
        for argv in placeholders.variants(words, {**texts, **self.known} if texts else self.known):
            found = argv if argv[0] == words[0] else shell.unwrap(" ".join(argv[:1]).split() + argv[1:]) or argv
            yield [word[: bounds.FACT_TEXT] for word in found]

    def _command(
        self,
        command: shell.Command,
        argv: list[str],
        place: tuple[int, int],
        locate: Callable[[shell.Command], tuple[int, int]],
    ) -> Iterator[Fact]:
        says = {
            "argv": argv,
            "raw": command.raw,
            "where": self.where,
            "owner": self.owner,
            "stage": self.stage,
            "soft": command.soft or self.soft,
            "asked": command.asked,
            "guard": command.guard,
            "cwd": self._cwd(command.cwd),
            "into": self._into(command.cwd),
            **self.says,
        }
        yield self.fact("command", argv[0][: bounds.FACT_TEXT], place, says)
        about = {"where": self.where, "owner": self.owner, **({"state": "disabled"} if self.disabled else {})}
        yield from inline.calls(command.argv, self.path, place, about)
        for reference, role in built_images(argv):
            yield self.image(reference, role, place)
        for reference in deployed_images(argv):
            yield self.image(reference, "run", locate(_at_word(command, reference)))

    def _cwd(self, changed: str | None) -> str:
        """The folder relative to the root, "" when it is the root or not known."""
        if changed is None or self.folder is None or changed.startswith("/"):
            return ""
        folder = posixpath.normpath(posixpath.join(self.folder, changed))
        return "" if folder == "." or folder.startswith("..") else folder

    def _into(self, changed: str | None) -> str:
        """Where a `cd` leads from a start that is not known; "?" when nobody knows where the command runs."""
        if changed is None or (self.folder is None and self.where == "ci"):
            return "?"
        return changed if self.folder is None and changed and not changed.startswith("/") else ""

    def script(self, scalar: Scalar, lines: Sequence[str], *, powershell: bool = False) -> Iterator[Fact]:
        """The commands of a shell text in a YAML scalar, each at its own line."""
        places = ScalarLines(lines, scalar)
        text = placeholders.angled(str(scalar))
        if powershell:
            text = _POWERSHELL_BREAK.sub(lambda found: "\\".ljust(len(found[0]) - 1) + "\n", text)
        found = shell.commands(text, macros=self.macros, session=self.session)
        if not found and self.says.get("step"):  # a step of comments does what the null command does
            found = [shell.Command((":",), 0, ":")]
        yield from self.commands(found, lambda command: places.place(command.offset))

    def argv(self, words: Sequence[str], place: tuple[int, int]) -> Iterator[Fact]:
        """The commands behind a list of words."""
        yield from self.commands(shell.from_argv(list(words)), lambda command: place)

    def image(self, reference: str, role: str, place: tuple[int, int], **more: Any) -> Fact:
        """An image that is run by, built or pushed by this runner."""
        reference = placeholders.fill(reference, {**self.texts, **self.known})
        name, says = images.used(reference, self.owner, role)
        return self.fact("image", name, place, {**says, **more})

    def variables(self, mapping: Any) -> Iterator[Fact]:
        """The variables of an `env:` mapping; a secret's value is null."""
        if not isinstance(mapping, Mapping):
            return
        for name, node in mapping.items():
            if isinstance(node, Scalar):
                yield self.variable(name, str(node), mapping.places.get(name, (node.line, node.column)))

    def variable(self, name: str, value: str, place: tuple[int, int]) -> Fact:
        """One environment variable."""
        secret = _SECRET.search(value)
        says = {"where": self.where, "owner": self.owner, "secret_ref": secret[1] if secret else ""}
        made = self.fact("env", name, place, says)
        return Fact(
            made.kind, made.name, made.at, {**made.says, "value": None if secret else value[: bounds.FACT_TEXT]}
        )


def or_talk(runner: Runner, tell: Callable[[Runner], Iterator[Fact]]) -> Iterator[Fact]:
    """What `tell` tells with the runner; of what only prints, the first thing that it prints."""
    found = list(tell(runner))
    yield from found or islice(tell(replace(runner, talks=True)), 1)


def built_images(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(image, role) of what a container build or push command names; role is push when it leaves the machine."""
    words = [word for word in argv if word not in ("buildx", "image", "builder")]
    program, verb = words[0].rsplit("/", 1)[-1], next((word for word in words[1:] if not word.startswith("-")), "")
    if program in _BUILDERS and verb in ("build", "bud", "b"):
        role = (
            "push"
            if any(word == "--push" or "push=true" in word or "type=registry" in word for word in words)
            else "build"
        )
        yield from ((tag, role) for tag in _values(words, ("-t", "--tag")))
    elif program in _BUILDERS and verb == "push":
        yield from ((word, "push") for word in _operands(words, verb)[:1])
    elif program in _BUILDERS and verb == "tag":
        yield from ((word, "build") for word in _operands(words, verb)[1:2])
    elif words[1:3] in (["acr", "build"], ["builds", "submit"]):  # the cloud's own builder pushes
        yield from ((tag, "push") for tag in _values(words, _TAG_OPTIONS[:3]))
    elif program == "executor":
        yield from ((tag, "push") for tag in _values(words, ("--destination", "-d")))


def deployed_images(argv: Sequence[str]) -> Iterator[str]:
    """Images that a command of a cloud or a cluster starts: `gcloud run deploy api --image IMAGE`."""
    words = [word for word in argv[1:6] if not word.startswith("-")]
    if any(words[: len(verbs)] == list(verbs) for verbs in _STARTERS.get(argv[0].rsplit("/", 1)[-1], ())):
        yield from (value for value in _values(argv, _IMAGE_OPTIONS) if value)


def _at_word(command: shell.Command, word: str) -> shell.Command:
    """The command as if it began at this word: on a later line, where it is continued."""
    before = command.raw[: max(command.raw.find(word), 0)]
    lines = before.count("\n")
    return replace(command, line=command.line + lines, offset=command.offset + len(before)) if lines else command


def _values(words: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in options and equals:
            yield value
        elif word in options and index + 1 < len(words):
            yield words[index + 1]


def _operands(words: Sequence[str], verb: str) -> list[str]:
    return [word for word in words[words.index(verb) + 1 :] if not word.startswith("-")]


def task_runner(path: str, folder: str | None, name: str) -> Runner:
    """Who runs the commands of a task that a configuration file keeps: `path#name`."""
    return Runner(path, "config", f"{path}#{name}", stage=name, folder=folder)
