"""committed-model-artifact"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Graph, ModelFiles
from mlops_scan.scanner.model import Fact, Finding, Place

_FINDS = frozenset(("glob", "iglob", "rglob"))
_LEAST = 2  # letters of a pattern that says what it looks for


class CommittedModelArtifact(Rule):
    """A model file lies in git

    ## Why is this bad?
    Nobody can tell which run, data and code made it; every version stays in the history of every clone; and a review
    cannot see what changed.

    ## Example
    ```python title="app.py"
    import xgboost
    from fastapi import FastAPI

    app = FastAPI()
    booster = xgboost.Booster(model_file="models/churn_model.json")

    @app.post("/predict")
    def predict(x: float) -> float:
        return float(booster.predict(xgboost.DMatrix([[x]]))[0])
    ```
    ```json title="models/churn_model.json"
    {"learner": {"attributes": {}, "gradient_booster": {"name": "gbtree", "model": {"trees": []}}}, "version": [2, 1]}
    ```

    ## Use instead
    ```python title="app.py"
    import mlflow
    from fastapi import FastAPI

    app = FastAPI()
    model = mlflow.pyfunc.load_model("models:/churn/3")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```

    ## When to ignore
    A tiny model that is a constant of the program and changes with its code.

    ## References
    Git LFS documentation.
    """

    kinds = ANY_ML
    references = ("https://git-lfs.com/",)
    remedy = (
        "Keep the model in a registry or an artifact store, and fetch it by version when the image is built or starts."
    )

    def check(self, graph: Graph) -> Iterator[Finding]:
        finding: list[Fact] | None = None
        files = graph.once(ModelFiles)
        for file in graph.facts("model-file"):
            if file.get("lfs") or files.only_describes(file):
                continue
            readers = files.readers_of(file.at.path)
            if not readers:
                finding = _finding(graph) if finding is None else finding
                found = (call.at for call in finding if _finds(call, file.at.path))
                readers = tuple(Place(at, "takes what it finds here") for at in found)
            if readers or _is_big(file):
                yield self.finding(
                    f"Model file '{file.name}' is committed to git{_used(readers)}.",
                    file.at,
                    subject=file.name,
                    related=readers[:3],
                )


def _finding(graph: Graph) -> list[Fact]:
    """Where code that loads or registers models takes what a pattern finds: `glob("models/*.pkl")`."""
    takes = {use.at.path for use in graph.uses("loads-model", "unsafe-load", "registers-model", "serves-file")}
    calls = graph.facts("call") if takes else ()
    return [call for call in calls if call.name.rpartition(".")[2] in _FINDS and call.at.path in takes]


def _finds(call: Fact, path: str) -> bool:
    """Whether the pattern fits the file or its folder, and not just anything."""
    given = next(iter(call.get("args") or ()), None)
    pattern = given.get("const") if isinstance(given, dict) else given
    if not isinstance(pattern, str) or len(re.sub(r"[*?/.]|\[.*?\]", "", pattern)) < _LEAST:
        return False
    within, _, last = pattern.removeprefix("./").rpartition("/")
    folder, _, name = path.rpartition("/")
    above, _, inside = folder.rpartition("/")
    for home, one in ((folder, name), (above, inside)):
        fits = bool(one) and bool(last.strip("*")) and fnmatchcase(one, last)
        if fits and (not within or "*" in within or f"/{home}".endswith(f"/{within.lstrip('/')}")):
            return True
    return False


def _is_big(file: Fact) -> bool:
    return int(file.get("bytes") or 0) >= 1_000_000


def _used(readers: tuple[object, ...]) -> str:
    return " and loaded from there" if readers else ""
