"""What a use declares: the name it gives, the node it is, and which of its resources are which subject."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.environments import is_steady
from mlops_scan.scanner.link.selectors import object_id, title
from mlops_scan.scanner.model import Fact, Node

_LONGEST = 60
_DEEPEST = 8
_MAKES = re.compile(r"(?:create|build|make|get|generate|define|run|main|register|deploy)(?:_|$)")  # names of functions
_COMMON = ("pipeline", "pipelines", "main", "__init__", "dag", "flow", "app", "deploy")
_NAME_OPTIONS = ("--name", "-n", "--endpoint-name", "--display-name", "--monitoring-schedule-name")
_FILE_OPTIONS = ("-f", "--file")


def subjects(graph: Graph, kind: str) -> Iterator[tuple[Use, Node]]:
    """Uses of the role that is called like the kind, each with the node that it declares; the first of each node.

    Code says one thing in several ways: a call that is read as a resource, too, or one branch that creates it and one
    that updates it. There a place and a name count once: as the resource, a pipeline as the call, which has the steps.
    """
    seen: set[str | tuple[str, int | str]] = set()
    several: set[tuple[str, int, str]] = set()  # of resources: the uses of a function stand at one place
    named = {fact.at: fact for fact in graph.facts(kind)}  # of code: read already, with its name
    for use in sorted(graph.uses(kind), key=lambda one: _later(one.fact, kind)):
        node, fact = node_of(use, kind), named.get(use.at)
        if node is None:
            continue
        if fact is not None:
            node = Node(f"{kind}:{fact.get('id')}", kind, fact.name, fact.at, node.detail, node.state)
        told: set[tuple[str, int | str]] = set()
        if use.at.path.endswith((".py", ".ipynb")):
            names: tuple[int | str, ...] = (use.at.line, node.label, *_written(use))
            told = {(use.at.path, one) for one in names}
        declares = (use.at.path, use.at.line, str(use.fact.get("type") or ""))
        known = told - {declares[:2]} if declares in several else told
        if node.id not in seen and seen.isdisjoint(known):
            seen |= {node.id, *told}
            if use.fact.kind == "resource":
                several.add(declares)
            yield use, node


def _written(use: Use) -> Iterator[str]:
    """The name as the code writes it, where what it stands for is known by now: a resource may keep the one for it."""
    value = use.argument("name") if use.fact.kind == "call" else None
    if isinstance(value, Mapping) and "const" in value and value.get("expr"):
        yield str(value["expr"])[:_LONGEST]


def _later(fact: Fact, kind: str) -> tuple[int, bool, bool]:
    """What is switched off comes after what an environment switches on, unless that is a trial; then what holds in
    one environment alone after what holds in all; of code the better telling first.
    """
    environment, off = bool(fact.get("environment")), fact.get("state") == "disabled"
    rank = 1 if off else 2 if environment and not is_steady(fact) else 0
    return rank, environment, (fact.kind == "resource") == (kind == "pipeline")


def node_of(use: Use, kind: str) -> Node | None:
    """The node that a use declares; None for a command that takes it from a file, which then declares it."""
    fact, state = use.fact, "disabled" if use.disabled else ""
    if fact.kind == "resource":
        return Node(object_id(fact), kind, title(fact), fact.at, str(fact.get("type") or ""), state)
    if fact.kind == "file":
        return Node(f"{kind}:{fact.name}", kind, posixpath.basename(fact.name), fact.at, "file", state)
    if fact.kind == "import":
        return None
    name = told_name(use)
    return Node(f"{kind}:{fact.at.path}#{name}", kind, name, fact.at, fact.name, state) if name else None


def told_name(use: Use) -> str:
    """The name that a call, class or command gives, else the best word for it: what it decorates, its target."""
    fact = use.fact
    if fact.kind == "command":
        return _of_command([str(word) for word in fact.get("argv") or ()])
    if fact.kind in ("class", "function", "setting"):
        return fact.name
    told = spelled(use.argument("name")) or str(fact.get("decorates") or "") or str(fact.get("assigned") or "")
    function = str(fact.get("function") or "").rpartition(".")[2]
    return told or ("" if _MAKES.match(function) else function) or _of_file(fact.at.path)


def _of_file(path: str) -> str:
    """The name of a module, or of its folder where the module is called for what stands in any."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    return folder.rpartition("/")[2] if folder and stem in _COMMON else stem


def spelled(value: Any) -> str:
    """A value as a name: its constant, the known pieces of a text, else the expression as written."""
    if isinstance(value, str):
        return value[:_LONGEST]
    if not isinstance(value, Mapping):
        return ""
    if isinstance(value.get("const"), str):
        return str(value["const"])[:_LONGEST]
    expression = " ".join(str(value.get("expr") or "").split())
    if match := re.fullmatch(r"""f(["'])(.*)\1""", expression):
        return match[2][:_LONGEST]
    return expression[:_LONGEST]


def texts(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts that stand in the attributes of a resource or the arguments of a call, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list)) and depth < _DEEPEST:
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from texts(inner, depth + 1)


def _of_command(argv: list[str]) -> str:
    if any(word in _FILE_OPTIONS or word.startswith("--file=") for word in argv):
        return ""
    for before, word in zip(argv, [*argv[1:], ""], strict=True):
        option, equals, value = before.partition("=")
        if option in _NAME_OPTIONS and (value if equals else word):
            return (value if equals else word)[:_LONGEST]
    return " ".join(argv[:4])[:_LONGEST]
