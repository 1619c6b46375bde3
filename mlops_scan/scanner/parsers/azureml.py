"""Azure ML YAML (CLI v2): what `$schema` names, its steps and commands, its schedule."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import images, shell, yamlnodes
from mlops_scan.scanner.formats.kube.data import brief, key_places, spot, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_SCHEMA = re.compile(rb"^[\"']?\$schema[\"']?[ \t]*:.*azureml", re.MULTILINE | re.IGNORECASE)
_PRODUCED = re.compile(r"parent\.jobs\.([\w-]+)\.outputs")


class AzureMlFiles(Parser):
    """One resource a document; a job with `command` is a step that runs in its `code` folder."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yml", "*.yaml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        said = super().reads(source, tree) and b"$schema" in source.data
        return said and _SCHEMA.search(source.data) is not None

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        parsed = yamlnodes.documents(source)
        for document in parsed.documents:
            schema = yamlnodes.text(document, "$schema")
            if isinstance(document, Mapping) and "azureml" in schema.lower():
                resource = _resource(source.path, _kind(schema, document), document)
                yield resource
                yield from _steps(source.path, document, tree, str(resource.says["id"]))
                yield from _schedule(source.path, document, str(resource.says["id"]))
                yield from _images(source.path, document)
        yield from parsed.notes


def _kind(schema: str, document: Mapping) -> str:
    """The kind as the schemas of the CLI spell it; earlier ones begin it with a capital, and know no monitors."""
    kind = schema.rstrip("/").rpartition("/")[2].removesuffix(".json").removesuffix(".schema")
    return "monitorSchedule" if "create_monitor" in document else kind[:1].lower() + kind[1:]


def _place(path: str, place: tuple[int, int]) -> Location:
    return Location(path, *place)


def _resource(path: str, kind: str, document: Mapping) -> Fact:
    name = yamlnodes.text(document, "name") or path.rpartition("/")[2].rpartition(".")[0]
    says = {
        "platform": "azureml",
        "type": kind,
        "labels": text_map(document.get("tags")),
        "data": {key: brief(value) for key, value in document.items() if key != "$schema"},
        "lines": {dotted: line for dotted, (line, _) in key_places(document)},
        "origin": "raw",
        "id": f"{path}#{kind}/{name}",
    }
    return Fact("resource", name, _place(path, spot(document, "$schema")), says)


def _steps(path: str, document: Mapping, tree: Tree, identity: str) -> Iterator[Fact]:
    """The jobs of a pipeline as steps; the commands of these and of a document that is itself a job or component."""
    if "command" in document:
        yield from _commands(path, document, document, {"where": "config", "owner": path})
    jobs = document.get("jobs")
    for name, job in jobs.items() if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping) and isinstance(jobs, Mapping):
            says: dict[str, Any] = {
                "pipeline": path,
                "of": identity,
                "command": yamlnodes.text(job, "command")[: bounds.FACT_TEXT],
                "deps": _needs(job),
                "outs": [name],
                "tool": "azureml",
                "runs": _component(path, job, tree),
            }
            yield Fact("pipeline-step", name, _place(path, spot(jobs, name)), {k: v for k, v in says.items() if v})
            yield from _commands(path, job, document, {"where": "step", "owner": f"{path}#{name}"})


def _commands(path: str, job: Mapping, document: Mapping, runner: dict[str, str]) -> Iterator[Fact]:
    command = job.get("command")
    if not isinstance(command, Scalar):
        return
    folder = yamlnodes.text(job, "code") or yamlnodes.text(document, "code")
    for found in shell.commands(str(command)):
        line = command.line + 1 + found.line if command.block else command.line
        says = {"argv": list(found.argv), "raw": found.raw, **runner, "cwd": _joined(path, folder)}
        yield Fact("command", found.argv[0], Location(path, line, command.column), says)


def _joined(path: str, folder: str) -> str:
    """`folder` as written in the file `path`, relative to the root; '' when it is the root or leaves it."""
    whole = posixpath.normpath(posixpath.join(path.rpartition("/")[0], folder))
    return "" if whole == "." or whole.startswith("..") else whole


def _component(path: str, job: Mapping, tree: Tree) -> str:
    """The file that describes what a step runs, where it is one of the repository."""
    component = (yamlnodes.text(job, "component") or yamlnodes.text(job, "trial")).removeprefix("file:")
    whole = posixpath.normpath(posixpath.join(path.rpartition("/")[0], component))
    return whole if component.endswith((".yml", ".yaml")) and tree.get(whole) is not None else ""


def _needs(job: Mapping) -> list[str]:
    """Names of the jobs whose outputs are inputs here: a job's name stands for what it puts out."""
    inputs = job.get("inputs")
    texts = (
        [str(value) for value in inputs.values() if isinstance(value, Scalar)] if isinstance(inputs, Mapping) else []
    )
    return sorted({name for text in texts for name in _PRODUCED.findall(text)})


def _schedule(path: str, document: Mapping, identity: str) -> Iterator[Fact]:
    trigger = document.get("trigger")
    if not isinstance(trigger, Mapping):
        return
    text = yamlnodes.text(trigger, "expression")
    if not text and "frequency" in trigger:
        text = f"every {yamlnodes.text(trigger, 'interval', default='1')} {yamlnodes.text(trigger, 'frequency')}"
    if text:
        yield Fact("schedule", text, _place(path, spot(document, "trigger")), {"owner": identity, "where": "config"})


def _images(path: str, document: Mapping) -> Iterator[Fact]:
    environment: Node | None = document.get("environment")
    for holder in (document, environment):
        image = yamlnodes.child(holder, "image")
        if isinstance(image, Scalar) and image.strip():
            name, says = images.used(str(image), path)
            yield Fact("image", name, _place(path, spot(holder, "image")), says)
