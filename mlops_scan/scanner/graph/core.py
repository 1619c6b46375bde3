"""The evidence graph. Parsers' facts and links go in while it is built; rules ask the questions below.

Here are the questions that many ask. What one rule or judgement asks is a module of its own beside this one that takes
the graph: functions, or a class of which `once` keeps what it indexes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mlops_scan.scanner import catalog, paths
from mlops_scan.scanner.graph.bystanders import ABOUT_MODELS, HELPING, Bystanders
from mlops_scan.scanner.graph.cluster import elsewhere
from mlops_scan.scanner.graph.facts import Facts
from mlops_scan.scanner.graph.links import Links
from mlops_scan.scanner.graph.production import Production
from mlops_scan.scanner.graph.reach import Reach
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.graph.vendored import brought
from mlops_scan.scanner.graph.versions import Versions
from mlops_scan.scanner.graph.ways import Ways
from mlops_scan.scanner.graph.workloads import Container, Workload, is_idle, is_whole, merge, stays_up
from mlops_scan.scanner.model import Edge, Evidence, Fact, Location, Profile, Status, System

_T = TypeVar("_T")


class Graph(Facts, Links):
    """Facts, what the catalogue knows of them, the links between their subjects, and what all that amounts to."""

    def __init__(self, facts: Iterable[Fact], files: Iterable[str], uses: Iterable[Use] = ()) -> None:
        Facts.__init__(self, facts, uses)
        Links.__init__(self)
        self.files = tuple(sorted(files))
        self._evidence: dict[str, list[Evidence]] = defaultdict(list)
        self._known: set[Evidence] = set()
        self.systems: tuple[System, ...] = ()
        self.profile = Profile()
        self.training: tuple[Use, ...] = ()  # what fits a model
        self.online: tuple[Use, ...] = ()  # what answers requests with a model
        self.batch: tuple[Use, ...] = ()  # what writes predictions
        self.whole_repository = True  # False: the scanned folder is a part of one
        self.external: dict[str, str] = {}  # capability -> where the user says it lives
        self._workloads: tuple[Workload, ...] | None = None
        self._bystanders: Bystanders | None = None
        self._made_once: dict[Any, Any] = {}

    def once(self, make: Callable[[Graph], _T]) -> _T:
        """What `make` makes of the linked graph: once, for all that ask."""
        if make not in self._made_once:
            self._made_once[make] = make(self)
        made: _T = self._made_once[make]
        return made

    # -- what a path or subject is part of

    def is_production(self, path: str) -> bool:
        """Whether a path belongs to the system: not an example, sample or earlier release that lies beside it."""
        return self.once(Production).includes(path)

    def is_tutorial(self, path: str) -> bool:
        """Whether a path lies among what only shows how things are done; notebooks may be where a model is made."""
        return paths.is_tutorial(path)

    def mark(self, node: str) -> str:
        """What a subject is part of: production, development, an example or a test; by what runs, not by path alone."""
        return self.once(Reach).mark(node)

    def way_to(self, at: Location, subject: str = "") -> tuple[Edge, ...]:
        """The shortest chain of links from what starts it in production to what is called `subject` or stands there."""
        return self.once(Ways).to(at, subject)

    # -- capabilities

    def add_evidence(self, found: Iterable[Evidence]) -> None:
        for evidence in found:
            if evidence not in self._known:
                self._known.add(evidence)
                self._evidence[evidence.capability].append(evidence)

    def evidence(self, capability: str, *states: Status) -> tuple[Evidence, ...]:
        """Evidence for a capability in these states (default: only what takes effect), strongest tool first."""
        wanted = states or (Status.USED,)
        return tuple(one for one in self._evidence[capability] if one.status in wanted)

    def has(self, *capabilities: str) -> bool:
        """Whether any of the capabilities takes effect."""
        return any(self.evidence(capability) for capability in capabilities)

    def capabilities(self) -> tuple[Evidence, ...]:
        """All evidence: by capability, then used before disabled before declared, then place."""
        order = {Status.USED: 0, Status.DISABLED: 1, Status.DECLARED: 2}
        return tuple(
            sorted(
                (one for found in self._evidence.values() for one in found),
                key=lambda one: (one.capability, order[one.status], one.tool, one.at, one.what),
            )
        )

    def looked_for(self, capability: str, searched: str = "") -> str:
        """What a search for the capability looked at: tools known to give it (or `searched`), and the files read."""
        tools = searched or ", ".join(catalog.load().looked_for(capability, 5))
        suffixes = [path.rpartition(".")[2] for path in self.files]
        code = sum(suffix in ("py", "ipynb") for suffix in suffixes)
        manifests = len(self._facts["resource"]) + len(self._facts["chart"])
        return (
            f"{tools} ({code} Python files, {manifests} declared resources, {len(self._facts['workflow'])} workflows)"
        )

    def tool_status(self, tool: str) -> str:
        """The catalogue's word on a tool: active, maintenance, eol, archived ..., or '' for what it does not know."""
        try:
            return catalog.load().tool(tool).status
        except KeyError:
            return ""

    # -- workloads and versions

    def workloads(self, *kinds: str) -> tuple[Workload, ...]:
        """Workloads outside tests, each once however many environments render it; of these kinds, if any are named."""
        if self._workloads is None:
            live = self.facts("environment")
            self._workloads = tuple(merge(self.facts("workload"), self.facts("container"), live))
        return tuple(one for one in self._workloads if not kinds or one.kind in kinds)

    def workload(self, node: str) -> Workload | None:
        """The workload of a node id `workload:...`."""
        return next((one for one in self.workloads() if one.node == node), None)

    def long_running(self) -> tuple[tuple[Workload, Container], ...]:
        """Containers of the system that are meant to stay up, as deployed to a cluster.

        Left out: compose services, jobs and single pods, init containers, chart hooks, containers that only sleep, what
        the defaults switch off, and what runs beside the system (cluster add-ons, controllers, agents, notebooks).
        """
        return tuple(
            (workload, container)
            for workload in self.workloads()
            if stays_up(workload) and not self.bystanders.includes(workload)
            for container in workload.containers
            if is_whole(workload, container) and not container.init
            if not is_idle(container) and not self.is_agent(workload, container)
        )

    def is_agent(self, workload: Workload, container: Container) -> bool:
        """Whether the container is a helper by its image or command: monitoring, the cluster's own, a notebook."""
        return self.bystanders.is_agent(workload, container)

    def exposes(self, workload: Workload, container: Container) -> bool:
        """Whether something can call the container: it has ports, or a Service selects its pods."""
        return bool(container.fact.get("ports")) or bool(self.links_to(workload.node, "selects"))

    @property
    def bystanders(self) -> Bystanders:
        """What runs beside the ML system."""
        offers = self.profile.kind == "platform"
        if self._bystanders is None or self._bystanders.offers != offers:
            about = self.uses(*ABOUT_MODELS)
            files = {use.at.path for use in about}
            self._bystanders = Bystanders(
                self.uses(*HELPING),
                self.facts("chart"),
                files,
                offers=offers,
                elsewhere=elsewhere(self.workloads(), about) | brought(self, files),
            )
        return self._bystanders

    @property
    def versions(self) -> Versions:
        """Declared, pinned and locked distributions."""
        return self.once(_versions)


def _versions(graph: Graph) -> Versions:
    return Versions(*(graph.all_facts(kind) for kind in ("package", "locked", "manifest", "command")))
