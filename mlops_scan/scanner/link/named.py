"""Code that a command names by its options or operands in its program's own way: by a table of the catalogue."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from mlops_scan.scanner.link.commands import locate, module_files

Values = Mapping[str | int, Sequence[str]]


def code(form: Mapping[str, Any], argv: Sequence[str], folder: str, files: Collection[str]) -> Iterator[str]:
    """The files that a command starts, by the form in which its program is told."""
    for said in spoken(form, argv):
        told = list(_bases(form, said, folder))
        for base in dict.fromkeys((*told, folder)):
            modules = [path for name in values(form, "module", said) for path in _module(name, base, files)]
            named = [path for name in values(form, "file", said) if (path := locate(name, base, files))]
            main = posixpath.normpath(posixpath.join(base, form["main"])) if "main" in form else ""
            main = main if base in (told or [folder]) else ""
            if modules or named or main in files:
                yield from (*modules, *named, *([main] if main in files else ()))
                break


def image_names(form: Mapping[str, Any], argv: Sequence[str]) -> Iterator[str]:
    """The images that a command starts."""
    for said in spoken(form, argv):
        yield from values(form, "image", said)


def spoken(form: Mapping[str, Any], argv: Sequence[str]) -> list[Values]:
    """What a command says after its leading words: of pools of workers, each by itself, before the rest."""
    said = _said(argv[len(form["words"]) :], frozenset(form.get("flags") or ()))
    pools: list[Values] = []
    for option in form.get("pools") or ():
        for text in said.get(option, ()):
            pairs = [part.partition("=") for part in text.split(",")]
            pools.append({key.strip(): [value] for key, equals, value in pairs if equals})
    return [*pools, said]


def values(form: Mapping[str, Any], key: str, said: Values) -> list[str]:
    """What is said for a key of a form: for one of its options, or at the place of an operand."""
    told = form.get(key)
    keys = told if isinstance(told, list) else [] if told is None else [told]
    return [value for one in keys for value in said.get(one, ())]


def _said(words: Sequence[str], flags: Collection[str]) -> Values:
    """The values of each option, and each operand by its number."""
    found: dict[str | int, list[str]] = {}
    option, operands = "", 0
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("-") and len(word) > 1:
            option = "" if equals or word in flags else word
            if equals:
                found.setdefault(name, []).append(value)
        elif option:
            found.setdefault(option, []).append(word)
            option = ""
        else:
            found[operands] = [word]
            operands += 1
    return found


def _bases(form: Mapping[str, Any], said: Values, folder: str) -> Iterator[str]:
    """The folders in which the code lies that a command names, as far as it says one."""
    for name in values(form, "folder", said):
        yield _below(folder, name)
    for name in values(form, "package", said):
        yield _below(folder, posixpath.join(name.rstrip("/"), ".."))


def _below(folder: str, name: str) -> str:
    found = posixpath.normpath(posixpath.join(folder, name))
    return "" if found == "." or found.startswith("..") else found


def _module(name: str, folder: str, files: Collection[str]) -> Iterator[str]:
    """The file of a module, or of the class in a module that is named with it."""
    found = list(module_files(name, folder, files))
    yield from found or (module_files(name.rpartition(".")[0], folder, files) if "." in name else ())
