"""Which comparisons are about metrics of models: by their signs, and by the words in them."""

from __future__ import annotations

import re
from functools import lru_cache

from mlops_scan.scanner.model import Fact

_METRIC = re.compile(
    r"(?:^|_)(?:acc|accuracy|auc|roc_auc|f1|precision|recall|rmse|mse|mae|mape|r2|loss|score|metrics?|error|bleu|rouge|"
    r"logloss|gini|ks|perplexity|threshold|performance|improvement|champion|challenger|baseline|blessed)(?:_|\d|$)",
    re.IGNORECASE,
)


def is_ordered(fact: Fact) -> bool:
    """Whether a test says which of two is the greater one."""
    return not set(fact.get("ops") or ()).isdisjoint(("<", "<=", ">", ">="))


def is_range_check(fact: Fact) -> bool:
    """`0 <= threshold <= 1`: a check of a parameter, not of a model."""
    plain = fact.get("constants") or ()
    if not plain or any(one not in (0, 1, 100) for one in plain) or not fact.get("raises"):
        return False
    return len(fact.get("ops") or ()) > 1 or "threshold" in fact.name


def speaks_of_metrics(fact: Fact) -> bool:
    """Whether a test names a metric, or what it adds to a list does."""
    names = (str(name) for key in ("names", "about") for name in fact.says.get(key) or ())
    return names_a_metric(" ".join([fact.name, *names]))


@lru_cache(maxsize=10_000)  # asked about the same comparisons several times
def names_a_metric(text: str) -> bool:
    """Whether one of the words of a text means a metric."""
    return any(_METRIC.search(word) for word in re.findall(r"[A-Za-z_]\w*", text))
