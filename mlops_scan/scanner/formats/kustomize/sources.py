"""The kustomizations of a repository and what each refers to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Readable, Repository, Scalar

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_ENTRIES = ("resources", "bases", "components")
_BUILT_IN = ("generators", "transformers", "helmChartInflationGenerator")
_CONFIGURATION = ("transformers", "generators", "configurations", "validators")
_REMOTE = re.compile(r"://|^git@|^(?:www\.)?(?:github|gitlab|bitbucket)\.[a-z]+[/:]|\?ref=|\.git(?:$|[/?])")


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One readable kustomization file."""

    path: str
    folder: str
    node: Mapping


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of `resources`, `bases` or `components`: a file, a kustomization, remote, or (none of it) missing."""

    entry: Scalar
    component: bool
    file: str = ""
    kustomization: str = ""
    remote: bool = False


def kustomizations(tree: Repository) -> dict[str, Kustomization]:
    """Every kustomization that can be read, by its path."""
    return tree.memo("kustomizations", lambda: {one.path: one for one in _found(tree)})


def _found(tree: Repository) -> Iterator[Kustomization]:
    for path in tree.paths:
        folder, _, name = path.rpartition("/")
        source = tree.get(path) if name in FILE_NAMES else None
        if source is None:
            continue
        documents = yamlnodes.documents(source).documents
        if documents and isinstance(documents[0], Mapping):
            node = documents[0]
            if any(key in node for key in _BUILT_IN):
                from mlops_scan.scanner.formats.kustomize.builtins import expanded  # few configure them as objects

                node = expanded(tree, folder, node)
            yield Kustomization(path, folder, node)


def references(tree: Repository, one: Kustomization) -> tuple[Reference, ...]:
    """What `one` takes its objects from, in the order in which kustomize reads it."""
    if one.path not in kustomizations(tree):  # another object that stands for one
        return tuple(_references(tree, one))
    return tree.memo(f"kustomize references {one.path}", lambda: tuple(_references(tree, one)))


def _references(tree: Repository, one: Kustomization) -> Iterator[Reference]:
    known = kustomizations(tree)
    for key in _ENTRIES:
        for entry in yamlnodes.items(one.node, key):
            if isinstance(entry, Scalar) and entry.strip():
                yield _reference(tree, known, one.folder, entry, key == "components")


def _reference(
    tree: Repository, known: dict[str, Kustomization], folder: str, entry: Scalar, component: bool
) -> Reference:
    source = tree.get(f"{folder}/{entry}" if folder else str(entry))
    if source is not None:
        return Reference(entry, component, file=source.path)
    for name in FILE_NAMES:
        source = tree.get(f"{folder}/{entry}/{name}" if folder else f"{entry}/{name}")
        if source is not None and source.path in known:
            return Reference(entry, component, kustomization=source.path)
    return Reference(entry, component, remote=bool(_REMOTE.search(entry)))


def patch_files(tree: Repository, one: Kustomization) -> Iterator[str]:
    """Files with patches and with configuration of kustomize itself: no objects of their own."""
    for entry in [*yamlnodes.items(one.node, "patchesStrategicMerge"), *_configuration(one)]:
        if isinstance(entry, Scalar) and "\n" not in entry:
            yield from _existing(tree, one.folder, entry)
    for key in ("patches", "patchesJson6902", "replacements"):
        for patch in yamlnodes.items(one.node, key):
            yield from _existing(tree, one.folder, yamlnodes.child(patch, "path"))


def _configuration(one: Kustomization) -> list[Node]:
    return [entry for key in _CONFIGURATION for entry in yamlnodes.items(one.node, key)]


def _existing(tree: Repository, folder: str, entry: Node | None) -> Iterator[str]:
    source = file_of(tree, folder, entry)
    if source is not None:
        yield source.path


def file_of(tree: Repository, folder: str, entry: Node | str | None) -> Readable | None:
    """The file that `entry`, written in a kustomization of `folder`, names."""
    if not isinstance(entry, str) or not entry.strip():
        return None
    return tree.get(f"{folder}/{entry}" if folder else str(entry))


def chart_folder(tree: Repository, one: Kustomization, entry: Mapping) -> str:
    """The folder of the chart that an entry of `helmCharts` names, if it is in the repository, else ''."""
    home = yamlnodes.text(entry, "chartHome") or yamlnodes.text(one.node, "helmGlobals", "chartHome") or "charts"
    name, version = yamlnodes.text(entry, "name"), yamlnodes.text(entry, "version")
    for inside in (name, f"{name}-{version}/{name}"):
        folder = posixpath.normpath(posixpath.join(one.folder, home, inside))
        if name and not folder.startswith("..") and tree.get(f"{folder}/Chart.yaml") is not None:
            return folder
    return ""


def claimed(tree: Repository) -> frozenset[str]:
    """Files that some kustomization takes as objects or patches: only the kustomize parser makes facts of them."""
    return tree.memo("kustomize claimed", lambda: frozenset(_claimed(tree)))


def _claimed(tree: Repository) -> Iterator[str]:
    for one in kustomizations(tree).values():
        yield one.path
        yield from (reference.file for reference in references(tree, one) if reference.file)
        yield from patch_files(tree, one)


def is_root(tree: Repository, one: Kustomization) -> bool:
    """Whether no other kustomization includes this one. Of a closed circle the first by path counts as root."""
    return one.path in tree.memo("kustomize roots", lambda: _roots(tree))


def _roots(tree: Repository) -> frozenset[str]:
    known = kustomizations(tree)
    included = {path for one in known.values() for path in _includes(tree, one) if path != one.path}
    roots = [path for path in known if path not in included]
    reached = {path for root in roots for path in _reachable(tree, root)}
    for path in known:
        if path not in reached:
            roots.append(path)
            reached |= _reachable(tree, path)
    return frozenset(roots)


def _includes(tree: Repository, one: Kustomization) -> list[str]:
    return [reference.kustomization for reference in references(tree, one) if reference.kustomization]


def _reachable(tree: Repository, root: str) -> set[str]:
    known, found, stack = kustomizations(tree), {root}, [root]
    while stack:
        for path in _includes(tree, known[stack.pop()]):
            if path not in found:
                found.add(path)
                stack.append(path)
    return found


def bases(tree: Repository) -> dict[str, int]:
    """How many root kustomizations each kustomization is reached from."""
    return {path: len(roots) for path, roots in _reached_from(tree).items()}


def first_root(tree: Repository, path: str) -> str:
    """The first root that takes in the file `path`: it alone reports what is wrong there."""
    return tree.memo("kustomize first roots", lambda: _first_roots(tree)).get(path, "")


def _first_roots(tree: Repository) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, one in kustomizations(tree).items():
        root = min(_reached_from(tree).get(path, [path]))
        for file in (path, *(ref.file for ref in references(tree, one) if ref.file), *patch_files(tree, one)):
            found[file] = min(found.get(file, root), root)
    return found


def _reached_from(tree: Repository) -> dict[str, list[str]]:
    return tree.memo("kustomize reached from", lambda: _reach(tree))


def _reach(tree: Repository) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for root in sorted(tree.memo("kustomize roots", lambda: _roots(tree))):
        for path in _reachable(tree, root):
            found.setdefault(path, []).append(root)
    return found
