"""missing-alerting"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place


class MissingAlerting(Absence):
    """A model is served, and nobody is told when it fails

    ## Why is this bad?
    A dashboard that nobody looks at at night does not page anybody. Without an alert rule and a receiver, the users are
    the monitoring.

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
    ```yaml title="monitoring/rules.yml"
    groups:
      - name: api
        rules:
          - alert: ApiErrors
            expr: sum(rate(http_requests_total{status=~"5.."}[5m])) > 1
            for: 10m
    ```

    ## When to ignore
    Alerts are kept in another repository: declare it in the configuration (`external`).

    ## References
    Google SRE workbook, alerting on SLOs.
    """

    capability = "alerting"
    searched = "alert rules with a receiver, cloud alarms, notification services"
    kinds = OPERATED
    references = ("https://sre.google/workbook/alerting-on-slos/",)
    remedy = "Alert on the error rate and latency of the service, with a receiver that reaches a person."

    def needed(self, graph: Graph) -> Iterator[Place]:
        for use in (*graph.online, *graph.batch):
            yield Place(use.at, "this serves a model")

    def message(self, graph: Graph) -> str:
        return "A model is served, and no alert rule, alarm or notification tells anybody when it fails."
