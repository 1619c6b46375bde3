"""dockerfile-root-user"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact, Finding, Severity

_ROOT = frozenset(("", "root", "0", "root:root", "0:0"))


class DockerfileRootUser(Rule):
    """The image runs as root

    ## Why is this bad?
    Code that a model file or a request smuggles in is root in the container, one kernel bug away from the node.

    ## Example
    ```dockerfile title="Dockerfile"
    FROM python:3.12-slim
    COPY train.py .
    CMD ["python", "train.py"]
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## Use instead
    ```dockerfile title="Dockerfile"
    FROM python:3.12-slim
    COPY train.py .
    USER 1000
    CMD ["python", "train.py"]
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    The platform runs every container with its own user.

    ## References
    Docker documentation, building best practices, USER.
    """

    severity = Severity.NOTE
    kinds = OPERATED
    references = ("https://docs.docker.com/build/building/best-practices/#user",)
    remedy = "Create a user and switch to it with USER in the final stage."

    def check(self, graph: Graph) -> Iterator[Finding]:
        stages = {(stage.at.path, stage.name): stage for stage in graph.facts("stage")}
        others = {(use.at.path, str(use.fact.get("stage"))) for use in graph.uses("unprivileged-image")}
        for stage in graph.facts("stage"):
            if stage.get("final") and stage.get("base") != "scratch" and _user(stage, stages, others) in _ROOT:
                yield self.finding(
                    f"The image of '{stage.at.path}' runs as root: its final stage never leaves it.",
                    stage.at,
                    subject=stage.at.path,
                )


def _user(stage: Fact, stages: dict[tuple[str, str], Fact], others: set[tuple[str, str]]) -> str:
    """The user of a stage, taken over from the stage it stands on; a non-root base image by tag or catalogue."""
    for _ in range(20):
        if stage.get("user"):
            return str(stage.get("user"))
        before = stages.get((stage.at.path, str(stage.get("from_stage") or "")))
        if before is None:
            break
        stage = before
    if (stage.at.path, stage.name) in others:
        return "nonroot"
    base = str(stage.get("base") or "")
    return "nonroot" if "nonroot" in base or "rootless" in base else ""
