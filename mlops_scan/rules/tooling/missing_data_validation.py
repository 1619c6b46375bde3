"""missing-data-validation"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place, Severity


class MissingDataValidation(Absence):
    """Training takes whatever data comes: no schema and no quality check stands before it

    ## Why is this bad?
    A renamed column, a changed unit or a day of nulls becomes a model, and the model goes to production.

    ## Example
    ```python title="src/train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    frame = pd.read_csv("data/orders.csv").dropna()
    model = Ridge().fit(frame[["x"]], frame["y"])
    ```

    ## Use instead
    ```python title="src/train.py"
    import pandas as pd
    import pandera as pa
    from sklearn.linear_model import Ridge

    schema = pa.DataFrameSchema({"x": pa.Column(float), "y": pa.Column(float)})
    frame = schema.validate(pd.read_csv("data/orders.csv"))
    model = Ridge().fit(frame[["x"]], frame["y"])
    ```

    ## When to ignore
    The data is checked where it is made, in another repository.

    ## References
    ML Test Score, tests Data 1 and Monitor 2 (Breck et al. 2017).
    """

    severity = Severity.NOTE
    capability = "data-validation"
    kinds = PROJECTS
    references = ("https://research.google/pubs/pub46555/",)
    remedy = "Check schema, nulls and ranges of the training data in the pipeline, and stop it when they do not hold."

    def needed(self, graph: Graph) -> Iterator[Place]:
        training = graph.closure(*(use.at.path for use in graph.training))
        reads = [use for use in graph.uses("reads-data") if use.at.path in training]
        for use in reads:
            yield Place(use.at, "training data is read here")
        for use in graph.training:
            yield Place(use.at, "a model is trained here")

    def message(self, graph: Graph) -> str:
        return "A model is trained, and no known tool checks the schema or the quality of its training data first."
