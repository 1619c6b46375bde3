"""notebook-in-production"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Confidence, Finding, Place

_DEPLOYED = frozenset(("container", "dockerfile-cmd", "dockerfile-entrypoint", "compose", "procfile", "dvc"))


class NotebookInProduction(Rule):
    """A deployed component or a pipeline runs a notebook

    ## Why is this bad?
    A notebook has no interface, no tests and no diff that a reviewer can read; its cells depend on the order in which
    somebody ran them, and a failure leaves a half-written output instead of a stack trace in a log.

    ## Example
    ```python title="src/train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```dockerfile title="Dockerfile"
    FROM python:3.12-slim
    COPY . /app
    CMD ["papermill", "score.ipynb", "/tmp/out.ipynb"]
    ```

    ## Use instead
    ```python title="src/train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```dockerfile title="Dockerfile"
    FROM python:3.12-slim
    COPY . /app
    CMD ["python", "-m", "score"]
    ```

    ## When to ignore
    The notebook is a report that people read, made anew on a schedule.

    ## References
    Rule et al. 2019, ten simple rules for writing and sharing computational analyses in notebooks; Pimentel et al.
    2019, a large-scale study about quality and reproducibility of notebooks.
    """

    confidence = Confidence.MEDIUM
    kinds = OPERATED
    references = (
        "https://doi.org/10.1371/journal.pcbi.1007007",
        "https://doi.org/10.1109/MSR.2019.00077",
    )
    remedy = "Move the code into a module with a function that the pipeline calls, and keep the notebook for looking."

    def check(self, graph: Graph) -> Iterator[Finding]:
        scheduled = {str(fact.get("owner")) for fact in graph.facts("schedule")}
        for use in graph.uses("executes-notebook"):
            if use.disabled or not _is_production(graph, use, scheduled):
                continue
            ran = _notebook(use)
            yield self.finding(
                f"'{use.fact.name}' runs the notebook '{ran}' as a program."
                if ran
                else f"'{use.fact.name}' runs a notebook as a program.",
                use.at,
                subject=f"{use.at.path}:{use.fact.name}:{ran}",
                related=[Place(edge.at, edge.relation) for edge in graph.links_to(f"file:{use.at.path}", "runs")[:2]],
            )


def _is_production(graph: Graph, use: Use, scheduled: set[str]) -> bool:
    """A container or a step runs it, a pipeline's code does, or CI by the clock; not a check of documentation."""
    fact = use.fact
    if fact.kind == "command":
        owner = str(fact.get("owner"))
        return str(fact.get("where")) in _DEPLOYED or owner in scheduled or owner.partition("#")[0] in scheduled
    if fact.kind == "call":
        if use.at.path.endswith(".ipynb"):
            return False
        pipelines = {one.at.path for one in graph.uses("pipeline-definition")}
        return use.at.path in graph.closure(*sorted(pipelines))
    return False


def _notebook(use: Use) -> str:
    """The path of the notebook, where the call or command says it."""
    words = [*(use.fact.get("argv") or ()), *(use.fact.get("args") or ()), *(use.fact.get("kwargs") or {}).values()]
    texts = (one.get("const") if isinstance(one, dict) else one for one in words)
    return next((text for text in texts if isinstance(text, str) and text.endswith(".ipynb")), "")
