"""missing-serving-monitoring"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place, Status

_OWN = re.compile(r"(?:localhost|127\.0\.0\.1|prometheus)(?::9090)?/?\Z")
_COLLECTORS = ("image ", "scrape ")  # how a collector and its configuration show


class MissingServingMonitoring(Absence):
    """A model is served, and nothing measures the service

    ## Why is this bad?
    Latency, error rate and load are unknown until a user complains, and a rollout cannot be judged.

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
    from prometheus_client import make_asgi_app

    app = FastAPI()
    app.mount("/metrics", make_asgi_app())
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```

    ## When to ignore
    The platform measures every endpoint by itself and the team looks there.

    ## References
    ML Test Score, test Monitor 6 (computing performance has not regressed), Breck et al. 2017.
    """

    capability = "infra-monitoring"
    searched = "metrics endpoints and scrapers, traces, prediction logs, cloud dashboards"
    kinds = OPERATED
    references = ("https://research.google/pubs/pub46555/",)
    remedy = "Expose request count, errors and latency of the service as metrics, and have something scrape them."

    def needed(self, graph: Graph) -> Iterator[Place]:
        for use in (*graph.online, *graph.batch):
            yield Place(use.at, "this serves a model")

    def present(self, graph: Graph) -> bool:
        # an alarm watches a metric
        if graph.has("model-monitoring", "drift-monitoring", "llm-observability", "alerting"):
            return True
        return graph.has("infra-monitoring") and not _measures_nothing(graph)

    def message(self, graph: Graph) -> str:
        return "A model is served, and no metrics, traces or prediction log show how the service does."


def _measures_nothing(graph: Graph) -> bool:
    """Whether all there is shows what nothing measures, or collects from nothing but itself."""
    targets = [str(target) for fact in graph.facts("scrape") for target in fact.get("targets") or ()]
    alone = bool(targets) and all(_OWN.search(target) for target in targets)
    shows = {use.at for use in graph.uses("shows-metrics")}
    found = (one for one in graph.evidence("infra-monitoring", Status.USED) if one.at not in shows)
    return all(alone and one.what.startswith(_COLLECTORS) for one in found)
