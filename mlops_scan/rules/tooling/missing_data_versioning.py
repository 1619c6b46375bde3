"""missing-data-versioning"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.graph.handover import constant
from mlops_scan.scanner.model import Place, Severity

_WRITES = re.compile(r"\.to_(?:csv|parquet|json|feather|pickle|excel|hdf|orc)$")
_VERSIONED = re.compile(
    r"^/kaggle/input/|(?:dt|date|ds|version|v)=|@v?\d|/v\d+/|\{(?:date|ds|version|run_id|snapshot)", re.IGNORECASE
)


class MissingDataVersioning(Absence):
    """Training reads data that can change under it, and no version of it is recorded

    ## Why is this bad?
    A model cannot be rebuilt, and a worse one cannot be explained, when the table or bucket it was trained on has
    changed since.

    ## Example
    ```python title="src/train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    frame = pd.read_parquet("s3://acme-lake/orders/latest.parquet")
    model = Ridge().fit(frame[["x"]], frame["y"])
    ```

    ## Use instead
    ```python title="src/train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge

    frame = pd.read_parquet("data/orders.parquet")
    model = Ridge().fit(frame[["x"]], frame["y"])
    ```
    ```yaml title="data/orders.parquet.dvc"
    outs:
      - md5: 22a1a2931c8370d3aeedd7183606fd7f
        path: orders.parquet
    ```

    ## When to ignore
    The data is a fixed public benchmark, or the store itself keeps snapshots that training names.

    ## References
    ML Test Score, test Infra 1 (training is reproducible), Breck et al. 2017.
    """

    severity = Severity.NOTE
    capability = "data-versioning"
    kinds = PROJECTS
    references = ("https://research.google/pubs/pub46555/",)
    remedy = "Record a version of the data with each run: a snapshot id, a dated partition or a tracked file."

    def needed(self, graph: Graph) -> Iterator[Place]:
        if not graph.training:
            return
        training = graph.closure(*(use.at.path for use in graph.training))
        held = {fact.at.path.rsplit("/", 1)[-1] for fact in graph.all_facts("dataset")}
        stores = _own_stores(graph)
        reading = [use for use in graph.uses("reads-data") if use.at.path in training]
        fixed = any("data" not in use.match.data for use in (*reading, *_laid_down(graph)))
        reads = [
            use
            for use in reading
            if use.given("data")
            and (use.at.path, str(use.fact.says.get("function") or "").partition(".")[0]) not in stores
        ]
        sources = [(use, _source(use)) for use in reads]
        outside = [use for use, source in sources if source and not _is_kept(use, source, held)]
        if fixed or any(_is_kept(use, source, held) for use, source in sources if source):
            own = _written_here(graph)  # what the repository makes of data that it keeps
            outside = [use for use in outside if re.split(r"[/\\]", _source(use) or "")[-1] not in own]
        elif not outside:
            outside = [use for use, source in sources if source is None]  # an argument: from who knows where
        for use in outside:
            yield Place(use.at, "reads data from a place outside git")

    def message(self, graph: Graph) -> str:
        return "Training reads data from outside git, and no version of that data is recorded."


def _laid_down(graph: Graph) -> list[Use]:
    """Where code fetches a data set that a library brings along, and writes it for the steps after it."""
    writing = {use.at.path for use in graph.uses("writes-data") if not use.disabled}
    found = (use for use in graph.uses("reads-data") if "data" not in use.match.data and not use.disabled)
    return [use for use in found if use.at.path in writing and not use.at.path.endswith(".ipynb")]


def _own_stores(graph: Graph) -> set[tuple[str, str]]:
    """Classes by which an orchestrator keeps what its own steps hand on."""
    return {
        (fact.at.path, fact.name)
        for fact in graph.facts("class")
        if any(str(base).endswith(("Materializer", "IOManager", "AbstractDataset")) for base in fact.get("bases") or ())
    }


def _written_here(graph: Graph) -> set[str]:
    """Names of the tables that code of the repository writes itself."""
    written = [call for call in graph.facts("call") if _WRITES.search(call.name)]
    texts = (
        constant(value)
        for call in written
        for value in (*(call.get("args") or ()), *(call.get("kwargs") or {}).values())
    )
    return {name for text in texts if "." in (name := re.split(r"[/\\]", text)[-1])}


def _is_kept(use: Use, source: str, held: set[str]) -> bool:
    """Whether git holds what is read, or its name holds a version."""
    if use.at.path.endswith(".ipynb") and source.startswith("../input/"):
        return True  # where a notebook of a competition finds the data set that is attached to it
    return bool(_VERSIONED.search(source)) or re.split(r"[/\\]", source)[-1] in held


def _source(use: Use) -> str | None:
    """What a call reads, as far as it is known; None where nothing is."""
    source = use.argument("data")
    if isinstance(source, str):
        return source
    if isinstance(source, dict):
        if isinstance(source.get("const"), str):
            return str(source["const"])
        parts = "".join(part for part in source.get("parts") or () if isinstance(part, str))
        joined = "/".join(part for part in source.get("args") or () if isinstance(part, str))
        return next((text for text in (parts, joined) if text.strip("/\\. ")), None)
    return None
