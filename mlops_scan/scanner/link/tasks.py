"""Steps of pipelines that Python defines, to the modules that they run and the steps that they need."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.modules import LocalModules
from mlops_scan.scanner.link import live
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import entry_files, locate, notebook_file, working_folder
from mlops_scan.scanner.link.inimages import context_files
from mlops_scan.scanner.model import Edge, Fact

_NAMES = ("task_id", "name", "step_name")


class Tasks(Link):
    """`file:dags/train.py` has `step:dags/train.py#fit`, which runs `file:demand/training.py`."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        modules = LocalModules(graph.all_facts("module"))
        steps = [fact for fact in graph.all_facts("pipeline-step") if fact.says.get("where") == "python"]
        images = graph.all_facts("stage") if any(fact.says.get("script") for fact in steps) else ()
        for fact in steps:
            path = str(fact.says.get("pipeline"))
            step = f"step:{path}#{fact.name}"
            for run in (fact.says.get("runs"), _script(fact, files, graph.files, images), _described(fact, files)):
                if run and run != path:
                    yield Edge(step, "runs", f"file:{run}", fact.at)
            for needed in fact.says.get("needs") or ():
                yield Edge(step, "needs", f"step:{path}#{needed}", fact.at)
        yield from _started(graph, steps, files)
        for use in graph.uses("executes-notebook"):
            folder = use.at.path.rpartition("/")[0]
            for value in (use.fact.says.get("args") or ())[:1] if use.fact.kind == "call" else ():
                path = notebook_file(value, folder, files) if isinstance(value, str) else ""
                if path and path != use.at.path:
                    yield Edge(f"file:{use.at.path}", "runs", f"file:{path}", use.at)
        told = {fact.at for fact in steps}
        for use in graph.uses("pipeline-definition"):
            name = "" if use.fact.kind != "call" or use.disabled else _name(use.fact)
            if name:
                runs = _told(use.fact, files, modules)
                step = f"step:{use.at.path}#{name}"
                if runs and use.at not in told:
                    yield Edge(f"file:{use.at.path}", "has step", step, use.at)
                for path in runs:
                    yield Edge(step, "runs", f"file:{path}", use.at)


def _started(graph: Graph, steps: Sequence[Fact], files: frozenset[str]) -> Iterator[Edge]:
    """Programs that the function of a step starts."""
    functions = {
        (str(fact.says.get("runs")), str(fact.says.get("function"))): f"step:{fact.says.get('pipeline')}#{fact.name}"
        for fact in steps
        if fact.says.get("function")
    }
    for command in graph.once(live.commands) if functions else ():
        step = functions.get((command.at.path, str(command.says.get("function") or "")))
        if step and command.says.get("where") == "python":
            argv = [str(word) for word in command.says.get("argv") or ()]
            for path in entry_files(argv, working_folder(command), files):
                yield Edge(step, "runs", f"file:{path}", command.at)


def _described(fact: Fact, files: frozenset[str]) -> str:
    """The file that describes a step."""
    name = str(fact.says.get("described") or "")
    return locate(name, posixpath.dirname(str(fact.says.get("pipeline"))), files) if name else ""


def _script(fact: Fact, files: frozenset[str], ordered: tuple[str, ...], images: Sequence[Fact]) -> str:
    """The file that a step names as its script: from the root, beside the pipeline, or by its name in an image."""
    script = str(fact.says.get("script") or "")
    if not script:
        return ""
    folder = fact.at.path.rpartition("/")[0]
    beside = f"{folder}/{script}".lstrip("/")
    found = next((path for path in (script, beside) if path in files), "")
    found = found or _copied(script, files, ordered, images) or locate(script, folder, files)
    return locate(script, "", files) if found == fact.says.get("pipeline") else found


def _copied(script: str, files: frozenset[str], ordered: tuple[str, ...], images: Sequence[Fact]) -> str:
    """The only file of this name that an image of the repository copies to where the step starts it."""
    folder, name = posixpath.split(script)
    found = {
        path
        for stage in images
        for copy in stage.get("copies") or ()
        if not copy.get("from") and _is_there(str(copy.get("dst") or ""), folder, script)
        for path in context_files(str(copy.get("src") or ""), stage.at.path, files, ordered)
        if posixpath.basename(path) == name
    }
    return found.pop() if len(found) == 1 else ""


def _is_there(destination: str, folder: str, script: str) -> bool:
    """Whether what is copied to `destination` may stand where the script does."""
    if destination == script or not folder.startswith("/"):
        return True
    return f"{folder}/".startswith(f"{destination.rstrip('/')}/") or not destination.startswith("/")


def _name(call: Fact) -> str:
    kwargs = call.get("kwargs") or {}
    return next((str(kwargs[key]) for key in _NAMES if isinstance(kwargs.get(key), str)), "")


def _told(call: Fact, files: frozenset[str], modules: LocalModules) -> list[str]:
    """Files that the arguments name: a script, or a function of a local module."""
    values = [*(call.get("args") or ()), *(call.get("kwargs") or {}).values()]
    return list(dict.fromkeys(path for value in values if (path := _file(value, call, files, modules))))


def _file(value: Any, call: Fact, files: frozenset[str], modules: LocalModules) -> str:
    if isinstance(value, str):
        return value if value.endswith(".py") and value in files else ""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or value.get("call"):
        return ""
    module, _, name = value["name"].rpartition(".")
    if name.isupper() or "const" in value:
        return ""  # a setting that stands there
    return (modules.find(module, call.at.path) or "") if module else ""
