"""missing-model-registry"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import ANY_ML, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place


class MissingModelRegistry(Absence):
    """A trained model is saved, and no registry names its versions

    ## Why is this bad?
    A file called `model.joblib` says neither which run made it nor which data it saw. Nobody can tell which version
    answered a request, promote one on purpose, or put the one before back.

    ## Example
    ```python title="src/train.py"
    import joblib
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier().fit([[0], [1]], [0, 1])
    joblib.dump(model, "model.joblib")
    ```

    ## Use instead
    ```python title="src/train.py"
    import mlflow
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier().fit([[0], [1]], [0, 1])
    mlflow.sklearn.log_model(model, name="model", registered_model_name="churn")
    ```

    ## When to ignore
    The model is rebuilt from the same commit with every release, so that the commit is its version.

    ## References
    ML Test Score, tests Infra 4 and Infra 7 (Breck et al. 2017); Microsoft MLOps maturity model, level 3.
    """

    capability = "model-registry"
    kinds = ANY_ML - {"platform"}
    references = ("https://research.google/pubs/pub46555/",)
    remedy = "Register the model under a name at the end of training, and load it by version or alias."

    def needed(self, graph: Graph) -> Iterator[Place]:
        if not graph.training:
            return
        training = graph.importing(use.at.path for use in graph.training)
        kept = [use for use in graph.uses("persists-model") if not use.disabled]
        near = [use for use in kept if use.at.path in training]
        fitted = {use.at.path for use in graph.training}
        for use in sorted(near or kept, key=lambda use: use.at.path not in fitted):
            yield Place(use.at, "the trained model is saved here")
        shipped = graph.profile.serves_model != "none" or graph.has("deployment-automation")
        if shipped and graph.profile.kind != "notebooks":
            for use in graph.training:
                yield Place(use.at, "a model is trained here")

    def message(self, graph: Graph) -> str:
        return "A trained model is saved, and nothing registers it as a named, versioned model."

    def advice(self, graph: Graph) -> str:
        if tracker := graph.evidence("experiment-tracking"):
            return f"Register the model with '{tracker[0].tool}', which already tracks the runs ({tracker[0].at})."
        return self.remedy
