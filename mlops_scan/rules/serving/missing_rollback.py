"""missing-rollback"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import Graph, released
from mlops_scan.scanner.model import Place


class MissingRollback(Absence):
    """A model is served, and the deploy path cannot put the previous one back

    ## Why is this bad?
    A bad model or release is in production, and the way back is to find out what ran before and build it again.

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
    ```yaml title="k8s/deploy.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec:
      replicas: 2
      selector: {matchLabels: {app: api}}
      template:
        metadata: {labels: {app: api}}
        spec:
          containers:
            - {name: api, image: "acme/api:1.0"}
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
    ```yaml title=".github/workflows/deploy.yml"
    on:
      push:
        branches: [main]
    jobs:
      deploy:
        runs-on: ubuntu-24.04
        steps:
          - run: helm upgrade --install api oci://ghcr.io/acme/charts/api --atomic --wait
    ```

    ## When to ignore
    A GitOps controller elsewhere applies these manifests, so that a git revert is the rollback.

    ## References
    ML Test Score, test Infra 7 (models can be rolled back quickly and safely), Breck et al. 2017.
    """

    capability = "rollback"
    searched = "release history and rollback commands, progressive delivery, GitOps, registry versions and aliases"
    kinds = PROJECTS
    references = ("https://research.google/pubs/pub46555/",)
    remedy = (
        "Deploy immutable versions through something that keeps history: a Helm release, GitOps, or a registry alias."
    )

    def needed(self, graph: Graph) -> Iterator[Place]:
        for at, called in released(graph) if graph.profile.serves_model != "none" else ():
            yield Place(at, f"'{called}' is replaced in place" if called else "this serves a model")
        for use in (*graph.online, *graph.batch):
            yield Place(use.at, "this serves a model")

    def message(self, graph: Graph) -> str:
        return "A model is served, and nothing can put the previous model or release back by version."
