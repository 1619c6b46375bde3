"""Steps of GitHub Actions: what they run, which actions they use with which inputs, which images they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import conditions, githubvalues, placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact

_NEVER = re.compile(r"\s*(?:\$\{\{\s*)?(?:false|'false'\s*==\s*'true'|0)(?:\s*\}\})?\s*\Z")
_QUOTED = re.compile(r"'\$\{\{[ \t]*([A-Za-z_][\w.]*)[ \t]*\}\}'")  # what is put into a condition as a text
_POWERSHELL = ("pwsh", "powershell")
_NOT_SHELL = re.compile(r"python|node|perl|Rscript|ruby|deno")
_EXPRESSION = re.compile(r"\$\{\{[^}]*\}\}")
_SCRIPT_INPUTS = frozenset(("inlinescript", "inline-script", "script", "run", "runs", "command", "commands", "cmd"))
_MOST_INPUTS = 60


@dataclass(frozen=True, slots=True)
class Shells:
    """The shell and the folder that `defaults.run` sets."""

    shell: str = ""
    folder: str = ""

    def within(self, holder: Mapping) -> Shells:
        """The defaults inside a workflow or job."""
        run = yamlnodes.child(holder, "defaults", "run")
        return Shells(
            yamlnodes.text(run, "shell") or self.shell, yamlnodes.text(run, "working-directory") or self.folder
        )


def truth(node: Node | None) -> bool:
    """Whether a key is plainly true."""
    return isinstance(node, Scalar) and yamlnodes.typed(node) is True


def is_false(node: Node | None) -> bool:
    """Whether a condition can never hold because it is the constant false."""
    return isinstance(node, Scalar) and _NEVER.match(node) is not None


def is_never(node: Node | None, settled: Known) -> bool:
    """Whether a condition can never hold: it is false, or what is settled makes it so."""
    return is_false(node) or (isinstance(node, Scalar) and conditions.never(_QUOTED.sub(r"\1", node), settled))


def condition(holder: Mapping) -> str:
    """The text of `if:`."""
    return yamlnodes.text(holder, "if")[: bounds.FACT_TEXT]


def job_images(job: Mapping) -> list[tuple[str, str, tuple[int, int]]]:
    """(role, image, place) of a job's container and services."""
    found: list[tuple[str, str, tuple[int, int]]] = []
    services = job.get("services")
    holders: list[tuple[str, Node | None]] = [("container", job.get("container"))]
    holders += [("service", one) for one in services.values()] if isinstance(services, Mapping) else []
    for role, holder in holders:
        image = holder if isinstance(holder, Scalar) else yamlnodes.child(holder, "image")
        if isinstance(image, Scalar) and image.strip():
            found.append((role, image.strip().removeprefix("docker://"), (image.line, image.column)))
    return found


def steps(
    runner: Runner,
    lines: Sequence[str],
    shells: Shells,
    nodes: Node | None,
    matrix: Sequence[dict[str, str]] = (),
) -> Iterator[Fact]:
    """Facts of a list of steps; a command that the jobs of a `matrix` run differently is told once for each."""
    handed: dict[str, tuple[str, ...]] = {}
    for step in yamlnodes.items(nodes):
        if not isinstance(step, Mapping):
            continue
        soft = runner.soft or truth(step.get("continue-on-error"))
        off = runner.disabled or is_never(step.get("if"), runner.settled)
        texts = {**runner.texts, **handed}
        one = replace(
            runner,
            soft=soft,
            disabled=off,
            known={**runner.known, **placeholders.constants(step.get("env"), "env.", "", known=runner.known)},
            texts={**texts, **githubvalues.texts(step.get("env"), {**texts, **runner.known})},
            says={"step": yamlnodes.text(step, "name")[: bounds.FACT_TEXT]},
        )
        yield from one.variables(step.get("env"))
        yield from uses(one, lines, step, matrix)
        handed.update(githubvalues.handed_on(step, {**one.texts, **one.known}))
        run = step.get("run")
        shell = yamlnodes.text(step, "shell") or shells.shell
        if isinstance(run, Scalar) and not _NOT_SHELL.match(shell):
            written = yamlnodes.text(step, "working-directory") or shells.folder
            for values in placeholders.by_matrix(matrix, f"{run} {written}"):
                known = {**one.known, **values}
                folder = placeholders.fill(written, known).removeprefix("./")
                job = replace(one, known=known, folder=None if "$" in folder else folder)
                yield from job.script(run, lines, powershell=shell.startswith(_POWERSHELL))


def uses(runner: Runner, lines: Sequence[str], step: Mapping, matrix: Sequence[dict[str, str]] = ()) -> Iterator[Fact]:
    """The action of a step, or the reusable workflow of a job."""
    used = step.get("uses")
    if not isinstance(used, Scalar):
        return
    place = (used.line, used.column)
    if used.startswith("docker://"):
        yield runner.image(used.removeprefix("docker://"), "ci", place)
        return
    name, _, ref = used.strip().partition("@")
    inputs = step.get("with")
    plain = plain_inputs(inputs)
    says: dict[str, Any] = {
        "ref": ref,
        "with": plain,
        "filled": githubvalues.filled(plain, matrix, {**runner.texts, **runner.known}),
        "id": yamlnodes.text(step, "id"),
        "owner": runner.owner,
        "title": yamlnodes.text(step, "name"),
        "when": condition(step),
        "soft": runner.soft,
    }
    yield runner.fact("action", name[: bounds.FACT_TEXT], place, says)
    if isinstance(inputs, Mapping):
        yield from input_scripts(runner, lines, name, inputs)
        yield from _built(runner, inputs)


def plain_inputs(inputs: Node | None) -> dict[str, str]:
    """The scalar inputs as text, bounded."""
    if not isinstance(inputs, Mapping):
        return {}
    pairs = [(key, str(one)[: bounds.FACT_TEXT]) for key, one in inputs.items() if isinstance(one, Scalar)]
    return dict(pairs[:_MOST_INPUTS])


def input_scripts(runner: Runner, lines: Sequence[str], name: str, inputs: Mapping) -> Iterator[Fact]:
    """Commands of inputs that hold shell text (`script`, `inlineScript`, `command` of more than a word)."""
    for key, node in inputs.items():
        if not isinstance(node, Scalar) or key.lower() not in _SCRIPT_INPUTS:
            continue
        if name.endswith("github-script") or (
            key.lower() in ("command", "commands", "cmd") and " " not in node.strip()
        ):
            continue
        if name.startswith("./") and " " not in _EXPRESSION.sub("", node.strip()):
            continue  # an input of our own action, which says itself what it is for
        yield from runner.script(node, lines)


def _built(runner: Runner, inputs: Mapping) -> Iterator[Fact]:
    """Images that an action with the inputs of a container build (context, tags, push) makes."""
    tags, push = inputs.get("tags"), inputs.get("push")
    if not isinstance(tags, Scalar) or not ("push" in inputs or "context" in inputs or "file" in inputs):
        return
    pushes = isinstance(push, Scalar) and push.strip().lower() not in ("", "false")
    for tag in re.split(r"[\n,]", tags):
        if tag.strip():
            yield runner.image(tag.strip(), "push" if pushes else "build", (tags.line, tags.column))
