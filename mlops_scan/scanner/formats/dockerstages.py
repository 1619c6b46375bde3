"""The stages that a Dockerfile's instructions make, as facts: what each stands on, copies, runs and starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import images
from mlops_scan.scanner.formats.dockercommands import Commands, Said, said
from mlops_scan.scanner.formats.dockerfile import Instruction
from mlops_scan.scanner.formats.dockervariables import assignments, substitute, unquote
from mlops_scan.scanner.model import Fact, Location, Note

_STAGES = 300  # of one file
_VARIABLES = 1000  # of one stage: each later stage copies them


@dataclass(slots=True)
class _Stage:
    """A stage being read. What it does not set itself it takes from the earlier stage it stands on."""

    name: str
    index: int
    at: Location
    base: str
    parent: _Stage | None
    platform: str = ""
    user: str = ""
    user_line: int = 0
    workdir: str = ""
    healthcheck: str = ""
    values: dict[str, str | None] = field(default_factory=dict)  # ARG and ENV, for substitution
    env: dict[str, str | None] = field(default_factory=dict)
    expose: list[str] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    cmd: Said | None = None
    entrypoint: Said | None = None
    own_cmd: bool = False
    own_entrypoint: bool = False

    def inherit(self) -> None:
        if self.parent is not None:
            parent = self.parent
            self.user, self.user_line, self.workdir = parent.user, parent.user_line, parent.workdir
            self.healthcheck, self.expose = parent.healthcheck, parent.expose[:100]
            self.env, self.values = dict(parent.env), dict(parent.env)
            self.cmd, self.entrypoint = parent.cmd, parent.entrypoint


class Stages:
    """One reading of a Dockerfile at `path`."""

    def __init__(self, path: str, instructions: tuple[Instruction, ...], lines: list[str]) -> None:
        self.path = path
        self.lines = lines
        self.instructions = instructions
        self.globals: dict[str, str | None] = {}
        self.stages: list[_Stage] = []
        self.commands = Commands(path, lines)
        self.by_name: dict[str, _Stage] = {}

    def facts(self) -> Iterator[Fact | Note]:
        """All facts of the file: env, image and command facts in order, then the stages."""
        for instruction in self.instructions:
            if instruction.keyword == "FROM":
                if len(self.stages) >= _STAGES:
                    yield Note(Location(self.path, instruction.line), f"more than {_STAGES} stages")
                    break
                yield from self._from(instruction)
            elif not self.stages:
                if instruction.keyword == "ARG":
                    yield from self._variables(instruction, self.globals)
            else:
                yield from self._inside(instruction, self.stages[-1])
        for stage in self.stages:
            if stage.own_cmd or stage.own_entrypoint:
                yield from self.commands.start(stage.entrypoint, stage.cmd, stage.name, stage.values)
        for stage in self.stages:
            yield self._stage_fact(stage)

    def _inside(self, instruction: Instruction, stage: _Stage) -> Iterator[Fact]:
        keyword = instruction.keyword
        if keyword == "RUN":
            yield from self._run(instruction, stage)
        elif keyword in ("COPY", "ADD"):
            yield from self._copy(instruction, stage)
        elif keyword in ("ENV", "ARG"):
            yield from self._variables(instruction, stage.values, stage)
        elif keyword == "USER":
            stage.user, stage.user_line = substitute(instruction.value, stage.values)[0].strip(), instruction.line
        elif keyword == "WORKDIR":
            place = unquote(substitute(instruction.value, stage.values)[0].strip())
            stage.workdir = place if place.startswith("/") or not stage.workdir else f"{stage.workdir}/{place}"
        elif keyword == "EXPOSE":
            stage.expose += substitute(instruction.value, stage.values)[0].split()[:100]
        elif keyword == "HEALTHCHECK":
            stage.healthcheck = instruction.value[: bounds.FACT_TEXT]
        elif keyword == "CMD":
            stage.cmd, stage.own_cmd = said(instruction), True
        elif keyword == "ENTRYPOINT":
            stage.entrypoint, stage.own_entrypoint = said(instruction), True
            stage.cmd = stage.cmd if stage.own_cmd else None  # an inherited CMD is reset

    def _from(self, instruction: Instruction) -> Iterator[Fact]:
        words = instruction.words()
        if not words:
            return
        raw, offset = unquote(words[0][0]), words[0][1]
        named = len(words) > 2 and words[1][0].lower() == "as"
        index = len(self.stages)
        reference, used = substitute(raw, self.globals)
        name = words[2][0] if named else str(index)
        line, column = instruction.place(offset)
        at = Location(self.path, line, column, line, column + len(words[0][0]))
        parent = self.by_name.get(reference.lower())
        platform = substitute(instruction.flag("platform"), self.globals)[0]
        start = Location(self.path, instruction.line, 1, instruction.end_line)
        stage = _Stage(name, index, start, reference, parent, platform)
        stage.inherit()
        self.stages.append(stage)
        self.by_name[name.lower()] = stage
        self.by_name.setdefault(str(index), stage)
        if parent is None and reference.lower() != "scratch":
            yield self._image(raw, reference, used, "base", name, at)

    def _image(self, raw: str, reference: str, used: frozenset[str], role: str, stage: str, at: Location) -> Fact:
        read = images.parse(reference)
        says: dict[str, Any] = {"tag": read.tag, "digest": read.digest, "role": role, "raw": raw, "stage": stage}
        says["owner"] = self.path
        if read.unresolved:
            says["unresolved"] = True
        if used and read.tag and "$" not in read.tag and images.parse(raw).tag != read.tag:
            says["default_tag"] = read.tag
        return Fact("image", read.repository, at, says)

    def _variables(
        self, instruction: Instruction, values: dict[str, str | None], stage: _Stage | None = None
    ) -> Iterator[Fact]:
        for name, written, offset in assignments(instruction):
            value = None if written is None else substitute(unquote(written), values)[0]
            if len(values) >= _VARIABLES and name not in values:
                pass
            elif instruction.keyword == "ENV":
                if stage is not None:
                    stage.env[name] = value
                values[name] = value or ""
            elif name not in (stage.env if stage is not None else {}):  # an ENV outranks an ARG
                if value is None and stage is not None:
                    value = self.globals.get(name)
                values[name] = value
            line, column = instruction.place(offset)
            at = Location(self.path, line, column, line, column + len(name))
            shown = None if value is None else value[: bounds.FACT_TEXT]
            yield Fact("env", name, at, {"value": shown, "where": "dockerfile", "owner": self.path})

    def _copy(self, instruction: Instruction, stage: _Stage) -> Iterator[Fact]:
        words = instruction.exec_form()
        if words is None:
            words = [unquote(word) for word, _ in instruction.words()]
        words = [substitute(word, stage.values)[0] for word in words]
        yield from self._from_image(instruction, instruction.flag("from"), stage)
        if len(words) < 2:
            return
        source_stage = instruction.flag("from")
        for source in words[:-1]:
            if source.startswith("<<"):
                continue
            copy: dict[str, Any] = {"src": source, "dst": words[-1], "line": instruction.line}
            if source_stage:
                copy["from"] = source_stage
            stage.copies.append(copy)

    def _from_image(self, instruction: Instruction, written: str, stage: _Stage) -> Iterator[Fact]:
        """An image that COPY --from or RUN --mount=from takes files out of (role `copy`)."""
        reference, used = substitute(written, {**self.globals, **stage.values})
        if not reference or reference.lower() in self.by_name or reference.isdigit():
            return
        if not any(char in reference for char in "/:@."):
            return  # a named build context
        line = next((n for n in range(instruction.line, instruction.end_line + 1) if written in self.lines[n - 1]), 0)
        column = self.lines[line - 1].find(written) + 1 if line else 1
        at = Location(self.path, line or instruction.line, column)
        yield self._image(written, reference, used, "copy", stage.name, at)

    def _run(self, instruction: Instruction, stage: _Stage) -> Iterator[Fact]:
        for name, value in instruction.flags:
            if name == "mount":
                parts = dict(part.partition("=")[::2] for part in value.split(","))
                yield from self._from_image(instruction, parts.get("from", ""), stage)
        yield from self.commands.run(instruction, stage.name, stage.values)

    def _stage_fact(self, stage: _Stage) -> Fact:
        says: dict[str, Any] = {"index": stage.index, "final": stage is self.stages[-1], "base": stage.base}
        optional = {
            "from_stage": stage.parent.name if stage.parent is not None else "",
            "user": stage.user,
            "user_line": stage.user_line,
            "workdir": stage.workdir,
            "expose": stage.expose,
            "copies": stage.copies,
            "cmd": stage.cmd[1] if stage.cmd is not None else [],
            "entrypoint": stage.entrypoint[1] if stage.entrypoint is not None else [],
            "healthcheck": stage.healthcheck,
            "env": stage.env,
            "platform": stage.platform,
        }
        says.update((key, value) for key, value in optional.items() if value)
        return Fact("stage", stage.name, stage.at, says)
