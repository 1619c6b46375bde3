"""What a release changes of the objects that its chart renders: patches and images laid over them before they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mlops_scan.scanner import bounds, forking
from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.formats import kube, kustomize, yamlnodes
from mlops_scan.scanner.formats.charts.facts import Given
from mlops_scan.scanner.formats.kustomize import inflation
from mlops_scan.scanner.formats.kustomize.sources import Kustomization
from mlops_scan.scanner.formats.yamlnodes import Node, made
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.releases.model import Release

KEY = "postRenderers"
_CHANGES = ("patches", "patchesStrategicMerge", "patchesJson6902", "images")


def layers(tree: Tree, fact: Fact) -> tuple[Kustomization, ...]:
    """The kustomizations that an object of a release amounts to, in their order; none for most."""
    data = fact.get("data")
    spec = data.get("spec") if isinstance(data, Mapping) else None
    if not isinstance(spec, Mapping) or not isinstance(spec.get(KEY), list):
        return ()
    found: list[Kustomization] = []
    for entry in yamlnodes.items(_written(tree, fact, spec[KEY]), KEY):
        says = yamlnodes.child(entry, "kustomize")
        if not isinstance(says, yamlnodes.Mapping):
            continue
        node = yamlnodes.Mapping(says.line, says.column)
        for key in _CHANGES:
            if key in says:
                node[key], node.places[key] = says[key], says.places.get(key, (says.line, says.column))
        if node:
            found.append(Kustomization(fact.at.path, fact.at.path.rpartition("/")[0], node))
    return tuple(found)


def _written(tree: Tree, fact: Fact, held: list[object]) -> Node:
    """The object's own nodes, which know their lines; what an overlay made of them stands at the object."""
    source = tree.get(fact.at.path)
    for document in kube.manifests(source).documents if source is not None else ():
        spec = yamlnodes.child(document, "spec") if document.line == fact.at.line else None
        if spec is not None and yamlnodes.plain(yamlnodes.child(spec, KEY)) == held:
            return spec
    return made({KEY: held}, fact.at.line, fact.at.column)


def facts(tree: Tree, release: Release, folder: str, given: Given) -> Iterator[Fact | Note]:
    """The objects of the chart at `folder` as the release runs them."""
    try:
        with forking.time_bound(bounds.FILE_SECONDS):
            yield from list(_facts(tree, release, folder, given))
    except forking.OverdueError:
        yield Note(release.at, "what it lays over its chart took too long to render")


def _facts(tree: Tree, release: Release, folder: str, given: Given) -> Iterator[Fact | Note]:
    rendered = kustomize.laid_over(
        tree,
        release.over,
        lambda ledger: inflation.rendered(tree, folder, lambda: given.values, release.name, ledger, release.at),
    )
    seen: Counter[str] = Counter()
    for one in rendered.variants:
        yield from kube.facts(
            one.node,
            rendered.ledger.locate,
            origin="helm",
            chart=one.chart,
            environment=given.environment,
            identity=kube.distinct(one.identity, seen),
        )
    for removed in rendered.removed:
        yield from kustomize.without(rendered, removed, given.environment)
    yield from rendered.notes
