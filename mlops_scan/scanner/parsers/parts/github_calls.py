"""Workflows and actions of a repository that others of it call, and the values that these give their inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

_MOST_VALUES = 8  # of one input
_ROUNDS = 5  # a workflow calls a workflow calls a workflow
_HANDED = re.compile(r"\$\{\{\s*(?:inputs|matrix)\.")

Values = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Call:
    """A call: the file it stands in, and what it gives the inputs as written."""

    path: str
    given: dict[str, str]

    def get(self, name: str, default: str = "") -> str | None:
        """The value of an input, None where it is no constant."""
        value = self.given.get(name, default)
        return None if "${{" in value else value

    @property
    def hands_on(self) -> bool:
        """Whether it gives values that its own callers gave."""
        return any("inputs." in one and _HANDED.search(one) for one in self.given.values())


def apart(tree: Tree) -> frozenset[str]:
    """Workflows, and folders of actions, that calls give different values: each call of one is told on its own."""

    def find() -> frozenset[str]:
        calls = _callers(tree)
        folders = {target: target if target.endswith((".yml", ".yaml")) else f"{target}/" for target in calls}
        found = {
            target
            for target, said in calls.items()
            if len({tuple(sorted(one.given.items())) for one in said}) > 1
            or any("matrix." in value and _HANDED.search(value) for one in said for value in one.given.values())
        }
        for _ in range(_ROUNDS):
            inside = tuple(folders[target] for target in found)
            more = {
                target
                for target in calls.keys() - found
                if any(one.hands_on and inside and one.path.startswith(inside) for one in calls[target])
            }
            if not more:
                break
            found |= more
        return frozenset(found)

    return tree.memo("github-calls-apart", find)


def files(tree: Tree, used: str) -> tuple[str, ...]:
    """The files that `uses` may mean, if each call of them is told on its own."""
    target = used.removeprefix("./").rstrip("/") if used.startswith("./") else ""
    if not target or target not in apart(tree):
        return ()
    return (target,) if target.endswith((".yml", ".yaml")) else (f"{target}/action.yml", f"{target}/action.yaml")


def given(
    holder: Node | None, said: Node | None, caller: Runner, legs: Sequence[dict[str, str]]
) -> tuple[Values, Values]:
    """The values of the inputs of one call, and those of them that are settled."""
    declared = yamlnodes.child(holder, "inputs")
    found: Values = {}
    settled: Values = {}
    matrix: dict[str, tuple[str, ...]] = {}
    for leg in legs:
        for key, value in leg.items():
            matrix[f"matrix.{key}"] = tuple(dict.fromkeys((*matrix.get(f"matrix.{key}", ()), value)))
    for name, one in declared.items() if isinstance(declared, Mapping) else ():
        text = yamlnodes.text(said, name, default=yamlnodes.text(one, "default"))
        for values, known in ((found, {**caller.known, **matrix}), (settled, {**caller.settled, **matrix})):
            texts = [filled for (filled,) in placeholders.variants([text], known) if "${{" not in filled]
            if texts and (texts[0] or values is settled):
                values[f"inputs.{name}"] = tuple(dict.fromkeys(texts))[:_MOST_VALUES]
    return found, settled


def inputs(source: SourceFile, tree: Tree, holder: Node | None) -> tuple[Values, Values]:
    """The values of the inputs of a workflow or action that others call: what callers here say, else the default.

    Beside them those that are settled: all that callers say is known, and nobody else is seen to call.
    """
    declared = yamlnodes.child(holder, "inputs")
    if not isinstance(declared, Mapping):
        return {}, {}
    alone = not {source.path, source.folder}.isdisjoint(apart(tree))  # calls are told on their own, with their values
    calls = [] if alone else [*_callers(tree).get(source.path, ()), *_callers(tree).get(source.folder, ())]
    found: Values = {}
    settled: Values = {}
    for name, one in declared.items():
        default = yamlnodes.text(one, "default")
        said = [value for call in calls if (value := call.get(name))]
        if values := tuple(dict.fromkeys(said or ([default] if default else [])))[:_MOST_VALUES]:
            found[f"inputs.{name}"] = values
        values_of_all = [call.get(name, default) for call in calls]
        if values_of_all and None not in values_of_all:
            settled[f"inputs.{name}"] = tuple(dict.fromkeys(str(value) for value in values_of_all))
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
                for used, holder in _calls(document):
                    pairs = holder.items() if isinstance(holder, Mapping) else ()
                    said = {name: str(value) for name, value in pairs if isinstance(value, Scalar)}
                    found.setdefault(used, []).append(_Call(path, said))
        return found

    return tree.memo("github-callers", find)


def _calls(document: Node) -> Iterator[tuple[str, Node | None]]:
    """(path, inputs) of the local workflows and actions that a file uses."""
    jobs = yamlnodes.child(document, "jobs")
    holders = list(jobs.values()) if isinstance(jobs, Mapping) else [yamlnodes.child(document, "runs")]
    for holder in holders:
        for one in (holder, *yamlnodes.items(holder, "steps")):
            used = yamlnodes.text(one, "uses")
            if used.startswith("./"):
                yield used.removeprefix("./").rstrip("/"), yamlnodes.child(one, "with")
