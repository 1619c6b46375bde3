"""missing-drift-monitoring"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place


class MissingDriftMonitoring(Absence):
    """An own model is served, and nothing watches for drift

    ## Why is this bad?
    A model degrades silently: every answer is well formed, the status is 200, and the predictions are worse each week.
    Labels come late or never, so the distribution of inputs and outputs is the first thing that can tell.

    ## Example
    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0]], [0.0]), "model.joblib")
    ```
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```

    ## Use instead
    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0]], [0.0]), "model.joblib")
    ```
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```
    ```python title="monitoring/drift.py"
    from evidently import Report
    from evidently.presets import DataDriftPreset

    def check(current, reference):
        return Report([DataDriftPreset()]).run(current, reference)
    ```

    ## When to ignore
    True labels arrive within minutes and the quality itself is monitored, or the input cannot change.

    ## References
    ML Test Score, tests Monitor 2, 3 and 7 (Breck et al. 2017).
    """

    capability = "drift-monitoring"
    kinds = PROJECTS
    references = ("https://research.google/pubs/pub46555/",)
    remedy = (
        "Keep a reference sample of the training data, compare it with recent inputs on a schedule, and alert on drift."
    )

    def needed(self, graph: Graph) -> Iterator[Place]:
        if not graph.training:
            return
        for use in (*graph.online, *graph.batch):
            yield Place(use.at, "this serves the model that is trained here")

    def message(self, graph: Graph) -> str:
        return (
            "A model that is trained here is served, and nothing compares its inputs or outputs with the training data."
        )
