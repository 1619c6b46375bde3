"""DVC: pipeline stages (dvc.yaml), tracked data (*.dvc, dvc.lock) and remotes (.dvc/config)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import dvcvalues, placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import truth
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_SECTION = re.compile(r"[ \t]*\[[ \t]*(?:'?remote[ \t]+\"([^\"]+)\"'?|(\w+))[ \t]*\]")
_OPTION = re.compile(r"[ \t]*([\w.-]+)[ \t]*=[ \t]*(.*?)[ \t]*\Z")


class Dvc(Parser):
    """dvc.yaml, dvc.lock and *.dvc."""

    patterns: ClassVar[tuple[str, ...]] = ("dvc.yaml", "dvc.yml", "dvc.lock", "*.dvc")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        yield from parsed.notes
        for document in parsed.documents[:1]:
            if not isinstance(document, Mapping):
                continue
            if source.name.endswith(".dvc"):
                folder = _joined(source.folder, yamlnodes.text(document, "wdir"))
                yield from _tracked(source.path, folder, document.get("outs"))
            elif source.name == "dvc.lock":
                yield from islice(_locked(source, document), bounds.FACTS_PER_FILE + 1)
            else:
                yield from islice(_stages(source, document, tree), bounds.FACTS_PER_FILE + 1)


class DvcConfig(Parser):
    """`.dvc/config`: the remotes, and which is the default."""

    patterns: ClassVar[tuple[str, ...]] = (".dvc/config", "*/.dvc/config")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        section = ""
        for number, line in enumerate(lines_of(source), start=1):
            if head := _SECTION.match(line):
                section = f"remote.{head[1]}" if head[1] else head[2]
            elif section and (option := _OPTION.match(line)):
                if section.startswith("remote.") and option[1] == "url":
                    yield _setting(source.path, number, "dvc.remote", option[2])
                elif section == "core" and option[1] == "remote":
                    yield _setting(source.path, number, "dvc.core.remote", option[2])


def _setting(path: str, line: int, key: str, value: str) -> Fact:
    says = {"value": value[: bounds.FACT_TEXT], "file_format": "ini"}
    return Fact("setting", key, Location(path, line), says)


def _joined(folder: str, written: str) -> str:
    """A path as written in `folder`, relative to the root; as it is when it is a URL, absolute or templated."""
    if "://" in written or written.startswith("/"):
        return written
    path = posixpath.normpath(posixpath.join(folder, written))
    return "" if path == "." else path


def _tracked(path: str, folder: str, outs: Node | None) -> Iterator[Fact]:
    for out in yamlnodes.items(outs):
        name = yamlnodes.child(out, "path")
        if not isinstance(name, Scalar):
            continue
        size = yamlnodes.text(out, "size")
        says: dict[str, Any] = {"tracked_by": "dvc", "format": posixpath.splitext(name)[1].lstrip(".").lower()}
        says |= {"bytes": int(size)} if size.isascii() and size.isdigit() and len(size) < 20 else {}
        yield Fact("dataset", _joined(folder, name)[: bounds.FACT_TEXT], Location(path, name.line, name.column), says)


def _locked(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    stages = document.get("stages", document)  # the first lock format had no 'stages'
    for stage in stages.values() if isinstance(stages, Mapping) else ():
        yield from _tracked(source.path, source.folder, yamlnodes.child(stage, "outs"))


def _stages(source: SourceFile, document: Mapping, tree: Tree) -> Iterator[Fact | Note]:
    stages = document.get("stages")
    if not isinstance(stages, Mapping):
        return
    filled = "${" in source.text
    shared = dvcvalues.values(document, source.folder, tree.get) if filled else {}
    known = dvcvalues.flat(shared)
    for name, written in stages.items():
        each = yamlnodes.child(written, "do")
        stage = each if isinstance(each, Mapping) else written
        if not isinstance(stage, Mapping) or not isinstance(written, Mapping):
            continue
        ways: list[placeholders.Known] = [known]
        if filled:
            folder = _joined(source.folder, dvcvalues.fill(yamlnodes.text(stage, "wdir"), known))
            own = {**shared, **dvcvalues.of_stage(stage, folder, tree.get)}
            found, count = dvcvalues.items(written, own)
            around = dvcvalues.flat(own) if len(own) > len(shared) or "vars" in stage else known
            ways = [{**around, **dvcvalues.flat(one)} for one in found]
            if count > len(found):
                at = Location(source.path, *stages.places[name])
                yield Note(at, f"'{name}' has {count} items: {len(found)} of them are followed")
        yield from _stage(source, name, stages.places[name], stage, ways)


def _stage(
    source: SourceFile, name: str, place: tuple[int, int], stage: Mapping, ways: Sequence[placeholders.Known]
) -> Iterator[Fact]:
    """A stage with the files of all its items, and the commands of each."""
    frozen = truth(stage.get("frozen"))
    runners = []
    for known in ways:
        folder = _joined(source.folder, dvcvalues.fill(yamlnodes.text(stage, "wdir"), known))
        owner = f"{source.path}#{name}"
        runners.append(Runner(source.path, "dvc", owner, stage=name, folder=folder, disabled=frozen, known=known))

    def files(key: str) -> list[str]:
        told = (path for one in runners for path in _paths(stage, key, str(one.folder), source.folder, one.known))
        return list(dict.fromkeys(told))

    says: dict[str, Any] = {
        "pipeline": source.path,
        "command": " && ".join(str(one) for one in yamlnodes.items(stage, "cmd"))[: bounds.FACT_TEXT],
        "deps": files("deps"),
        "outs": [*files("outs"), *files("plots")],
        "metrics": files("metrics"),
        "params": _params(stage.get("params")),
        "frozen": frozen,
        "tool": "dvc",
    }
    yield replace(runners[0], disabled=False).fact("pipeline-step", name, place, says)
    told: set[str] = set()
    for command in yamlnodes.items(stage, "cmd"):
        for runner in runners:
            if isinstance(command, Scalar) and (text := dvcvalues.fill(str(command), runner.known)) not in told:
                told.add(text)
                yield from runner.script(_indexed(command, text), lines_of(source))


def _indexed(command: Scalar, text: str) -> Scalar:
    """A command with what is known put in, where it names items of lists; else as written."""
    if "]" not in command:
        return command
    made = yamlnodes.scalar(text, command.line, command.column, bare=command.bare)
    made.block = command.block
    return made


def _paths(stage: Mapping, key: str, folder: str, own: str, known: placeholders.Known) -> list[str]:
    """The files of `deps`, `outs` ... relative to the folder of dvc.yaml, as facts of a step name them."""
    found: list[str] = []
    for one in yamlnodes.items(stage, key):
        names = list(one) if isinstance(one, Mapping) else [str(one)] if isinstance(one, Scalar) else []
        found += [_joined(folder, dvcvalues.fill(name, known)) for name in names]
    return [posixpath.relpath(name, own) if own and "://" not in name and name[:1] != "/" else name for name in found]


def _params(params: Node | None) -> list[str]:
    """`key`, or `file:key` for what another file than params.yaml holds."""
    found: list[str] = []
    for one in yamlnodes.items(params):
        if isinstance(one, Mapping):
            for file, keys in one.items():
                found += [f"{file}:{key}" for key in yamlnodes.items(keys) if isinstance(key, Scalar)] or [f"{file}:"]
        elif isinstance(one, Scalar):
            found.append(str(one))
    return found
