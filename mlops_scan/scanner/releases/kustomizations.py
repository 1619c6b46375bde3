"""What a GitOps controller lays over a folder it applies: patches, images and names, as an outer kustomization would.

Where one object alone applies the folder, this is what runs of it; where several do, each is an environment.
"""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.files import Tree, resolve
from mlops_scan.scanner.formats import images, kube, kustomize, substitution, yamlnodes
from mlops_scan.scanner.formats.kustomize import Kustomization
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, made
from mlops_scan.scanner.link.manifests import below
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.releases import circles, namespaces
from mlops_scan.scanner.releases.applications import APPLICATION, SET, applications

FLUX = "kustomize.toolkit.fluxcd.io/Kustomization"
_CHANGES = (
    "patches", "patchesStrategicMerge", "patchesJson6902", "images", "components", "namePrefix", "nameSuffix",
    "replicas",
)  # fmt: skip
_BESIDE = {"targetNamespace": "namespace", "namespace": "namespace", "commonLabels": "commonLabels"}


@dataclass(frozen=True, slots=True)
class _Applied:
    """A folder that an object applies, and the kustomization that this amounts to; None where it changes nothing."""

    name: str
    fact: Fact
    folder: str
    outer: Kustomization | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Facts of what runs, notes, and (identity, environment) of the objects of which earlier facts no longer hold."""

    facts: list[Fact]
    notes: list[Note]
    replaced: frozenset[tuple[str, str]]

    def drops(self, fact: Fact) -> bool:
        """Whether a fact told before is about an object as it does not run."""
        key = fact.get("workload") or fact.get("owner") or fact.get("id")
        return (str(key), str(fact.get("environment") or "")) in self.replaced


def declares(fact: Fact) -> bool:
    """Whether the fact may apply a folder and change what is in it."""
    return fact.kind == "resource" and fact.get("type") in (FLUX, APPLICATION, SET) and not paths.is_test(fact.at.path)


def changed(tree: Tree, facts: Sequence[Fact]) -> Changed:
    """What the objects among `facts` change of the folders they apply."""
    namespaces.put(facts, FLUX)
    by_folder: dict[str, list[_Applied]] = defaultdict(list)
    for fact in facts:
        if declares(fact):
            for one in _applied(tree, fact):
                by_folder[one.folder].append(one)
    wanted = {folder: several for folder, several in by_folder.items() if any(one.outer for one in several)}
    found, notes, replaced = list[Fact](), list(circles.notes(tree, facts)), set[tuple[str, str]]()
    environments = _environments(facts) if wanted else {}
    for folder in sorted(wanted):
        several = wanted[folder][: bounds.CHART_OVERLAYS]
        names = Counter(one.name for one in several)
        for one in several:
            label = "" if len(several) == 1 else one.name if names[one.name] == 1 else one.fact.at.path
            for item in _rendered(tree, one, label, environments) if one.outer else ():
                if isinstance(item, Note):
                    notes.append(item)
                    continue
                found.append(item)
                if len(several) == 1 and item.kind in ("resource", "workload"):
                    replaced.add((str(item.get("id")), str(item.get("environment") or "")))
    return Changed(found, notes, frozenset(replaced))


def _environments(facts: Sequence[Fact]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        if fact.kind == "resource" and fact.get("id"):
            found[str(fact.get("id"))].add(str(fact.get("environment") or ""))
    return found


def _applied(tree: Tree, fact: Fact) -> Iterator[_Applied]:
    if fact.get("type") != FLUX:
        for one in applications(fact, tree):
            for source in one.sources:
                path, own = source.get("path"), source.get("kustomize")
                folder = _folder(tree, fact.at.path, path) if isinstance(path, str) else None
                if folder is not None:
                    node = made(own, fact.at.line, fact.at.column) if isinstance(own, dict) else None
                    outer = _outer(tree, fact, folder, node) if _root(tree, folder) else None
                    yield _Applied(one.name, fact, folder, outer)
        return
    spec = _spec(tree, fact)
    folder = _folder(tree, fact.at.path, yamlnodes.text(spec, "path"))
    if folder is not None and yamlnodes.text(spec, "suspend") != "true":
        yield _Applied(fact.name, fact, folder, _outer(tree, fact, folder, spec))


def _spec(tree: Tree, fact: Fact) -> Node | None:
    """The object's own nodes: they know their lines."""
    source = tree.get(fact.at.path)
    for document in kube.manifests(source).documents if source is not None else ():
        if document.line == fact.at.line:
            return document.get("spec") if isinstance(document, Mapping) else None
    return None


def _folder(tree: Tree, origin: str, path: str) -> str | None:
    """The folder that a path means: seen from the root, else from a folder above the object."""
    above = posixpath.dirname(origin)
    starts = [""]
    while above:
        starts.append(above)
        above = posixpath.dirname(above)
    for start in starts if path.strip("./") else ():
        found = resolve(start, path.lstrip("/"))
        if found and tree.under(found):
            return found
    return None


def _root(tree: Tree, folder: str) -> bool:
    return any(tree.get(f"{folder}/{name}") is not None for name in kustomize.FILE_NAMES)


def _outer(tree: Tree, fact: Fact, folder: str, spec: Node | None) -> Kustomization | None:
    """The kustomization that takes the folder and does to it what the object says."""
    if not isinstance(spec, Mapping) or not any(spec.get(key) for key in _CHANGES):
        return None
    node = Mapping(spec.line, spec.column)
    node["resources"] = made(["."] if _root(tree, folder) else _below(tree, folder), spec.line, spec.column)
    for key in _CHANGES:
        if key in spec:
            node[key], node.places[key] = spec[key], spec.places.get(key, (spec.line, spec.column))
    for key, target in _BESIDE.items():
        if key in spec:
            node[target], node.places[target] = spec[key], spec.places.get(key, (spec.line, spec.column))
    listed = yamlnodes.items(spec, "images")
    if any(isinstance(one, Scalar) for one in listed):
        node["images"] = made([_image(str(one)) for one in listed if isinstance(one, Scalar)], spec.line, spec.column)
    return Kustomization(fact.at.path, folder, node)


def _below(tree: Tree, folder: str) -> list[str]:
    """The manifests of a folder without a kustomization, and the folders below that have one."""
    found = (path[len(folder) + 1 :] for path in below(folder, frozenset(tree.paths), tree.paths))
    parts = [path.rpartition("/") for path in found if not path.endswith("Chart.yaml")]
    roots = {head for head, _, name in parts if name in kustomize.FILE_NAMES}
    parts = [one for one in parts if not any(one[0].startswith(f"{root}/") for root in roots)]
    return [head if name in kustomize.FILE_NAMES else f"{head}{slash}{name}" for head, slash, name in parts]


def _image(written: str) -> dict[str, str]:
    """`name=new/name:tag` or `name:tag` as an entry of `images`."""
    old, equals, new = written.rpartition("=")
    ref = images.parse(new)
    says = {"name": old if equals else ref.repository, "newName": ref.repository, "newTag": ref.tag}
    return {key: value for key, value in {**says, "digest": ref.digest}.items() if value}


def _rendered(tree: Tree, one: _Applied, label: str, known: dict[str, set[str]]) -> Iterator[Fact | Note]:
    if one.outer is None:
        return
    rendered = kustomize.render(tree, one.outer)
    seen: Counter[str] = Counter()
    for variant in rendered.variants:
        identity = kube.distinct(variant.identity or f"{variant.path}#{variant.kind}/{variant.name}", seen)
        own = one.folder if one.folder in known.get(identity, ()) else ""
        yield from kube.facts(
            substitution.substituted(tree, f"{one.folder}/", variant.node),
            rendered.ledger.locate,
            origin="helm" if variant.chart else "kustomize",
            chart=variant.chart,
            environment=label or own,
            identity=identity,
        )
    for removed in rendered.removed:
        if removed.at.path == one.fact.at.path:  # what the folder's own patches remove is told with it
            yield from kustomize.without(rendered, removed, label)
    yield from (note for note in rendered.notes if note.at.path == one.fact.at.path)
