"""Jobs of GitHub workflows with their steps, and those of workflows and actions that each call gives other values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import githubvalues, placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import Shells, condition, is_never, job_images, steps, truth, uses
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.parsers.parts import github_calls

_ROUNDS = 2  # jobs that hand on what others put out
_DEEP = 5  # a workflow calls a workflow calls a workflow


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job is written, and whose it is: `home` is the workflow that starts, `prefix` the calling jobs of it."""

    source: SourceFile
    tree: Tree
    home: str
    prefix: str = ""
    needs: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()  # the called files around

    def called(self, used: str) -> tuple[Place, Mapping] | None:
        """The file that is called, when it is told where it is called; not one around the call."""
        for path in github_calls.files(self.tree, used):
            source = self.tree.get(path)
            if source is not None and path not in self.inside and len(self.inside) < _DEEP:
                for document in yamlnodes.documents(source).documents[:1]:
                    if isinstance(document, Mapping):
                        return replace(self, source=source, inside=(*self.inside, path)), document
        return None


def job(
    place: Place, workflow: Runner, shells: Shells, name: str, written: Mapping, at: tuple[int, int]
) -> Iterator[Fact]:
    """Facts of a job."""
    name = f"{place.prefix}{name}"
    runner = replace(_runner(workflow, written), owner=f"{place.home}#{name}")
    jobs = placeholders.matrix(yamlnodes.child(written, "strategy", "matrix"))
    own = tuple(f"{place.prefix}{one}" for one in yamlnodes.items(written, "needs") if isinstance(one, Scalar))
    called = place.called(yamlnodes.text(written, "uses"))
    inner = replace(called[0], prefix=f"{name}/", needs=own or place.needs) if called else None
    within = called[1].get("jobs") if called else None
    within = within if isinstance(within, Mapping) else Mapping(1, 1)
    used = [image for _, image, _ in job_images(written)]
    says: dict[str, Any] = {
        "id": runner.owner,
        "workflow": place.home,
        "title": yamlnodes.text(written, "name"),
        "needs": [*(own or place.needs), *(f"{name}/{one}" for one in within)],
        "environment": yamlnodes.text(written, "environment") or yamlnodes.text(written, "environment", "name"),
        "uses": yamlnodes.text(written, "uses").removeprefix("./"),
        "image": used[0] if used and "container" in written else "",
        "soft": runner.soft,
        "when": condition(written),
        "self_hosted": any(str(one) == "self-hosted" for one in _labels(written.get("runs-on"))),
    }
    yield runner.fact("job", name, at, says)
    yield from uses(runner, lines_of(place.source), written)
    for _, image, where in job_images(written):
        yield runner.image(image, "ci", where)
    yield from runner.variables(written.get("env"))
    yield from run(place, runner, shells.within(written), written.get("steps"), jobs)
    if inner is not None and called is not None:
        yield from _workflow(inner, runner, called[1], within, written.get("with"), jobs)


def _runner(workflow: Runner, written: Mapping) -> Runner:
    """What runs a job: with its variables, its failures heeded or not, and whether it ever starts."""
    known = {**workflow.known, **placeholders.constants(written.get("env"), "env.", "", known=workflow.known)}
    return replace(
        workflow,
        disabled=workflow.disabled or is_never(written.get("if"), workflow.settled),
        soft=workflow.soft or truth(written.get("continue-on-error")),
        known=known,
        texts={**workflow.texts, **githubvalues.texts(written.get("env"), {**workflow.texts, **known})},
    )


def _workflow(
    place: Place, caller: Runner, document: Mapping, jobs: Mapping, given: Node | None, legs: Sequence[dict[str, str]]
) -> Iterator[Fact]:
    """The jobs of a called workflow, as this call starts them."""
    on = next((document[key] for key in ("on", "true") if key in document), None)
    inputs, settled = github_calls.given(yamlnodes.child(on, "workflow_call"), given, caller, legs)
    known = {**inputs, **placeholders.constants(document.get("env"), "env.", "", known=inputs)}
    handed = githubvalues.texts(given, {**caller.texts, **caller.known}, "inputs.")
    texts = {**handed, **githubvalues.texts(document.get("env"), {**handed, **known})}
    runner = replace(caller, path=place.source.path, known=known, settled=settled, texts=texts)
    for name, one in jobs.items():
        if isinstance(one, Mapping):
            yield from job(place, runner, Shells().within(document), name, one, jobs.places[name])


def with_outputs(place: Place, runner: Runner, jobs: Mapping) -> Runner:
    """A runner that knows what jobs put out for those that need them, also from one to the next."""
    told: dict[str, tuple[str, ...]] = {}
    settled: dict[str, tuple[str, ...]] = {}
    for _ in range(_ROUNDS):
        known = {**runner.texts, **runner.known, **told}
        for name, one in jobs.items():
            for key, texts in _outputs(place, one, known) if isinstance(one, Mapping) else ():
                told[f"needs.{name}.outputs.{key}"] = texts
                if isinstance(one, Mapping) and githubvalues.unasked(one) and not any("$" in text for text in texts):
                    settled[f"needs.{name}.outputs.{key}"] = texts
    if not told:
        return runner
    return replace(runner, texts={**runner.texts, **told}, settled={**runner.settled, **settled})


def _outputs(place: Place, job: Mapping, known: Known) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a job puts out, itself or by the workflow of this repository that it calls."""
    used = yamlnodes.text(job, "uses")
    source = place.tree.get(used.removeprefix("./")) if used.startswith("./") else None
    if source is None:
        yield from githubvalues.outputs(job, known).items()
        return
    for document in yamlnodes.documents(source).documents[:1]:
        on = next((yamlnodes.child(document, key) for key in ("on", "true") if yamlnodes.child(document, key)), None)
        told = yamlnodes.child(on, "workflow_call", "outputs")
        inside = {**placeholders.constants(yamlnodes.child(document, "env"), "env.", "")}
        inside.update(placeholders.constants(job.get("with"), "inputs.", known=known))
        jobs = yamlnodes.child(document, "jobs")
        made = {
            f"jobs.{name}.outputs.{key}": texts
            for name, one in (jobs.items() if isinstance(jobs, Mapping) else ())
            if isinstance(one, Mapping)
            for key, texts in githubvalues.outputs(one, inside).items()
        }
        for key, one in told.items() if isinstance(told, Mapping) else ():
            text = placeholders.fill(yamlnodes.text(one, "value"), made)
            if text and "${{" not in text:
                yield key, (text,)


def run(
    place: Place, runner: Runner, shells: Shells, nodes: Node | None, legs: Sequence[dict[str, str]] = ()
) -> Iterator[Fact]:
    """Facts of a list of steps, with those of the actions that are told where they are called."""
    yield from steps(runner, lines_of(place.source), shells, nodes, legs)
    for step in yamlnodes.items(nodes):
        called = place.called(yamlnodes.text(step, "uses"))
        if called is not None and isinstance(step, Mapping):
            inner, document = called
            inputs, settled = github_calls.given(document, step.get("with"), runner, legs)
            off = runner.disabled or is_never(step.get("if"), runner.settled)
            soft = runner.soft or truth(step.get("continue-on-error"))
            around = {key: one for key, one in runner.known.items() if not key.startswith("inputs.")}
            one = replace(runner, path=inner.source.path, disabled=off, soft=soft)
            texts = githubvalues.texts(step.get("with"), {**runner.texts, **runner.known}, "inputs.")
            one = replace(one, known={**around, **inputs}, settled=settled, texts={**runner.texts, **texts})
            yield from run(inner, one, Shells(), yamlnodes.child(document, "runs", "steps"))


def _labels(runs_on: Node | None) -> list[Node]:
    """The labels of the machine that a job asks for: one, a list, or those of a group."""
    if isinstance(runs_on, Mapping):
        return _labels(runs_on.get("labels"))
    return [runs_on] if isinstance(runs_on, Scalar) else yamlnodes.items(runs_on)
