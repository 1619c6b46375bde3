"""training-serving-mismatch"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact, Finding, Place, Severity

# how many leading parts of the version must agree for a saved model to load as it was (scikit-learn: model persistence)
_MINOR = frozenset(("scikit-learn", "tensorflow", "keras", "python"))
_MAJOR = frozenset(("xgboost", "lightgbm", "catboost", "torch", "transformers", "pandas", "numpy", "spacy", "joblib"))


class TrainingServingMismatch(Rule):
    """The service loads a model with another version of the library than made it

    ## Why is this bad?
    A pickled model that is loaded by another version fails, or worse, predicts something else without a word.

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
        for written, read in graph.handovers():
            training, serving = graph.environment(written.path), graph.environment(read.path)
            for name in sorted((_MINOR | _MAJOR) & training.keys() & serving.keys()):
                made, loaded = training[name], serving[name]
                if made.at.path != loaded.at.path and _differ(name, _version(made), _version(loaded)):
                    yield self.finding(
                        f"The service loads with {name} {_version(loaded)} a model made with {_version(made)}.",
                        loaded.at,
                        subject=f"{read.path}:{name}",
                        note=f"the service installs {name} {_version(loaded)}",
                        related=[
                            Place(made.at, f"training installs {name} {_version(made)}"),
                            Place(written, "training writes the model"),
                            Place(read, "the service loads it"),
                        ],
                        chain=graph.delivery(written, read),
                        remedy=f"Pin {name}=={_version(made)} for the service too, from one lock file.",
                    )


def _version(fact: Fact) -> str:
    return str(fact.get("pinned") or fact.get("version") or "")


def _differ(name: str, one: str, other: str) -> bool:
    parts = 2 if name in _MINOR else 1
    return bool(one and other) and one.split(".")[:parts] != other.split(".")[:parts]
