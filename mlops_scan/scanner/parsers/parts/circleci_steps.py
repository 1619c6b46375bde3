"""Steps of CircleCI jobs: commands followed with their parameters, lists of steps handed over, branches decided.

https://circleci.com/docs/reusing-config/ and /docs/configuration-reference/, read 2026-11 (version 2.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mlops_scan.scanner.files import SourceFile
from mlops_scan.scanner.formats import circles, placeholders, yamlnodes
from mlops_scan.scanner.formats.githubsteps import plain_inputs
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.formats.textlines import lines_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.parts import circleci_workflows

_DEPTH = 8  # commands of commands
MOST = 5_000  # steps of one job, commands opened

Commands = dict[str, tuple[Mapping, tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Who runs steps, in which orb, inside which commands, and the lists of steps that it is handed."""

    runner: Runner
    orb: str = ""
    inside: tuple[str, ...] = ()
    lists: dict[str, tuple[Node, Frame]] = field(default_factory=dict)

    def handing(self, holder: Node | None, calls: Sequence[Node | None], outer: Frame) -> Frame:
        """This frame with the lists of steps that callers, or defaults, give the parameters of a job or command."""
        parameters = yamlnodes.child(holder, "parameters")
        lists: dict[str, tuple[Node, Frame]] = {}
        for name, one in parameters.items() if isinstance(parameters, Mapping) else ():
            if yamlnodes.text(one, "type") == "steps":
                told = [given for call in calls if (given := yamlnodes.child(call, name)) is not None]
                default = yamlnodes.child(one, "default")
                if told or default is not None:
                    lists[f"parameters.{name}"] = (told[0], outer) if told else (default or Mapping(1, 1), self)
        return replace(self, lists=lists)


class Steps:
    """What lists of steps of one file run; all jobs have `left` steps together."""

    def __init__(self, source: SourceFile, commands: Commands) -> None:
        self._source, self._commands, self.left = source, commands, MOST

    def facts(self, steps: Sequence[Node], frame: Frame) -> Iterator[Fact | Note]:
        """A step that is a command of the file stands for that command's steps."""
        for step in steps:
            self.left -= 1
            if self.left < 0:
                return
            pairs = [(str(step), None)] if isinstance(step, Scalar) else []
            for key, value in step.items() if isinstance(step, Mapping) else pairs:
                yield from self._step(step, key, value, frame)

    def _step(self, step: Node, key: str, value: Node | None, frame: Frame) -> Iterator[Fact | Note]:
        name = f"{frame.orb}/{key}" if frame.orb and f"{frame.orb}/{key}" in self._commands else key
        script = value if isinstance(value, Scalar) else yamlnodes.child(value, "command")
        if key in ("when", "unless"):
            condition = yamlnodes.child(value, "condition")
            off = circleci_workflows.holds(condition, frame.runner.settled) is (key == "unless")
            one = replace(frame.runner, disabled=frame.runner.disabled or off)
            yield from self.facts(yamlnodes.items(value, "steps"), replace(frame, runner=one))
        elif key == "run" and isinstance(script, Scalar):
            yield from self._script(value, script, frame.runner)
        elif key == "steps" or key.startswith("<<"):
            yield from self._handed(str(value) if key == "steps" else key, frame)
        elif name in self._commands:
            yield from self._command(step, key, name, value, frame)
        elif "/" in key and isinstance(step, Mapping | Scalar):  # an orb's command
            said = {"owner": frame.runner.owner, "with": plain_inputs(value)}
            yield frame.runner.fact("action", key, _place(step, key), said)

    def _script(self, value: Node | None, script: Scalar, runner: Runner) -> Iterator[Fact]:
        folder = yamlnodes.text(value, "working_directory") if isinstance(value, Mapping) else ""
        says = {"step": yamlnodes.text(value, "name")} if isinstance(value, Mapping) else {}
        yield from replace(runner, folder=_folder(folder), says=says).script(script, lines_of(self._source))

    def _handed(self, written: str, frame: Frame) -> Iterator[Fact | Note]:
        """`steps: << parameters.after >>`: as whoever hands them over wrote them."""
        held = frame.lists.get(written.strip("<> \t"))
        if held is not None and len(held[1].inside) <= _DEPTH:
            nodes, outer = held
            runner = replace(outer.runner, owner=frame.runner.owner, disabled=frame.runner.disabled)
            yield from self.facts(yamlnodes.items(nodes), replace(outer, runner=runner))

    def _command(self, step: Node, key: str, name: str, value: Node | None, frame: Frame) -> Iterator[Fact | Note]:
        inside, runner = frame.inside, frame.runner
        if name in inside or len(inside) >= _DEPTH:
            deep = f"'{name}' is a command more than {_DEPTH} commands deep: not followed"[:400]
            reason = circles.told([*inside[inside.index(name) :], name]) if name in inside else deep
            yield Note(Location(self._source.path, *_place(step, key)), reason)
            return
        command = self._commands[name][0]
        known = {**runner.known, **defaults(command), **given([value], runner.known)}
        one = replace(runner, known=known, settled=settled(command, [value], runner.settled))
        inner = Frame(one, key.rpartition("/")[0] or frame.orb, (*inside, name)).handing(command, [value], frame)
        yield from self.facts(yamlnodes.items(command, "steps"), inner)


def defaults(holder: Node | None) -> dict[str, tuple[str, ...]]:
    """The defaults of the parameters of a job or command."""
    parameters = yamlnodes.child(holder, "parameters")
    found: dict[str, tuple[str, ...]] = {}
    for name, one in parameters.items() if isinstance(parameters, Mapping) else ():
        if default := yamlnodes.text(one, "default"):
            found[f"parameters.{name}"] = (default,)
    return found


def given(options: Sequence[Node | None], known: Known) -> dict[str, tuple[str, ...]]:
    """The values that those who use a job or command give its parameters."""
    found: dict[str, tuple[str, ...]] = {}
    for one in options:
        for key, value in one.items() if isinstance(one, Mapping) else ():
            if isinstance(value, Scalar):
                place, text = f"parameters.{key}", placeholders.fill(str(value), known)
                found[place] = tuple(dict.fromkeys((*found.get(place, ()), text)))
        legs = yamlnodes.child(one, "matrix", "parameters")
        for key, values in legs.items() if isinstance(legs, Mapping) else ():
            texts = [placeholders.fill(str(leg), known) for leg in yamlnodes.items(values) if isinstance(leg, Scalar)]
            found[f"parameters.{key}"] = found[f"matrix.{key}"] = tuple(dict.fromkeys(texts))
    return {key: values for key, values in found.items() if values}


def settled(holder: Node | None, calls: Sequence[Node | None], outer: Known) -> dict[str, tuple[str, ...]]:
    """The parameters that nobody chooses when a pipeline starts: what every caller writes down, or the default."""
    parameters = yamlnodes.child(holder, "parameters")
    found: dict[str, tuple[str, ...]] = {}
    for name, one in parameters.items() if isinstance(parameters, Mapping) else ():
        texts: list[str] = []
        for call in calls or [None]:
            legs = yamlnodes.items(call, "matrix", "parameters", name)
            told: Sequence[Node | None] = legs or [yamlnodes.child(call, name) or yamlnodes.child(one, "default")]
            texts += [placeholders.fill(str(node), outer) if isinstance(node, Scalar) else "<<" for node in told]
        if not any("<<" in text for text in texts):
            found[f"parameters.{name}"] = tuple(dict.fromkeys(text.strip() for text in texts))
    return found


def _place(step: Node, key: str) -> tuple[int, int]:
    return step.places[key] if isinstance(step, Mapping) else (step.line, step.column)


def _folder(written: str) -> str | None:
    folder = written.removeprefix("~/project").strip("/")
    return None if "$" in folder or "<<" in folder or folder.startswith("~") else folder
