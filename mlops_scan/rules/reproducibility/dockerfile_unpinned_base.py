"""dockerfile-unpinned-base"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.formats import images
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Finding


class DockerfileUnpinnedBase(Rule):
    """The base image has no fixed tag

    ## Why is this bad?
    The next build stands on another Python, another libc and other CUDA libraries, and nobody decided so.

    ## Example
    ```dockerfile title="Dockerfile"
    FROM python:latest
    CMD ["python", "train.py"]
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## Use instead
    ```dockerfile title="Dockerfile"
    FROM python:3.12.8-slim
    CMD ["python", "train.py"]
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    The image is thrown away after the build.

    ## References
    Docker documentation, building best practices.
    """

    kinds = OPERATED
    references = ("https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",)
    remedy = "Name a version tag, or better a digest."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for image in graph.facts("image"):
            if image.get("role") == "base" and image.name not in ("scratch", "") and images.floats(image):
                yield self.finding(
                    f"Base image '{image.name}' has no fixed tag.",
                    image.at,
                    subject=f"{image.at.path}:{image.name}",
                )
