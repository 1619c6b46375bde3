"""What an operator runs in an environment of its own to the files that it means, wherever they were put there."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.code.programs import program
from mlops_scan.scanner.link.commands import entry_files, locate, module_files
from mlops_scan.scanner.link.declared import spelled
from mlops_scan.scanner.model import Edge, Fact
from mlops_scan.scanner.paths import shared

_MODULE = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")  # a module
_FOLDER = re.compile(r"(?=[./-]*\w)[\w./-]+\Z")
_PROGRAMS = (".py", ".sh", ".ipynb", ".R")


class Submitted(Link):
    """`workload:k8s/job.yaml#RayJob/fit` runs `file:train/main.py`, which it calls `/opt/repo/train/main.py`."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        commands = [one for one in graph.all_facts("command") if one.get("submitted")]
        calls = [use for use in graph.uses("submits") if use.fact.kind == "call" and not use.disabled]
        files = frozenset(graph.files) if commands or calls else frozenset()
        tails = _Tails(graph.files if commands or calls else ())
        for use in calls:
            path = _handed(use, files, tails)
            if path and path != use.at.path:
                yield Edge(f"file:{use.at.path}", "runs", f"file:{path}", use.at)
        for command in commands:
            argv = [str(word) for word in command.says.get("argv") or ()]
            found = list(dict.fromkeys(_named(command, argv, tails)))
            if not any(_MODULE.match(word) or word.endswith(_PROGRAMS) for word in argv):  # `python -m`, a script
                found = list(entry_files(argv, posixpath.dirname(command.at.path), files))
            for path in found:
                yield Edge(owner_id(command), "runs", f"file:{path}", command.at)


class Parts(Link):
    """`workload:k8s/svc.yaml#RayService/x` includes what the module that it names declares to be deployed."""

    turn = 1

    def edges(self, graph: Graph) -> Iterator[Edge]:
        declared: dict[str, list[str]] = defaultdict(list)
        for one in graph.all_facts("workload"):
            if one.at.path.endswith(".py"):
                declared[one.at.path].append(f"workload:{one.get('id')}")
        for command in graph.all_facts("command") if declared else ():
            if command.says.get("submitted") and any(
                _MODULE.match(str(word)) for word in command.says.get("argv") or ()
            ):
                owner = owner_id(command)
                for path in sorted(graph.files_run_by(owner) & declared.keys()):
                    yield from (Edge(owner, "includes", node, command.at) for node in declared[path])


def _handed(use: Use, files: Collection[str], tails: _Tails) -> str:
    """The file of the program that a call hands over, in the folder that it names, else by the end of its path."""
    near = posixpath.dirname(use.at.path)
    told = use.argument("runs")
    name = spelled(told)
    if _DOTTED.match(name) and not name.endswith(_PROGRAMS):
        return next(module_files(name, near, files), "")
    script = program(told)
    if not script or "://" in script:
        return ""
    local = spelled(use.argument("local"))
    folder = local if _FOLDER.match(local) else ""
    if folder and (path := locate(posixpath.join(folder, script), near, files)) and path.endswith(f"{folder}/{script}"):
        return path
    beside = posixpath.normpath(posixpath.join(near, script))
    return beside if beside in files and not folder else tails.ending(posixpath.join(folder, script), near)


def _named(command: Fact, argv: Sequence[str], tails: _Tails) -> Iterator[str]:
    folder = str(command.says.get("cwd") or "")
    folder = "" if "://" in folder else folder
    near = posixpath.dirname(command.at.path)
    for word in argv[1:]:
        if match := _MODULE.match(word):
            base = match[1].replace(".", "/")
            whole = base.count("/") + 1
            found = (
                tails.ending(posixpath.join(folder, f"{base}{end}"), near, whole) for end in (".py", "/__init__.py")
            )
            yield from [path for path in found if path][:1]
        elif word.endswith(_PROGRAMS) and "://" not in word:
            yield from (path for path in [tails.ending(posixpath.join(folder, word), near)] if path)


class _Tails:
    """Files by their names, to be asked for the one with which a longer path ends."""

    def __init__(self, files: Sequence[str]) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in files:
            if path.endswith(_PROGRAMS):
                self._by_name[posixpath.basename(path)].append(path)

    def ending(self, path: str, near: str, least: int = 1) -> str:
        """The file with the longest common end, of at least so many parts; of several the one nearest to `near`."""
        parts = [part for part in posixpath.normpath(path).split("/") if part not in ("", ".", "..")]
        best: list[str] = []
        most = least
        for one in self._by_name.get(parts[-1], ()) if parts else ():
            own = one.split("/")
            same = shared(own[::-1], parts[::-1])
            if same >= most:
                best = [*best, one] if same == most else [one]
                most = same
        if len(best) > 1:
            beside = near.split("/")
            best.sort(key=lambda one: -shared(one.split("/"), beside))
            if shared(best[0].split("/"), beside) == shared(best[1].split("/"), beside):
                return ""
        return best[0] if best else ""
