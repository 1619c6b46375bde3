"""A root kustomization as the objects it renders to. Runs no plugin, fetches nothing, stays inside the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import kube, yamlnodes
from mlops_scan.scanner.formats.kustomize import replacements, transforms, variant
from mlops_scan.scanner.formats.kustomize.generators import generated, variables
from mlops_scan.scanner.formats.kustomize.patches import json_patch, merge, own_target, put, without_identity
from mlops_scan.scanner.formats.kustomize.sources import (
    Kustomization,
    Reference,
    file_of,
    kustomizations,
    references,
)
from mlops_scan.scanner.formats.kustomize.variant import Removed, Variant
from mlops_scan.scanner.formats.ledger import Ledger, TooLargeError
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Repository, Scalar, Sequence, scalar
from mlops_scan.scanner.model import Location, Note

__all__ = ["Removed", "Rendered", "Variant", "laid_over", "render"]

Start = Callable[[Ledger], Iterator[Variant | Note]]


@dataclass(slots=True)
class Rendered:
    """The objects of a root and those it does without, where they stand, and what could not be read or applied."""

    variants: list[Variant] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    notes: list[Note] = field(default_factory=list)


def render(tree: Repository, root: Kustomization) -> Rendered:
    """The objects of `root`. What goes over a bound or cannot be resolved is left out, with a note."""
    work = _Render(tree)
    work.whole = yamlnodes.text(root.node, "kind") != "Component"  # what a component patches is its user's
    try:
        work.out.variants = work.accumulate(root, (), [])
        work.substitute()
        kept = {(one.kind, name) for one in work.out.variants for name in one.names}
        work.out.removed = [one for one in work.out.removed if (one.variant.kind, one.variant.name) not in kept]
    except TooLargeError as error:
        work.out.notes.append(Note(Location(root.path), f"kustomization {error}"))
    return work.out


def laid_over(tree: Repository, layers: tuple[Kustomization, ...], start: Start) -> Rendered:
    """What `start` gives (see inflation) with each of `layers` over it: they list no objects of their own."""
    work = _Render(tree)
    try:
        for item in start(work.out.ledger):
            if isinstance(item, Note):
                work.out.notes.append(item)
            else:
                work.out.variants.append(item)
        for one in layers:
            work.out.variants = work.accumulate(one, (), work.out.variants)
    except TooLargeError as error:
        work.out.notes.append(Note(Location(layers[0].path), f"kustomization {error}"))
    return work.out


class _Render:
    def __init__(self, tree: Repository) -> None:
        self.tree = tree
        self.out = Rendered()
        self.includes = 0
        self.whole = True  # nothing that the objects come from is remote or missing
        self.charts = 0
        self.fields = bounds.KUSTOMIZE_FIELDS
        self.patched = bounds.KUSTOMIZE_PATCHED
        self.noted: set[Note] = set()
        self.declared: list[Mapping] = []  # `vars`, which stand for something once everything has its name

    def accumulate(self, one: Kustomization, above: tuple[str, ...], given: list[Variant]) -> list[Variant]:
        """The objects of `one`; `given` are those that a component, unlike a base, finds there already."""
        self.includes += 1
        if self.includes > bounds.KUSTOMIZE_INCLUDES:
            raise TooLargeError(f"includes more than {bounds.KUSTOMIZE_INCLUDES} others")
        variants = list(given)
        for reference in references(self.tree, one):
            variants = self._take(one, reference, (*above, one.path), variants)
        variants += self._inflated(one)
        self._generate(one, variants)
        variants = self._patched(one, variants)
        shifted = self.out.ledger.copy(one.node, one.path)
        if isinstance(shifted, Mapping):
            transforms.apply(shifted, variants, self.out.ledger)
            self.declared += [rule for rule in yamlnodes.items(shifted, "vars") if isinstance(rule, Mapping)]
            self._replace(one, variants)
        return variants

    def substitute(self) -> None:
        """Put the values of `vars` where their names stand."""
        known = replacements.variables(self.declared, self.out.variants) if self.declared else {}
        for one in self.out.variants if known else ():
            replacements.substitute(one.node, known)

    def _inflated(self, one: Kustomization) -> Iterator[Variant]:
        for entry in yamlnodes.items(one.node, "helmCharts"):
            self.charts += 1
            if self.charts > bounds.KUSTOMIZE_CHARTS:
                raise TooLargeError(f"inflates more than {bounds.KUSTOMIZE_CHARTS} charts")
            if isinstance(entry, Mapping):
                from mlops_scan.scanner.formats.kustomize.inflation import inflated  # few have charts

                for item in inflated(self.tree, one, entry, self.out.ledger):
                    if isinstance(item, Note):
                        self.out.notes.append(item)
                    else:
                        yield item

    def _replace(self, one: Kustomization, variants: list[Variant]) -> None:
        for entry in yamlnodes.items(one.node, "replacements"):
            body = yamlnodes.child(entry, "path")
            written = [self.out.ledger.copy(entry, one.path)]
            for document in self._patch_documents(one, body) if body is not None else written:
                for rule in document if isinstance(document, Sequence) else [document]:
                    if isinstance(rule, Mapping):
                        self.fields -= len(variants) * (1 + replacements.paths(rule))
                        if self.fields < 0:
                            raise TooLargeError(f"replaces in more than {bounds.KUSTOMIZE_FIELDS} fields")
                        self._complain(one, entry, replacements.replace(rule, variants, self.out.ledger))

    def _complain(self, one: Kustomization, entry: Node, complaints: Iterator[str]) -> None:
        for complaint in complaints:
            if self.whole:
                self._note(one, entry, complaint)

    def _take(
        self, one: Kustomization, reference: Reference, above: tuple[str, ...], variants: list[Variant]
    ) -> list[Variant]:
        if reference.file:
            return variants + list(self._objects(one, reference.file))
        if not reference.kustomization:
            self.whole = False
            return variants
        if reference.kustomization in above or len(above) >= bounds.KUSTOMIZE_DEPTH:
            self._note(one, reference.entry, "kustomizations include each other in a circle or too deeply")
            return variants
        inner = kustomizations(self.tree)[reference.kustomization]
        if reference.component:
            return self.accumulate(inner, above, variants)
        return variants + self.accumulate(inner, above, [])

    def _objects(self, one: Kustomization, path: str) -> Iterator[Variant]:
        source = self.tree.get(path)
        if source is None:
            return
        parsed = kube.manifests(source)
        self.out.notes += [note for note in parsed.notes if note not in self.out.notes]
        for document in parsed.documents:
            copied = self.out.ledger.copy(document, path)
            if isinstance(copied, Mapping):
                yield variant.made(copied, path, one.path)

    def _generate(self, one: Kustomization, variants: list[Variant]) -> None:
        for node, behaviour, files in generated(one.node):
            copied = self.out.ledger.copy(node, one.path)
            if not isinstance(copied, Mapping):
                continue
            self._variables(one, copied, files)
            new = variant.made(copied, one.path, one.path)
            old = next((v for v in variants if v.kind == new.kind and new.name in v.names), None)
            if behaviour == "create" or old is None:
                variants.append(new)
            else:
                merge(old.node, copied, self.out.ledger, by_name=True)

    def _variables(self, one: Kustomization, made: Mapping, files: list[Scalar]) -> None:
        """Lines of files of variables, each an entry of the object that stands in its file."""
        data = made.get("data")
        for source in (file_of(self.tree, one.folder, file) for file in files):
            shift = self.out.ledger.shift(source.path) if source is not None else 0
            for name, value, line in variables(source.text) if source is not None else ():
                if isinstance(data, Mapping):
                    put(data, name, scalar(value, shift + line, 1, bare=False), (shift + line, 1))

    def _patched(self, one: Kustomization, variants: list[Variant]) -> list[Variant]:
        for entry in yamlnodes.items(one.node, "patchesStrategicMerge"):
            variants = self._patch(one, entry, None, variants)
        for key in ("patches", "patchesJson6902"):
            for entry in yamlnodes.items(one.node, key):
                body = yamlnodes.child(entry, "path") or yamlnodes.child(entry, "patch")
                variants = self._patch(one, body, yamlnodes.child(entry, "target"), variants)
        return variants

    def _patch(
        self, one: Kustomization, body: Node | None, target: Node | None, variants: list[Variant]
    ) -> list[Variant]:
        for patch in self._patch_documents(one, body):
            if isinstance(patch, Sequence) and target is not None:
                for chosen in self._selected(one, target, variants, body):
                    for complaint in json_patch(chosen.node, patch, self.out.ledger):
                        self._note(one, body, complaint)
            elif isinstance(patch, Mapping):
                wanted = target if target is not None else own_target(patch)
                content = without_identity(patch)
                chosen_all = self._selected(one, wanted, variants, body)
                gone = {id(v) for v in chosen_all if not merge(v.node, content, self.out.ledger, by_name=v.built_in)}
                if gone:
                    at, _ = self.out.ledger.locate(*patch.places.get("$patch", (patch.line, patch.column)))
                    self.out.removed += [Removed(v, at) for v in chosen_all if id(v) in gone]
                variants = [v for v in variants if id(v) not in gone]
        return variants

    def _selected(self, one: Kustomization, target: Node, variants: list[Variant], body: Node | None) -> list[Variant]:
        self.patched -= len(variants)
        if self.patched < 0:
            raise TooLargeError(f"has patches looked for in more than {bounds.KUSTOMIZE_PATCHED} objects")
        chosen = variant.selected(variants, target)
        definition = yamlnodes.text(target, "kind") == "CustomResourceDefinition"  # definitions of types are not read
        if not chosen and self.whole and not definition:
            name, kind = yamlnodes.text(target, "name"), yamlnodes.text(target, "kind", default="object")
            self._note(one, body, f"a patch finds no {kind[:100]} '{name[:200]}'")
        return chosen

    def _patch_documents(self, one: Kustomization, body: Node | None) -> list[Node]:
        """The documents of a patch, in a file or written in place."""
        if isinstance(body, (Mapping, Sequence)) and body:
            return [self.out.ledger.copy(body, one.path)]
        if not isinstance(body, Scalar) or not body.strip():
            return []
        source = file_of(self.tree, one.folder, body) if "\n" not in body else None
        if source is not None:
            parsed = yamlnodes.documents(source)
            self.out.notes += [note for note in parsed.notes if note not in self.out.notes]
            return [self.out.ledger.copy(node, source.path) for node in parsed.documents]
        try:
            documents = yamlnodes.parse(str(body))
        except yamlnodes.YamlError as error:
            self._note(one, body, f"not readable as YAML: {error.reason}")
            return []
        found = [node for node in documents if not isinstance(node, Scalar)]
        if not found:
            self._note(one, body, f"patch '{body[:200]}' is not in the repository")
        return [self.out.ledger.copy(node, one.path, body.line if body.block else body.line - 1) for node in found]

    def _note(self, one: Kustomization, node: Node | None, reason: str) -> None:
        note = Note(yamlnodes.at(one.path, node), reason)
        if note not in self.noted:
            self.noted.add(note)
            self.out.notes.append(note)
