"""The evidence graph. Parsers' facts and links go in while it is built; rules ask the questions below.

Inside: plain adjacency, because importing networkx costs 135 ms; it is imported for paths and exports only.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from mlops_scan.scanner import catalog, paths
from mlops_scan.scanner.graph.bystanders import ABOUT_MODELS, HELPING, Bystanders
from mlops_scan.scanner.graph.cluster import elsewhere
from mlops_scan.scanner.graph.handover import pairs, spread
from mlops_scan.scanner.graph.reach import PRODUCTION, Reach
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.graph.versions import Versions
from mlops_scan.scanner.graph.ways import Ways
from mlops_scan.scanner.graph.workloads import Container, Workload, is_idle, is_whole, merge, stays_up
from mlops_scan.scanner.model import Edge, Evidence, Fact, Location, Node, Place, Profile, Status, System, by_place

# links by which something comes to run a file
RUNNING = ("runs", "starts", "calls", "has job", "needs", "builds", "stands on", "has step", "applies")
_T = TypeVar("_T")
_BY_FACT = attrgetter("fact.at.path", "fact.at.line", "fact.at.column", "fact.kind", "fact.name", "key", "tool")


_SAVES = re.compile(r"(?:^|[._])(?:save|dump|write|export|persist|serialize|upload)[a-z]*(?:_\w+)?$", re.IGNORECASE)
_MODEL_WORDS = re.compile(
    r"model|clf|classif|regress|pipeline|vectori|encoder|scaler|predict|estimator|weights|transformer", re.IGNORECASE
)


class Graph:
    """Facts, what the catalogue knows of them, the links between their subjects, and what all that amounts to."""

    def __init__(self, facts: Iterable[Fact], files: Iterable[str], uses: Iterable[Use] = ()) -> None:
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        for fact in sorted(facts, key=by_place):
            self._facts[fact.kind].append(fact)
        self.files = tuple(sorted(files))
        self._uses: dict[str, list[Use]] = defaultdict(list)
        for use in sorted(uses, key=_BY_FACT):
            self._uses[use.key].append(use)
        self._nodes: dict[str, Node] = {}
        self._out: dict[str, list[Edge]] = defaultdict(list)
        self._in: dict[str, list[Edge]] = defaultdict(list)
        self._linked: set[tuple[str, str, str]] = set()
        self._evidence: dict[str, list[Evidence]] = defaultdict(list)
        self.systems: tuple[System, ...] = ()
        self.profile = Profile()
        self.training: tuple[Use, ...] = ()  # what fits a model
        self.online: tuple[Use, ...] = ()  # what answers requests with a model
        self.batch: tuple[Use, ...] = ()  # what writes predictions
        self.whole_repository = True  # False: the scanned folder is a part of one
        self.external: dict[str, str] = {}  # capability -> where the user says it lives
        self._workloads: tuple[Workload, ...] | None = None
        self._mentioned: dict[str, list[tuple[Location, str]]] | None = None
        self._beside: bool | None = None
        self._archive: frozenset[str] | None = None
        self._production: dict[str, bool] = {}
        self._environments: dict[str, dict[str, Fact]] = {}
        self._known: set[Evidence] = set()
        self._recalled: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Use, ...]] = {}
        self._counted: dict[tuple[str, ...], tuple[Fact, ...]] = {}
        self._by_file: dict[str, dict[str, list[Fact]]] = {}
        self._closures: dict[tuple[str, ...], frozenset[str]] = {}
        self._versions: Versions | None = None
        self._bystanders: Bystanders | None = None
        self._fact_index: dict[int, list[Use]] | None = None
        self._made_once: dict[Any, Any] = {}

    # -- building (link, evidence and profile only) -----------------------------------------------------------

    def add_edge(self, edge: Edge) -> None:
        """Link two subjects; both become nodes, a repeated link is kept once."""
        link = (edge.source, edge.relation, edge.target)
        if link in self._linked:
            return
        self._linked.add(link)
        for end in (edge.source, edge.target):
            self._nodes.setdefault(end, Node(end, end.partition(":")[0], end.partition(":")[2], edge.at))
        self._out[edge.source].append(edge)
        self._in[edge.target].append(edge)

    def add_node(self, node: Node) -> None:
        self._nodes[node.id] = node

    def add_evidence(self, found: Iterable[Evidence]) -> None:
        for evidence in found:
            if evidence not in self._known:
                self._known.add(evidence)
                self._evidence[evidence.capability].append(evidence)

    def once(self, make: Callable[[Graph], _T]) -> _T:
        """What `make` makes of the linked graph: once, for all that ask."""
        if make not in self._made_once:
            self._made_once[make] = make(self)
        made: _T = self._made_once[make]
        return made

    # -- facts and what they mean ------------------------------------------------------------------------------

    def facts(self, *kinds: str) -> tuple[Fact, ...]:
        """Facts of these kinds that count as evidence: outside tests, documentation and vendored trees. By place."""
        if kinds not in self._counted:
            self._counted[kinds] = tuple(fact for fact in self.all_facts(*kinds) if counts(fact.at.path))
        return self._counted[kinds]

    def in_file(self, path: str, kind: str) -> tuple[Fact, ...]:
        """Facts of a kind in one file, by place."""
        if kind not in self._by_file:
            index: dict[str, list[Fact]] = defaultdict(list)
            for fact in self._facts[kind]:
                index[fact.at.path].append(fact)
            self._by_file[kind] = index
        return tuple(self._by_file[kind].get(path, ()))

    def all_facts(self, *kinds: str) -> tuple[Fact, ...]:
        """Facts of these kinds wherever they stand, by place."""
        if len(kinds) == 1:
            return tuple(self._facts[kinds[0]])
        return tuple(sorted((fact for kind in kinds for fact in self._facts[kind]), key=by_place))

    def uses(self, *keys: str, strengths: Collection[str] = ("strong", "medium")) -> tuple[Use, ...]:
        """What the catalogue recognised for these roles or capabilities, outside tests and documentation."""
        asked = (keys, tuple(strengths))
        if asked not in self._recalled:
            self._recalled[asked] = tuple(
                use for key in keys for use in self._uses[key] if use.strength in strengths and counts(use.at.path)
            )
        return self._recalled[asked]

    def uses_of(self, fact: Fact) -> tuple[Use, ...]:
        """All that the catalogue says of one fact."""
        return tuple(self._by_fact().get(id(fact), ()))

    def _by_fact(self) -> dict[int, list[Use]]:
        if self._fact_index is None:
            self._fact_index = defaultdict(list)
            for uses in self._uses.values():
                for use in uses:
                    self._fact_index[id(use.fact)].append(use)
        return self._fact_index

    def has_role(self, fact: Fact, *roles: str) -> bool:
        """Whether the catalogue gives the fact one of these roles."""
        return any(use.key in roles for use in self.uses_of(fact))

    def is_production(self, path: str) -> bool:
        """Whether a path belongs to the system: not an example, sample or earlier release that lies beside it."""
        if path not in self._production:
            self._production[path] = self._is_production(path)
        return self._production[path]

    def _is_production(self, path: str) -> bool:
        if self._archive is None:
            self._archive = paths.superseded(self.files)
        if self._archive and any(path.startswith(f"{one}/") for one in self._archive):
            return False
        if self._beside is None:
            acts = [*self.training, *self.online, *self.batch]
            inside = {paths.is_example(use.at.path) for use in acts} | {
                paths.is_example(one.at.path) for one in self.workloads()
            }
            self._beside = False in inside  # something that is no example does the work
        return not (self._beside and paths.is_example(path)) or self.mark(f"file:{path}") == PRODUCTION

    def is_tutorial(self, path: str) -> bool:
        """Whether a path lies among what only shows how things are done; notebooks may be where a model is made."""
        return paths.is_tutorial(path)

    def mark(self, node: str) -> str:
        """What a subject is part of: production, development, an example or a test; by what runs, not by path alone."""
        return self.once(Reach).mark(node)

    # -- capabilities ------------------------------------------------------------------------------------------

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

    def is_hub_id(self, text: str) -> bool:
        """Whether a text is an `owner/name` that a call loads from a hub, or that names no file here."""
        if text.count("/") != 1 or text.startswith((".", "/", "~")) or "." in text.rpartition("/")[2][-8:]:
            return False
        return not any(path.startswith(f"{text.partition('/')[0]}/") for path in self.files)

    def loads_model(self, use: Use, caller: str = "") -> bool:
        """Whether a load is of a model: not a bare unpickling of anything at all in code that knows no model.

        `caller` is the path of a file that reaches the load, whose code is asked too.
        """
        if use.key != "loads-model" or use.fact.name.partition(".")[0] not in sys.stdlib_module_names:
            return True
        words = [str(value) for value in (*(use.fact.get("args") or ()), use.fact.get("assigned") or "")]
        if _MODEL_WORDS.search(" ".join(words)):
            return True
        closure = {*self.closure(use.at.path), *(self.closure(caller) if caller else ())}
        knows = self.uses("predicts", "trains", "loads-hub-model", "registry-load", "training-framework", "evaluates")
        return any(one.at.path in closure for one in knows)

    def tool_status(self, tool: str) -> str:
        """The catalogue's word on a tool: active, maintenance, eol, archived ..., or '' for what it does not know."""
        try:
            return catalog.load().tool(tool).status
        except KeyError:
            return ""

    # -- workloads ---------------------------------------------------------------------------------------------

    def workloads(self, *kinds: str) -> tuple[Workload, ...]:
        """Workloads outside tests, each once however many environments render it; of these kinds, if any are named."""
        if self._workloads is None:
            self._workloads = tuple(merge(self.facts("workload"), self.facts("container")))
        return tuple(one for one in self._workloads if not kinds or one.kind in kinds)

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

    @property
    def bystanders(self) -> Bystanders:
        """What runs beside the ML system."""
        offers = self.profile.kind == "platform"
        if self._bystanders is None or self._bystanders.offers != offers:
            about = self.uses(*ABOUT_MODELS)
            self._bystanders = Bystanders(
                self.uses(*HELPING),
                self.facts("chart"),
                {use.at.path for use in about},
                offers=offers,
                elsewhere=elsewhere(self.workloads(), about),
            )
        return self._bystanders

    def answering(self) -> tuple[Workload, ...]:
        """Workloads that may answer the system's users: where any is known to start what serves, or else to hold it in
        its image, only those.
        """
        serving = {use.at.path for use in (*self.online, *self.batch)}
        able = tuple(one for one in self.workloads() if not one.disabled and self.bystanders.serves(one))
        starting = tuple(one for one in able if not serving.isdisjoint(self.files_run_by(one.node)))
        if starting:
            return starting
        held = {f"file:{path}" for path in serving}
        relations = (*RUNNING, "copies")
        return tuple(one for one in able if held & self.reachable_from(one.node, relations=relations)) or able

    def exposes(self, workload: Workload, container: Container) -> bool:
        """Whether something can call the container: it has ports, or a Service selects its pods."""
        return bool(container.fact.get("ports")) or bool(self.links_to(workload.node, "selects"))

    def workload(self, node: str) -> Workload | None:
        """The workload of a node id `workload:...`."""
        return next((one for one in self.workloads() if one.node == node), None)

    # -- files and versions --------------------------------------------------------------------------------------

    def readers_of(self, path: str) -> tuple[Place, ...]:
        """Where code loads the model file at `path`, names it in a call (to join a path, say), or ships it."""
        name = path.rsplit("/", 1)[-1]
        meant = [(at, self._means(text, path)) for at, text in self._mentions_of(name)]
        elsewhere = {at.path for at, means in meant if not means} - {at.path for at, means in meant if means}
        reads = self.links_to(f"model:{name}", "reads")
        loads = [Place(edge.at, "loads it") for edge in reads if edge.at.path not in elsewhere]
        named = [Place(at, "names it") for at, means in meant if means]
        return (*loads, *named, *(Place(at, "copies it into an image") for at in self._shipped(path)))

    def only_describes(self, file: Fact) -> bool:
        """Whether a model file only describes a model, the weights of which lie beside it or elsewhere."""
        formats: Sequence[str] = catalog.load().names["model-formats"]["descriptions"]
        return file.get("format") in formats

    def lies_with_model(self, path: str) -> bool:
        """Whether the file was saved with a model, in the folder that describes itself: no list that a person keeps."""
        return path.rpartition("/")[0] in self.once(_saved_models)

    def _shipped(self, path: str) -> Iterator[Location]:
        """Where a Dockerfile copies the file by its name or that of its folder; `COPY . .` copies anything."""
        copying = {edge.source for edge in self.links_to(f"file:{path}", "copies")}
        for stage in self.facts("stage") if copying else ():
            if f"stage:{stage.at.path}#{stage.name}" in copying:
                for copy in stage.get("copies") or ():
                    source = str(copy.get("src") or "").strip("/").removeprefix("./")
                    if source not in ("", ".") and f"/{source}/" in f"/{path}/":
                        yield Location(stage.at.path, int(copy.get("line") or stage.at.line))

    def _means(self, text: str, path: str) -> bool:
        """Whether a text means the file at `path`, and not another file of that name, of which it names the folder."""
        named = "/" + text.removeprefix("./").lstrip("/")
        if named.count("/") < 2 or f"/{path}".endswith(named):
            return True
        return not any(f"/{other}".endswith(named) for other in self.files)

    def mentions(self, name: str) -> tuple[Location, ...]:
        """Where a call outside tests passes a text that is this file name, or a path that ends with it."""
        return tuple(at for at, _ in self._mentions_of(name))

    def _mentions_of(self, name: str) -> tuple[tuple[Location, str], ...]:
        if self._mentioned is None:
            self._mentioned = defaultdict(list)
            for fact in self.facts("call"):
                if _SAVES.search(fact.name):
                    continue
                for value in (*(fact.get("args") or ()), *(fact.get("kwargs") or {}).values()):
                    text = value if isinstance(value, str) else value.get("const") if isinstance(value, dict) else None
                    if isinstance(text, str) and "." in text:
                        plain = text.replace("\\", "/")
                        self._mentioned[plain.rsplit("/", 1)[-1]].append((fact.at, plain))
        return tuple(self._mentioned.get(name, ()))

    @property
    def versions(self) -> Versions:
        """Declared, pinned and locked distributions."""
        if self._versions is None:
            self._versions = Versions(*(self.all_facts(kind) for kind in ("package", "locked", "manifest", "command")))
        return self._versions

    def handovers(self) -> tuple[tuple[Location, Location], ...]:
        """(where training writes a model, where a serving file loads it), for models whose names agree."""
        serving = {use.at.path for use in (*self.online, *self.batch)}
        reading = frozenset(path for one in serving for path in self.closure(one))
        written = [use.fact for use in self.uses("persists-model", "registers-model") if use.fact.kind == "call"]
        loaded = [use.fact for use in self.uses("loads-model", "registry-load") if use.fact.kind == "call"]
        writes = [one for call in written for one in spread(call)]
        reads = [one for call in loaded for one in spread(call) if one.at.path in reading]
        return tuple(dict.fromkeys(pairs(writes, reads)))

    def environment(self, path: str) -> dict[str, Fact]:
        """Distribution -> the fact that fixes its version where `path` runs.

        From the manifests that the image of the file installs; else from those of the nearest folder upward.
        """
        if path not in self._environments:
            self._environments[path] = self.versions.fixed_in(self._installed_for(path) or self.versions.near(path))
        return self._environments[path]

    def delivery(self, written: Location, read: Location) -> tuple[Edge, ...]:
        """The links on the way of a model: written here, loaded there, in that image, built or run by that workload."""
        way = [edge for edge in self.links_from(f"file:{written.path}", "writes", "registers") if edge.at == written]
        way += [edge for edge in self.links_from(f"file:{read.path}", "reads") if edge.at == read]
        carrier = next((edge for edge in self.links_to(f"file:{read.path}", "starts", "copies", "runs")), None)
        while carrier is not None and carrier not in way:
            way.append(carrier)
            carrier = next((edge for edge in self.links_to(carrier.source, "builds", "stands on")), None)
        return tuple(way)

    def _installed_for(self, path: str) -> frozenset[str]:
        stages = {edge.source for edge in self.links_to(f"file:{path}", "starts", "copies", "runs")}
        stages = {node for node in stages if node.startswith("stage:")}
        return frozenset(edge.target[5:] for stage in stages for edge in self.links_from(stage, "installs"))

    # -- links -------------------------------------------------------------------------------------------------

    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._nodes[key] for key in sorted(self._nodes))

    def edges(self, *relations: str) -> tuple[Edge, ...]:
        """All links (of these relations), by source, relation and target."""
        found = (edge for edges in self._out.values() for edge in edges if not relations or edge.relation in relations)
        return tuple(sorted(found, key=lambda edge: (edge.source, edge.relation, edge.target)))

    def links_from(self, node: str, *relations: str) -> tuple[Edge, ...]:
        found = (edge for edge in self._out.get(node, ()) if not relations or edge.relation in relations)
        return tuple(sorted(found, key=lambda edge: (edge.relation, edge.target)))

    def links_to(self, node: str, *relations: str) -> tuple[Edge, ...]:
        found = (edge for edge in self._in.get(node, ()) if not relations or edge.relation in relations)
        return tuple(sorted(found, key=lambda edge: (edge.relation, edge.source)))

    def reachable_from(self, *starts: str, relations: Collection[str] = (), limit: int = 100_000) -> frozenset[str]:
        """Nodes that the links (of these relations) reach from `starts`, the starts included."""
        seen: set[str] = set(starts)
        queue = deque(sorted(seen))
        while queue and len(seen) < limit:
            for edge in self._out.get(queue.popleft(), ()):
                if edge.target not in seen and (not relations or edge.relation in relations):
                    seen.add(edge.target)
                    queue.append(edge.target)
        return frozenset(seen)

    def closure(self, *paths: str) -> frozenset[str]:
        """The files that these files reach by importing, themselves included."""
        if paths not in self._closures:
            starts = [f"file:{path}" for path in paths]
            reached = self.reachable_from(*starts, relations=("imports",))
            self._closures[paths] = frozenset(node[5:] for node in reached if node.startswith("file:"))
        return self._closures[paths]

    def importing(self, paths: Iterable[str]) -> frozenset[str]:
        """The files of which the closure holds one of these: those that come to import them, and they themselves."""
        found = set(paths)
        waiting = sorted(found)
        while waiting:
            for edge in self._in.get(f"file:{waiting.pop()}", ()):
                path = edge.source.removeprefix("file:")
                if edge.relation == "imports" and path not in found:
                    found.add(path)
                    waiting.append(path)
        return frozenset(found)

    def files_run_by(self, node: str) -> frozenset[str]:
        """The files that a job, target, stage, workload or file comes to run, with all that they import."""
        reached = self.reachable_from(node, relations=RUNNING)
        started = {one[5:] for one in reached if one.startswith("file:")}
        return frozenset(path for one in started for path in self.closure(one))

    def path(self, source: str, target: str) -> tuple[Edge, ...]:
        """The shortest chain of links from `source` to `target`, or ()."""
        before: dict[str, Edge] = {}
        queue = deque([source])
        while queue:
            node = queue.popleft()
            if node == target:
                return tuple(_walk_back(before, source, target))
            for edge in self.links_from(node):
                if edge.target not in before and edge.target != source:
                    before[edge.target] = edge
                    queue.append(edge.target)
        return ()

    def way_to(self, at: Location, subject: str = "") -> tuple[Edge, ...]:
        """The shortest chain of links from what starts it in production to what is called `subject` or stands there."""
        return self.once(Ways).to(at, subject)


@lru_cache(maxsize=100_000)
def counts(path: str) -> bool:
    """Whether a fact at this path is evidence: not in tests, documentation or vendored trees."""
    return not (paths.is_test(path) or paths.is_documentation(path) or paths.is_vendored(path))


def _walk_back(before: dict[str, Edge], source: str, target: str) -> list[Edge]:
    chain: list[Edge] = []
    while target != source:
        chain.append(before[target])
        target = before[target].source
    return chain[::-1]


def _saved_models(graph: Graph) -> frozenset[str]:
    """Folders of saved models that describe themselves."""
    found = (file for file in graph.facts("model-file") if "flavors" in (file.get("metadata") or {}))
    return frozenset(file.at.path.rpartition("/")[0] for file in found)
