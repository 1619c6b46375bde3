"""Workflows and actions of a repository that others of it call, and the values that these give their inputs."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

_MOST_VALUES = 8  # of one input

Values = dict[str, tuple[str, ...]]
_Call = dict[str, str | None]  # input -> value, None where it is no constant


def inputs(source: SourceFile, tree: Tree, holder: Node | None) -> tuple[Values, Values]:
    """The values of the inputs of a workflow or action that others call: what callers here say, else the default.

    Beside them those that are settled: all that callers say is known, and nobody else is seen to call.
    """
    declared = yamlnodes.child(holder, "inputs")
    if not isinstance(declared, Mapping):
        return {}, {}
    calls = [*_callers(tree).get(source.path, ()), *_callers(tree).get(source.folder, ())]
    found: Values = {}
    settled: Values = {}
    for name, one in declared.items():
        default = yamlnodes.text(one, "default")
        said = [value for call in calls if (value := call.get(name))]
        if values := tuple(dict.fromkeys(said or ([default] if default else [])))[:_MOST_VALUES]:
            found[f"inputs.{name}"] = values
        given = [call.get(name, default) for call in calls]
        if given and None not in given:
            settled[f"inputs.{name}"] = tuple(dict.fromkeys(str(value) for value in given))
    return found, settled


def _callers(tree: Tree) -> dict[str, list[_Call]]:
    """Called workflow, or folder of an action -> the inputs of each call by a file of the repository."""

    def find() -> dict[str, list[_Call]]:
        found: dict[str, list[_Call]] = {}
        for path in tree.paths:
            source = tree.get(path) if path.endswith((".yml", ".yaml")) and ".github/" in path else None
            if source is None or b"uses: ./" not in source.data:
                continue
            for document in yamlnodes.documents(source).documents[:1]:
                for used, given in _calls(document):
                    pairs = given.items() if isinstance(given, Mapping) else ()
                    found.setdefault(used, []).append({name: _constant(value) for name, value in pairs})
        return found

    return tree.memo("github-callers", find)


def _constant(value: Node) -> str | None:
    return str(value) if isinstance(value, Scalar) and "${{" not in value else None


def _calls(document: Node) -> Iterator[tuple[str, Node | None]]:
    """(path, inputs) of the local workflows and actions that a file uses."""
    jobs = yamlnodes.child(document, "jobs")
    holders = list(jobs.values()) if isinstance(jobs, Mapping) else [yamlnodes.child(document, "runs")]
    for holder in holders:
        for one in (holder, *yamlnodes.items(holder, "steps")):
            used = yamlnodes.text(one, "uses")
            if used.startswith("./"):
                yield used.removeprefix("./").rstrip("/"), yamlnodes.child(one, "with")
