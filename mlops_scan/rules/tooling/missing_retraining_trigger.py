"""missing-retraining-trigger"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import SPOKEN, Callees, Graph, Handlers, purposes, starting
from mlops_scan.scanner.model import Location, Place, Severity


class MissingRetrainingTrigger(Absence):
    """The model in service is retrained only when somebody remembers to

    ## Why is this bad?
    The world moves on and the model does not. Without a schedule or an event that reaches training, the age of the
    model depends on who is on holiday.

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
    ```yaml title=".github/workflows/retrain.yml"
    on:
      schedule:
        - cron: "0 3 * * 1"
    jobs:
      retrain:
        runs-on: ubuntu-24.04
        steps:
          - run: python train.py
    ```

    ## When to ignore
    What the model describes does not change.

    ## References
    Google Cloud, MLOps: continuous delivery and automation pipelines in machine learning, level 1; ML Test Score,
    test Monitor 4 (models are not too stale).
    """

    severity = Severity.NOTE
    capability = "retraining-trigger"
    searched = "schedules and events that reach training code"
    kinds = PROJECTS
    references = (
        "https://cloud.google.com/architecture/mlops-continuous-delivery-and-automation-pipelines-in-machine-learning",
    )
    remedy = "Run training on a schedule, or on an event such as a drift alert or enough new data."

    def needed(self, graph: Graph) -> Iterator[Place]:
        if graph.profile.serves_model == "none":
            return
        for use in graph.training:
            yield Place(use.at, "the model that is served is trained here")

    def message(self, graph: Graph) -> str:
        found = {SPOKEN[one.word]: one.at for one in starting(graph, "train")}
        if asked := _asked(graph):
            found["a request"] = asked
        if not found and (build := _built(graph)):
            found["a build whose trigger is kept elsewhere"] = build
        if not found or set(found) == {"a person"}:
            return "The model in service is trained by hand: no schedule and no event reaches its training."
        told = " or ".join(f"{word} ({at})" for word, at in sorted(found.items()))
        return f"The model in service is trained by {told}; no schedule and no event of data or drift reaches training."


def _built(graph: Graph) -> Location | None:
    """A workflow that trains, of a service that keeps on its own what starts it."""
    for workflow in graph.facts("workflow"):
        if (
            workflow.get("active")
            and not workflow.get("triggers")
            and "train" in purposes(graph, f"file:{workflow.name}")
        ):
            return workflow.at
    return None


def _asked(graph: Graph) -> Location | None:
    """A handler of requests that comes to train."""
    trains = {(use.at.path, str(use.fact.get("function") or "")) for use in graph.training}
    callees = graph.once(Callees)
    for (path, name), handler in sorted(graph.once(Handlers).web.items()):
        if not trains.isdisjoint(callees.reached(path, name)):
            return handler.at
    return None
