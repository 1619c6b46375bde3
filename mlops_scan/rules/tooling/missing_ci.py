"""missing-ci"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Absence
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Place, Severity


class MissingCi(Absence):
    """No workflow runs when the code changes

    ## Why is this bad?
    Whether training still runs and the service still starts is found out by the next person who tries.

    ## Example
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    model = Ridge().fit([[0.0]], [0.0])
    ```
    ```text title="requirements.txt"
    scikit-learn==1.5.0
    ```

    ## Use instead
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    model = Ridge().fit([[0.0]], [0.0])
    ```
    ```yaml title=".github/workflows/ci.yml"
    on: [push, pull_request]
    jobs:
      test:
        runs-on: ubuntu-24.04
        steps:
          - run: pytest
    ```

    ## When to ignore
    CI lives in another system that the repository does not show.

    ## References
    Google Cloud, MLOps: continuous delivery and automation pipelines in machine learning, level 2.
    """

    severity = Severity.NOTE
    capability = "ci-cd"
    searched = "workflows of CI services that run on a push or a pull request"
    kinds = OPERATED
    references = (
        "https://cloud.google.com/architecture/mlops-continuous-delivery-and-automation-pipelines-in-machine-learning",
    )
    remedy = "Add a workflow on push and pull_request that installs from the lock, lints and runs the tests."

    def needed(self, graph: Graph) -> Iterator[Place]:
        if not graph.whole_repository:
            return
        for use in (*graph.training, *graph.online, *graph.batch):
            yield Place(use.at, "this is what a change can break")

    def message(self, graph: Graph) -> str:
        return "No workflow runs on a push or a pull request: nothing checks a change before it lands."
