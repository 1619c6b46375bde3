"""Commands to what they start without naming its file: console scripts, projects, pipelines, images, services."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.formats import images
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import live, named
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import ASKS_HELP, locate, module_files, option, working_folder
from mlops_scan.scanner.link.imagebuilds import builds
from mlops_scan.scanner.link.inimages import stage_id
from mlops_scan.scanner.model import Edge, Fact

_NAMING = ("pipeline-orchestration", "starts-pipeline", "retraining-trigger")
_IMAGE_FLAGS = frozenset(  # options of `docker run` without a value; others take one
    ("-d", "--detach", "-i", "-t", "-it", "-ti", "-dit", "-itd", "--interactive", "--tty", "--rm", "--init", "-P")
) | frozenset(("--privileged", "--read-only", "--no-healthcheck", "--publish-all", "--sig-proxy", "-dt", "-di"))


class Started(Link):
    """`job:ci.yml#fit` runs `file:pkg/fit.py`, because a manifest calls it `pkg-fit`, and the like."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        found = _Known(graph)
        naming = {id(use.fact) for use in graph.uses(*_NAMING) if use.fact.kind == "command"}
        for command in graph.once(live.commands):
            inside = str(command.says.get("where", "")).startswith("dockerfile")
            owner = found.stage_of(command) if inside else owner_id(command)
            if not owner:
                continue
            argv = [str(word) for word in command.says.get("argv") or ()]
            targets = list(found.started(command, argv)) if ASKS_HELP not in argv else []
            targets += found.named(argv) if id(command) in naming else []
            for target in dict.fromkeys(targets):
                if target != owner:
                    relation = "starts" if inside and command.says.get("where") != "dockerfile" else "runs"
                    yield Edge(owner, relation, target, command.at)


class _Known:
    """What can be started, by the name it goes by."""

    def __init__(self, graph: Graph) -> None:
        self.files = frozenset(graph.files)
        self.ordered = graph.files
        self._starts: dict[str, list[dict[str, Any]]] = {}  # by the program
        for start in catalog.load().names.get("starts") or ():
            self._starts.setdefault(start["words"][0], []).append(start)
        self._meant: dict[str, Callable[[Sequence[str], str], Iterator[str]]] = {
            "project": self._project,
            "workflow": self._workflow,
            "steps": self._steps,
            "image": self._image,
            "services": self._services,
        }
        self._scripts: dict[str, list[tuple[str, str]]] = {}
        for manifest in graph.all_facts("manifest"):
            scripts = manifest.get("scripts")
            for name, target in scripts.items() if isinstance(scripts, dict) else ():
                self._scripts.setdefault(name, []).append((manifest.at.path, str(target)))
        self._entries: dict[str, list[str]] = {}  # of a project file: its targets
        for fact in graph.all_facts("pipeline-step"):
            if fact.says.get("tool") == "mlproject":
                self._entries.setdefault(fact.at.path, []).append(fact.name)
        self._stages = {(fact.at.path, fact.name): stage_id(fact) for fact in graph.all_facts("stage")}
        self.stage_by_image: dict[str, str] = {}
        for edge in _built(graph):
            self.stage_by_image.setdefault(edge[0], edge[1])
        self._workloads = [one for one in graph.all_facts("workload") if one.get("origin") == "compose"]
        self._pipelines = dict(_pipelines(graph))
        self._nodes = sorted({use.at.path for use in graph.uses("pipeline-definition")})

    def stage_of(self, command: Fact) -> str:
        return self._stages.get((command.at.path, str(command.says.get("stage"))), "")

    def started(self, command: Fact, argv: Sequence[str]) -> Iterator[str]:
        """Node ids of what a command starts."""
        for manifest, target in self._scripts.get(argv[0], ())[:1] if argv else ():
            base = manifest.rpartition("/")[0]
            yield from (f"file:{path}" for path in module_files(target.partition(":")[0], base, self.files))
        starts = self._starts.get(argv[0].rpartition("/")[2], ()) if argv else ()
        folder = working_folder(command) if starts else ""
        for start in starts:
            if argv[1 : len(start["words"])] != start["words"][1:]:
                continue
            if start.get("means") == "code":
                yield from (f"file:{path}" for path in named.code(start, argv, folder, self.files))
                built = (images.parse(one).repository for one in named.image_names(start, argv))
                yield from (self.stage_by_image[one] for one in built if one in self.stage_by_image)
                return
            meant = self._meant.get(str(start.get("means") or ""))
            if meant is not None:
                yield from meant(argv, folder)
                return
            name = option(argv, start.get("options") or ()) or str(start.get("file"))
            yield from (f"file:{path}" for path in [locate(name, folder, self.files)] if path)

    def _workflow(self, argv: Sequence[str], folder: str) -> Iterator[str]:
        """The workflow that a person or a job dispatches by its file's name."""
        name = next((word for word in argv[3:] if not word.startswith("-")), "")
        path = f".github/workflows/{name}"
        yield from (f"file:{path}" for _ in [0] if path in self.files)

    def _project(self, argv: Sequence[str], folder: str) -> Iterator[str]:
        """The entry point of the project in a folder: `main`, or the one that is named."""
        entry = option(argv, ("-e", "--entry-point")) or "main"
        for word in argv[2:]:
            path = posixpath.normpath(posixpath.join(word, "MLproject")) if not word.startswith("-") else ""
            found = locate(path, folder, self.files) if path and "://" not in word else ""
            if found in self._entries:
                yield f"target:{found}#{entry}"
                return

    def _steps(self, argv: Sequence[str], folder: str) -> Iterator[str]:
        """The files that define the steps: of one pipeline when it is named, else of all."""
        wanted = option(argv, ("-p", "--pipeline"))
        part = f"pipelines/{wanted}/" if wanted and wanted != "__default__" else "pipelines/"
        for path in self._nodes:
            if part in path and (not folder or path.startswith(f"{folder}/") or folder.startswith(".")):
                yield f"file:{path}"

    def _image(self, argv: Sequence[str], folder: str) -> Iterator[str]:
        """The stage that builds the image which is run."""
        index = 2
        while index < len(argv) and argv[index].startswith("-"):
            index += 1 if argv[index] in _IMAGE_FLAGS or "=" in argv[index] else 2
        if index < len(argv) and (stage := self.stage_by_image.get(images.parse(argv[index]).repository)):
            yield stage

    def _services(self, argv: Sequence[str], folder: str) -> Iterator[str]:
        """The services that `up` or `run` starts: those that are named, else all of the file."""
        verb = next((index for index, word in enumerate(argv) if word in ("up", "run", "start")), 0)
        if not verb:
            return
        files = [argv[i + 1] for i, word in enumerate(argv[:verb]) if word in ("-f", "--file") and i + 1 < verb]
        paths = {locate(name, folder, self.files) for name in files}
        named = {word for word in argv[verb + 1 :] if not word.startswith("-")}
        for workload in self._workloads:
            if paths and workload.at.path not in paths:
                continue
            if not paths and posixpath.dirname(workload.at.path) not in ("", folder):
                continue
            if not named or workload.name in named:
                yield f"workload:{workload.get('id')}"

    def named(self, argv: Sequence[str]) -> list[str]:
        """Files that define a pipeline by a name which the command says."""
        words = [part for word in argv[1:] for part in (word, *word.split("/"), *word.split("="))]
        return list(dict.fromkeys(f"file:{self._pipelines[one]}" for one in words if one in self._pipelines))


def _built(graph: Graph) -> Iterator[tuple[str, str]]:
    """(image repository, stage that builds it), from build commands and actions."""
    finals = {fact.at.path: stage_id(fact) for fact in graph.all_facts("stage") if fact.says.get("final")}
    alone = next(iter(finals.values())) if len(finals) == 1 else ""
    for one in (one for one in builds(graph) if one.relation != "serves"):
        yield images.parse(one.reference).repository, one.stage
    for image in graph.all_facts("image") if alone else ():
        if image.get("role") in ("build", "push") and image.name:
            yield image.name, alone


def _pipelines(graph: Graph) -> Iterator[tuple[str, str]]:
    """(name, path) of pipelines that code defines under a name of their own."""
    for use in graph.uses("pipeline-definition", "starts-pipeline"):
        fact = use.fact
        if fact.kind != "call":
            continue
        kwargs = fact.says.get("kwargs") or {}
        values = [kwargs.get(key) for key in ("dag_id", "name", "pipeline_name")] + list(fact.says.get("args") or ())[
            :1
        ]
        values += [fact.says.get("decorates")]
        for value in values:
            text = value.get("const") if isinstance(value, dict) else value
            if isinstance(text, str) and len(text) > 2 and " " not in text:
                yield text, use.at.path
