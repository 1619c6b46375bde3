"""missing-request-timeout"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Confidence, Finding

# load generators and smoke tests are no part of the system, wherever they lie
_PROBES = re.compile(r"(?:^|[/_.-])(?:tests?|smoke|locust\w*|bench\w*|load[_-]?test\w*)(?:[/_.-]|$)", re.IGNORECASE)
_OWNERS = ("stage:", "workload:", "service:", "step:", "pipeline:")


class MissingRequestTimeout(Rule):
    """An outgoing HTTP call may wait for ever

    ## Why is this bad?
    When the other side accepts the connection and never answers, the call never returns: a worker of the service is
    gone until the next restart, a pipeline hangs until somebody looks.

    ## Example
    ```python title="app.py"
    import joblib
    import requests
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.get("/score")
    def score(user: int) -> float:
        features = requests.get(f"http://features/{user}").json()
        return model.predict([features])[0]
    ```

    ## Use instead
    ```python title="app.py"
    import joblib
    import requests
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.get("/score")
    def score(user: int) -> float:
        features = requests.get(f"http://features/{user}", timeout=2).json()
        return model.predict([features])[0]
    ```

    ## When to ignore
    Something around the call ends it: a deadline of the job, a supervisor.

    ## References
    Requests documentation, timeouts: requests do not time out unless a timeout value is set explicitly.
    """

    confidence = Confidence.MEDIUM
    kinds = OPERATED
    references = ("https://requests.readthedocs.io/en/latest/user/advanced/#timeouts",)
    remedy = "Pass a timeout that the caller can bear."

    def check(self, graph: Graph) -> Iterator[Finding]:
        clients = graph.uses("http-client")
        system = _system_files(graph) if clients else frozenset()
        guarded = {path for path in {use.at.path for use in clients} & system if _is_guarded(graph, path)}
        for use in clients:
            path = use.at.path
            if path not in system or path in guarded or use.disabled or _is_bounded(graph, use) or _PROBES.search(path):
                continue
            yield self.finding(
                f"'{use.fact.name}' has no timeout{use.within}.",
                use.at,
                subject=f"{path}#{use.fact.get('function') or ''}:{use.fact.name}",
            )


def _system_files(graph: Graph) -> frozenset[str]:
    """Files that train, serve, answer or steer a pipeline, what images and steps start, and what all these import."""
    roles = ("web-app", "web-route", "demo-ui", "pipeline-definition", "llm-client", "predicts")
    acts = {use.at.path for use in (*graph.training, *graph.online, *graph.batch, *graph.uses(*roles))}
    starts = {
        edge.target
        for edge in graph.edges("runs", "starts")
        if edge.source.startswith(_OWNERS) and edge.target.startswith(("file:", "target:"))
    }
    # and on from the scripts of a shell among them
    reached = graph.reachable_from(*sorted(starts), relations=("runs", "starts", "calls"))
    started = {node[5:] for node in reached if node.startswith("file:")}
    return frozenset(file for file in graph.closure(*sorted(acts | started)) if not file.endswith(".ipynb"))


def _is_guarded(graph: Graph, path: str) -> bool:
    """Whether a default holds for the file: of all sockets, or of a session by an adapter or a partial."""
    return any(_sets_timeout(call.name, call.says.get("kwargs") or {}) for call in graph.in_file(path, "call"))


def _sets_timeout(name: str, kwargs: dict[str, object]) -> bool:
    tail = name.rpartition(".")[2]
    return tail == "setdefaulttimeout" or (tail == "partial" and "timeout" in kwargs) or "timeout" in tail.lower()


def _is_bounded(graph: Graph, use: Use) -> bool:
    """Given a timeout, or arguments that are not known; or asked of a client that was made with one."""
    if use.safe or "**" in (use.fact.get("kwargs") or {}):
        return True
    client = use.fact.name.rpartition(".")[0]
    made = (call.get("kwargs") or {} for call in graph.in_file(use.at.path, "call") if call.name == client)
    return any(kwargs.get("timeout") is not None for kwargs in made)
