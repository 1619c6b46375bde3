"""unlocked-dependencies"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Graph, ModelFiles
from mlops_scan.scanner.model import Fact, Finding, Place

_LOOSE = frozenset(("build", "dev"))


class UnlockedDependencies(Rule):
    """The application installs versions that nobody chose

    ## Why is this bad?
    Without a lock, or an exact pin on every line, two builds of one commit differ, and so do training and serving.

    ## Example
    ```text title="requirements.txt"
    scikit-learn>=1.3
    pandas
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## Use instead
    ```text title="requirements.txt"
    scikit-learn==1.5.2
    pandas==2.2.3
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    A library: its users lock.

    ## References
    pip documentation, repeatable installs; Python packaging, pylock.toml (PEP 751).
    """

    kinds = ANY_ML - {"platform"}
    references = ("https://pip.pypa.io/en/stable/topics/repeatable-installs/", "https://peps.python.org/pep-0751/")
    remedy = "Compile a lock file (uv, pip-compile, poetry) and install from it in the image and in CI."

    def check(self, graph: Graph) -> Iterator[Finding]:
        saved = graph.once(ModelFiles)
        loose = [
            one
            for one in graph.facts("package")
            if _counts(one)
            and not one.get("pinned")
            and not graph.versions.is_locked(one)
            and not saved.lies_with_model(one.at.path)
        ]
        if not loose:
            return
        files = sorted({package.at.path for package in loose})
        first = loose[0]
        yield self.finding(
            _said(len(loose), _named(files)),
            first.at,
            subject="repository",
            note=f"'{first.name}' may become any version",
            related=[Place(package.at, f"'{package.name}'") for package in loose[1:4]],
            looked_for="lock files (uv, poetry, pdm, pipenv, conda-lock, pixi), compiled or hashed requirements",
        )


def _said(count: int, files: str) -> str:
    if count == 1:
        return f"A requirement in {files} is not pinned exactly, and no lock file covers it."
    return f"{count} requirements in {files} are not pinned exactly, and no lock file covers them."


def _counts(package: Fact) -> bool:
    if package.get("group") in _LOOSE or package.get("editable"):
        return False
    return not (package.get("manager") == "conda" and package.name in ("pip", "python")) and not package.get("url")


def _named(files: list[str]) -> str:
    shown = ", ".join(f"'{path}'" for path in files[:2])
    return shown if len(files) <= 2 else f"{shown} and {len(files) - 2} more"
