"""Files as images name them: copied from where, under which name, and what a command of the image means by one."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.commands import entry_files, module_files
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.paths import above

_MOST = 2000  # files of one COPY that are linked
_BASES = 8  # stages on which a stage stands
_FUNCTION = re.compile(r"(?P<module>[A-Za-z_][\w.]*)\.(?P<function>[A-Za-z_]\w*)\Z")


class InImages:
    """What stages hold under another name than the repository does."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._files = frozenset(graph.files)
        self._stages = {stage_id(fact): fact for fact in graph.all_facts("stage")}
        self._renamed: dict[str, dict[str, str]] = {}
        self._functions: dict[str, set[str]] | None = None

    def started(self, stage: str, argv: Sequence[str]) -> list[str]:
        """The files that a command starts by names that only the image has."""
        renamed = self.renamed(stage)
        if not renamed:
            return []
        workdir = str(self._stages[stage].get("workdir") or "").strip("/")
        found = entry_files(argv, workdir, renamed.keys())
        return list(dict.fromkeys(renamed[path] for path in found))

    def renamed(self, stage: str) -> dict[str, str]:
        """Path in the image, from its root -> file, of those that it or a stage below it copies under a new name."""
        if stage not in self._renamed:
            self._renamed[stage] = dict(self._read(stage))
        return self._renamed[stage]

    def _read(self, stage: str) -> Iterator[tuple[str, str]]:
        fact = self._stages.get(stage)
        for _ in range(_BASES):
            if fact is None:
                return
            yield from self._copied(fact)
            fact = (
                self._stages.get(f"stage:{fact.at.path}#{fact.get('from_stage')}") if fact.get("from_stage") else None
            )

    def _copied(self, stage: Fact) -> Iterator[tuple[str, str]]:
        for copy in stage.get("copies") or ():
            source, name = str(copy.get("src") or ""), str(copy.get("dst") or "")
            end = posixpath.basename(name)
            if copy.get("from") or "." not in end.strip(".") or end == posixpath.basename(source) or "$" in name:
                continue
            found = context_files(source, stage.at.path, self._files, ())
            if len(found) == 1 and found[0] in self._files:
                inside = posixpath.normpath(posixpath.join("/", str(stage.get("workdir") or ""), name))
                yield inside.lstrip("/"), found[0]

    def handler(self, command: Fact, folder: str) -> list[str]:
        """The file of the function that is all that an image says it starts: `app.handler`."""
        argv = list(command.get("argv") or ()) if command.get("where") == "dockerfile-cmd" else []
        return self._in_folder(argv, folder)

    def function(self, stage: str, argv: Sequence[str]) -> list[str]:
        """The same for what a workload says in place of the image's own command."""
        fact = self._stages.get(stage) if len(argv) == 1 else None
        return self._in_folder(argv, fact.at.path.rpartition("/")[0]) if fact is not None else []

    def _in_folder(self, argv: Sequence[str], folder: str) -> list[str]:
        match = _FUNCTION.match(str(argv[0])) if len(argv) == 1 else None
        if match is None:
            return []
        if self._functions is None:
            self._functions = defaultdict(set)
            for fact in self._graph.all_facts("function"):
                self._functions[fact.at.path].add(fact.name)
        found = module_files(match["module"], folder, self._files)
        return [path for path in found if match["function"] in self._functions.get(path, ())]


def stage_id(stage: Fact) -> str:
    """Node id of a Dockerfile stage."""
    return f"stage:{stage.at.path}#{stage.name}"


def context_files(source: str, dockerfile: str, files: frozenset[str], ordered: Sequence[str]) -> list[str]:
    """The files that COPY `source` brings, the build context being the Dockerfile's folder, a parent, or the root."""
    source = source.lstrip("/")
    folder = dockerfile.rpartition("/")[0]
    for context in above(folder):
        wanted = posixpath.normpath(posixpath.join(context, source)) if source not in (".", "./") else context
        if wanted in files:
            return [wanted]
        if any(char in wanted for char in "*?["):
            found: Sequence[str] = [path for path in ordered if fnmatchcase(path, wanted)]
        else:
            prefix = f"{wanted}/" if wanted and wanted != "." else ""
            first = bisect_left(ordered, prefix)
            found = ordered[first : bisect_left(ordered, prefix + chr(0x10FFFF))] if prefix else ordered
        if found:
            return list(found[:_MOST])
        if source in (".", "./"):
            break
    return []
