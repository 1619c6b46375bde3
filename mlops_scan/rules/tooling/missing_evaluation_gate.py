"""missing-evaluation-gate"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place


class MissingEvaluationGate(Absence):
    """A new model is registered or shipped whatever its score

    ## Why is this bad?
    A broken training run replaces a good model. Only a threshold, or a comparison with the model in use, that can stop
    the step keeps it out.

    ## Example
    ```python title="src/train.py"
    import mlflow
    from sklearn.linear_model import Ridge

    model = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
    print(model.score([[0.5]], [0.5]))
    mlflow.sklearn.log_model(model, name="model", registered_model_name="churn")
    ```

    ## Use instead
    ```python title="src/train.py"
    import mlflow
    from sklearn.linear_model import Ridge

    model = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
    score = model.score([[0.5]], [0.5])
    if score < 0.8:
        raise SystemExit(f"score {score} is below 0.8")
    mlflow.sklearn.log_model(model, name="model", registered_model_name="churn")
    ```

    ## When to ignore
    A person approves each model in the registry before anything loads it.

    ## References
    ML Test Score, test Infra 4 (models are validated before they serve), Breck et al. 2017.
    """

    capability = "evaluation-gate"
    searched = "thresholds, comparisons and condition steps before a model is registered or deployed"
    kinds = PROJECTS
    references = ("https://research.google/pubs/pub46555/",)
    remedy = "Compare the metric with a threshold and with the model in use, and end the job when it is not better."

    def needed(self, graph: Graph) -> Iterator[Place]:
        if not graph.training:
            return
        for use in graph.uses("registers-model", "promotes"):
            if not use.disabled:
                yield Place(use.at, "the model is registered or promoted here")
        if graph.profile.serves_model != "none":
            training = {use.at.path for use in graph.training}
            kept = [use for use in graph.uses("persists-model") if not use.disabled]
            for use in sorted(kept, key=lambda use: use.at.path not in training):  # else: what goes with the model
                yield Place(use.at, "the model that is served is written here")
            for use in graph.training:
                yield Place(use.at, "the model that is served is trained here")

    def message(self, graph: Graph) -> str:
        return "A new model is registered or shipped, and no metric threshold or comparison can stop it before that."
