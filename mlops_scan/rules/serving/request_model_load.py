"""request-model-load"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Callees, Graph, Handlers, Use, loads_model
from mlops_scan.scanner.model import Fact, Finding, Location, Place, Severity

_GUARDED = frozenset(("if",))
_ABSENT = re.compile(r"\bNone\b|\bnot\b|\bin\b|load|cache|model|ready|init", re.IGNORECASE)
_MADE_ONCE = re.compile(r"\bnot [\w.\[\]\"']+ (?:is not None|in )")  # after `if x is not None: return x`
_RENEWS = re.compile(
    r"load|refresh|renew|update|switch|swap|warm|train|startup|restart|reset|activate", re.IGNORECASE
)  # it is there to load
_FILE = re.compile(r"\.\w{1,11}\Z")
# asks a registry which version there is, and gets no model
_ASKS = re.compile(r"(?:get_(?:\w+_)?versions?(?:_by_\w+)?|get_registered_\w+|(?:list|describe|search)(?:_\w+)?)\Z")


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
        loads: dict[tuple[str, str], list[Use]] = defaultdict(list)
        for use in graph.uses("loads-model", "loads-hub-model", "registry-load"):
            asks = use.key == "registry-load" and _ASKS.match(use.fact.name.rpartition(".")[2])
            if use.fact.get("function") and not use.disabled and not asks and not _is_cached(graph, use.fact):
                loads[use.at.path, str(use.fact.get("function"))].append(use)
        if not loads:
            return
        callees = graph.once(Callees)
        handlers = graph.once(Handlers)
        told: set[tuple[str, Location]] = set()
        for (path, name), handler in {**handlers.served, **handlers.web}.items():
            if _RENEWS.search(name.rpartition(".")[2]):
                continue
            for function, calls in callees.ways(path, name, lambda call: not _is_cached(graph, call)).items():
                found = [use for use in loads.pop(function, ()) if loads_model(graph, use, path)]
                if found:
                    made = self._finding(name, handler, found, calls)
                    if (name, made.at) not in told:  # a model and its scaler by one call
                        told.add((name, made.at))
                        yield made

    def _finding(self, function: str, handler: Use, loads: list[Use], calls: tuple[Fact, ...]) -> Finding:
        """At the call that says which model, where a helper loads whatever it is told to; once for all loads of it."""
        use = loads[0]
        named = next((call for call in calls if _names_a_file(call)), use.fact)
        related = [Place(handler.at, "this handler answers a request")]
        if named is not use.fact:
            related.append(Place(use.at, "the file is read here"))
        related += [Place(one.at, "and another one here") for one in loads[1:]]
        through = f" (by '{use.fact.name}')" if named is not use.fact else ""
        return self.finding(
            f"'{named.name}' loads the model{through} inside the request handler '{function}'.",
            named.at,
            subject=f"{use.at.path}#{use.fact.get('function')}:{use.fact.name}",
            related=related,
        )


def _names_a_file(call: Fact) -> bool:
    values = (*(call.get("args") or ()), *(call.get("kwargs") or {}).values())
    texts = [value.get("const") if isinstance(value, dict) else value for value in values]
    return any(isinstance(text, str) and _FILE.search(text) for text in texts)


def _is_cached(graph: Graph, call: Fact) -> bool:
    """Called only `if` it is not there yet, or in a function that remembers its result."""
    guards = " ".join(str(guard) for guard in call.get("guards") or ())
    if _MADE_ONCE.search(guards):
        return True
    if not _GUARDED.isdisjoint(call.get("chain") or ()) and (_ABSENT.search(guards) or not guards):
        return True
    for function in graph.in_file(call.at.path, "function"):
        if function.name == call.get("function"):
            return any("cache" in str(one.get("name")).lower() for one in function.get("decorators") or ())
    return False
