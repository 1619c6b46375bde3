"""hardcoded-local-model-path"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph, ModelFiles, Use
from mlops_scan.scanner.model import Confidence, Fact, Finding, Location

# somebody's own machine: homes, drive letters, the disks of hosted notebooks
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # s3:// and the like, models:/, runs:/, dbfs:/
_PERSONAL = re.compile(
    r"(?:/home/(?!app\b|user\b|jovyan\b|model-server\b|ray\b)[^/]+/|/Users/|~[/\\]|[A-Za-z]:[\\/]|/content/|/kaggle/)"
)
# where containers have their models by convention, and places that exist everywhere
_CONVENTIONAL = re.compile(
    r"/(?:opt/ml|mnt|models?|app|workspace|repository|data|var|tmp|dev|usr/src/app|home)(?:/|\Z)"
)
_MODEL_FILE = re.compile(
    r"\.(?:joblib|pkl|pickle|sav|h5|hdf5|keras|pt|pth|ckpt|onnx|pb|tflite|safetensors|gguf|cbm|xgb|mlmodel|pmml|mojo)\Z",
    re.IGNORECASE,
)
_RUN = re.compile(r"/(?:[a-z]{1,2}-)?[0-9a-f]{32}(?:/|\Z)")
_MODEL_NAME = re.compile(
    r"(?:model|weights|checkpoint|encoder|tokenizer)s?_?(?:path|file|dir|location)\Z", re.IGNORECASE
)
_SETTINGS = re.compile(r"(?:\A|\.)BaseSettings\Z")


class HardcodedLocalModelPath(Rule):
    """The code names the model by a path that other machines may not have

    ## Why is this bad?
    The service starts only where this path exists: on one machine, or in one folder. Another model means another
    release of the code.

    ## Example
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("/home/ann/prices/model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```

    ## Use instead
    ```python title="app.py"
    import os

    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load(os.environ["MODEL_PATH"])

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```

    ## When to ignore
    The image is built together with the model, and the path is part of its layout.

    ## References
    The Twelve-Factor App, III: store config in the environment.
    """

    confidence = Confidence.MEDIUM
    kinds = OPERATED
    references = ("https://12factor.net/config",)
    remedy = "Take the path or the registry's model version from the environment."

    def check(self, graph: Graph) -> Iterator[Finding]:
        online = graph.closure(*(use.at.path for use in graph.online))
        trains = {use.at.path for use in graph.training}
        loading = graph.closure(*(use.at.path for use in graph.uses("loads-model"))) - trains
        told: set[Location] = set()
        for path, at, name in (*_constants(graph), *_loads(graph)):
            run = _RUN.search(path) and not _SCHEME.match(path)
            where = (
                _of_one_run(graph, path) if run else _wrong(graph, path, at.path in online | loading, at.path in online)
            )
            if where and at not in told and not at.path.endswith(".ipynb"):
                told.add(at)
                yield self.finding(f"'{path}' is {where}.", at, subject=f"{at.path}#{name}")


def _constants(graph: Graph) -> Iterator[tuple[str, Location, str]]:
    """Names at module or class level that hold the path of a model."""
    for fact in graph.facts("constant"):
        value = fact.get("value")
        path = value if isinstance(value, str) else ""
        told = _MODEL_FILE.search(path) or (_MODEL_NAME.search(fact.name) and "/" in path)
        if told and not _is_a_default(graph, fact):
            yield path, fact.at, fact.name


def _is_a_default(graph: Graph, constant: Fact) -> bool:
    """The field of a class of settings: its base class takes the value from the environment first."""
    path, line = constant.at.path, constant.at.line
    around = [one for one in graph.in_file(path, "class") if one.at.line <= line <= int(one.get("end_line") or 0)]
    bases = [base for one in around for base in one.get("bases") or ()]
    own = [base for one in graph.in_file(path, "class") if one.name in bases for base in one.get("bases") or ()]
    return any(_SETTINGS.search(str(base)) for base in (*bases, *own))


def _loads(graph: Graph) -> Iterator[tuple[str, Location, str]]:
    """Calls that load a model from a path that stands in the call."""
    for use in graph.uses("loads-model"):
        value = use.argument("path")
        path = value if isinstance(value, str) else _opened(graph, use, value) or _joined(value)
        if use.fact.kind == "call" and path and not use.disabled:
            yield path, use.at, use.fact.name


def _joined(value: Any) -> str:
    """The path that is put together from folders that only a run knows and a run's own name, which is written down."""
    parts = value.get("parts") if isinstance(value, dict) else None
    return next((str(part).lstrip("./") for part in parts or () if _RUN.search(str(part))), "")


def _of_one_run(graph: Graph, path: str) -> str:
    """A folder that a tracker on one machine named after a run, and that is not in the repository."""
    kept = any(path.lstrip("./") in file for file in graph.files)
    return "" if kept else "the folder of one run on one machine"


def _opened(graph: Graph, use: Use, value: Any) -> str:
    """The path of a file that the same code opens by a constant; '' for what a variable or the environment gives."""
    path = value.get("const") if isinstance(value, dict) and value.get("name") == "open" else None
    opened = (call.get("args") or [None] for call in graph.in_file(use.at.path, "call") if call.name == "open")
    return path if isinstance(path, str) and any(args[0] == path for args in opened) else ""


def _wrong(graph: Graph, path: str, loads: bool, serves: bool) -> str:
    """What is wrong with the path, or ''. It stands in code that loads a model (`loads`), to answer (`serves`)."""
    if "{" in path or _SCHEME.match(path) or graph.once(ModelFiles).is_hub_id(path):
        return ""
    if _PERSONAL.match(path):
        return "a path of one person's machine"
    if path.startswith("/"):
        if not loads or _CONVENTIONAL.match(path) or _is_placed(graph, path):
            return ""
        return "an absolute path that no Dockerfile, volume or convention provides"
    folder = path.removeprefix("./").rpartition("/")[0]
    return "a path that holds only where the process happens to start" if folder and serves else ""


def _is_placed(graph: Graph, path: str) -> bool:
    """Whether a Dockerfile copies something there or works there, or a container mounts a volume there."""
    return any(path.startswith(place.rstrip("/") + "/") or path == place for place in _places(graph) if len(place) > 1)


def _places(graph: Graph) -> Iterator[str]:
    for stage in graph.facts("stage"):
        yield str(stage.get("workdir") or "")
        yield from (str(copy.get("dst") or "") for copy in stage.get("copies") or ())
    for container in graph.facts("container"):
        yield from (str(mount.get("path") or "") for mount in container.get("volume_mounts") or ())
