"""evaluation-gate in shell text: a metric compared with a threshold, and what happens when it is too low."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from mlops_scan.scanner.evidence.base import Derivation
from mlops_scan.scanner.evidence.for_show import says_nothing
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Evidence, Fact, Status

_TESTS = frozenset(("[", "[[", "((", "test", "bc", "awk", "jq"))
_ORDERS = re.compile(r"\s-(?:lt|le|gt|ge|eq|ne)\s|[^-=<>]?[<>]=?\s*[\"'$\d.(]")
_METRIC = re.compile(
    r"(?:^|[_.])(?:acc|accuracy|auc|roc_auc|f1|precision|recall|rmse|mse|mae|mape|r2|loss|score|metrics?|bleu|rouge|"
    r"logloss|gini|perplexity|champion|challenger|baseline)(?:[_.]|\d|$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_OTHERS = re.compile(r"lint|coverage|\bcov\b|count|bandit|sonar", re.IGNORECASE)  # they have scores, too
_ENDS = frozenset(("exit", "return", "false", "kill"))
_SHOWN = 60


class ShellGate(Derivation):
    capability = "evaluation-gate"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        texts: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        for fact in graph.facts("command"):
            texts[owner_id(fact), str(fact.get("step") or "")].append(fact)
        for commands in texts.values():
            for fact in commands:
                if fact.name in _TESTS and _compares(fact) and not _is_of_others(commands):
                    yield self._judged(fact, commands)

    def _judged(self, fact: Fact, commands: Sequence[Fact]) -> Evidence:
        """The evidence of one comparison: used where something ends, or happens, by what it finds."""
        what = f"'{str(fact.get('raw'))[:_SHOWN]}' is asked"
        if fact.get("state"):
            return self.evidence("shell", fact.at, what, Status.DISABLED, "it never runs")
        if not fact.get("asked") and not fact.get("guard"):
            why = "its failure is ignored" if fact.get("soft") else ""
            return self.evidence("shell", fact.at, what, Status.DISABLED if why else Status.USED, why)
        condition = fact.get("raw") if fact.get("asked") else fact.get("guard")
        inside = [one for one in commands if one.get("guard") == condition]
        acts = [one for one in inside if not says_nothing(one) and not one.get("soft")]
        ends = [one for one in acts if one.name in _ENDS]
        if ends or acts:
            return self.evidence("shell", fact.at, f"'{str(condition)[:_SHOWN]}' decides")
        return self.evidence("shell", fact.at, what, Status.DISABLED, "what follows is a line in a log")


def _compares(fact: Fact) -> bool:
    """Whether a command orders a metric; `awk` and `jq` may only print one."""
    text = str(fact.get("raw") or "")
    if fact.name == "jq" and "-e" not in (fact.get("argv") or ()):
        return False
    if fact.name == "awk" and "exit" not in text:
        return False
    return _ORDERS.search(text) is not None and any(_METRIC.search(word) for word in _WORD.findall(text))


def _is_of_others(commands: Sequence[Fact]) -> bool:
    return any(_OTHERS.search(str(one.get("raw") or "")) for one in commands)
