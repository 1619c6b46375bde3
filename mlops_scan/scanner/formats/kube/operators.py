"""What an operator runs for an object that says its program outside of a pod template, by a table of kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table
from functools import cache
from pathlib import Path
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import images, shell, yamlnodes
from mlops_scan.scanner.formats.kube.data import Scene, spot, texts
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact

_TABLE = Path(__file__).parent / "operators.yaml"
_LOCAL = re.compile(r"(?:local|file)://(?=/)")
_MOST = 40  # programs of one object
_ONCE = ("Never", "OnFailure")


@cache
def _table() -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: dict[str, Any] = yaml.load(_TABLE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return table


def _kind(document: Mapping) -> dict[str, Any]:
    group, _, _ = yamlnodes.text(document, "apiVersion").rpartition("/")
    found: dict[str, Any] = _table()["kinds"].get(f"{group}/{yamlnodes.text(document, 'kind')}", {}) if group else {}
    return found


def only_matches(document: Mapping) -> bool:
    """Whether the object says how those of others look, allows or changes them, and runs nothing itself."""
    return yamlnodes.text(document, "apiVersion").rpartition("/")[0] in _table()["matching"]


def runs_programs(document: Mapping) -> bool:
    """Whether an operator runs what the object says, be there a pod template or not."""
    return bool(_kind(document).get("runs"))


def ends(document: Mapping) -> bool:
    """Whether what runs comes to an end, as far as the table of kinds tells; of a single pod, what it says itself."""
    if yamlnodes.text(document, "kind") == "Pod":
        return yamlnodes.text(document, "spec", "restartPolicy") in _ONCE
    return bool(_kind(document).get("ends"))


def opened(document: Mapping) -> Mapping:
    """The object with the configuration that it holds as text read, at the lines where it stands."""
    for path in _kind(document).get("opened", ()):
        keys = path.split(".")
        held = yamlnodes.child(document, *keys)
        if isinstance(held, Scalar):
            try:
                found = yamlnodes.parse(str(held), first_line=held.line + 1 if held.block else held.line)
            except yamlnodes.YamlError:
                continue
            if found and isinstance(found[0], Mapping):
                document = _replaced(document, keys, found[0])
    return document


def _replaced(node: Mapping, keys: list[str], value: Node) -> Mapping:
    """A copy with another value below the keys: the parsed file itself is shared."""
    copy = Mapping(node.line, node.column, node.tag)
    copy.update(node)
    copy.places, copy.repeated = node.places, node.repeated
    inner = node[keys[0]]
    copy[keys[0]] = value if len(keys) == 1 or not isinstance(inner, Mapping) else _replaced(inner, keys[1:], value)
    return copy


def facts(scene: Scene, document: Mapping) -> Iterator[Fact]:
    """`command` and `image` facts of the programs that the object names."""
    for run in _kind(document).get("runs", ()):
        holders = yamlnodes.items(document, *run["each"].split(".")) if "each" in run else [document]
        for holder in holders[:_MOST]:
            yield from _image(scene, holder, run)
            folder = _LOCAL.sub("", _text(holder, run.get("folder", "")))
            place = _place(holder, run)
            for command in _commands(holder, run):
                argv = [word[: bounds.FACT_TEXT] for word in command.argv]
                says = {"argv": argv, "raw": command.raw, "where": "container", "owner": scene.id, "submitted": True}
                yield scene.fact("command", argv[0], place, {**says, "cwd": command.cwd or folder})


def _commands(holder: Node, run: Table[str, Any]) -> Iterator[shell.Command]:
    if "shell" in run:
        yield from shell.commands(_text(holder, run["shell"]))
        return
    if "words" in run:
        words = [word for path in run["words"] for word in texts(yamlnodes.child(holder, *path.split(".")))]
    else:
        named = _text(holder, run.get("file") or run["module"])
        words = [_LOCAL.sub("", named), *texts(yamlnodes.child(holder, *run.get("args", "-").split(".")))]
    if words and words[0]:
        yield from shell.from_argv([*run.get("program", ()), *words])


def _image(scene: Scene, holder: Node, run: Table[str, Any]) -> Iterator[Fact]:
    text = _text(holder, run.get("image", ""))
    if text.strip():
        name, says = images.used(text, scene.id)
        yield scene.fact("image", name, _spot(holder, run["image"]), says)


def _text(holder: Node, path: str) -> str:
    return yamlnodes.text(holder, *path.split(".")) if path else ""


def _place(holder: Node, run: Table[str, Any]) -> tuple[int, int]:
    """Where the program is named."""
    paths = run.get("words") or [run.get("shell") or run.get("file") or run.get("module")]
    return next(
        (_spot(holder, path) for path in paths if yamlnodes.child(holder, *path.split(".")) is not None), (1, 1)
    )


def _spot(holder: Node, path: str) -> tuple[int, int]:
    *keys, last = path.split(".")
    return spot(yamlnodes.child(holder, *keys), last)
