"""One object on its way through the kustomizations: its nodes, who it was, what it was called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node
from mlops_scan.scanner.model import Location

_EXPRESSION = re.compile(r"[|*^$()]")
_BUILT_IN = re.compile(r"(?:[a-z]*|[a-z.]+\.k8s\.io)\Z")  # API groups whose lists merge by name


@dataclass(slots=True)
class Variant:
    """An object; `path` and `name` are those of the file it comes from, `kustomization` the one that lists it.

    Of one that a chart renders, `chart` is the chart's name and `identity` what the object is called there.
    """

    node: Mapping
    path: str
    kustomization: str
    name: str
    names: set[str] = field(default_factory=set)
    chart: str = ""
    identity: str = ""

    @property
    def kind(self) -> str:
        return yamlnodes.text(self.node, "kind")

    @property
    def group(self) -> str:
        return yamlnodes.text(self.node, "apiVersion").rpartition("/")[0]

    @property
    def current_name(self) -> str:
        return yamlnodes.text(self.node, "metadata", "name")

    @property
    def built_in(self) -> bool:
        """Whether its type belongs to Kubernetes itself: lists of other types are replaced by a patch."""
        return bool(_BUILT_IN.match(self.group))


@dataclass(frozen=True, slots=True)
class Removed:
    """An object that a patch deletes, as the patch found it, and where the patch says so."""

    variant: Variant
    at: Location


def made(node: Mapping, path: str, kustomization: str) -> Variant:
    """A variant of an object as its file has it."""
    name = yamlnodes.text(node, "metadata", "name") or yamlnodes.text(node, "metadata", "generateName")
    return Variant(node, path, kustomization, name, {name})


def selected(variants: list[Variant], target: Node | None) -> list[Variant]:
    """The objects that a `target` selects: every key that is written must fit; names are anchored expressions."""
    name = yamlnodes.text(target, "name")
    named = variants if not name else [variant for variant in variants if _matches(name, variant.names)]
    return [variant for variant in named if _fits(variant, target)]


def _fits(variant: Variant, target: Node | None) -> bool:
    namespace = yamlnodes.text(target, "namespace")
    return (
        _matches(yamlnodes.text(target, "kind"), {variant.kind})
        and _matches(yamlnodes.text(target, "group"), {variant.group})
        and _matches(namespace, {yamlnodes.text(variant.node, "metadata", "namespace")})
        and _labelled(variant, yamlnodes.text(target, "labelSelector"), "labels")
        and _labelled(variant, yamlnodes.text(target, "annotationSelector"), "annotations")
    )


def _matches(pattern: str, values: set[str]) -> bool:
    """Whether one value equals the pattern, or `a|b` names it, or `.*` stands for the rest of it.

    The expressions of a repository are not handed to the regex engine: one of them can take for ever.
    """
    if not pattern or pattern in values:
        return True
    if not _EXPRESSION.search(pattern):
        return False
    plain = [re.escape(part).replace(r"\.\*", "[^|]*") for part in pattern.strip("^$()").split("|")[:50]]
    if any(part.count("[^|]*") > 2 for part in plain):
        return False
    expression = re.compile("|".join(plain))
    return any(expression.fullmatch(value[:300]) for value in values)


def _labelled(variant: Variant, selector: str, key: str) -> bool:
    labels = yamlnodes.child(variant.node, "metadata", key)
    for term in selector.split(",") if selector else ():
        name, equals, value = term.replace("==", "=").partition("=")
        found = yamlnodes.text(labels, name.strip().rstrip("!"))
        negated = name.endswith("!")
        fits = (found == value.strip()) if equals else bool(found)
        if fits == negated:
            return False
    return True
