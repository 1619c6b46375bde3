"""training-serving-mismatch"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Rule
from mlops_scan.scanner.graph import Callees, Deliveries, Graph, Handlers, Pythons, Use, loads_model
from mlops_scan.scanner.model import Fact, Finding, Location, Place, Severity

# how many leading parts of the version must agree for a saved model to load as it was (scikit-learn: model persistence)
_MINOR = frozenset(("scikit-learn", "tensorflow", "keras", "python"))
_MAJOR = frozenset(("xgboost", "lightgbm", "catboost", "torch", "transformers", "pandas", "numpy", "spacy", "joblib"))
_ASKS = frozenset(("predict", "predict_proba", "decision_function"))


class TrainingServingMismatch(Rule):
    """The service gives the model another library, or other numbers, than training did

    ## Why is this bad?
    A pickled model that is loaded by another version fails, or worse, predicts something else without a word. A scaler
    or an encoder that is fitted to each request hands the model numbers that mean something else than in training.

    ## Example
    ```python title="train/train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0]], [0.0]), "model.joblib")
    ```
    ```text title="train/requirements.txt"
    scikit-learn==1.4.0
    ```
    ```python title="serve/app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```
    ```text title="serve/requirements.txt"
    scikit-learn==1.2.2
    ```

    ## Use instead
    ```python title="train/train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0]], [0.0]), "model.joblib")
    ```
    ```text title="train/requirements.txt"
    scikit-learn==1.4.0
    ```
    ```python title="serve/app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```
    ```text title="serve/requirements.txt"
    scikit-learn==1.4.0
    ```

    ## When to ignore
    The model is handed over in a format that no library version reads differently (ONNX, PMML).

    ## References
    scikit-learn documentation, model persistence; Rules of ML, rule 29 and 32.
    """

    severity = Severity.ERROR
    kinds = PROJECTS
    references = ("https://scikit-learn.org/stable/model_persistence.html",)
    remedy = "Install the same version on both sides, from one lock file."

    def check(self, graph: Graph) -> Iterator[Finding]:
        yield from self._versions(graph)
        for handler, use, loaded in fitted_anew(graph):
            name = use.fact.name.rpartition(".")[0].rpartition(".")[2]
            yield self.finding(
                f"'{name}' is fitted anew to what a request brings, and not as it was for training.",
                use.at,
                subject=f"{use.at.path}#{use.fact.get('function')}:{use.fact.name}",
                related=[
                    Place(handler.at, "this handler answers a request"),
                    Place(loaded.at, "the model that gets the numbers is loaded here"),
                ],
                remedy="Save what was fitted together with the model (a pipeline), load it, and only transform.",
            )

    def _versions(self, graph: Graph) -> Iterator[Finding]:
        deliveries = graph.once(Deliveries)
        pickled = {use.at for use in graph.uses("unsafe-load")}
        for handover in deliveries.handovers():
            training, serving = (deliveries.environment(one.path) for one in handover)
            if handover[1] in pickled and not (training.keys() & serving.keys() & {"python"}):
                yield from self._interpreters(graph, handover)
            for name in sorted((_MINOR | _MAJOR) & training.keys() & serving.keys()):
                made, loaded = training[name], serving[name]
                if made.at.path != loaded.at.path and _differ(name, _version(made), _version(loaded)):
                    yield self._apart(
                        f"The service loads with {name} {_version(loaded)} a model made with {_version(made)}.",
                        (name, f"installs {name}"),
                        (made, loaded),
                        handover,
                        deliveries,
                        f"Pin {name}=={_version(made)} for the service too, from one lock file.",
                    )

    def _interpreters(self, graph: Graph, handover: tuple[Location, Location]) -> Iterator[Finding]:
        """Pickled objects that another minor version of the interpreter opens."""
        made, loaded = (graph.once(Pythons).of(one.path) for one in handover)
        if made is not None and loaded is not None and _version(made) != _version(loaded):
            yield self._apart(
                f"The service opens with Python {_version(loaded)} what Python {_version(made)} has pickled.",
                ("python", "runs on Python"),
                (made, loaded),
                handover,
                graph.once(Deliveries),
                f"Run the service on Python {_version(made)}, too.",
            )

    def _apart(
        self,
        message: str,
        has: tuple[str, str],
        sides: tuple[Fact, Fact],
        handover: tuple[Location, Location],
        deliveries: Deliveries,
        remedy: str,
    ) -> Finding:
        """The finding that training has one version of something, and the service that loads its model another."""
        (name, verb), (made, loaded), (written, read) = has, sides, handover
        return self.finding(
            message,
            loaded.at,
            subject=f"{read.path}:{name}",
            note=f"the service {verb} {_version(loaded)}",
            related=[
                Place(made.at, f"training {verb} {_version(made)}"),
                Place(written, "training writes the model"),
                Place(read, "the service loads it"),
            ],
            chain=deliveries.way(written, read),
            remedy=remedy,
        )


def _version(fact: Fact) -> str:
    return str(fact.get("pinned") or fact.get("version") or "")


def _differ(name: str, one: str, other: str) -> bool:
    parts = 2 if name in _MINOR else 1
    return bool(one and other) and one.split(".")[:parts] != other.split(".")[:parts]


def fitted_anew(graph: Graph) -> Iterator[tuple[Use, Use, Use]]:
    """(handler, what it fits, where its model is loaded) of handlers that ask a trained model and train none."""
    fits: dict[tuple[str, str], list[Use]] = {}
    for use in graph.uses("fits-transformer"):
        if use.fact.kind == "call" and use.fact.get("function") and not use.disabled:
            fits.setdefault((use.at.path, str(use.fact.get("function"))), []).append(use)
    if not fits:
        return
    loads = [use for use in graph.uses("loads-model", "registry-load") if loads_model(graph, use) and not use.disabled]
    known = {(use.at.path, str(use.fact.get("function") or "")) for use in graph.uses("trains", "reads-data")}
    callees, handlers = graph.once(Callees), graph.once(Handlers)
    for (path, name), handler in sorted({**handlers.served, **handlers.web}.items()):
        closure = graph.closure(path)
        loaded = next((use for use in loads if use.at.path in closure), None)
        reached = callees.reached(path, name) if loaded is not None else ()
        if loaded is None or not known.isdisjoint(reached) or not any(_asks(callees, one) for one in reached):
            continue
        for function in reached:
            yield from ((handler, use, loaded) for use in fits.pop(function, ()))


def _asks(callees: Callees, function: tuple[str, str]) -> bool:
    return any(call.name.rpartition(".")[2] in _ASKS for call in callees.calls(function))
