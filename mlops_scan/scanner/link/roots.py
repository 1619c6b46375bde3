"""Commands and actions to the declared infrastructure that they apply: the files of a folder as one, and modules."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import live
from mlops_scan.scanner.link.commands import option
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge, Fact, Location

_HOLE = re.compile(r"\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$\([^()]*\)|<<[^<>]*>>|\$\w+")
_SETTINGS = ("terraform", "provider")  # blocks that declare nothing
_MOST = 200  # files that one command applies


@dataclass(frozen=True, slots=True)
class _Said:
    """What applies a root, or looks at one: the folders that it may mean, the first that is one counts."""

    owner: str
    at: Location
    relation: str
    tries: tuple[str, ...]
    form: Mapping[str, Any]
    below: bool = False


def edges(graph: Graph) -> Iterator[Edge]:
    """`job:deploy.yml#prod` applies `file:infra/main.tf`; the file of a root includes those of modules."""
    declaring = {one.at.path for one in graph.all_facts("resource", "terraform-module") if _is_declared(one)}
    said = [*_commands(graph), *_actions(graph)] if declaring else []
    if not said:
        return
    folders: dict[str, list[str]] = defaultdict(list)
    for path in graph.files:
        if path.endswith((".tf", ".tf.json", ".tofu", ".tofu.json", ".hcl")):
            folders[posixpath.dirname(path)].append(path)
    applied: dict[str, None] = {}
    for one in said:
        for path in _meant(one, folders):
            yield Edge(one.owner, one.relation, f"file:{path}", one.at)
            if one.relation == "applies":
                applied[path] = None
    yield from _held(graph, applied, folders)


def _is_declared(one: Fact) -> bool:
    return one.kind == "terraform-module" or one.get("platform") == "terraform"


def _commands(graph: Graph) -> Iterator[_Said]:
    forms = {str(one["program"]): one for one in catalog.load().names.get("roots") or ()}
    for command in graph.once(live.commands):
        form = forms.get(command.name.rpartition("/")[2])
        if form is None or str(command.get("where", "")).startswith("dockerfile"):
            continue
        argv = [str(word) for word in command.get("argv") or ()][1:]
        relation = _relation(argv, form)
        if relation:
            folder = option(argv, form["folder"])
            starts = _starts(command)
            tries = tuple(dict.fromkeys(_joined(start, folder) for start in starts))
            below = not set(form.get("all") or ()).isdisjoint(argv)
            yield _Said(owner_id(command), command.at, relation, tries, form, below)


def _actions(graph: Graph) -> Iterator[_Said]:
    names = catalog.load().names
    forms = {str(one["program"]): one for one in names.get("roots") or ()}
    for action in graph.once(live.actions):
        for told in names.get("root_actions") or ():
            if fnmatchcase(action.name, told["action"]):
                given = action.get("with") or {}
                words = (
                    str(given.get(told["command"]) or "").split() if "command" in told else [told.get("does", "apply")]
                )
                form = forms[told["as"]]
                relation = _relation(words, form)
                folder = next((str(given[key]) for key in told["folder"] if given.get(key)), "")
                if relation:
                    below = not set(form.get("all") or ()).isdisjoint(words)
                    yield _Said(f"job:{action.get('owner')}", action.at, relation, (_joined("", folder),), form, below)
                break


def _relation(words: Sequence[str], form: Mapping[str, Any]) -> str:
    """What is done: '' for what neither applies nor looks at what would be."""
    if not set(form["reads"]).isdisjoint(word.partition("=")[0] for word in words):
        return "" if "-destroy" in words else "reads"
    return "applies" if "apply" in words else ""


def _starts(command: Fact) -> Iterator[str]:
    """The folders in which a command may run: a script may be started from its own, or from the root."""
    inside, into = str(command.get("cwd") or ""), str(command.get("into") or "")
    if into == "?":
        return
    if inside or into:
        yield inside or into
        return
    home = posixpath.dirname(command.at.path)
    if command.get("where") != "ci" and home:
        yield home
    yield ""


def _joined(start: str, folder: str) -> str:
    path = posixpath.normpath(posixpath.join(start, folder.strip("\"'")))
    return "" if path == "." else path


def _meant(said: _Said, folders: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The files of the first folder that is a root; of a folder with unknown parts, those of all that fit."""
    for folder in said.tries:
        parts = [_HOLE.sub("*", part) for part in folder.split("/")] if folder else []
        if folder.startswith(("/", "..")) or (parts and set("".join(parts)) <= {"*"}):
            continue  # nothing of it is known
        found: list[str] = []
        for one in folders if "*" in "".join(parts) or said.below else [folder]:
            if _fits(one.split("/") if one else [], parts, below=said.below):
                found += [path for path in folders.get(one, ()) if _ends(path, said.form)]
        if found:
            return found[:_MOST]
    return ()


def _fits(folder: list[str], parts: list[str], *, below: bool) -> bool:
    same = len(folder) >= len(parts) if below else len(folder) == len(parts)
    return same and all(fnmatchcase(one, part) for one, part in zip(folder, parts, strict=False))


def _ends(path: str, form: Mapping[str, Any]) -> bool:
    return f"/{path}".endswith(tuple(form["ends"]))


def _held(graph: Graph, applied: dict[str, None], folders: Mapping[str, Sequence[str]]) -> Iterator[Edge]:
    """What the files of a root declare, and those of the modules that they call."""
    calls: dict[str, list[Fact]] = defaultdict(list)
    for one in graph.all_facts("terraform-module"):
        if one.get("local") and one.get("path") is not None:
            calls[one.at.path].append(one)
    waiting, seen = list(applied), dict(applied)
    for path in waiting:
        for call in calls.get(path, ()):
            for inner in folders.get(str(call.get("path")), ()):
                yield Edge(f"file:{path}", "includes", f"file:{inner}", call.at)
                if inner not in seen:
                    seen[inner] = None
                    waiting.append(inner)
    for resource in graph.all_facts("resource"):
        ours = resource.get("platform") == "terraform" and resource.get("type") not in _SETTINGS
        if ours and resource.at.path in seen and resource.get("id"):
            yield Edge(f"file:{resource.at.path}", "defines", object_id(resource), resource.at)
