"""request-model-load"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Finding, Place, Severity

_GUARDED = frozenset(("if",))


class RequestModelLoad(Rule):
    """The model is loaded anew for every request

    ## Why is this bad?
    Every request pays seconds of disk and memory for a model that was there a moment ago, and two requests at once need
    it twice.

    ## Example
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/predict")
    def predict(x: float) -> float:
        model = joblib.load("model.joblib")
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

    ## When to ignore
    The loader caches by itself.

    ## References
    FastAPI documentation, lifespan events.
    """

    severity = Severity.ERROR
    kinds = ANY_ML
    references = ("https://fastapi.tiangolo.com/advanced/events/",)
    remedy = "Load the model once, when the process starts."

    def check(self, graph: Graph) -> Iterator[Finding]:
        handlers = _handlers(graph)
        for use in graph.uses("loads-model", "loads-hub-model", "registry-load"):
            function = str(use.fact.get("function") or "")
            handler = handlers.get((use.at.path, function)) if function else None
            if handler is None and function:
                handler = _called_by(graph, use, handlers)
            if handler is None or use.disabled or _is_cached(graph, use):
                continue
            yield self.finding(
                f"'{use.fact.name}' loads the model inside the request handler '{_function(handler)}'.",
                use.at,
                subject=f"{use.at.path}#{function}:{use.fact.name}",
                related=[Place(handler.at, "this handler answers a request")],
            )


def _handlers(graph: Graph) -> dict[tuple[str, str], Use]:
    return {
        (use.at.path, _function(use)): use
        for use in graph.uses("web-route")
        if use.fact.get("decorates") or use.fact.kind == "function"
    }


def _function(handler: Use) -> str:
    """The function that answers: decorated as a route, or known by its name."""
    return str(handler.fact.get("decorates") or handler.fact.name)


def _called_by(graph: Graph, use: Use, handlers: dict[tuple[str, str], Use]) -> Use | None:
    """The handler of the same file that calls the function in which the model is loaded, with nothing in between."""
    name = str(use.fact.get("function")).rpartition(".")[2]
    for call in graph.in_file(use.at.path, "call"):
        if call.name.rpartition(".")[2] == name and not call.get("chain"):
            handler = handlers.get((call.at.path, str(call.get("function") or "")))
            if handler is not None:
                return handler
    return None


def _is_cached(graph: Graph, use: Use) -> bool:
    """Loaded only `if` it is not there yet, or in a function that remembers its result."""
    if not _GUARDED.isdisjoint(use.fact.get("chain") or ()):
        return True
    for function in graph.in_file(use.at.path, "function"):
        if function.name == use.fact.get("function"):
            return any("cache" in str(one.get("name")).lower() for one in function.get("decorators") or ())
    return False
