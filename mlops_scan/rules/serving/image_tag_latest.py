"""image-tag-latest"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.formats import images
from mlops_scan.scanner.graph import Graph, Workload
from mlops_scan.scanner.model import Fact, Finding, Location, Place

_COMPILED = "compiled-pipeline"


class ImageTagLatest(Rule):
    """What runs is a container image with no fixed tag

    ## Why is this bad?
    The same manifest runs another image tomorrow, nodes run different ones today, and a rollback rolls back to nothing.

    ## Example
    ```yaml title="k8s/llm.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: llm}
    spec:
      template:
        spec:
          containers:
            - name: vllm
              image: vllm/vllm-openai:latest
    ```

    ## Use instead
    ```yaml title="k8s/llm.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: llm}
    spec:
      template:
        spec:
          containers:
            - name: vllm
              image: vllm/vllm-openai:v0.10.0
    ```

    ## When to ignore
    The image is built and run on one developer's machine.

    ## References
    Kubernetes documentation, container images.
    """

    kinds = OPERATED
    references = ("https://kubernetes.io/docs/concepts/containers/images/#image-names",)
    remedy = "Name a version tag, or better a digest."

    def check(self, graph: Graph) -> Iterator[Finding]:
        told: set[Location] = set()  # one values line can feed many images
        steps: set[tuple[str, str]] = set()  # images of CI, by file
        owners = {workload.id: workload for workload in graph.workloads()}
        pinned = {(one.id, c.image) for one in owners.values() for c in one.containers if c.pinned_elsewhere}
        compiled = _compiled(graph)
        in_code = {_tagged(one) for one in graph.facts("image") if compiled and one.at.path.endswith(".py")}
        for image in graph.facts("image"):
            if image.get("role") not in ("run", "ci", "copy") or image.get("local_build") or not images.floats(image):
                continue
            if (
                image.get("replaced")
                or image.get("builder")
                or (image.get("role") == "ci" and (image.at.path, image.name) in steps)
            ):
                continue  # no release runs it, the service's own, or told at the first step that runs in it
            workload = owners.get(str(image.get("owner")))
            if image.get("state") == "disabled" or (workload is not None and _is_aside(graph, workload)):
                continue
            if image.at.path in compiled:
                if _tagged(image) in in_code:
                    continue  # told in the code that it is compiled from, or at the first step of what is compiled
                in_code.add(_tagged(image))
            if (image.get("packed") and not image.also) or (image.get("owner"), image.get("raw")) in pinned:
                continue  # a packed chart says it itself, or what is installed is another version
            place = _place(image)
            if place in told:
                continue
            told.add(place)
            if image.get("role") == "ci":
                steps.add((image.at.path, image.name))
            yield self.finding(
                f"Image '{_called(graph, image)}' {_says(image)}{_where(image, place)}.",
                place,
                subject=f"{image.get('owner')}/{image.name}",
                related=[] if place == image.at else [Place(image.at, "it runs here")],
            )


def _called(graph: Graph, image: Fact) -> str:
    """The name of the image; of one that is an attribute of a declared repository, the name of that."""
    if not image.name.startswith("${"):
        return image.name
    runs = [edge.target for edge in graph.links_from(f"workload:{image.get('owner')}", "runs")]
    names = [one.removeprefix("image:") for one in runs if one.startswith("image:")]
    return names[0] if len(names) == 1 else image.name


def _tagged(image: Fact) -> tuple[str, str]:
    return image.name, str(image.get("tag") or "")


def _compiled(graph: Graph) -> frozenset[str]:
    """The files that a compiler of pipelines wrote."""
    return frozenset(str(one.get("pipeline")) for one in graph.facts("pipeline-step") if one.get("tool") == _COMPILED)


def _is_aside(graph: Graph, workload: Workload) -> bool:
    """A hook of a chart, or what a cluster's repository runs beside the ML system."""
    return bool(workload.fact.get("hook")) or workload.id in graph.bystanders.elsewhere


def _says(image: Fact) -> str:
    if image.get("default_tag") == "latest":
        return "is ':latest' unless a variable says otherwise"
    return "is ':latest'" if image.get("tag") == "latest" else "has no tag and no digest"


def _where(image: Fact, place: Location) -> str:
    """The values file with which alone this is so, where the place does not say it."""
    only = str(image.get("environment") or "")
    return f" with '{only}'" if only.endswith((".yaml", ".yml")) and only != place.path else ""


def _place(image: Fact) -> Location:
    """The values line that says the tag, where one fed a rendered template."""
    fed = [place.at for place in image.also]
    return fed[0] if fed else image.at
