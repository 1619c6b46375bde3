"""Steps and jobs that are named for something and do nothing for it: they only print, cannot fail, or never run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_scan.scanner import catalog
from mlops_scan.scanner.evidence.trial_runs import told_to_change_nothing
from mlops_scan.scanner.formats.shellsilent import is_silent
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.idlesteps import idle
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Evidence, Fact, Location, Status

_WAITS = frozenset(("sleep", "start-sleep"))
_PREPARES = re.compile(r"^actions/(?:checkout|setup-|cache|download-artifact)|^checkout$|^UsePythonVersion$")
_MADE_READY = frozenset(
    ("cd", "pip", "apt-get", "apt", "apk", "npm", "uv", "mkdir", "export", "source", "shopt", "git")
)
_INSTALLS = frozenset(("install", "update", "add", "sync", "ci", "-p", "config", "checkout", "fetch"))
# what reports on the work of others
_TELLS = re.compile(
    r"summar|notif|\binfo|status|\bprint|\becho|\bshow|\breport|messag|announc|succe|fail|\burl\b|comment|badge|output|"
    r"\bset\b|set.?up|install|prepar|version|\bskip|\bwait|complet|\bdone\b|finish|\bstart|\bcheckout|detect|changed|\blist",
    re.IGNORECASE,
)
_CHECKS = frozenset(("evaluation-gate", "data-validation", "drift-monitoring", "model-monitoring", "ci-cd"))
_CHANGES = frozenset(("deployment-automation", "rollback", "gradual-rollout", "retraining-trigger", "model-registry"))
_MOST = 3  # of one capability


@dataclass(frozen=True, slots=True)
class Show:
    """A step or job without effect: what to call it, the texts that name it, where, and why. `only`: for what alone."""

    label: str
    named: str
    at: Location
    why: str
    only: frozenset[str] = frozenset()
    tool: str = "ci"


class Shows:
    """The steps and jobs of active workflows that do nothing, by place."""

    def __init__(self, graph: Graph) -> None:
        self._runs: dict[tuple[str, Location], list[str]] = defaultdict(list)
        for edge in graph.edges("runs"):
            self._runs[edge.source, edge.at].append(edge.target)
        self._owned: dict[str, list[Fact]] = defaultdict(list)
        for fact in graph.facts("command"):
            self._owned[owner_id(fact)].append(fact)
        self.idle_jobs: set[str] = set()
        idle = {one.name for one in graph.facts("workflow") if not one.get("active")}
        jobs = {str(one.get("id")): one for one in graph.facts("job") if str(one.get("workflow")) not in idle}
        actions: dict[str, list[Fact]] = defaultdict(list)
        for fact in graph.facts("action"):
            actions[str(fact.says.get("owner"))].append(fact)
        self.all = tuple(
            show
            for owner, job in jobs.items()
            for show in self._of_job(job, self._owned.get(f"job:{owner}", []), actions.get(owner, []))
        ) + tuple(_of_pipelines(graph))

    def _of_job(self, job: Fact, commands: Sequence[Fact], actions: Sequence[Fact]) -> Iterator[Show]:
        if not commands:
            return
        why = self._nothing(commands)
        if why and not job.says.get("uses") and all(_PREPARES.search(one.name) for one in actions):
            self.idle_jobs.add(str(job.says.get("id")))
            title = str(job.says.get("title") or "")
            yield Show(f"job '{job.name}'", f"{job.name}\n{title}" if title else job.name, commands[0].at, why)
        steps: dict[str, list[Fact]] = defaultdict(list)
        for fact in commands:
            steps[str(fact.says.get("step") or "")].append(fact)
        for name, inside in steps.items():
            if name:
                yield from self._of_step(f"step '{name}'", name, inside)
        if "" in steps and len(steps) == 1 and not why:
            yield from self._of_step(f"job '{job.name}'", f"{job.name}\n{job.says.get('title') or ''}", commands)

    def _of_step(self, label: str, name: str, commands: Sequence[Fact]) -> Iterator[Show]:
        at = commands[0].at
        if why := self._nothing(commands):
            yield Show(label, name, at, why)
            return
        serious = [one for one in commands if not says_nothing(one) and not _makes_ready(one)]
        if not serious:
            return
        if all(one.get("state") == "disabled" for one in serious):
            yield Show(label, name, at, "it never runs")
        elif all(one.get("soft") for one in serious):
            yield Show(label, name, at, "its failure is ignored", _CHECKS)
        elif all(flags := [told_to_change_nothing(one) for one in serious]):
            yield Show(label, name, at, f"it is told to change nothing ({flags[0]})", _CHANGES)

    def _nothing(self, commands: Sequence[Fact]) -> str:
        """Why commands do nothing at all; '' where one of them does something, or all of them only make ready."""
        told = ""
        for fact in commands:
            if says_nothing(fact):
                waits = "all it does is wait" if fact.name.lower() in _WAITS else "all it does is print"
                silent = "it holds no command that does anything" if fact.name in (":", "true") else waits
                told = told if told and silent != "all it does is print" else silent
            elif inner := self._hollow(fact):
                told = inner
            elif not _makes_ready(fact):
                return ""
        return told

    def _hollow(self, fact: Fact) -> str:
        """Why a command does nothing that runs a target or a shell script in which there is nothing else."""
        targets = self._runs.get((owner_id(fact), fact.at), [])
        if len(targets) != 1 or fact.says.get("state"):
            return ""
        kind, _, path = targets[0].partition(":")
        inside = self._owned.get(targets[0], [])
        called = " ".join(str(word) for word in (fact.says.get("argv") or ())[:2])
        if kind == "target" and inside and all(says_nothing(one) for one in inside):
            return f"all that '{called}' does is print ({inside[0].at})"
        if kind == "file" and path.endswith((".sh", ".bash")) and all(says_nothing(one) for one in inside):
            return f"all that '{path}' does is print"
        return ""


def _of_pipelines(graph: Graph) -> Iterator[Show]:
    """Steps of pipelines of code that do nothing: placeholders, lines that print, functions without a body."""
    for step in graph.facts("pipeline-step"):
        if step.says.get("where") == "python" and (found := idle(graph, step)):
            named = "\n".join(filter(None, (step.name, str(step.says.get("function") or ""))))
            yield Show(f"step '{step.name}'", named, found.at, found.why, tool=str(step.says.get("tool") or "workflow"))


def shown(graph: Graph, capability: str) -> Iterator[Evidence]:
    """Evidence without effect for a capability: what is named for it and does nothing, at most three."""
    shows = graph.once(Shows).all
    words = catalog.load().step_names(capability) if shows else None
    found: list[Evidence] = []
    for show in shows:
        names = [one for one in show.named.split("\n") if one and not _TELLS.search(one)]
        if words is None or (show.only and capability not in show.only) or any(one.at == show.at for one in found):
            continue
        if any(words.search(one) or words.search(one.replace("_", " ")) for one in names):
            what = f"{show.label} is named for that"
            found.append(Evidence(capability, show.tool, Status.DISABLED, show.at, what, show.why))
    yield from found[:_MOST]


def says_nothing(fact: Fact) -> bool:
    """Whether a command only prints, waits, or ends well."""
    argv = [str(word) for word in fact.says.get("argv") or ()]
    return is_silent(fact.name, argv, str(fact.says.get("raw") or ""))


def _makes_ready(fact: Fact) -> bool:
    """Whether a command only prepares others: a change of folder, an installation, a condition."""
    if fact.says.get("asked"):
        return True
    argv = [str(word) for word in fact.says.get("argv") or ()]
    return fact.name in _MADE_READY and (
        fact.name in ("cd", "mkdir", "export", "source", "shopt") or not _INSTALLS.isdisjoint(argv[1:4])
    )
