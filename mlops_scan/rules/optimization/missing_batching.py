"""missing-batching"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Callees, Graph, Use, asked_remotely
from mlops_scan.scanner.model import Confidence, Fact, Finding, Place, Severity

_ROW_LOOPS = ("iterrows", "itertuples")
_PREPARES = re.compile(r"Tokenizer|Processor|Extractor|tokenizer|processor")
_ONE_ROW = re.compile(r"reshape\(\(?\s*1\s*,|expand_dims\(|unsqueeze\(0\)|\.to_frame\(\)\.T\b|\[None(?:, ?\.\.\.)?\]")


class MissingBatching(Rule):
    """The model is asked for one row at a time where it could take many

    ## Why is this bad?
    A call for one row costs nearly as much as a call for a thousand: the hardware works on a matrix either way, and
    the overhead of the call is paid for every row.

    ## Example
    ```python title="score.py"
    import joblib
    import pandas as pd

    model = joblib.load("model.joblib")
    rows = pd.read_parquet("rows.parquet")
    scores = []
    for _, row in rows.iterrows():
        scores.append(model.predict(row.values.reshape(1, -1))[0])
    pd.Series(scores).to_csv("scores.csv")
    ```

    ## Use instead
    ```python title="score.py"
    import joblib
    import pandas as pd

    model = joblib.load("model.joblib")
    rows = pd.read_parquet("rows.parquet")
    pd.Series(model.predict(rows.values)).to_csv("scores.csv")
    ```

    ## When to ignore
    The rows come one by one, or one does not fit beside another in memory.

    ## References
    scikit-learn documentation, computational performance: bulk versus atomic mode; Triton documentation, dynamic
    batching.
    """

    severity = Severity.NOTE
    confidence = Confidence.MEDIUM
    kinds = ANY_ML
    references = (
        "https://scikit-learn.org/stable/computing/computational_performance.html",
        "https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/batcher.html",
    )
    remedy = "Pass all rows at once, or let the server collect requests into batches."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for use in graph.uses("forgoes-batching"):
            if not use.disabled:
                yield self.finding(
                    f"'{use.fact.name}' is told to answer one request at a time, though it can batch.",
                    use.at,
                    subject=f"{use.at.path}:{use.fact.name}",
                )
        for use in graph.uses("predicts"):
            if use.fact.get("loop") and not use.disabled and _asks_model(use) and _is_row_by_row(graph, use):
                yield self.finding(
                    f"'{use.fact.name}' is called in a loop, one row at a time.",
                    use.at,
                    subject=f"{use.at.path}#{use.fact.get('function') or ''}:{use.fact.name}",
                )
        for call, use in _helped(graph):
            yield self.finding(
                f"'{call.name}' is called in a loop, and asks '{use.fact.name}' for one row each time.",
                call.at,
                subject=f"{call.at.path}#{call.get('function') or ''}:{call.name}",
                related=[Place(use.at, "here it asks the model")],
            )
        for call, asked in _applied_to_rows(graph):
            yield self.finding(
                f"'{asked}' is called for each row of a table ('{call.name.rpartition('.')[2]}' with axis=1).",
                call.at,
                subject=f"{call.at.path}#{call.get('function') or ''}:{call.name}",
            )


def _helped(graph: Graph) -> Iterator[tuple[Fact, Use]]:
    """Calls in a loop, where something is served, of a function that asks a model for its one argument."""
    serving = graph.closure(*(use.at.path for use in (*graph.online, *graph.batch)))
    ones: dict[tuple[str, str], Use] = {}
    for use in graph.uses("predicts") if serving else ():
        place = (use.at.path, str(use.fact.get("function") or ""))
        if (
            place[1]
            and not use.fact.get("loop")
            and not use.disabled
            and _asks_model(use)
            and _asks_for_one(graph, use)
        ):
            ones.setdefault(place, use)
    tails = {function.rpartition(".")[2] for _, function in ones}
    callees = graph.once(Callees) if ones else None
    for call in graph.facts("call") if callees is not None else ():
        if not call.get("loop") or call.name.rpartition(".")[2] not in tails or call.at.path not in serving:
            continue
        chain = call.get("chain") or ()
        if "while" in chain or not (call.get("args") or call.get("kwargs")) or callees is None:
            continue
        asked = next((ones[one] for one in callees.targets(call.at.path, call.name) if one in ones), None)
        if asked is not None:
            yield call, asked


def _asks_for_one(graph: Graph, use: Use) -> bool:
    """Whether a model is given a parameter that is one text, or plainly one row."""
    passed = [*(use.fact.get("args") or ()), *(use.fact.get("kwargs") or {}).values()][:1]
    texts = {
        str(one.get("name"))
        for function in graph.in_file(use.at.path, "function")
        if function.name == use.fact.get("function")
        for one in function.get("params") or ()
        if one.get("annotation") == "str"
    }
    return any((isinstance(one, dict) and one.get("expr") in texts) or _is_one_row(one) for one in passed)


def _applied_to_rows(graph: Graph) -> Iterator[tuple[Fact, str]]:
    """`frame.apply(lambda row: ask(row), axis=1)` where that comes to a model, here or over HTTP; and what asks it."""
    rows = [call for call in graph.facts("call") if _is_by_row(call)]
    uses = (*graph.uses("predicts"), *asked_remotely(graph)) if rows else ()
    asking = [use for use in uses if use.fact.kind == "call" and not use.disabled and _asks_model(use)]
    by_function = {(use.at.path, str(use.fact.get("function") or "")): use.fact.name for use in asking}
    for call in rows:
        here = [use.fact.name for use in asking if use.at.path == call.at.path and use.at.line == call.at.line]
        found = here or [by_function[one] for one in _called(graph, call) if one in by_function and one[1]]
        if found:
            yield call, found[0]


def _is_by_row(call: Fact) -> bool:
    if not call.name.endswith((".apply", ".progress_apply")):
        return False
    return (call.says.get("kwargs") or {}).get("axis") in (1, "columns") and call.at.path.endswith(".py")


def _called(graph: Graph, call: Fact) -> Iterator[tuple[str, str]]:
    """The functions that the argument of the call comes to: what a lambda of this line calls, or a function by name."""
    callees = graph.once(Callees)
    given = [value.get("name") for value in (call.get("args") or ())[:1] if isinstance(value, dict)]
    inner = [one.name for one in graph.in_file(call.at.path, "call") if one.at.line == call.at.line and one is not call]
    for name in (*given, *inner):
        for path, function in callees.targets(call.at.path, str(name)):
            yield from callees.ways(path, function)


def _asks_model(use: Use) -> bool:
    """Not what prepares the input: a tokenizer and a processor are called like models."""
    return not _PREPARES.search(use.fact.name)


def _is_row_by_row(graph: Graph, use: Use) -> bool:
    """In a loop over the rows of a table, or given what is plainly one row; a stream without end has no more rows."""
    if "while" in (use.fact.get("chain") or ()):
        return False
    passed = [*(use.fact.get("args") or ()), *(use.fact.get("kwargs") or {}).values()]
    return _loops_over_rows(graph, use) or any(_is_one_row(value) for value in passed[:1])


def _loops_over_rows(graph: Graph, use: Use) -> bool:
    return any(
        call.name.rpartition(".")[2] in _ROW_LOOPS and call.at.line <= use.at.line
        for call in graph.in_file(use.at.path, "call")
        if call.get("function") == use.fact.get("function")
    )


def _is_one_row(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 1
    return isinstance(value, dict) and bool(_ONE_ROW.search(str(value.get("expr") or "")))
