"""Images that a tool makes without a Dockerfile: of a registered model, a service of code, a folder with one module."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.formats import images
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.assetnames import model_id, registered
from mlops_scan.scanner.link.commands import module_files, working_folder
from mlops_scan.scanner.link.declared import spelled
from mlops_scan.scanner.link.inimages import stage_id
from mlops_scan.scanner.link.named import Values, spoken, values
from mlops_scan.scanner.model import Edge, Fact, Location


@dataclass(frozen=True, slots=True)
class Packed:
    """An image by its name, and the node of what it starts or serves."""

    reference: str
    relation: str
    target: str
    at: Location


def packs(graph: Graph) -> Iterator[Packed]:
    """What such commands put into images, as far as the repository has it."""
    forms: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for form in catalog.load().names["packs"]:
        forms[form["words"][0]].append(form)
    found = [one for one in graph.all_facts("command") if one.name in forms]
    about = _About(graph) if found else None
    for command in found:
        argv = [str(word) for word in command.get("argv") or ()]
        for form in forms[command.name]:
            if about and argv[: len(form["words"])] == form["words"]:
                yield from about.packed(command, argv, form)
                break


def on_starters(graph: Graph) -> Iterator[Edge]:
    """A stage on an image that starts the module which a variable of the stage names."""
    starters = catalog.load().names["starters"]
    files: frozenset[str] | None = None
    for stage in graph.all_facts("stage"):
        base = images.parse(str(stage.get("base") or "")).repository
        variable = next((starters[one] for one in starters if base.startswith(one)), "")
        module = str((stage.get("env") or {}).get(variable) or "") if variable else ""
        if module and stage.get("final"):
            files = frozenset(graph.files) if files is None else files
            for path in module_files(module, stage.at.path.rpartition("/")[0], files):
                yield Edge(stage_id(stage), "starts", f"file:{path}", stage.at)


class _About:
    """What of the repository such a command can mean."""

    def __init__(self, graph: Graph) -> None:
        self._files = frozenset(graph.files)
        self._services: dict[str, list[str]] = defaultdict(list)  # by the name that the code gives it
        named = [(one.name, one.at.path) for one in graph.all_facts("workload")]
        named += [(spelled(use.argument("name")), use.at.path) for use in graph.uses("model-server")]
        for name, path in dict.fromkeys(named):
            if name and path.endswith(".py"):
                self._services[name.lower()].append(path)
        self._variables: dict[tuple[str, str], str] = {
            (one.at.path, one.name): str(one.get("value") or "") for one in graph.all_facts("env")
        }

    def packed(self, command: Fact, argv: Sequence[str], form: Mapping[str, Any]) -> Iterator[Packed]:
        said = spoken(form, argv)[-1]
        service = next(iter(values(form, "service", said)), "")
        # without a name of its own the image has that of the service
        names = values(form, "names", said) or [one for one in (service or str(form.get("default") or ""),) if one]
        told = [*self._models(form, said), *self._of_service(service), *self._of_folder(command, form, said)]
        for name in names:
            yield from (Packed(name, relation, target, command.at) for relation, target in dict.fromkeys(told))

    def _models(self, form: Mapping[str, Any], said: Values) -> Iterator[tuple[str, str]]:
        for reference in values(form, "model", said):
            if node := model_id(registered(reference)):
                yield "serves", node

    def _of_service(self, service: str) -> Iterator[tuple[str, str]]:
        found = self._services.get(service.partition(":")[0].lower(), ())
        if len(found) == 1:
            yield "starts", f"file:{found[0]}"

    def _of_folder(self, command: Fact, form: Mapping[str, Any], said: Values) -> Iterator[tuple[str, str]]:
        for written in values(form, "folder", said) or ["."]:
            if "settings" not in form:
                return
            folder = posixpath.normpath(posixpath.join(working_folder(command), written))
            settings = posixpath.normpath(posixpath.join(folder, form["settings"]))
            if "variable" not in form:
                yield from (("starts", f"file:{settings}") for _ in [0] if settings in self._files)
                continue
            module = self._variables.get((settings, form["variable"]), "")
            if module:
                start = "" if folder == "." else folder
                yield from (("starts", f"file:{path}") for path in module_files(module, start, self._files))
