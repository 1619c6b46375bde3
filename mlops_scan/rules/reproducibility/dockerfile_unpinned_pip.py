"""dockerfile-unpinned-pip"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact, Finding, Severity

_INSTALLERS = (("pip", "install"), ("uv", "pip", "install"), ("conda", "install"))
_BUILD_TOOLS = frozenset(("pip", "setuptools", "wheel"))

_WITH_VALUE = frozenset(
    (
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-t",
        "-e",
        "--target",
        "--prefix",
        "--root",
        "--root-user-action",
        "--group",
        "--build-constraint",
        "--requirements-from-script",
        "--refresh-package",
        "--resume-retries",
        "--python",
        "-p",
        "-n",
        "--name",
        "--channel",
        "--trusted-host",
        "--timeout",
        "--default-timeout",
        "--retries",
        "--cache-dir",
        "--src",
        "--platform",
        "--progress-bar",
        "--editable",
        "--python-version",
        "--upgrade-strategy",
        "--no-binary",
        "--only-binary",
        "--config-settings",
        "--global-option",
        "--build-option",
        "--proxy",
        "--log",
        "--cert",
        "--client-cert",
        "--exists-action",
        "--implementation",
        "--abi",
        "--report",
        "--use-feature",
        "--root-user-action",
        "--use-deprecated",
        "--keyring-provider",
        "--no-build-isolation-package",
        "--index-strategy",
        "--torch-backend",
        "--prerelease",
        "--resolution",
        "--link-mode",
        "--exclude-newer",
        "--python-platform",
        "--override",
        "--extra",
    )
)
_OPTIONS_FIRST = ("pip",)  # `pip --no-cache-dir install`
_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\Z")


class DockerfileUnpinnedPip(Rule):
    """The Dockerfile installs a package without a version

    ## Why is this bad?
    Each build installs what is newest that day, beside whatever the lock file says.

    ## Example
    ```dockerfile title="Dockerfile"
    FROM python:3.12-slim
    RUN pip install scikit-learn
    CMD ["python", "train.py"]
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## Use instead
    ```dockerfile title="Dockerfile"
    FROM python:3.12-slim
    RUN pip install scikit-learn==1.5.2
    CMD ["python", "train.py"]
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    The package is a tool of the build that does not stay in the image.

    ## References
    pip documentation, repeatable installs.
    """

    severity = Severity.NOTE
    kinds = OPERATED
    references = ("https://pip.pypa.io/en/stable/topics/repeatable-installs/",)
    remedy = "Pin the version, or install from a requirements or lock file."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for command in graph.facts("command"):
            if command.get("where") != "dockerfile":
                continue
            names = unpinned(command)
            if names:
                yield self.finding(
                    f"'pip install' of {', '.join(repr(name) for name in names[:4])} names no version.",
                    command.at,
                    subject=f"{command.at.path}:{','.join(names)}",
                )


def unpinned(command: Fact) -> list[str]:
    """The packages that an install command names without any version, build tools left out."""
    argv = [str(word) for word in command.get("argv") or ()]
    if argv[1:3] == ["-m", "pip"]:
        del argv[:2]
    while len(argv) > 2 and argv[0] in _OPTIONS_FIRST and argv[1].startswith("-"):
        del argv[1 : 3 if argv[1] in _WITH_VALUE else 2]
    start = next((len(head) for head in _INSTALLERS if tuple(argv[: len(head)]) == head), 0)
    if not start or "-c" in argv or "--constraint" in argv:
        return []
    found: list[str] = []
    skip = False
    for word in argv[start:]:
        if skip or word.startswith("-"):
            skip = not skip and word in _WITH_VALUE
            continue
        match = _NAME.match(word)
        local = word.startswith((".", "/")) or "/" in word or word.endswith((".whl", ".txt", ".zip", ".gz"))
        if match and not local and match[1].lower() not in _BUILD_TOOLS:
            found.append(match[1])
    return found
