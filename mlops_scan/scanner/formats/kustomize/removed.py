"""What a kustomization does without: an object that a patch deletes is there, and switched off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlops_scan.scanner.formats import kube
from mlops_scan.scanner.formats.kustomize.render import Removed, Rendered
from mlops_scan.scanner.model import Fact


def without(rendered: Rendered, one: Removed, environment: str) -> Iterator[Fact]:
    """The `resource` that the object would be, switched off, and what removes it."""
    found = one.variant
    for fact in kube.facts(
        found.node,
        rendered.ledger.locate,
        origin="helm" if found.chart else "kustomize",
        chart=found.chart,
        environment=environment,
        state="disabled",
        identity=found.identity or f"{found.path}#{found.kind}/{found.name}",
    ):
        if fact.kind == "resource":
            yield replace(fact, says={**fact.says, "why": f"a patch removes it ({one.at})"})
