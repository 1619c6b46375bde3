"""Kustomizations: what each names, and for those that nobody includes the objects they render to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import kube, kustomize, substitution, yamlnodes
from mlops_scan.scanner.formats.kube.data import brief
from mlops_scan.scanner.formats.kustomize import builtins
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    one = kustomize.kustomizations(tree).get(source.path)
    if one is None:
        yield from yamlnodes.documents(source).notes
        return
    root = kustomize.is_root(tree, one)
    yield Fact("kustomization", one.path, Location(one.path), _says(tree, one, root))
    yield from _absent(tree, one)
    yield from _plugins(tree, one)
    yield from _charts(tree, one)
    if root:
        yield from _rendered(tree, one)


def _says(tree: Tree, one: kustomize.Kustomization, root: bool) -> dict[str, Any]:
    found = kustomize.references(tree, one)
    says = {
        "root": root,
        "resources": [ref.file or ref.kustomization for ref in found if not ref.component and not ref.remote],
        "components": [ref.kustomization for ref in found if ref.component and ref.kustomization],
        "remote": [str(ref.entry)[:500] for ref in found if ref.remote],
        "images": [
            _texts(entry, ("name", "newName", "newTag", "digest")) for entry in yamlnodes.items(one.node, "images")
        ],
        "charts": [_chart(tree, one, entry) for entry in yamlnodes.items(one.node, "helmCharts")],
    }
    return {key: value for key, value in says.items() if value not in ([], {})}


def _chart(tree: Tree, one: kustomize.Kustomization, entry: Node) -> dict[str, Any]:
    """A chart that is inflated, with its folder where it is one of the repository."""
    folder = kustomize.chart_folder(tree, one, entry) if isinstance(entry, Mapping) else ""
    return {**_texts(entry, ("name", "repo", "version")), **({"folder": folder} if folder else {})}


def _texts(entry: Node, keys: tuple[str, ...]) -> dict[str, str]:
    found = {key: yamlnodes.child(entry, key) for key in keys}
    return {key: str(value)[:500] for key, value in found.items() if isinstance(value, Scalar)}


def _absent(tree: Tree, one: kustomize.Kustomization) -> Iterator[Note]:
    for ref in kustomize.references(tree, one):
        if not ref.file and not ref.kustomization:
            what = "is remote and not read" if ref.remote else "is not in the repository"
            yield Note(yamlnodes.at(one.path, ref.entry), f"'{ref.entry[:200]}' of a kustomization {what}")


def _plugins(tree: Tree, one: kustomize.Kustomization) -> Iterator[Note]:
    """Generators and transformers that are programs, which nothing here runs."""
    for key in ("generators", "transformers"):
        for entry in yamlnodes.items(one.node, key):
            if isinstance(entry, Scalar) and entry.strip() and not builtins.is_known(tree, one.folder, entry):
                named = f"'{entry[:200]}'" if "\n" not in entry else "an inline one"
                reason = f"{named} of a kustomization's {key} is not run: what it makes is missing"
                yield Note(yamlnodes.at(one.path, entry), reason)


def _charts(tree: Tree, one: kustomize.Kustomization) -> Iterator[Fact | Note]:
    """A `release` for each chart that is fetched when the kustomization is built; those of the repository render."""
    for entry in yamlnodes.items(one.node, "helmCharts"):
        if not isinstance(entry, Mapping) or kustomize.chart_folder(tree, one, entry):
            continue
        name = yamlnodes.text(entry, "name")
        yield Note(
            yamlnodes.at(one.path, entry, "name"), f"chart '{name[:200]}' of a kustomization is remote and not read"
        )
        files = [yamlnodes.child(entry, "valuesFile"), *yamlnodes.items(entry, "additionalValuesFiles")]
        inline = yamlnodes.child(entry, "valuesInline")
        says = {
            "chart": name,
            "folder": one.folder,
            "files": [str(file) for file in files if isinstance(file, Scalar)],
            "values": [brief(inline)] if inline is not None else [],
        }
        yield Fact("release", yamlnodes.text(entry, "releaseName") or name, yamlnodes.at(one.path, entry, "name"), says)


def _rendered(tree: Tree, one: kustomize.Kustomization) -> Iterator[Fact | Note]:
    """Facts of every object; one that several roots share says under which of them it looks like this."""
    rendered = kustomize.render(tree, one)
    shared = tree.memo("kustomize bases", lambda: kustomize.bases(tree))
    seen: Counter[str] = Counter()
    for variant in rendered.variants:
        own = variant.identity or f"{variant.path}#{variant.kind}/{variant.name}"
        elsewhere = variant.chart or shared.get(variant.kustomization, 1) > 1
        yield from kube.facts(
            substitution.substituted(tree, one.path, variant.node),
            rendered.ledger.locate,
            origin="helm" if variant.chart else "kustomize",
            chart=variant.chart,
            environment=one.folder or one.path if elsewhere else "",
            identity=kube.distinct(own, seen),
        )
    for removed in rendered.removed:
        alone = shared.get(removed.variant.kustomization, 1) < 2
        yield from kustomize.without(rendered, removed, "" if alone else one.folder or one.path)
    yield from (note for note in rendered.notes if kustomize.first_root(tree, note.at.path) in ("", one.path))
