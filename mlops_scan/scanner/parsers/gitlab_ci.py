"""GitLab CI: the root's file with its local includes and their inputs, child pipelines, `extends`, `!reference`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree, resolve
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import truth
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_GLOBAL = frozenset(
    ("stages", "default", "include", "variables", "image", "services", "before_script", "after_script", "cache")
) | frozenset(("workflow", "spec", "types"))
_STARS = 6  # of one pattern
_EXTENDS = 11  # as many levels as the service allows
_SOURCES = (
    ("schedule", re.compile(r"\bschedules?\b")),
    ("pull_request", re.compile(r"merge_request|external_pull_request")),
    ("tag", re.compile(r"\$CI_COMMIT_TAG\b|\btags\b")),
    ("manual", re.compile(r"[\"']?\bweb\b[\"']?")),
    ("dispatch", re.compile(r"[\"'](?:trigger|api|pipeline|parent_pipeline)[\"']|\btriggers\b|\bapi\b")),
)
_SCHEDULED = re.compile(r"CI_PIPELINE_SOURCE\s*==\s*[\"']schedule[\"']|^schedules$")
_COMPONENT = re.compile(r"[^@]*\$\{?CI_PROJECT_PATH\}?/([\w.-]+)@")
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
            yield from pipeline.load()
            if pipeline.documents:
                yield from pipeline.facts()
            for path in pipeline.children():
                child = tree.get(path)
                if child is not None and path not in seen and len(seen) < _CHILDREN:
                    seen.add(path)
                    waiting.append((child, file.path))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A node and the file it stands in."""

    source: SourceFile
    node: Node
    place: tuple[int, int]
    known: Known = field(default_factory=dict)  # the inputs of its file


class _Pipeline:
    """A file with its includes. `root` is the file that the service reads, `parent` the one that starts a child."""

    def __init__(self, source: SourceFile, tree: Tree, *, root: SourceFile, parent: str) -> None:
        self.source, self.tree, self.root, self.parent = source, tree, root, parent
        self.active = "/" not in root.path
        self.documents: list[tuple[SourceFile, Mapping, Known]] = []
        self.keys: dict[str, _Placed] = {}
        self.left = bounds.YAML_ALIASED_NODES  # nodes that lists may still open, `!reference` by `!reference`

    def load(self) -> Iterator[Note]:
        """Read the file and what it includes of this repository; what the including file says wins."""
        nothing: Known = {}
        waiting, seen = [(self.source, nothing)], {(self.source.path, "")}
        while waiting and len(seen) < 100:
            source, given = waiting.pop(0)
            parsed = yamlnodes.documents(source)
            yield from parsed.notes
            known: Known = {**_inputs(parsed.documents), **given}
            for document in parsed.documents:
                if not isinstance(document, Mapping):
                    continue
                self.documents.append((source, document, known))
                for path, inputs in self._included(document.get("include"), known):
                    found = self.tree.get(path)
                    if found is None:
                        at = yamlnodes.at(source.path, document, "include")
                        yield Note(at, f"included file '{path}' is not in the repository")
                    elif (found.path, str(inputs)) not in seen:
                        seen.add((found.path, str(inputs)))
                        waiting.append((found, inputs))
        for source, document, known in self.documents:
            for key, node in document.items():
                name = placeholders.fill(key, known)
                self.keys.setdefault(name, _Placed(source, node, document.places[key], known))

    def _included(self, include: Node | None, known: Known) -> Iterator[tuple[str, Known]]:
        """(path, inputs) of local includes, relative to the root file's folder, which stands for its repository."""
        for one in yamlnodes.items(include):
            written = str(one) if isinstance(one, Scalar) else yamlnodes.text(one, "local")
            inputs = placeholders.constants(yamlnodes.child(one, "inputs"), "inputs.", known=known)
            for path in [*self._paths(placeholders.fill(written, known)), *self._component(one)]:
                yield path, inputs

    def _component(self, include: Node) -> Iterator[str]:
        """A component of this very repository."""
        named = _COMPONENT.match(yamlnodes.text(include, "component"))
        for name in (f"templates/{named[1]}.yml", f"templates/{named[1]}/template.yml") if named else ():
            path = resolve(self.root.folder, name)
            if path and self.tree.get(path) is not None:
                yield path
                return

    def _paths(self, written: str) -> Iterator[str]:
        if not written or "://" in written or "$" in written or written.count("*") > _STARS:
            return
        if "*" not in written:
            path = resolve(self.root.folder, written.lstrip("/"))
            yield from [path] if path else []
            return
        pattern = re.compile(re.escape(written.lstrip("/")).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") + r"\Z")
        prefix = f"{self.root.folder}/" if self.root.folder else ""
        yield from (path for path in self.tree.paths if path.startswith(prefix) and pattern.match(path[len(prefix) :]))

    def children(self) -> Iterator[str]:
        """Files of the repository that jobs start as pipelines of their own."""
        for name in self.jobs:
            yield from self._started(name)

    def _started(self, job: str) -> list[str]:
        trigger = self._get(job, "trigger")
        include = yamlnodes.child(trigger.node, "include") if trigger else None
        found = [path for path, _ in self._included(include, self.keys[job].known)] if include is not None else []
        return [path for path in dict.fromkeys(found) if self.tree.get(path) is not None]

    @cached_property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return [
            name
            for name, placed in self.keys.items()
            if name not in _GLOBAL
            and not name.startswith(".")
            and isinstance(placed.node, Mapping)
            and any(self._get(name, key) for key in _RUNS)
        ]

    def facts(self) -> Iterator[Fact]:
        jobs = self.jobs
        first = self.documents[0][1]
        triggers = ["call"] if self.parent else self._triggers(jobs)
        says = {"provider": "gitlab-ci", "triggers": triggers, "active": self.active}
        title = yamlnodes.text(first, "workflow", "name")
        yield Fact("workflow", self.source.path, Location(self.source.path, first.line), {**says, "title": title})
        known: dict[str, tuple[str, ...]] = {}
        for _, document, _inside in self.documents:
            known = {**placeholders.constants(_values(document.get("variables")), ""), **known}
        runner = Runner(self.source.path, "ci", self.source.path, disabled=not self.active, known=known)
        for source, document, _inside in self.documents:
            yield from replace(runner, path=source.path).variables(_values(document.get("variables")))
        stages = self._stages(jobs)
        for name in jobs:
            if not self.parent and any(_SCHEDULED.search(one) for one in self._rules(name)) and not self._manual(name):
                place = self.keys[name].place
                says = {"owner": f"{self.source.path}#{name}", "where": "ci"}
                yield replace(runner, path=self.keys[name].source.path).fact(
                    "schedule", "kept by the service", place, says
                )
            yield from self._job(runner, name, stages)

    def _get(self, job: str, key: str) -> _Placed | None:
        """A key of a job, of what it extends (the last named wins), or of `default`."""
        queue, seen = [job], 0
        while queue and seen < _EXTENDS * 4:
            name = queue.pop(0)
            seen += 1
            placed = self.keys.get(name)
            if placed is None or not isinstance(placed.node, Mapping):
                continue
            if key in placed.node:
                return _Placed(placed.source, placed.node[key], placed.node.places[key], placed.known)
            written = [str(one) for one in yamlnodes.items(placed.node, "extends") if isinstance(one, Scalar)]
            parents = [placeholders.fill(one, placed.known) for one in written]
            queue = [*reversed(parents), *queue]
        default = self.keys.get("default")
        if default is not None and isinstance(default.node, Mapping) and key in default.node:
            return _Placed(default.source, default.node[key], default.node.places[key])
        return self.keys.get(key) if key in ("image", "services", "before_script", "after_script") else None

    def _stages(self, jobs: list[str]) -> dict[str, list[str]]:
        """Jobs by stage, stages in their order."""
        declared = self.keys.get("stages")
        names = [str(one) for one in yamlnodes.items(declared.node)] if declared else []
        ordered: dict[str, list[str]] = {name: [] for name in (names or _STAGES)}
        for job in jobs:
            ordered.setdefault(self._text(job, "stage") or "test", []).append(job)
        return ordered

    def _text(self, job: str, *path: str) -> str:
        placed = self._get(job, path[0])
        return placeholders.fill(yamlnodes.text(placed.node, *path[1:]), placed.known) if placed else ""

    def _job(self, runner: Runner, name: str, stages: dict[str, list[str]]) -> Iterator[Fact]:
        placed = self.keys[name]
        owner = f"{self.source.path}#{name}"
        rules = self._rules(name)
        soft = self._get(name, "allow_failure")
        failing = soft is not None and (truth(soft.node) or isinstance(soft.node, Mapping))
        off = runner.disabled or self._never(name)
        known = {**runner.known, **placed.known}
        runner = replace(runner, path=placed.source.path, owner=owner, soft=failing, disabled=off, known=known)
        image = self._get(name, "image")
        started = self._started(name)
        says: dict[str, Any] = {
            "id": owner,
            "workflow": self.source.path,
            "needs": self._needs(name, stages),
            "environment": self._text(name, "environment") or self._text(name, "environment", "name"),
            "uses": next(iter(started), ""),
            "image": self._text(name, "image") or self._text(name, "image", "name"),
            "soft": failing,
            "when": " || ".join(rules)[: bounds.FACT_TEXT],
            "manual": self._manual(name),
        }
        yield runner.fact("job", name, placed.place, says)
        for path in started[1:]:
            yield runner.fact("action", path, placed.place, {"owner": owner})
        for one in (image, *self._listed(name, "services")):
            node = yamlnodes.child(one.node, "name") or one.node if one else None
            if one and isinstance(node, Scalar):
                yield replace(runner, path=one.source.path).image(str(node), "ci", (node.line, node.column))
        variables = self._get(name, "variables")
        if variables:
            yield from replace(runner, path=variables.source.path).variables(_values(variables.node))
            own = placeholders.constants(_values(variables.node), "", known=runner.known)
            runner = replace(runner, known={**runner.known, **own})
        runner = replace(runner, known={**runner.known, **self._matrix(name)})
        for key in ("before_script", "script", "after_script"):
            for line in self._listed(name, key):
                if isinstance(line.node, Scalar):
                    where = replace(runner, path=line.source.path, known={**runner.known, **line.known})
                    yield from where.script(line.node, lines_of(line.source))

    def _matrix(self, job: str) -> dict[str, tuple[str, ...]]:
        """The values that `parallel: matrix` gives to variables."""
        parallel = self._get(job, "parallel")
        found: dict[str, tuple[str, ...]] = {}
        for one in yamlnodes.items(parallel.node, "matrix") if parallel else ():
            for name, values in one.items() if isinstance(one, Mapping) else ():
                plain = [str(value) for value in (values if isinstance(values, yamlnodes.Sequence) else [values])]
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *plain)))
        return found

    def _listed(self, job: str, key: str) -> list[_Placed]:
        """The items of a list, `!reference [job, key]` and nested lists opened."""
        placed = self._get(job, key)
        found: list[_Placed] = []
        waiting = [placed] if placed else []
        while waiting and self.left and len(found) <= bounds.SHELL_COMMANDS:
            self.left -= 1
            one = waiting.pop()
            node = one.node
            if isinstance(node, yamlnodes.Sequence) and node.tag == "!reference" and len(node) > 1:
                found_there = self._get(str(node[0]), str(node[1])) if len(waiting) < 1000 else None
                waiting += [found_there] if found_there and found_there.node is not node else []
            elif isinstance(node, yamlnodes.Sequence):
                waiting += [_Placed(one.source, item, (item.line, item.column), one.known) for item in reversed(node)]
            else:
                found.append(one)
        return found

    def _needs(self, name: str, stages: dict[str, list[str]]) -> list[str]:
        own = self._get(name, "needs")
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
        held = [one.node for one in self._listed(name, "rules") if yamlnodes.text(one.node, "when") != "never"]
        found = [yamlnodes.text(one, "if") for one in held]
        only = self._get(name, "only")
        if only is not None:
            refs = only.node if not isinstance(only.node, Mapping) else only.node.get("refs")
            found += [str(one) for one in yamlnodes.items(refs) if isinstance(one, Scalar)]
        return [one for one in found if one]

    def _never(self, name: str) -> bool:
        """Whether no rule of the job adds it to a pipeline."""
        rules = self._listed(name, "rules")
        if rules:
            return all(yamlnodes.text(one.node, "when") == "never" for one in rules)
        return self._text(name, "when") == "never"

    def _manual(self, name: str) -> bool:
        rules = self._listed(name, "rules")
        if rules:
            return all(yamlnodes.text(one.node, "when") in ("manual", "never") for one in rules)
        return self._text(name, "when") == "manual"

    def _triggers(self, jobs: list[str]) -> list[str]:
        """What starts the pipeline, from the conditions of its jobs and of `workflow:rules`."""
        found: list[str] = []
        workflow = self.keys.get("workflow")
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


def _inputs(documents: Sequence[Node]) -> dict[str, tuple[str, ...]]:
    """The defaults of the inputs that a file's header declares."""
    inputs = yamlnodes.child(documents[0], "spec", "inputs") if len(documents) > 1 else None
    found: dict[str, tuple[str, ...]] = {}
    for name, one in inputs.items() if isinstance(inputs, Mapping) else ():
        if default := yamlnodes.text(one, "default"):
            found[f"inputs.{name}"] = (default,)
    return found


def _values(variables: Node | None) -> Node | None:
    """`variables:` with `NAME: {value: ...}` made `NAME: ...`."""
    if not isinstance(variables, Mapping):
        return None
    plain = Mapping(variables.line, variables.column)
    for name, node in variables.items():
        plain[name] = yamlnodes.child(node, "value") or node
        plain.places[name] = variables.places.get(name, (node.line, node.column))
    return plain
