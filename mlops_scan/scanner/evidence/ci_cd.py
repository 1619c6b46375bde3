"""ci-cd: a workflow that a CI service runs on a change."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence, Fact, Status

_ON_CHANGE = frozenset(
    ("push", "pull_request", "merge_request", "tag", "pull_request_target", "merge_group", "workflow_run", "pipeline")
)


_TRIGGERED_OUTSIDE = frozenset(("cloud-build", "jenkins", "codebuild", "buildkite"))


class ContinuousIntegration(Derivation):
    capability = "ci-cd"
    alone = True

    def find(self, graph: Graph) -> Iterator[Evidence]:
        for workflow in graph.facts("workflow"):
            provider = str(workflow.get("provider") or "ci")
            triggers = ", ".join(workflow.get("triggers") or ()) or "no trigger"
            status = Status.USED if runs_on_change(workflow) else Status.DISABLED
            if workflow.get("active") and status is Status.DISABLED and set(workflow.get("triggers") or ()) <= {"call"}:
                continue  # a part of other workflows
            yield self.evidence(provider, workflow.at, f"workflow on {triggers}", status)


def runs_on_change(workflow: Fact) -> bool:
    """Whether a CI service runs the workflow when code changes; some keep their triggers outside the repository."""
    if workflow.get("active") and not workflow.get("triggers") and workflow.get("provider") in _TRIGGERED_OUTSIDE:
        return True
    return bool(workflow.get("active")) and not _ON_CHANGE.isdisjoint(workflow.get("triggers") or ())
