"""GitLab CI: the root's file with its local includes and their inputs, child pipelines, `extends`, `!reference`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, shell, yamlnodes
from mlops_scan.scanner.formats.githubsteps import truth
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.parts import gitlab_triggers
from mlops_scan.scanner.parsers.parts.gitlab_files import Placed, Written, plain
from mlops_scan.scanner.parsers.parts.gitlab_rules import Rules
from mlops_scan.scanner.parsers.parts.gitlab_triggers import Child

_GLOBAL = frozenset(
    ("stages", "default", "include", "variables", "image", "services", "before_script", "after_script", "cache")
) | frozenset(("workflow", "spec", "types"))
_RUNS = ("script", "trigger", "run")
_FOREIGN = ("pipeline", "project")  # what a job needs of other pipelines
_CHILDREN = 50  # pipelines that one starts
_NEEDED = 50  # jobs of the stage before that one waits for
_STAGES = (".pre", "build", "test", "deploy", ".post")


def facts(source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
    nothing: Known = {}
    waiting, seen = [(Child(source, nothing, nothing), "")], {source.path}
    while waiting:
        file, parent = waiting.pop(0)
        pipeline = _Pipeline(file, tree, root=source, parent=parent)
        yield from pipeline.written.load(file.inputs)
        if pipeline.written.documents:
            yield from pipeline.facts()
        for child in pipeline.children():
            if child.source.path not in seen and len(seen) < _CHILDREN:
                seen.add(child.source.path)
                waiting.append((child, file.source.path))


class _Pipeline:
    """A file with its includes. `root` is the file that the service reads, `parent` the one that starts a child."""

    def __init__(self, file: Child, tree: Tree, *, root: SourceFile, parent: str) -> None:
        self.source, self.tree, self.parent, self.given = file.source, tree, parent, file.variables
        self.active = "/" not in root.path
        self.written = Written(file.source, tree, root.folder)

    def children(self) -> Iterator[Child]:
        """Files of the repository that jobs start as pipelines of their own."""
        known = self.known
        for name in self.jobs:
            yield from gitlab_triggers.children(self.written, name, known)

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

    @cached_property
    def rules(self) -> Rules:
        return Rules(self.written, self.jobs, self.given)

    @cached_property
    def known(self) -> Known:
        """The variables of the file, as the rules of the whole pipeline and whoever starts it change them."""
        known: dict[str, tuple[str, ...]] = {}
        for _, document, _inside in self.written.documents:
            known = {**placeholders.constants(plain(document.get("variables")), ""), **known}
        return {**self._ruled(known, ""), **self.given}

    def _ruled(self, known: Known, job: str) -> Known:
        """Variables with the values that rules give them beside their own."""
        found = dict(known)
        for values in self.rules.variables(job):
            for key, texts in placeholders.constants(plain(values), "", known=known).items():
                found[key] = tuple(dict.fromkeys((*found.get(key, ()), *texts)))
        return found

    def facts(self) -> Iterator[Fact | Note]:
        jobs = self.jobs
        first = self.written.documents[0][1]
        triggers = ["call"] if self.parent else self.rules.triggers()
        says = {"provider": "gitlab-ci", "triggers": triggers, "active": self.active}
        title = yamlnodes.text(first, "workflow", "name")
        yield Fact("workflow", self.source.path, Location(self.source.path, first.line), {**says, "title": title})
        runner = Runner(self.source.path, "ci", self.source.path, disabled=not self.active, known=self.known)
        for source, document, _inside in self.written.documents:
            yield from replace(runner, path=source.path).variables(plain(document.get("variables")))
        stages = self._stages(jobs)
        for name in jobs:
            if not self.parent and self.rules.scheduled(name):
                place = self.written.keys[name].place
                says = {"owner": f"{self.source.path}#{name}", "where": "ci"}
                yield replace(runner, path=self.written.keys[name].source.path).fact(
                    "schedule", "kept by the service", place, says
                )
            yield from self._job(runner, name, stages)

    def _stages(self, jobs: list[str]) -> dict[str, list[str]]:
        """By job, those of the stage before its own that has any."""
        declared = self.written.keys.get("stages")
        names = [str(one) for one in yamlnodes.items(declared.node)] if declared else []
        ordered: dict[str, list[str]] = {name: [] for name in (names or _STAGES)}
        for job in jobs:
            ordered.setdefault(self.written.text(job, "stage") or "test", []).append(job)
        found: dict[str, list[str]] = {}
        before: list[str] = []
        for own in ordered.values():
            found.update(dict.fromkeys(own, before))
            before = own[:_NEEDED] or before
        return found

    def _job(self, pipeline: Runner, name: str, stages: dict[str, list[str]]) -> Iterator[Fact | Note]:
        placed = self.written.keys[name]
        own = list(reversed(list(self.written.held(name, "variables"))))  # mappings of what it extends are merged
        runner = self._runner(pipeline, name, own)
        trigger = self.written.get(name, "trigger")
        started = [one.source.path for one in gitlab_triggers.children(self.written, name, self.known)]
        image = "" if trigger else self.written.text(name, "image") or self.written.text(name, "image", "name")
        says: dict[str, Any] = {
            "id": runner.owner,
            "workflow": self.source.path,
            "needs": self._needs(name, stages),
            "environment": self.written.text(name, "environment") or self.written.text(name, "environment", "name"),
            "uses": next(iter(started), ""),
            "image": image,
            "soft": runner.soft,
            "when": " || ".join(self.rules.of(name))[: bounds.FACT_TEXT],
            "manual": self.rules.manual(name),
        }
        yield runner.fact("job", name, placed.place, says)
        for path in started[1:]:
            yield runner.fact("action", path, placed.place, {"owner": runner.owner})
        if trigger is not None:
            yield from gitlab_triggers.outside(runner, trigger)
        else:
            yield from self._images(runner, name)
        for one in own:
            yield from replace(runner, path=one.source.path).variables(plain(one.node))
        if trigger is None:
            yield from self._scripts(runner, name)

    def _runner(self, pipeline: Runner, name: str, own: list[Placed]) -> Runner:
        """What runs a job: with its variables, its failures heeded or not, and whether it ever starts."""
        placed = self.written.keys[name]
        soft = self.written.get(name, "allow_failure")
        known: Known = {**self._inherited(pipeline.known, name), **placed.known}
        for one in own:
            known = {**known, **placeholders.constants(plain(one.node), "", known=known)}
        return replace(
            pipeline,
            path=placed.source.path,
            owner=f"{self.source.path}#{name}",
            soft=soft is not None and (truth(soft.node) or isinstance(soft.node, Mapping)),
            disabled=pipeline.disabled or self.rules.never(name, own) or self.rules.starts_never(),
            known={**self._ruled(known, name), **self._matrix(name)},
            session=shell.Session(),
        )

    def _images(self, runner: Runner, name: str) -> Iterator[Fact]:
        for item in (self.written.get(name, "image"), *self.written.listed(name, "services")):
            node = yamlnodes.child(item.node, "name") or item.node if item else None
            if item and isinstance(node, Scalar):
                yield replace(runner, path=item.source.path).image(str(node), "ci", (node.line, node.column))

    def _scripts(self, runner: Runner, name: str) -> Iterator[Fact]:
        for key in ("before_script", "script", "after_script"):
            for line in self.written.listed(name, key):
                if isinstance(line.node, Scalar):
                    where = replace(runner, path=line.source.path, known={**runner.known, **line.known})
                    yield from where.script(line.node, lines_of(line.source))

    def _inherited(self, known: Known, job: str) -> Known:
        """The variables of the file that a job takes over."""
        held = self.written.get(job, "inherit")
        wanted = yamlnodes.child(held.node, "variables") if held is not None else None
        if isinstance(wanted, Scalar) and wanted.strip().lower() == "false":
            return {}
        names = [str(one) for one in yamlnodes.items(wanted)] if isinstance(wanted, yamlnodes.Sequence) else None
        return known if names is None else {key: one for key, one in known.items() if key in names}

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
            here = [one for one in yamlnodes.items(own.node) if not any(map(yamlnodes.text, (one, one), _FOREIGN))]
            named = [str(one) if isinstance(one, Scalar) else yamlnodes.text(one, "job") for one in here]
            return [one for one in named if one]
        return stages.get(name, [])
