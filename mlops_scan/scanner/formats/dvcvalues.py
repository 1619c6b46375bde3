"""Values of DVC's placeholders (`${train.lr}`, `${item.name}`): of params.yaml, `vars`, `foreach` and `matrix`.

https://dvc.org/doc/user-guide/project-structure/dvcyaml-files, read 2026-08: templating, foreach and matrix stages.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from math import prod
from typing import Any

from mlops_scan.scanner.formats import tomllines, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Readable, Scalar

_PLACE = re.compile(r"\$\{[ \t]*([\w.-]+(?:\[\d+\][\w.-]*)*)[ \t]*\}")
_INDEX = re.compile(r"\[(\d+)\]")
MOST = 16  # items of one stage
_KEYS = 2_000  # values of one file
_DEPTH = 20
_LONGEST = 500
_LARGEST = 64 * 1024  # characters of a file of parameters in TOML or Python

Get = Callable[[str], Readable | None]


def values(document: Mapping, folder: str, get: Get) -> dict[str, Node]:
    """The values that the stages of a file see: params.yaml beside it, then what `vars` names or holds."""
    return _listed(["params.yaml", *yamlnodes.items(document, "vars")[:MOST]], folder, get)


def of_stage(stage: Mapping, folder: str, get: Get) -> dict[str, Node]:
    """The values that only one stage sees, its files seen from the folder it runs in."""
    return _listed(yamlnodes.items(stage, "vars")[:MOST], folder, get)


def _listed(listed: Sequence[Node | str], folder: str, get: Get) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for one in listed:
        if isinstance(one, Mapping):
            found.update(one)
        elif isinstance(one, str):
            path, _, keys = one.partition(":")
            file = get(posixpath.normpath(posixpath.join(folder, path)))
            root = _root(path, file) if file is not None else None
            wanted = keys.split(",") if keys else list(root) if isinstance(root, Mapping) else []
            found.update((key, root[key]) for key in wanted if isinstance(root, Mapping) and key in root)
    return found


def _root(path: str, file: Readable) -> Node | None:
    """What a file of parameters holds: YAML, JSON, TOML, or the constants of a Python module and its classes."""
    if not path.endswith((".toml", ".py")):
        return next(iter(yamlnodes.documents(file).documents[:1]), None)
    if len(file.text) > _LARGEST:
        return None
    try:
        if path.endswith(".toml"):
            return yamlnodes.made(tomllines.read(file.text).data)
        return yamlnodes.made(_constants(ast.parse(file.text).body))
    except (tomllines.TomlError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # the parser of what the file is says so


def _constants(body: Sequence[ast.stmt]) -> dict[str, Any]:
    """`N = 5`, and the attributes of classes."""
    found: dict[str, Any] = {}
    for one in body:
        if isinstance(one, ast.ClassDef):
            found[one.name] = _constants(one.body)
        target = one.targets[0] if isinstance(one, ast.Assign) and len(one.targets) == 1 else None
        target = one.target if isinstance(one, ast.AnnAssign) else target
        value = one.value if isinstance(one, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(target, ast.Name) and value is not None:
            with suppress(ValueError, TypeError):
                found[target.id] = ast.literal_eval(value)
    return found


def items(stage: Mapping, known: dict[str, Node]) -> tuple[list[dict[str, Node]], int]:
    """What `item` and `key` are for each item of a stage, at most 16, and how many items there are."""
    each = _meant(stage.get("foreach"), known)
    if isinstance(each, Mapping):
        keyed = [{"key": yamlnodes.scalar(key), "item": value} for key, value in list(each.items())[:MOST]]
        return keyed, len(each)
    if each is not None:
        listed = yamlnodes.items(each)
        return [{"item": one} for one in listed[:MOST]], len(listed)
    matrix = stage.get("matrix")
    if not isinstance(matrix, Mapping):
        return [{}], 1
    lists = {key: yamlnodes.items(_meant(value, known)) for key, value in matrix.items()}
    made: list[dict[str, Node]] = []
    for chosen in _ways([one for one in lists.values() if one]):
        item = Mapping(matrix.line, matrix.column)
        item.update(zip((key for key, one in lists.items() if one), chosen, strict=True))
        made.append({"item": item})
    return made or [{}], prod(len(one) or 1 for one in lists.values())


def flat(known: dict[str, Node]) -> Known:
    """Every plain value by its dotted key."""
    found: dict[str, tuple[str, ...]] = {}
    for key, text in _flat("", known, 0):
        if len(found) >= _KEYS:
            break
        found[key] = (text,)
    return found


def fill(text: str, known: Known) -> str:
    """The text with what is known of its placeholders."""
    if "${" not in text:
        return text
    return _PLACE.sub(lambda found: known.get(_INDEX.sub(r".\1", found[1]), (found[0],))[0], text)


def _meant(node: Node | None, known: dict[str, Node]) -> Node | None:
    """The node, or what it names where it is one placeholder."""
    alone = _PLACE.fullmatch(node.strip()) if isinstance(node, Scalar) else None
    if alone is None:
        return node
    keys = [int(one) if one.isdigit() else one for one in _INDEX.sub(r".\1", alone[1]).split(".")]
    return yamlnodes.child(known.get(str(keys[0])), *keys[1:])


def _ways(lists: Sequence[Sequence[Node]]) -> Iterator[tuple[Node, ...]]:
    """All combinations, or of more than 16 some that use the first values of every list."""
    if not lists:
        return
    if prod(map(len, lists)) <= MOST:
        yield from product(*lists)
    else:
        for turn in range(min(MOST, max(map(len, lists)))):
            yield tuple(one[turn % len(one)] for one in lists)


def _flat(prefix: str, node: Node | dict[str, Node], depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(node, Scalar):
        if len(node) < _LONGEST:
            yield prefix, str(node)
    elif depth < _DEPTH:
        inner = node.items() if isinstance(node, dict) else ((str(at), one) for at, one in enumerate(node))
        for key, value in inner:
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), value, depth + 1)
