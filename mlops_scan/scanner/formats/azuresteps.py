"""Steps of Azure Pipelines: scripts, tasks with their inputs, templates; `${{ if }}` keys are looked through."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import conditions, placeholders, shell, yamlnodes
from mlops_scan.scanner.formats.githubsteps import input_scripts, is_never, plain_inputs, truth
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact

_SHELLS = ("script", "bash", "pwsh", "powershell")
_MACRO = re.compile(r"\$\((\w[\w.]*)\)\Z")
_BRANCH = re.compile(r"\$\{\{[ \t]*(if|elseif|else)\b(.*?)(?:\}\}|\Z)", re.DOTALL)
_APPROVAL = "ManualValidation"


def flat(nodes: Node | None, settled: Known | None = None) -> Iterator[Node]:
    """The items of a list; an item whose keys are all template expressions stands for the items below it.

    Left out is what stands below an `if` that what is `settled` decides otherwise.
    """
    stack = [(iter(yamlnodes.items(nodes)), Branches())]
    while stack:
        waiting, branches = stack[-1]
        one = next(waiting, None)
        if one is None:
            stack.pop()
        elif isinstance(one, Mapping) and one and all(is_expression(key) for key in one):
            taken = [value for key, value in one.items() if branches.takes(key, settled or {})]
            stack.append((iter([inner for value in taken for inner in yamlnodes.items(value)]), Branches()))
        else:
            yield one


def is_expression(key: str) -> bool:
    """Whether a key is one of the templates' language: what stands below it belongs where the key stands."""
    return key.startswith("${{")


@dataclass(slots=True)
class Branches:
    """The branches of an `if` that stand after each other, and whether one of them was taken."""

    taken: bool | None = False

    def takes(self, key: str, settled: Known) -> bool:
        """Whether what stands below a template expression may count."""
        found = _BRANCH.match(key)
        word = found[1] if found else ""
        if word not in ("if", "elseif", "else"):
            return True
        before = False if word == "if" else self.taken
        holds = True if word == "else" or not found else conditions.judged(found[2], settled)
        self.taken = True if before is True or holds is True else None if None in (before, holds) else False
        return before is not True and holds is not False


def flat_mapping(node: Node | None, settled: Known | None = None) -> Mapping | None:
    """A mapping with what stands under its template expressions drawn in; the first value of a key counts."""
    if not isinstance(node, Mapping) or not any(is_expression(key) for key in node):
        return node if isinstance(node, Mapping) else None
    drawn = Mapping(node.line, node.column)
    waiting: list[Mapping] = [node]
    while waiting:
        one, branches = waiting.pop(0), Branches()
        for key, value in one.items():
            if is_expression(key):
                taken = branches.takes(key, settled or {})
                waiting += [value] if taken and isinstance(value, Mapping) else []
            elif key not in drawn:
                drawn[key] = value
                drawn.places[key] = one.places[key]
    return drawn


def template_path(folder: str, written: str) -> str:
    """The file of this repository that `template:` names, or what was written when it lies in another repository."""
    name, _, repository = written.strip().partition("@")
    if repository not in ("", "self") or "${{" in name:
        return written.strip()
    return posixpath.normpath(name.lstrip("/") if name.startswith("/") else posixpath.join(folder, name))


def step_facts(runner: Runner, lines: Sequence[str], step: Mapping) -> Iterator[Fact]:
    """Facts of a step."""
    enabled = step.get("enabled")
    off = isinstance(enabled, Scalar) and yamlnodes.typed(enabled) is False
    off = off or is_never(step.get("condition"), runner.settled)
    folder = yamlnodes.text(step, "workingDirectory").removeprefix("$(Build.SourcesDirectory)").strip("/")
    folder = placeholders.fill(folder, runner.known)
    one = replace(
        runner,
        soft=runner.soft or truth(step.get("continueOnError")),
        disabled=runner.disabled or off,
        folder=None if "$" in folder else folder,
        says={"step": yamlnodes.text(step, "displayName")[: bounds.FACT_TEXT]},
    )
    for name, value in (flat_mapping(step.get("env"), runner.settled) or {}).items():
        if isinstance(value, Scalar):
            yield _variable(one, name, value)
    yield from _step(one, lines, step)


def _variable(runner: Runner, name: str, value: Scalar) -> Fact:
    """`NAME: $(other)` hands a pipeline variable on, which is how secrets reach a script: its value is not known."""
    made = runner.variable(name, str(value), (value.line, value.column))
    return replace(made, says={**made.says, "value": None}) if _MACRO.match(value) else made


def _step(runner: Runner, lines: Sequence[str], step: Mapping) -> Iterator[Fact]:
    for key in _SHELLS:
        script = step.get(key)
        if isinstance(script, Scalar):
            yield from runner.script(script, lines, powershell=key in ("pwsh", "powershell"))
    for key in ("task", "template"):
        used = step.get(key)
        if isinstance(used, Scalar):
            yield from called(runner, lines, step, used, key)


def called(runner: Runner, lines: Sequence[str], step: Mapping, used: Scalar, key: str) -> Iterator[Fact]:
    """The task or template that a step, job or stage names, and what the task runs."""
    inputs = flat_mapping(step.get("inputs" if key == "task" else "parameters"))
    folder = runner.path.rpartition("/")[0]
    name, _, ref = used.partition("@")
    if key == "template":
        name = template_path(folder, placeholders.fill(used, runner.known)).partition("@")[0]
    plain = plain_inputs(inputs)
    says = {
        "ref": ref,
        "with": plain,
        "filled": _filled(plain, runner),
        "owner": runner.owner,
        "title": yamlnodes.text(step, "displayName"),
        "when": yamlnodes.text(step, "condition")[: bounds.FACT_TEXT],
        "soft": runner.soft,
    }
    yield runner.fact("action", name[: bounds.FACT_TEXT], (used.line, used.column), says)
    if key == "task" and inputs is not None:
        if not _python(name, inputs):
            yield from input_scripts(runner, lines, name, inputs)
        yield from _file(runner, name, inputs)
        yield from _images(runner, inputs)


def _filled(inputs: dict[str, str], runner: Runner) -> list[dict[str, str]]:
    """The inputs with the variables and parameters that are known, where that changes them."""
    found = [
        dict(zip(inputs, words, strict=True)) for words in placeholders.variants(list(inputs.values()), runner.known)
    ]
    return found if found != [inputs] and inputs else []


def _python(name: str, inputs: Mapping) -> bool:
    return name.lower().startswith("pythonscript") or yamlnodes.text(inputs, "scriptType").lower() == "python"


def _file(runner: Runner, name: str, inputs: Mapping) -> Iterator[Fact]:
    """The script file that a task runs, with its arguments."""
    for key in ("filePath", "scriptPath"):
        path = inputs.get(key)
        if isinstance(path, Scalar) and path.strip():
            words = [
                word for one in shell.commands("x " + yamlnodes.text(inputs, "arguments"))[:1] for word in one.argv[1:]
            ]
            file = (
                path.strip()
                .removeprefix("$(Build.SourcesDirectory)/")
                .removeprefix("$(System.DefaultWorkingDirectory)/")
            )
            place = (path.line, path.column)
            yield from runner.argv([*(("python",) if _python(name, inputs) else ()), file, *words], place)
            return


def _images(runner: Runner, inputs: Mapping) -> Iterator[Fact]:
    """The image that a container build task makes: `command` build or push, a repository and tags."""
    command, repository = yamlnodes.text(inputs, "command").lower(), inputs.get("repository")
    if not isinstance(repository, Scalar) or command not in ("build", "push", "buildandpush"):
        return
    registry = yamlnodes.text(inputs, "containerRegistry")
    for tag in yamlnodes.text(inputs, "tags", default="$(Build.BuildId)").split():
        role = "build" if command == "build" and not registry else "push"
        yield runner.image(f"{repository.strip()}:{tag}", role, (repository.line, repository.column))


def waits_for_approval(step: Node) -> bool:
    """Whether a step waits for a person."""
    return yamlnodes.text(step, "task").startswith(_APPROVAL)
