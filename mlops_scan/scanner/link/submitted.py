"""What an operator runs in an environment of its own to the files that it means, wherever they were put there."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import entry_files
from mlops_scan.scanner.model import Edge, Fact
from mlops_scan.scanner.paths import shared

_MODULE = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*\Z")
_PROGRAMS = (".py", ".sh", ".ipynb", ".R")


class Submitted(Link):
    """`workload:k8s/job.yaml#RayJob/fit` runs `file:train/main.py`, which it calls `/opt/repo/train/main.py`."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        commands = [one for one in graph.all_facts("command") if one.get("submitted")]
        files = frozenset(graph.files) if commands else frozenset()
        tails = _Tails(graph.files if commands else ())
        for command in commands:
            argv = [str(word) for word in command.get("argv") or ()]
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
            if command.get("submitted") and any(_MODULE.match(str(word)) for word in command.get("argv") or ()):
                owner = owner_id(command)
                for path in sorted(graph.files_run_by(owner) & declared.keys()):
                    yield from (Edge(owner, "includes", node, command.at) for node in declared[path])


def _named(command: Fact, argv: Sequence[str], tails: _Tails) -> Iterator[str]:
    folder = str(command.get("cwd") or "")
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
