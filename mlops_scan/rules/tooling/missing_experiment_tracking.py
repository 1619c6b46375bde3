"""missing-experiment-tracking"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import ANY_ML, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place


class MissingExperimentTracking(Absence):
    """Training runs leave no record of parameters and metrics

    ## Why is this bad?
    A score that was only printed cannot be compared with the next one. Which parameters, code and data gave the model
    that is in use is a matter of memory.

    ## Example
    ```python title="src/train.py"
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=0.5).fit([[0.0], [1.0]], [0.0, 1.0])
    print(model.score([[0.5]], [0.5]))
    ```

    ## Use instead
    ```python title="src/train.py"
    import mlflow
    from sklearn.linear_model import Ridge

    with mlflow.start_run():
        mlflow.log_param("alpha", 0.5)
        model = Ridge(alpha=0.5).fit([[0.0], [1.0]], [0.0, 1.0])
        mlflow.log_metric("r2", model.score([[0.5]], [0.5]))
    ```

    ## When to ignore
    The training job of a managed product keeps its own history of runs.

    ## References
    Google Cloud, MLOps: continuous delivery and automation pipelines in machine learning, level 1.
    """

    capability = "experiment-tracking"
    kinds = ANY_ML - {"platform", "notebooks"}
    references = (
        "https://cloud.google.com/architecture/mlops-continuous-delivery-and-automation-pipelines-in-machine-learning",
    )
    remedy = "Log parameters, metrics and the model of each run to a tracker; one autolog call before fit is a start."

    def needed(self, graph: Graph) -> Iterator[Place]:
        for use in graph.training:
            yield Place(use.at, "a model is trained here")

    def message(self, graph: Graph) -> str:
        return "A model is trained, and no run is tracked: parameters and metrics are not recorded anywhere."
