"""manual-deployment"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import Graph, is_off, purpose_of_schedule, released
from mlops_scan.scanner.model import Place


class ManualDeployment(Absence):
    """A model is served, and no pipeline deploys it

    ## Why is this bad?
    What runs in production is what somebody typed last, from a work tree that nobody else has.

    ## Example
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```
    ```yaml title="k8s/deploy.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec:
      template:
        spec:
          containers:
            - {name: api, image: "acme/api:1.0"}
    ```

    ## Use instead
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```
    ```yaml title=".github/workflows/deploy.yml"
    on:
      push:
        branches: [main]
    jobs:
      deploy:
        runs-on: ubuntu-24.04
        steps:
          - run: helm upgrade --install api ./chart --atomic
    ```

    ## When to ignore
    The deployment pipeline lives in another repository: declare it in the configuration (`external`).

    ## References
    Microsoft MLOps maturity model, levels 1 to 3.
    """

    capability = "deployment-automation"
    searched = "deploy commands and actions in CI, GitOps objects, scheduled deployments"
    kinds = PROJECTS
    references = ("https://learn.microsoft.com/azure/architecture/ai-ml/guide/mlops-maturity-model",)
    remedy = "Let a pipeline deploy what was merged, with an approval where one is wanted."

    def needed(self, graph: Graph) -> Iterator[Place]:
        if graph.profile.serves_model == "none" or not graph.whole_repository:
            return
        for at, called in released(graph):
            yield Place(at, f"'{called}' is applied by hand" if called else "this is served")
        for use in (*graph.online, *(() if _is_scored_by_ci(graph) else graph.batch)):
            yield Place(use.at, "this is served")

    def message(self, graph: Graph) -> str:
        return "A model is served, and no CI job, GitOps controller or scheduler deploys it."


def _is_scored_by_ci(graph: Graph) -> bool:
    """Whether CI itself scores by the clock, each time with what was merged: nothing is left to be deployed."""
    timed = (one for one in graph.facts("schedule") if one.get("where") == "ci" and not is_off(graph, one))
    return any(purpose_of_schedule(graph, one) == "score" for one in timed)
