"""Where an expression is evaluated: its module, its file, the names that are bound, and what it may still cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.hcl.nodes import Expression, Splat
from mlops_scan.scanner.formats.hcl.values import Place, Text, Value
from mlops_scan.scanner.formats.yamlnodes import Repository

Steps = tuple["str | Expression | Splat", ...]


class Declared(Protocol):
    """What a module declares, as far as it is asked here."""

    @property
    def folder(self) -> str: ...

    @property
    def locals(self) -> Mapping[str, object]: ...

    @property
    def settings(self) -> Mapping[str, object]: ...


class Surroundings(Protocol):
    """What a module gives its expressions."""

    def resolve(self, root: str, steps: Steps, source: str, frame: Frame) -> tuple[Value, Steps]:
        """The value of a reference, and the steps that are still to be taken from it."""

    def read(self, path: str) -> Text | None:
        """The text of a file of the repository."""

    def names(self, folder: str, pattern: str) -> list[str] | None:
        """The files below a folder of the repository that fit a glob, relative to it."""

    def template(self, path: str) -> tuple[Expression, str] | None:
        """A file of the repository as a template, and its path."""


@runtime_checkable
class Configured(Surroundings, Protocol):
    """A module that a configuration of Terragrunt may call."""

    @property
    def files(self) -> Repository: ...

    @property
    def module(self) -> Declared: ...

    def within(self, path: str) -> Configured:
        """A file that the configuration takes in, with its own locals."""

    def local(self, name: str, source: str) -> Value:
        """The value of a local."""

    def variable(self, name: str) -> Value:
        """The value of a variable: of a file that is taken in, an input."""


@dataclass(slots=True)
class Budget:
    """How many steps may still be taken, how deep the evaluation stands, and what turned out to need itself."""

    left: int = bounds.TERRAFORM_STEPS
    depth: int = 0
    cycles: set[tuple[str, str]] = field(default_factory=set)  # (folder of the module, dotted name)
    large: set[Place] = field(default_factory=set)  # calls that come to more than is kept
    told: dict[str, set[Place]] = field(default_factory=dict)  # texts of variables, and where these are written

    def tell(self, value: Value, path: str, spot: tuple[int, int]) -> None:
        """Keep where the text of a variable is written."""
        if isinstance(value, str):
            self.told.setdefault(value, set()).add((path, *spot))


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression is evaluated: in which module, in which file, with which bound names."""

    scope: Surroundings
    budget: Budget
    path: str = ""
    names: Mapping[str, Value] = field(default_factory=dict)

    def bind(self, **names: Value) -> Frame:
        """The frame with more names."""
        return Frame(self.scope, self.budget, self.path, {**self.names, **names})
