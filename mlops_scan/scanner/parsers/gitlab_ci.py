"""GitLab CI: the root's file with its local includes and their inputs, child pipelines, `extends`, `!reference`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import conditions, placeholders, shell, yamlnodes
from mlops_scan.scanner.formats.githubsteps import truth
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.gitlab_files import Written

_GLOBAL = frozenset(
    ("stages", "default", "include", "variables", "image", "services", "before_script", "after_script", "cache")
) | frozenset(("workflow", "spec", "types"))
_SOURCES = (
    ("schedule", re.compile(r"\bschedules?\b")),
    ("pull_request", re.compile(r"merge_request|external_pull_request")),
    ("tag", re.compile(r"\$CI_COMMIT_TAG\b|\btags\b")),
    ("manual", re.compile(r"[\"']?\bweb\b[\"']?")),
    ("dispatch", re.compile(r"[\"'](?:trigger|api|pipeline|parent_pipeline)[\"']|\btriggers\b|\bapi\b")),
)
_SCHEDULED = re.compile(r"CI_PIPELINE_SOURCE\s*==\s*[\"']schedule[\"']|^schedules$")
_CHILDREN = 50  # pipelines that one starts
_STAGES = (".pre", "build", "test", "deploy", ".post")


class GitlabCi(Parser):
    """`.gitlab-ci.yml`; elsewhere than at the root it is an offer."""

    patterns: ClassVar[tuple[str, ...]] = (".gitlab-ci.yml", ".gitlab-ci.yaml")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        waiting, seen = [(source, "")], {source.path}
        while waiting:
            file, parent = waiting.pop(0)
            pipeline = _Pipeline(file, tree, root=source, parent=parent)
            yield from pipeline.written.load()
            if pipeline.written.documents:
                yield from pipeline.facts()
            for path in pipeline.children():
                child = tree.get(path)
                if child is not None and path not in seen and len(seen) < _CHILDREN:
                    seen.add(path)
                    waiting.append((child, file.path))


class _Pipeline:
    """A file with its includes. `root` is the file that the service reads, `parent` the one that starts a child."""

    def __init__(self, source: SourceFile, tree: Tree, *, root: SourceFile, parent: str) -> None:
        self.source, self.tree, self.root, self.parent = source, tree, root, parent
        self.active = "/" not in root.path
        self.written = Written(source, tree, root.folder)

    def children(self) -> Iterator[str]:
        """Files of the repository that jobs start as pipelines of their own."""
        for name in self.jobs:
            yield from self._started(name)

    def _started(self, job: str) -> list[str]:
        trigger = self.written.get(job, "trigger")
        include = yamlnodes.child(trigger.node, "include") if trigger else None
        found = (
            [path for path, _ in self.written.included(include, self.written.keys[job].known)]
            if include is not None
            else []
        )
        return [path for path in dict.fromkeys(found) if self.tree.get(path) is not None]

    @cached_property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return [
            name
            for name, placed in self.written.keys.items()
            if name not in _GLOBAL
            and not name.startswith(".")
            and isinstance(placed.node, Mapping)
            and any(self.written.get(name, key) for key in _RUNS)
        ]

    def facts(self) -> Iterator[Fact]:
        jobs = self.jobs
        first = self.written.documents[0][1]
        triggers = ["call"] if self.parent else self._triggers(jobs)
        says = {"provider": "gitlab-ci", "triggers": triggers, "active": self.active}
        title = yamlnodes.text(first, "workflow", "name")
        yield Fact("workflow", self.source.path, Location(self.source.path, first.line), {**says, "title": title})
        known: dict[str, tuple[str, ...]] = {}
        for _, document, _inside in self.written.documents:
            known = {**placeholders.constants(_values(document.get("variables")), ""), **known}
        runner = Runner(self.source.path, "ci", self.source.path, disabled=not self.active, known=known)
        for source, document, _inside in self.written.documents:
            yield from replace(runner, path=source.path).variables(_values(document.get("variables")))
        stages = self._stages(jobs)
        for name in jobs:
            if not self.parent and any(_SCHEDULED.search(one) for one in self._rules(name)) and not self._manual(name):
                place = self.written.keys[name].place
                says = {"owner": f"{self.source.path}#{name}", "where": "ci"}
                yield replace(runner, path=self.written.keys[name].source.path).fact(
                    "schedule", "kept by the service", place, says
                )
            yield from self._job(runner, name, stages)

    def _stages(self, jobs: list[str]) -> dict[str, list[str]]:
        """Jobs by stage, stages in their order."""
        declared = self.written.keys.get("stages")
        names = [str(one) for one in yamlnodes.items(declared.node)] if declared else []
        ordered: dict[str, list[str]] = {name: [] for name in (names or _STAGES)}
        for job in jobs:
            ordered.setdefault(self.written.text(job, "stage") or "test", []).append(job)
        return ordered

    def _job(self, runner: Runner, name: str, stages: dict[str, list[str]]) -> Iterator[Fact]:
        placed = self.written.keys[name]
        owner = f"{self.source.path}#{name}"
        rules = self._rules(name)
        soft = self.written.get(name, "allow_failure")
        failing = soft is not None and (truth(soft.node) or isinstance(soft.node, Mapping))
        off = runner.disabled or self._never(name) or self._starts_never()
        known = {**runner.known, **placed.known}
        runner = replace(runner, path=placed.source.path, owner=owner, soft=failing, disabled=off, known=known)
        runner = replace(runner, session=shell.Session())
        image = self.written.get(name, "image")
        started = self._started(name)
        says: dict[str, Any] = {
            "id": owner,
            "workflow": self.source.path,
            "needs": self._needs(name, stages),
            "environment": self.written.text(name, "environment") or self.written.text(name, "environment", "name"),
            "uses": next(iter(started), ""),
            "image": self.written.text(name, "image") or self.written.text(name, "image", "name"),
            "soft": failing,
            "when": " || ".join(rules)[: bounds.FACT_TEXT],
            "manual": self._manual(name),
        }
        yield runner.fact("job", name, placed.place, says)
        for path in started[1:]:
            yield runner.fact("action", path, placed.place, {"owner": owner})
        for one in (image, *self.written.listed(name, "services")):
            node = yamlnodes.child(one.node, "name") or one.node if one else None
            if one and isinstance(node, Scalar):
                yield replace(runner, path=one.source.path).image(str(node), "ci", (node.line, node.column))
        for placed in reversed(list(self.written.held(name, "variables"))):  # mappings of what it extends are merged
            values = _values(placed.node)
            yield from replace(runner, path=placed.source.path).variables(values)
            runner = replace(runner, known={**runner.known, **placeholders.constants(values, "", known=runner.known)})
        runner = replace(runner, known={**runner.known, **self._matrix(name)})
        for key in ("before_script", "script", "after_script"):
            for line in self.written.listed(name, key):
                if isinstance(line.node, Scalar):
                    where = replace(runner, path=line.source.path, known={**runner.known, **line.known})
                    yield from where.script(line.node, lines_of(line.source))

    def _matrix(self, job: str) -> dict[str, tuple[str, ...]]:
        """The values that `parallel: matrix` gives to variables."""
        parallel = self.written.get(job, "parallel")
        found: dict[str, tuple[str, ...]] = {}
        for one in yamlnodes.items(parallel.node, "matrix") if parallel else ():
            for name, values in one.items() if isinstance(one, Mapping) else ():
                plain = [str(value) for value in (values if isinstance(values, yamlnodes.Sequence) else [values])]
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *plain)))
        return found

    def _needs(self, name: str, stages: dict[str, list[str]]) -> list[str]:
        own = self.written.get(name, "needs")
        if own is not None:
            named = [
                str(one) if isinstance(one, Scalar) else yamlnodes.text(one, "job") for one in yamlnodes.items(own.node)
            ]
            return [one for one in named if one]
        before: list[str] = []
        for jobs in stages.values():
            if name in jobs:
                break
            before = jobs or before
        return before[:50]

    def _rules(self, name: str) -> list[str]:
        """The conditions of `rules`, and the refs of `only`, as text."""
        held = [one.node for one in self.written.listed(name, "rules") if yamlnodes.text(one.node, "when") != "never"]
        found = [yamlnodes.text(one, "if") for one in held]
        only = self.written.get(name, "only")
        if only is not None:
            refs = only.node if not isinstance(only.node, Mapping) else only.node.get("refs")
            found += [str(one) for one in yamlnodes.items(refs) if isinstance(one, Scalar)]
        return [one for one in found if one]

    def _never(self, name: str) -> bool:
        """Whether no rule of the job adds it to a pipeline."""
        rules = self.written.listed(name, "rules")
        if rules:
            return all(_is_never(one.node) for one in rules)
        return self.written.text(name, "when") == "never"

    def _starts_never(self) -> bool:
        """Whether no rule of the whole pipeline lets one begin."""
        workflow = self.written.keys.get("workflow")
        rules = yamlnodes.items(workflow.node, "rules") if workflow else []
        return bool(rules) and all(_is_never(one) for one in rules)

    def _manual(self, name: str) -> bool:
        rules = self.written.listed(name, "rules")
        if rules:
            return all(yamlnodes.text(one.node, "when") in ("manual", "never") for one in rules)
        return self.written.text(name, "when") == "manual"

    def _triggers(self, jobs: list[str]) -> list[str]:
        """What starts the pipeline, from the conditions of its jobs and of `workflow:rules`."""
        found: list[str] = []
        workflow = self.written.keys.get("workflow")
        held = yamlnodes.items(workflow.node, "rules") if workflow else []
        texts = [yamlnodes.text(one, "if") for one in held if yamlnodes.text(one, "when") != "never"]
        conditions = [self._rules(job) for job in jobs]
        for text in (*texts, *(one for rules in conditions for one in rules)):
            named = [word for word, pattern in _SOURCES if pattern.search(text)]
            found += named or ["push"]
        if not texts and (not conditions or any(not rules for rules in conditions)):
            found.insert(0, "push")
        return list(dict.fromkeys(found))


_RUNS = ("script", "trigger", "run")


def _is_never(rule: Node) -> bool:
    """Whether a rule adds nothing: it says so, or its condition is false by itself."""
    return yamlnodes.text(rule, "when") == "never" or conditions.never(yamlnodes.text(rule, "if"), {})


def _values(variables: Node | None) -> Node | None:
    """`variables:` with `NAME: {value: ...}` made `NAME: ...`."""
    if not isinstance(variables, Mapping):
        return None
    plain = Mapping(variables.line, variables.column)
    for name, node in variables.items():
        plain[name] = yamlnodes.child(node, "value") or node
        plain.places[name] = variables.places.get(name, (node.line, node.column))
    return plain
