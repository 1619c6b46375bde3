"""Workloads and their containers, merged over the environments that render them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats import images
from mlops_scan.scanner.graph.environments import SHOWN, in_production, is_steady, production, replicas
from mlops_scan.scanner.model import Fact, Location

# kinds that run their pod template as it is written: no controller adds probes, replicas or limits
PLAIN_KINDS = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig")
)
_ENDING = frozenset(
    ("Job", "CronJob", "Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "Sensor")
)
_ENDINGS = ("Job", "Workflow", "Task", "TaskRun", "PipelineRun")
_IDLE = ("sleep", "tail", "pause")


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a workload: its default rendering, and how other environments render it."""

    name: str
    at: Location
    fact: Fact
    variants: tuple[Fact, ...]
    production: tuple[Fact, ...] = ()  # what holds in environments that are production by name; none where none is

    @property
    def title(self) -> str:
        """`Container 'api'`; where it has no name, it is the only one."""
        return f"Container '{self.name}'" if self.name else "The container"

    @property
    def init(self) -> bool:
        return bool(self.fact.says.get("init"))

    @property
    def image(self) -> str:
        return str(self.fact.says.get("image") or "")

    def lacks(self, key: str) -> bool:
        """Whether `key` is empty by default and in every environment that is more than a trial.

        What only the values of production switch on is there; what only those of a developer do is not. What every
        environment lacks that is production by its name is lacking, whatever the others have.
        """
        if self.production:
            return all(not variant.get(key) for variant in self.production)
        judged = [variant for variant in self.variants if is_steady(variant)] or list(self.variants)
        return not self.fact.get(key) and all(not variant.get(key) for variant in judged)

    def taken(self, key: str) -> str:
        """' in production ...' where others have what production lacks, else ''."""
        if not any(variant.get(key) for variant in self.variants if is_steady(variant)):
            return ""
        return in_production(self.production)

    @property
    def pinned_elsewhere(self) -> bool:
        """Whether the image floats by default alone: values of an environment name a version of the same."""
        others = (variant for variant in self.variants if variant.get("environment") and is_steady(variant))
        return not self.fact.get("environment") and any(
            _image_name(variant) == _image_name(self.fact) and _is_pinned(str(variant.get("image") or ""))
            for variant in others
        )


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that runs containers, merged over its environments."""

    id: str
    name: str
    at: Location
    fact: Fact
    variants: tuple[Fact, ...]
    containers: tuple[Container, ...]
    production: tuple[Fact, ...] = ()

    @property
    def kind(self) -> str:
        return str(self.fact.says.get("kind") or "")

    @property
    def title(self) -> str:
        """Kind and name, the environments it has, and the values file without which there is none of it."""
        only = self.origin == "helm" and self.fact.get("environment")
        beside = f" (with '{only}')" if only else f" ({told})" if (told := self._environments()) else ""
        where = f" (only where {hangs})" if (hangs := self.fact.get("only_where")) else ""
        return f"{self.kind} '{self.called}'{beside}{where}"

    @property
    def called(self) -> str:
        """Its name; where environments each call it otherwise, the one it has in the file that they share."""
        return shared_name(self.variants) or self.name

    def _environments(self) -> str:
        """The environments of a workload that each calls otherwise."""
        if not shared_name(self.variants):
            return ""
        found = sorted({str(one.get("environment")) for one in self.variants if one.get("environment")})
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        return f"{len(found)} environments: {', '.join(found[:SHOWN])}{more}"

    @property
    def origin(self) -> str:
        return str(self.fact.says.get("origin") or "")

    @property
    def disabled(self) -> bool:
        return all(variant.get("state") == "disabled" for variant in self.variants)

    @property
    def node(self) -> str:
        return f"workload:{self.id}"

    @property
    def kind_at(self) -> Location:
        """Where `kind:` stands."""
        line = self.fact.get("kind_line")
        return Location(self.at.path, int(line)) if line else self.at

    @property
    def replicas_at(self) -> Location:
        """Where the number of replicas stands, or `kind:` where none is written."""
        said = self.production[0] if self.shrunk else self.fact
        line = said.get("replicas_line")
        return Location(str(said.get("replicas_path") or said.at.path), int(line)) if line else self.kind_at

    @property
    def shrunk(self) -> str:
        """' in production ...' where others have more replicas than production, else ''."""
        most, live = (max(map(replicas, group), default=0) for group in (self.variants, self.production))
        return in_production(self.production) if live < most else ""


def shared_name(variants: Iterable[Fact]) -> str:
    """The name that an object has where it is written, if its environments render it under several; else ''."""
    found = tuple(variants)
    if len({one.name for one in found}) < 2 or any(one.get("origin") != "kustomize" for one in found):
        return ""
    return str(found[0].get("id") or "").rpartition("#")[2].rpartition("/")[2].partition("~")[0]


def ends_itself(workload: Workload) -> bool:
    """Whether what the workload runs comes to an end: a job, a task, a flow."""
    return workload.kind in _ENDING or workload.kind.endswith(_ENDINGS) or bool(workload.fact.get("ends"))


def stays_up(workload: Workload) -> bool:
    """Whether the workload is meant to run on in a cluster: no compose service, job, single pod, hook or add-on.

    Nor what a cloud runs by itself: there the platform gives amounts, checks and a new instance for a broken one.
    """
    ends = ends_itself(workload) or workload.kind == "Pod" or workload.origin in ("compose", "cloud")
    add_on = workload.fact.get("namespace") == "kube-system"
    return not (ends or add_on or workload.disabled or workload.fact.get("hook"))


def is_whole(workload: Workload, container: Container) -> bool:
    """Whether this is all of the container: one without an image is a patch of what stands or is made elsewhere."""
    return workload.origin == "helm" or any(variant.get("image") for variant in container.variants)


def is_idle(container: Container) -> bool:
    """Whether the container only sleeps."""
    words = [*(container.fact.says.get("command") or ()), *(container.fact.says.get("args") or ())]
    text = " ".join(str(word) for word in words)
    return any(f"{idle} infinity" in text or f"{idle} -f /dev/null" in text for idle in _IDLE) or text in _IDLE


def _image_name(variant: Fact) -> str:
    return images.parse(str(variant.get("image") or "")).repository.rpartition("/")[2]


def _is_pinned(image: str) -> bool:
    ref = images.parse(image)
    return bool(ref.digest) or ref.tag not in ("", "latest")


def merge(facts: Iterable[Fact], containers: Iterable[Fact], live: Iterable[Fact] = ()) -> Iterator[Workload]:
    """The workloads; `live` are the environments of charts that are production by their names."""
    charts: dict[str, set[str]] = defaultdict(set)
    for one in live:
        charts[str(one.get("chart"))].add(one.name)
    inside: dict[str, dict[tuple[str, bool], list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for fact in containers:
        inside[str(fact.get("workload"))][(fact.name, bool(fact.get("init")))].append(fact)
    by_id: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_id[str(fact.get("id"))].append(fact)
    for key in sorted(by_id, key=lambda key: _default(by_id[key]).order):
        main = _default(by_id[key])
        names = frozenset(charts.get(key.partition("#")[0], ()))
        merged = [_container(one, names) for group in inside[key].values() for one in _apart(group)]
        merged.sort(key=lambda container: container.fact.order)
        lives = production(by_id[key], names)
        yield Workload(key, main.name, main.at, main, tuple(by_id[key]), tuple(merged), lives)


def _apart(group: list[Fact]) -> list[list[Fact]]:
    """Containers of one name in several pods of a workload (its head and its workers), each with its variants."""
    if len(group) == 1:
        return [group]
    places: dict[str, dict[Location, int]] = defaultdict(dict)
    found: dict[int, list[Fact]] = defaultdict(list)
    for fact in sorted(group, key=lambda fact: fact.order):
        known = places[str(fact.says.get("environment") or "")]
        found[known.setdefault(fact.at, len(known))].append(fact)
    return list(found.values())


def _default(variants: list[Fact]) -> Fact:
    """The variant rendered by default: enabled and with no environment first, then by place."""
    return min(
        variants,
        key=lambda fact: (fact.says.get("state") == "disabled", bool(fact.says.get("environment")), fact.order),
    )


def _container(variants: list[Fact], live: frozenset[str]) -> Container:
    main = _default(variants)
    return Container(main.name, main.at, main, tuple(variants), production(variants, live))
