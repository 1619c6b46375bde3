"""unsafe-deserialization"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlops_scan.rules.base import ANY_CODE, Rule
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Confidence, Finding


class UnsafeDeserialization(Rule):
    """Loading this file can run any code that is in it

    ## Why is this bad?
    Pickle, joblib and their kin call whatever the file names. Whoever can write the model file, the bucket or the cache
    runs code where the model is served.

    ## Example
    ```python title="app/model.py"
    import joblib

    model = joblib.load("model.joblib")
    print(model.predict([[1.0]]))
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## Use instead
    ```python title="app/model.py"
    import onnxruntime

    model = onnxruntime.InferenceSession("model.onnx")
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    The file is written by the same job, or its signature is checked before it is loaded.

    ## References
    Python documentation, pickle; PyTorch documentation, torch.load; OWASP machine learning security top ten, ML06.
    """

    confidence = Confidence.MEDIUM
    kinds = ANY_CODE
    references = (
        "https://docs.python.org/3/library/pickle.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.load.html",
    )
    remedy = (
        "Use a format that holds data only (safetensors, ONNX, JSON), or weights_only=True; else verify a signature."
    )

    def check(self, graph: Graph) -> Iterator[Finding]:
        for use in graph.uses("unsafe-load"):
            if use.fact.kind == "call" and not use.safe and not use.disabled and not _is_own(use):
                yield self.finding(
                    f"'{use.fact.name}' runs whatever code the file holds{use.within}.",
                    use.at,
                    subject=f"{use.at.path}#{use.fact.get('function') or ''}:{use.fact.name}:{_first(use)}",
                )


def _is_own(use: Use) -> bool:
    """Whether it reads what the same expression wrote: a copy, or a measurement, and no file at all."""
    first = next(iter(use.fact.get("args") or ()), None)
    return isinstance(first, Mapping) and str(first.get("call")).endswith("dumps")


def _first(use: Use) -> str:
    return str(next(iter(use.fact.get("args") or ()), ""))[:80]
