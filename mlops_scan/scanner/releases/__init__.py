"""Charts as they are installed: values that commands, GitOps objects and tools give them, each an environment."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_scan.scanner.files import Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.releases import commands, objects

__all__ = ["rendered"]


def rendered(tree: Tree, facts: Sequence[Fact]) -> tuple[list[Fact], list[Note]]:
    """What the releases among `facts` add: objects that only they render, images that only they name."""
    if not any(commands.installs(fact) or objects.declares(fact) for fact in facts):
        return [], []
    from mlops_scan.scanner.releases.render import rendered as render  # most repositories install no chart

    return render(tree, facts)
