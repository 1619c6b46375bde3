"""What builds images: commands, steps of CI, declared images, files of build tools; each with the Dockerfile it reads.

How a builder says names, Dockerfile and folder stands in the catalogue.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.catalog import attribute_values
from mlops_scan.scanner.formats import images
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import live
from mlops_scan.scanner.link.commands import working_folder
from mlops_scan.scanner.link.dockerfiles import Dockerfiles
from mlops_scan.scanner.link.inimages import stage_id
from mlops_scan.scanner.link.packs import packs
from mlops_scan.scanner.model import Edge, Fact, Location
from mlops_scan.scanner.paths import above

_SPLIT = re.compile(r"[\n,]")
_OUTPUT = re.compile(r"\$\{\{\s*steps\.([\w-]+)\.outputs\.[\w-]+\s*\}\}")


@dataclass(frozen=True, slots=True)
class Built:
    """An image by a name that it gets, the stage that makes it, and where that is said.

    An image without a Dockerfile has the node of what it starts or serves for a stage, and that word as `relation`.
    `reference` is '' where nobody says a name; `maker` is the node of what builds it.
    """

    reference: str
    stage: str
    at: Location
    relation: str = ""
    maker: str = ""

    def edge(self, image: str) -> Edge:
        """The link with the image under one of its names."""
        if self.relation:
            return Edge(f"image:{image}", self.relation, self.stage, self.at)
        return Edge(self.stage, "builds", f"image:{image}", self.at)


def builds(graph: Graph) -> tuple[Built, ...]:
    """Every image that the repository builds from a Dockerfile of its own, or that a tool packs."""
    return graph.once(_builds)


def _builds(graph: Graph) -> tuple[Built, ...]:
    finals = {fact.at.path: stage_id(fact) for fact in graph.all_facts("stage") if fact.get("final")}
    found = [Built(one.reference, one.target, one.at, one.relation) for one in packs(graph)]
    table = catalog.load().image_builds if finals or found else {}
    if not table:
        return ()
    places = Dockerfiles(finals)
    found += [
        *_by_commands(graph, places, table),
        *_by_actions(graph, places, table),
        *_declared(graph, places, table),
    ]
    return tuple(dict.fromkeys([*found, *_renamed(graph, table, found)]))


def _by_commands(graph: Graph, places: Dockerfiles, table: Mapping[str, Any]) -> Iterator[Built]:
    forms: dict[str, list[Mapping[str, Any]]] = {}
    for form in table["commands"]:
        forms.setdefault((form["words"] or [""])[0], []).append(form)
    for command in live.building(graph, "command"):
        program = command.name.rpartition("/")[2] if not command.name.startswith("-") else ""
        if program not in forms:
            continue
        argv = [str(word) for word in command.get("argv") or ()]
        for form in forms[program]:
            if argv[1 : len(form["words"])] == form["words"][1:]:
                yield from _by_command(command, argv, form, places)
                break


def _by_command(command: Fact, argv: Sequence[str], form: Mapping[str, Any], places: Dockerfiles) -> Iterator[Built]:
    options, operands = _read(argv[len(form["words"]) :], frozenset(form.get("flags") or ()))
    names = [value for key in form["names"] for value in options.get(key, ())]
    file = next((value for key in form["file"] for value in options.get(key, ())), "")
    context = next((value for key in form.get("context") or () for value in options.get(key, ())), "")
    if form.get("operand"):
        context = operands[-1] if operands else str(form.get("default") or "")
    if not context and not file:
        return
    stage = places.find(file, context, _folders(command), inside=bool(form.get("inside")))
    if not stage and file and not context:
        stage = places.find(file, ".", _folders(command))
    if stage and not (command.get("into") == "?" and not _is_told(file, context, places)):
        yield from (Built(name, stage, command.at, maker=owner_id(command)) for name in names or [""])


def _is_told(file: str, context: str, places: Dockerfiles) -> bool:
    """Whether a command of a folder that nobody knows still tells its Dockerfile."""
    return "/" in posixpath.normpath(file or context) or context.strip("./") != "" or len(places.stages) == 1


def _folders(command: Fact) -> list[str]:
    """The folders from which a command may see paths, the likeliest first."""
    folder = working_folder(command)
    into = str(command.get("into") or "").strip("?")
    found = [] if not into else [posixpath.normpath(posixpath.join(one, into)) for one in (*above(folder),)]
    if command.get("cwd"):
        return [folder]
    return [one for one in found if not one.startswith("..")] or list(above(folder))


def _read(words: Sequence[str], flags: frozenset[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Options with their values, and the other words."""
    options: dict[str, list[str]] = {}
    operands: list[str] = []
    waiting = ""
    for word in words:
        name, equals, value = word.partition("=")
        if waiting and not (word.startswith("--") and len(word) > 2):
            options.setdefault(waiting, []).append(word)
            waiting = ""
        elif word.startswith("-") and len(word) > 1:
            waiting = "" if equals or word in flags else word
            if equals:
                options.setdefault(name, []).append(value)
            elif len(word) > 2 and word[1] != "-" and word[:2] in ("-t", "-f") and word not in flags:
                options.setdefault(word[:2], []).append(word[2:])  # -tname
                waiting = ""
        else:
            operands.append(word)
    return options, operands


def _by_actions(graph: Graph, places: Dockerfiles, table: Mapping[str, Any]) -> Iterator[Built]:
    actions = live.building(graph, "action")
    outputs: dict[tuple[str, str], list[str]] = {}  # what the outputs of a step stand for
    for action in actions:
        key = table["outputs"].get(action.name)
        if key and action.get("id"):
            named = [line for one in _inputs(action) for line in _SPLIT.split(one.get(key, ""))]
            outputs[str(action.get("owner")), str(action.get("id"))] = [_listed(one) for one in named if one.strip()]
    for action in actions:
        form = table["actions"].get(action.name.lower())
        for one in _inputs(action) if form else ():
            inputs = {name.lower(): value for name, value in one.items()}
            names = [
                name
                for key in form["names"]
                for text in _SPLIT.split(inputs.get(key.lower(), ""))
                for name in _meant(text.strip(), str(action.get("owner")), outputs)
            ]
            file = next((inputs[key.lower()] for key in form["file"] if inputs.get(key.lower())), "")
            context = next((inputs[key.lower()] for key in form["context"] if inputs.get(key.lower())), "")
            stage = places.find(file, context or form.get("default", ""), [""])
            if stage:
                maker = f"job:{action.get('owner')}"
                yield from (Built(name, stage, action.at, maker=maker) for name in names or [""])


def _inputs(action: Fact) -> list[dict[str, str]]:
    """The inputs of an action, once for each way in which they are filled."""
    return list(action.get("filled") or ()) or [action.get("with") or {}]


def _meant(text: str, owner: str, outputs: Mapping[tuple[str, str], list[str]]) -> list[str]:
    """The names that a tag is: written, or put out by a step before."""
    if found := _OUTPUT.fullmatch(text):
        return outputs.get((owner, found[1]), [])
    return [_listed(text)] if text and "type=" not in text else []


def _listed(line: str) -> str:
    """`name=reg.io/app` of a list of images."""
    return line.strip().removeprefix("name=").strip()


def _declared(graph: Graph, places: Dockerfiles, table: Mapping[str, Any]) -> Iterator[Built]:
    """Images that resources declare, and those of files of build tools."""
    for fact in graph.all_facts("resource"):
        form = table["resources"].get(str(fact.get("type")))
        if form is not None:
            home = fact.at.path.rpartition("/")[0]
            names, files, contexts = (_texts(fact, form[key]) for key in ("names", "file", "context"))
            stage = places.find("".join(files[:1]), "".join(contexts[:1]), list(above(home)), inside=True)
            if stage and contexts:
                yield from (Built(name, stage, fact.at) for name in names)
    jobs = {str(one.get("id")) for one in graph.all_facts("job")}
    for fact in live.building(graph, "image-build"):
        home = str(fact.get("folder") or "")
        stage = places.find(
            str(fact.get("dockerfile") or ""),
            str(fact.get("context") or "."),
            [home] if fact.get("context") else list(above(home)),
            inside=bool(fact.get("inside")),
        )
        if stage:
            owner = str(fact.get("owner") or "")
            yield Built(fact.name, stage, fact.at, maker=f"job:{owner}" if owner in jobs else "")


def _texts(fact: Fact, paths: Sequence[str]) -> list[str]:
    found: list[str] = []
    for path in paths:
        for value in attribute_values(fact.get("data"), path):
            text = value.get("const") or value.get("expr") if isinstance(value, Mapping) else value
            found += [text] if isinstance(text, str) and text else []
    return found


def _renamed(graph: Graph, table: Mapping[str, Any], built: Sequence[Built]) -> Iterator[Built]:
    """`docker tag ranker reg.io/acme/ranker:1`: what the first name is, the second is, too."""
    forms = [tuple(one["words"]) for one in table["aliases"]]
    programs = {form[0] for form in forms}
    by_name: dict[str, list[Built]] = {}
    for one in built:
        by_name.setdefault(images.parse(one.reference).repository, []).append(one)
    for command in live.building(graph, "command") if built else ():
        if command.name not in programs:
            continue
        argv = tuple(str(word) for word in command.get("argv") or ())
        form = next((one for one in forms if argv[: len(one)] == one), None)
        words = [word for word in argv[len(form) :] if not word.startswith("-")] if form else []
        for one in by_name.get(images.parse(words[0]).repository, ()) if len(words) == 2 else ():
            yield Built(words[1], one.stage, command.at, one.relation)
