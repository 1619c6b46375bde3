"""ci-cd: a workflow that a CI service runs on a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.for_show import Shows
from mlops_scan.scanner.graph import Graph, starts
from mlops_scan.scanner.graph.purpose import purposes
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
            if _only_chores(graph, workflow):
                continue
            provider = str(workflow.get("provider") or "ci")
            words = [one.word for one in starts(graph, workflow)]
            status = Status.USED if runs_on_change(workflow, words) else Status.DISABLED
            if workflow.get("active") and status is Status.DISABLED and set(words) <= {"call"}:
                continue  # a part of other workflows
            ignored = _ignored(graph, workflow) if status is Status.USED else None
            on = f"workflow on {', '.join(words)}" if words else "workflow, started as the service is told"
            if status is Status.USED and _does_nothing(graph, workflow):
                yield self.evidence(provider, workflow.at, on, Status.DISABLED, "all that its jobs do is print")
            elif ignored is not None:
                why = f"a failure of '{ignored.name}' ({ignored.at}) is ignored, and nothing else is checked"
                yield self.evidence(provider, workflow.at, on, Status.DISABLED, why)
            elif status is Status.DISABLED and workflow.get("active") and words and not workflow.get("state"):
                yield self.evidence(provider, workflow.at, on, Status.DECLARED, "it runs, and checks no change")
            else:
                yield self.evidence(provider, workflow.at, on, status)


def runs_on_change(workflow: Fact, words: Sequence[str]) -> bool:
    """Whether a CI service runs the workflow when code changes; some keep their triggers outside the repository."""
    if workflow.get("active") and not words and workflow.get("provider") in _TRIGGERED_OUTSIDE:
        return True
    return bool(workflow.get("active")) and not _ON_CHANGE.isdisjoint(words)


def _ignored(graph: Graph, workflow: Fact) -> Fact | None:
    """The first check of a workflow that does nothing but check, where no check can fail it."""
    checks = [
        use.fact
        for use in graph.uses("runs-tests", "checks-code")
        if use.fact.kind in ("command", "action") and str(use.fact.get("owner")).partition("#")[0] == workflow.name
    ]
    if not checks or not all(fact.get("soft") for fact in checks):
        return None
    return checks[0] if purposes(graph, f"file:{workflow.name}") == ("test",) else None


def _does_nothing(graph: Graph, workflow: Fact) -> bool:
    """Whether every job of a workflow is for show."""
    jobs = {str(job.get("id")) for job in graph.in_file(workflow.at.path, "job")}
    return bool(jobs) and jobs <= graph.once(Shows).idle_jobs


def _only_chores(graph: Graph, workflow: Fact) -> bool:
    """Whether all that a workflow does is to label, greet or sort: it runs nothing else."""
    path = workflow.at.path
    actions = graph.in_file(path, "action")
    if not actions or graph.in_file(path, "command") or any(one.get("uses") for one in graph.in_file(path, "job")):
        return False
    chores = {id(use.fact) for use in graph.uses("chore")}
    return all(id(one) in chores for one in actions)
