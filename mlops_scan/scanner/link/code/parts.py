"""A pipeline and its steps while they are put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlops_scan.scanner.graph.modules import Definition
from mlops_scan.scanner.link.code.index import inside
from mlops_scan.scanner.model import Fact, Location


@dataclass(slots=True)
class Step:
    """One step: where it is told, what it runs, and the names that others know it by."""

    name: str
    at: Location
    tool: str
    target: Definition | None = None
    script: str = ""
    described: str = ""  # the file that describes it
    line: Any = None  # value of the argument that says what it runs
    idle: str = ""  # why it does nothing
    call: Fact | None = None
    needs: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    makes: list[str] = field(default_factory=list)
    kept: str = ""  # variable that keeps it, where methods of it are called at once
    known_as: set[str] = field(default_factory=set)
    leads: set[str] = field(default_factory=set)  # variables of the steps that it decides on


@dataclass(slots=True)
class Pipeline:
    """A pipeline: a block, a function, a class or an object, and what stands in it."""

    name: str
    at: Location
    tool: str
    function: str = ""  # decorated function or class that defines it
    block: Location | None = None  # lines of a `with` statement, or of the call that lists its steps
    assigned: str = ""
    home: str = ""  # function in which the object is made
    listed: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    disabled: bool = False

    @property
    def id(self) -> str:
        return f"{self.at.path}#{self.name}"

    def holds(self, call: Fact) -> bool:
        """Whether a call stands in the pipeline's block, function or class, or is listed by it."""
        function = str(call.get("function") or call.get("decorates") or "")
        if self.function and (function == self.function or function.startswith(f"{self.function}.")):
            return True
        if self.block is not None and inside(call.at, self.block):
            return True
        return bool(call.get("assigned")) and str(call.get("assigned")) in self.listed
