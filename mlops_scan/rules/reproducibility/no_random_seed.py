"""no-random-seed"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Graph, Unused, Use, choosing_rows
from mlops_scan.scanner.model import Confidence, Finding, Severity


class NoRandomSeed(Rule):
    """Training draws random numbers that no seed fixes

    ## Why is this bad?
    Two runs on the same data give two models: a change of the score may be luck, a bug cannot be run again, and rows
    of one run's test set are in the next one's training set.

    ## Example
    ```python title="src/train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import train_test_split

    data = pd.read_csv("data.csv")
    train, test = train_test_split(data)
    Ridge().fit(train[["x"]], train["y"])
    ```

    ## Use instead
    ```python title="src/train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import train_test_split

    data = pd.read_csv("data.csv")
    train, test = train_test_split(data, random_state=7)
    Ridge().fit(train[["x"]], train["y"])
    ```

    ## When to ignore
    The run is meant to differ, as in an ensemble or a study of variance.

    ## References
    scikit-learn documentation, controlling randomness; PyTorch documentation, reproducibility; ML Test Score, test
    Infra 1 (training is reproducible), Breck et al. 2017.
    """

    severity = Severity.NOTE
    confidence = Confidence.MEDIUM
    kinds = ANY_ML
    references = (
        "https://scikit-learn.org/stable/common_pitfalls.html#controlling-randomness",
        "https://docs.pytorch.org/docs/stable/notes/randomness.html",
        "https://research.google/pubs/pub46555/",
    )
    remedy = "Pass a fixed seed (random_state, seed, generator), or seed the process once before anything is drawn."

    def check(self, graph: Graph) -> Iterator[Finding]:
        entries, imported, piped = _training_files(graph)
        seeded = _seeded_files(graph)
        told: set[str] = set()
        unused = graph.once(Unused)
        candidates = [
            use
            for use in graph.uses("splits-randomly")
            if _is_loose(use) and use.at.path not in seeded
            if not unused.includes(use.at.path, str(use.fact.get("function") or ""))
        ]
        choosing = choosing_rows(graph, {use.at.path for use in graph.training})
        for use in candidates:
            chosen = use.at.path in choosing and graph.has_role(use.fact, "draws-rows")
            if (chosen or use.at.path in entries) and use.at.path not in told:
                told.add(use.at.path)
                yield self._told(use)
        splits = {use.at.path for use in candidates if "seed" in use.match.data}
        for wanted in (True, False):  # the splits first: where one is told, so is the training that imports it
            covered = graph.closure(*sorted(entries & graph.importing(told)))
            for use in candidates:
                path = use.at.path
                if (path in splits) is not wanted or path not in imported | piped or path in told:
                    continue
                if _matters(use, path in covered or path in piped):
                    told.add(path)
                    yield self._told(use)

    def _told(self, use: Use) -> Finding:
        message = f"'{use.fact.name}' draws at random in training code, and no seed reaches it."
        return self.finding(message, use.at, subject=use.at.path)


def _training_files(graph: Graph) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """(files that fit a model, or read data and write it again; what those that fit import; what stands beside them).

    Beside training stand the steps piped to it, and what a program loads that is started in order to train.
    """
    trains = {use.at.path for use in graph.training if use.fact.kind == "call"}
    scripts = {path for path in trains if not path.endswith(".ipynb")}
    trains = scripts or trains  # notebooks beside training code explore
    serves = {use.at.path for use in graph.uses("web-app", "web-route", "demo-ui")}
    prepares = {use.at.path for use in graph.uses("reads-data")} & {use.at.path for use in graph.uses("writes-data")}
    prepares = {path for path in prepares - serves if not path.endswith(".ipynb")}
    imported = graph.closure(*sorted(trains)) - serves
    pipelines = {use.at.path for use in graph.uses("pipeline-definition")}
    knowing = graph.importing(trains)
    programs = {fact.at.path for fact in graph.facts("entry-point")} & knowing
    programs = {path for path in programs if serves.isdisjoint(graph.closure(path))}
    piped = graph.closure(*sorted(programs | (pipelines & knowing))) - serves
    return frozenset(trains | prepares), imported, piped - imported


def _seeded_files(graph: Graph) -> frozenset[str]:
    """Files in which a seed is set, those that import one of them, and those that one of them imports."""
    seeds = {use.at.path for use in graph.uses("seeds") if not use.disabled}
    return graph.closure(*sorted(seeds)) | graph.importing(seeds)


def _is_loose(use: Use) -> bool:
    """Whether nothing in the call fixes it, or may: a seed, no shuffling, arguments that are not known."""
    if use.fact.kind != "call" or use.disabled or use.safe or "**" in (use.fact.get("kwargs") or {}):
        return False
    return not use.given("seed") or use.argument("seed") is None


def _matters(use: Use, covered: bool) -> bool:
    """What an entry imports may draw for many reasons: a split counts; a network, where the entry was not told."""
    return use.strength == "strong" and ("seed" in use.match.data or not covered)
