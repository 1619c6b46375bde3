"""Releases that a `helm install`, `upgrade` or `template` of a job, script or target makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.releases.model import Layer, Release

_ACTS = frozenset(("install", "upgrade", "template"))
_FILES = ("-f", "--values")
# in the order in which Helm takes them, whatever the order they are written in
_SETS = {"--set-json": "json", "--set": "", "--set-string": "string", "--set-file": "file", "--set-literal": "literal"}
# options that stand alone; every other long one without '=' takes the next word
_ALONE = frozenset(
    (
        "-i",
        "-g",
        "--install",
        "--atomic",
        "--wait",
        "--wait-for-jobs",
        "--create-namespace",
        "--debug",
        "--dry-run",
        "--force",
        "--reset-values",
        "--reuse-values",
        "--cleanup-on-fail",
        "--devel",
        "--dependency-update",
        "--skip-crds",
        "--include-crds",
        "--no-hooks",
        "--verify",
        "--generate-name",
        "--replace",
        "--skip-tests",
        "--is-upgrade",
        "--validate",
        "--hide-notes",
        "--plain-http",
        "--insecure-skip-tls-verify",
        "--reset-then-reuse-values",
        "--take-ownership",
        "--enable-dns",
        "--pass-credentials",
        "--skip-schema-validation",
        "--rollback-on-failure",
    )
)


def installs(fact: Fact) -> bool:
    """Whether the fact is a command that may install a chart."""
    return fact.kind == "command" and fact.name == "helm" and fact.get("state") != "disabled"


def from_command(command: Fact) -> Iterator[Release]:
    """The release of such a command, if it makes one."""
    argv = [str(word) for word in command.get("argv") or ()]
    bare, options = _sorted_out(argv[1:])
    act = next((index for index, word in enumerate(bare) if word in _ACTS), None)
    if act is None or len(bare) <= act + 1:
        return
    name, chart = (bare[act + 1], bare[act + 2]) if len(bare) > act + 2 else ("", bare[act + 1])
    folder = str(command.get("cwd") or "") or command.at.path.rpartition("/")[0]
    bases = tuple(dict.fromkeys((folder, "")))
    yield Release(name, chart, bases, tuple(_layers(command, options, bases)), command.at)


def _layers(command: Fact, options: Sequence[tuple[str, str]], bases: tuple[str, ...]) -> Iterator[Layer]:
    """Values files first, whatever the order: Helm merges them before what is set."""
    for option, value in options:
        if option in _FILES:
            yield from (Layer(command.at, file=one, bases=bases) for one in value.split(","))
    for wanted, how in _SETS.items():
        for option, value in options:
            if option == wanted:
                yield Layer(command.at, sets=value, bases=bases, how=how)


def _sorted_out(words: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """(words that are no option, options with their values)."""
    bare: list[str] = []
    options: list[tuple[str, str]] = []
    index = 0
    while index < len(words):
        word = words[index]
        option, equals, value = word.partition("=")
        if not word.startswith("-"):
            bare.append(word)
        elif equals:
            options.append((option, value))
        elif word not in _ALONE and index + 1 < len(words):
            index += 1
            options.append((word, words[index]))
        index += 1
    return bare, options
