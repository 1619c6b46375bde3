"""Charts as they are installed: values that commands, GitOps objects and tools give them, each an environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.releases import commands, objects
from mlops_scan.scanner.releases.applications import APPLICATION, SET

if TYPE_CHECKING:
    from mlops_scan.scanner.releases.kustomizations import Changed

__all__ = ["laid_over", "rendered"]

_TELLING = frozenset(("command", "release", "resource"))  # what may say that a chart is installed
_CONTROLLERS = frozenset(
    (APPLICATION, SET, "kustomize.toolkit.fluxcd.io/Kustomization", "helm.toolkit.fluxcd.io/HelmRelease")
)


def laid_over(tree: Tree, facts: Sequence[Fact]) -> Changed | None:
    """What GitOps objects among `facts` change of the folders they apply; None where there are no such objects."""
    if not any(fact.kind == "resource" and fact.get("type") in _CONTROLLERS for fact in facts):
        return None
    from mlops_scan.scanner.releases.kustomizations import changed  # few repositories have any

    return changed(tree, facts)


def rendered(tree: Tree, facts: Sequence[Fact]) -> tuple[list[Fact], list[Note]]:
    """What the releases among `facts` add: objects that only they render, images that only they name."""
    telling = (fact for fact in facts if fact.kind in _TELLING)
    if not any(commands.installs(fact) or objects.declares(fact) for fact in telling):
        return [], []
    from mlops_scan.scanner.releases.render import rendered as render  # most repositories install no chart

    return render(tree, facts)
