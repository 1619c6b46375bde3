"""missing-input-validation"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Callees, Graph, Handlers
from mlops_scan.scanner.model import Fact, Finding, Location, Place

# annotations that say nothing about what is inside
_UNTYPED = re.compile(
    r"(?:typing\.)?(?:Any|dict|Dict|Mapping|list|List|object)(?:\[(?:str, ?)?(?:typing\.)?(?:Any|dict|object)\])?\Z"
)
_BODY_NAMES = re.compile(
    r"(?:^|\.)(?:request|req)\.(?:json|form|get_json|get_data|data|body|body_arguments|media|get_media|stream|POST|files)(?:\.|\Z)"
)
_ASKS = ("predicts", "llm-client")


class MissingInputValidation(Rule):
    """A request body reaches the model as it comes

    ## Why is this bad?
    A missing field ends in an error of the server instead of the client's, and a field of the wrong unit or type ends
    in a prediction that nobody can tell from a good one.

    ## Example
    ```python title="app.py"
    import joblib
    from flask import Flask, jsonify, request

    app = Flask("prices")
    model = joblib.load("model.joblib")

    @app.route("/predict", methods=["POST"])
    def predict():
        body = request.get_json()
        return jsonify(model.predict([[body["x"]]])[0])
    ```

    ## Use instead
    ```python title="app.py"
    import joblib
    from flask import Flask, jsonify, request
    from pydantic import BaseModel

    class House(BaseModel):
        x: float

    app = Flask("prices")
    model = joblib.load("model.joblib")

    @app.route("/predict", methods=["POST"])
    def predict():
        house = House.model_validate(request.get_json())
        return jsonify(model.predict([[house.x]])[0])
    ```

    ## When to ignore
    A gateway in front checks every request against a schema.

    ## References
    Pydantic documentation; OWASP API security top ten.
    """

    kinds = ANY_ML
    references = ("https://pydantic.dev/docs/", "https://owasp.org/API-Security/")
    remedy = "Describe the body with a schema (a pydantic model, a marshmallow schema) and refuse what does not fit."

    def check(self, graph: Graph) -> Iterator[Finding]:
        callees = graph.once(Callees)
        schemas = {use.fact.name for use in graph.uses("request-body") if use.fact.kind == "class"}
        for handler in _handlers(graph, callees):
            body = _untyped_body(graph, callees, handler)
            asked = _asks_model(graph, callees, handler, schemas) if body else None
            if body and asked:
                yield self.finding(
                    f"'{handler.name}' hands the request body to the model without a schema.",
                    body,
                    subject=f"{handler.at.path}#{handler.name}",
                    related=[
                        Place(handler.at, "this function answers the request"),
                        Place(asked, "here it reaches the model"),
                    ],
                )


def _handlers(graph: Graph, callees: Callees) -> Iterator[Fact]:
    """Functions that a route names, that read a request's body, or that an entry script's server calls."""
    handlers = graph.once(Handlers)
    routes = {*handlers.web, *(one for one in handlers.served if one[1].endswith(".__call__"))}
    readers = {(use.at.path, str(use.fact.get("function"))) for use in graph.uses("untyped-body") if not use.disabled}
    for function in graph.facts("function"):
        place = (function.at.path, function.name)
        if place in routes or place in readers or (function.name == "run" and _parses(graph, callees, function)):
            yield function


def _parses(graph: Graph, callees: Callees, function: Fact) -> Location | None:
    """Where `run` of a script with `init` and `run` decodes what it was given."""
    if not any(fact.name == "init" for fact in graph.in_file(function.at.path, "function")):
        return None
    given = {str(one.get("name")) for one in function.get("params") or ()}
    for call in callees.calls((function.at.path, function.name)):
        if call.name == "json.loads" and given.intersection(_names(call)):
            return call.at
    return None


def _untyped_body(graph: Graph, callees: Callees, handler: Fact) -> Location | None:
    """Where the handler takes the body as it comes: a call, a value of a call, or a parameter that may be anything."""
    for call in callees.calls((handler.at.path, handler.name)):
        if graph.has_role(call, "untyped-body") or any(_BODY_NAMES.search(one) for one in (call.name, *_names(call))):
            return call.at
    if handler.name == "run":
        return _parses(graph, callees, handler)
    for parameter in handler.get("params") or ():
        if _UNTYPED.match(str(parameter.get("annotation") or "")):
            return handler.at
    return None


def _asks_model(graph: Graph, callees: Callees, handler: Fact, schemas: set[str]) -> Location | None:
    """Where the handler, or what it calls, asks a model; None where something on the way checks what came in."""
    asked = None
    for function in callees.reached(handler.at.path, handler.name):
        for call in callees.calls(function):
            if graph.has_role(call, "validates-input", "request-body") or _fills(call, schemas):
                return None
            if asked is None and any(use.key in _ASKS and use.strength != "weak" for use in graph.uses_of(call)):
                asked = call.at
    checked = (str(one.get("name")) for one in handler.get("decorators") or ())
    return None if any(re.search(r"valid|schema|expects", name) for name in checked) else asked


def _fills(call: Fact, schemas: set[str]) -> bool:
    """Whether the call makes an object of a schema: of what came in, not of the answer."""
    return call.name.rpartition(".")[2] in schemas and not call.get("returned")


def _names(call: Fact) -> Iterator[str]:
    """The dotted names that a call is passed, also inside lists."""
    for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values()):
        yield from _named(value, 0)


def _named(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        yield value["name"]
    elif isinstance(value, list) and depth < 3:
        for one in value[:50]:
            yield from _named(one, depth + 1)
