"""unpinned-dependency"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Rule
from mlops_scan.scanner.graph import Graph, ModelFiles
from mlops_scan.scanner.model import Fact, Finding, Severity

_NEUTRAL_GROUPS = frozenset(("build", "dev"))


class UnpinnedDependency(Rule):
    """A requirement of the application has no version at all

    ## Why is this bad?
    Training, serving and tomorrow's rebuild each install what is newest that day. A pickled model may not even load.

    ## Example
    ```text title="requirements.txt"
    scikit-learn
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## Use instead
    ```text title="requirements.txt"
    scikit-learn==1.5.2
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    A lock file that the install command reads covers it.

    ## References
    pip documentation, repeatable installs.
    """

    severity = Severity.NOTE
    kinds = PROJECTS
    references = ("https://pip.pypa.io/en/stable/topics/repeatable-installs/",)
    remedy = "Pin the version, or compile a lock file and install from it."

    def check(self, graph: Graph) -> Iterator[Finding]:
        versioned = {(package.at.path, package.name) for package in graph.facts("package") if package.get("specifier")}
        files = graph.once(ModelFiles)
        for package in graph.facts("package"):
            if (package.at.path, package.name) in versioned:
                continue  # another line of the file names its version
            if files.lies_with_model(package.at.path):
                continue
            if _is_bare(package) and not graph.versions.is_locked(package):
                yield self.finding(
                    f"'{package.name}' has no version in '{package.at.path}'.",
                    package.at,
                    subject=f"{package.at.path}:{package.name}",
                )


def _is_bare(package: Fact) -> bool:
    url = str(package.get("url") or "")
    if package.get("specifier") or package.get("editable"):
        return False
    if url and not (url.startswith("git+") and "@" not in url.rpartition("/")[2].partition("#")[0]):
        return False
    if package.get("group") in _NEUTRAL_GROUPS:
        return False
    return not (package.get("manager") == "conda" and package.name == "pip")
