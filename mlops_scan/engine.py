"""Scan: files -> facts -> graph -> profile -> findings and advice -> result."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from mlops_scan import plugins, rules
from mlops_scan.rules import advice
from mlops_scan.rules.advice.base import Chooser
from mlops_scan.rules.base import Absence, Rule, led_to
from mlops_scan.scanner import catalog, reading, suppress, walk
from mlops_scan.scanner.catalog import Match
from mlops_scan.scanner.config import Config, selects
from mlops_scan.scanner.evidence.gather import gather
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.subjects import links, subjects
from mlops_scan.scanner.link.build import build
from mlops_scan.scanner.model import Fact, Finding, Persona
from mlops_scan.scanner.profile.compute import profile
from mlops_scan.scanner.profile.systems import systems
from mlops_scan.scanner.result import Coverage, Result

_INSTANCE = re.compile(r"\[[^\[\]]*\]")


def all_rules(config: Config | None = None) -> list[type[Rule]]:
    """Every rule of ours, and of the plugins that the configuration names."""
    return plugins.load(rules, Rule, plugins=config.plugins if config else ())


def scan(root: Path, config: Config, progress: Callable[[str], None] | None = None, *, linked: bool = True) -> Result:
    """Scan the repository (or the folder of one) at `root`. `linked`: the result holds the subjects and their links."""
    with reading.rare_collection():
        return _scan(root, config, progress, linked)


def _scan(root: Path, config: Config, progress: Callable[[str], None] | None, linked: bool) -> Result:
    started = perf_counter()
    tell = progress or (lambda _: None)
    found = walk.discover(root, config.exclude)
    prefix = walk.git_prefix(root)
    tell(f"reading {len(found.tree.paths)} files")
    read = reading.read(found.tree, config.jobs, progress)
    tell("linking")
    unread = {note.at.path for note in read.notes} | {one.path for one in read.skipped}
    unread -= {fact.at.path for fact in read.facts}
    graph = understand(read.facts, found.tree.paths, config, whole=not prefix, known=read.matches, unread=unread)
    read = replace(read, facts=(), matches=None)  # the graph has them
    chosen = selected(all_rules(config), config)
    tell(f"judging with {len(chosen)} rules")
    ran = {rule.name() for rule in chosen}
    findings, stale = suppress.apply(judge(graph, chosen, config.persona), found.tree, config, ran=ran)
    choosers = [chooser() for chooser in plugins.load(advice, Chooser)] if graph.profile.is_ml else []
    result = Result(
        name=root.resolve().name,
        root=str(root),
        profile=graph.profile,
        capabilities=graph.capabilities(),
        systems=graph.systems,
        findings=tuple(finding for finding in findings if _wanted(finding, config)),
        recommendations=tuple(one for chooser in choosers for one in chooser.choose(graph)),
        questions=tuple(dict.fromkeys(one for chooser in choosers for one in chooser.questions(graph))),
        coverage=Coverage(
            files=len(found.tree.paths),
            parsed=read.parsed,
            skipped=tuple(sorted({*found.skipped, *read.skipped}, key=lambda one: (one.path, one.reason))),
            unreadable=tuple(sorted({*found.notes, *read.notes, *stale})),
        ),
        rules=tuple(rule.info() for rule in chosen),
        nodes=subjects(graph) if linked else (),
        edges=links(graph) if linked else (),
        prefix=prefix,
        seconds=perf_counter() - started,
    )
    vars(graph).clear()  # what it remembers leads back to it: all of that would wait for a search for garbage
    return result


def understand(
    facts: tuple[Fact, ...],
    paths: tuple[str, ...],
    config: Config,
    *,
    whole: bool = True,
    known: Mapping[int, tuple[Match, ...]] | None = None,
    unread: Collection[str] = (),
) -> Graph:
    """The linked graph with its evidence, profile and systems. `whole`: the folder is a whole repository.

    `known`: what the catalogue says of the facts, by their id, if they were looked up while they were read.
    `unread`: files of which nothing could be read.
    """
    graph = build(facts, paths, known, unread)
    graph.whole_repository = whole
    graph.external = dict(config.external)
    gather(graph, catalog.load().capabilities())
    graph.profile = profile(graph)
    graph.systems = systems(graph) if graph.profile.is_ml else ()
    return graph


def judge(graph: Graph, chosen: list[type[Rule]], persona: Persona = Persona.REGULAR) -> Iterator[Finding]:
    """All findings of the rules that apply, each place and subject once, by place.

    Examples beside a system are left to an audit; what the whole repository lacks is not told by a place.
    """
    found = (
        finding
        for rule in chosen
        if rule().applies(graph)
        for finding in rule().check(graph)
        if persona is Persona.AUDIT or issubclass(rule, Absence) or graph.is_production(finding.at.path)
    )
    # a template is told once, however many releases print it, and a block however many instances it has
    templates = tuple(f"{chart.at.path.rpartition('Chart.')[0]}templates/" for chart in graph.facts("chart"))
    unique: dict[tuple[str, str, int, str], Finding] = {}
    for finding in found:
        subject = "" if finding.at.path.startswith(templates) else _INSTANCE.sub("", finding.subject)
        unique.setdefault((finding.rule, finding.at.path, finding.at.line, subject), finding)
    yield from (led_to(finding, graph) for finding in sorted(unique.values(), key=lambda finding: finding.order))


def selected(candidates: list[type[Rule]], config: Config) -> list[type[Rule]]:
    """The rules that the configuration asks for: by name, concern or glob; a more exact selector wins."""
    return [rule for rule in candidates if _is_selected(rule, config)]


def _is_selected(rule: type[Rule], config: Config) -> bool:
    info = rule.info()

    def named(selectors: tuple[str, ...]) -> bool:
        return any(selects(one, info.name, info.concern) for one in selectors)

    if info.name in config.select or info.name in config.extend_select:
        return info.name not in config.ignore
    if named(config.ignore):
        return False
    if named(config.select) or named(config.extend_select):
        return True
    wanted = config.preview or info.status != "preview"
    return not config.select and info.persona <= config.persona and wanted


def _wanted(finding: Finding, config: Config) -> bool:
    return finding.severity >= config.min_severity and finding.confidence >= config.min_confidence
