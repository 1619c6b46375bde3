"""What runs in the cluster beside the ML system: controllers, agents, notebooks, load generators, charts about else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.graph.workloads import Container, Workload
from mlops_scan.scanner.model import Fact

# roles and capabilities by which an image or a command shows that its container does not serve the system's users
HELPING = (
    "cluster-agent",
    "infra-monitoring",
    "notebook-server",
    "load-generator",
    "keeps-data",
    "serving-platform",
    "ml-platform",
)
# what says that a chart is about machine learning
ABOUT_MODELS = (
    "trains",
    "predicts",
    "loads-model",
    "loads-hub-model",
    "registry-load",
    "batch-scoring",
    "model-server",
    "serving-platform",
    "gpu-runtime",
    "training-framework",
    "model-registry",
    "experiment-tracking",
    "drift-monitoring",
    "feature-store",
    "distributed-training",
    "inference-optimization",
    "llm-observability",
    "llm-gateway",
    "llm-api-client",
)
_CONTROLLER = re.compile(
    r"(?:^|[-_])(?:controller|controller-manager|operator|admission|webhook|provisioner|device-plugin|csi-driver|exporter)$"
    r"|(?:^|[-_])console-plugin(?:[-_]|$)"
)
# what a cloud runs to an end, or only for an event
_ENDS = re.compile(r"(?:jobs?|definition|functions?)\Z", re.IGNORECASE)
_ELECTS = re.compile(r"^--?(?:enable-)?leader-elect")


class Bystanders:
    """Workloads and containers that are no part of the ML system.

    `helpers` are the uses of HELPING, `about` the paths that speak of models. In a collection of charts (`offers`)
    those charts are left out that neither speak of models nor belong to one that does. `elsewhere` are the ids of
    workloads that are about something else.
    """

    def __init__(
        self,
        helpers: Iterable[Use],
        charts: Iterable[Fact],
        about: Iterable[str],
        *,
        offers: bool,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        self.offers = offers
        self.elsewhere = elsewhere
        self._images: set[tuple[str, str]] = set()
        self._stores: set[tuple[str, str]] = set()
        self._owners: set[str] = set()
        self._keepers: set[str] = set()
        self._forms: set[str] = set()
        # kinds of which an operator makes such components
        self._kinds: dict[str, set[str]] = {"cluster-agent": set(), "keeps-data": set()}
        for use in helpers:
            if use.key in ("serving-platform", "ml-platform"):
                if use.fact.kind == "resource":
                    self._forms.add(str(use.fact.get("type")))
            elif use.fact.kind == "resource":
                if use.key in ("cluster-agent", "keeps-data"):
                    self._kinds[use.key].add(str(use.fact.get("type")))
            elif use.fact.kind == "image":
                into = self._stores if use.key == "keeps-data" else self._images
                into.add((str(use.fact.get("owner")), str(use.fact.get("raw"))))
            elif use.fact.kind == "command" and use.key in ("notebook-server", "load-generator"):
                self._owners.add(str(use.fact.get("owner")))
            elif use.fact.kind == "command" and use.key == "keeps-data":
                self._keepers.add(str(use.fact.get("owner")))
        self._foreign = _foreign(tuple(charts), tuple(about)) if offers else frozenset()

    def is_agent(self, workload: Workload, container: Container) -> bool:
        """By its image or command: a monitoring or cluster component, a notebook server, a load generator."""
        return (workload.id, container.image) in self._images or workload.id in self._owners

    def serves(self, workload: Workload) -> bool:
        """Whether a container of the workload may answer the system's users: no helper, controller or data store."""
        own = (one for one in workload.containers if not one.init)
        if workload.origin == "cloud" and _ENDS.search(workload.kind):
            return False
        return not self.includes(workload) and not all(
            self.is_agent(workload, one) or self.keeps_data(workload, one) for one in own
        )

    def keeps_data(self, workload: Workload, container: Container) -> bool:
        """A database, a cache, a broker or a server of records: part of the system, not to be scaled with requests."""
        stored = workload.fact.get("type") in self._kinds["keeps-data"] or workload.id in self._keepers
        return stored or (workload.id, container.image) in self._stores

    def is_form(self, workload: Workload) -> bool:
        """A kind that only says how others are to be run: what it lacks is merged in from elsewhere."""
        return workload.fact.says.get("type") in self._forms

    def includes(self, workload: Workload) -> bool:
        """A controller, a form for workloads, what a packed chart brings, what is about something else."""
        if workload.fact.says.get("packed") or workload.id in self.elsewhere:
            return True
        around = paths.above(workload.at.path.rpartition("/")[0])
        foreign = bool(self._foreign) and any(folder in self._foreign for folder in around)
        agent = workload.fact.says.get("type") in self._kinds["cluster-agent"]
        return foreign or agent or self.is_form(workload) or is_controller(workload)


def is_controller(workload: Workload) -> bool:
    """Whether the workload extends the cluster: it elects a leader, is labelled as control plane, or is named so."""
    if "control-plane" in (workload.fact.says.get("labels") or {}) or _CONTROLLER.search(workload.name):
        return True
    for container in workload.containers:
        words = [*(container.fact.says.get("command") or ()), *(container.fact.says.get("args") or ())]
        image = container.image.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0]
        if _CONTROLLER.search(image) or any(_ELECTS.search(str(word)) for word in words):
            return True
    return False


def _foreign(charts: tuple[Fact, ...], about: tuple[str, ...]) -> frozenset[str]:
    """Folders of the charts that are not about models, where others are."""
    folders = {chart.at.path.rpartition("/")[0]: chart for chart in charts}
    own = {folder for path in about for folder in paths.above(path.rpartition("/")[0]) if folder in folders}
    waiting = sorted(own)
    while waiting:
        folder = waiting.pop()
        for needed in _local(folder, folders[folder]):
            if needed in folders and needed not in own:
                own.add(needed)
                waiting.append(needed)
    return frozenset(folders.keys() - own) if own else frozenset()


def _local(folder: str, chart: Fact) -> Iterator[str]:
    """The folders of the charts that a chart depends on by path."""
    for one in chart.get("dependencies") or ():
        written = str(one.get("repository") or "")
        if written.startswith("file://"):
            parts = folder.split("/")
            for step in written.removeprefix("file://").rstrip("/").split("/"):
                if step == "..":
                    parts = parts[:-1]
                elif step not in ("", "."):
                    parts = [*parts, step]
            yield "/".join(part for part in parts if part)
