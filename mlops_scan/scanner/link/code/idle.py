"""Steps of pipelines that are placeholders, or a line for a shell that only prints: what they run, if anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mlops_scan.scanner.formats import shellsilent
from mlops_scan.scanner.link.code.index import Code, known
from mlops_scan.scanner.link.code.parts import Step
from mlops_scan.scanner.link.code.programs import program

_LAMBDA = re.compile(r"lambda[^:()]*:\s*((?P<nothing>None|True|\.\.\.)\Z|print\(.*)", re.DOTALL)
_LINES = ".bash"  # of a decorator: a shell runs the line that the function returns
_PRINTS = "all it does is print"


def mark(steps: Iterable[Step], code: Code) -> None:
    """Say of each step that does nothing why, and what a function's line starts that a shell runs."""
    placeholders = {use.at for use in code.uses("does-nothing")}
    for step in steps:
        if step.at in placeholders:
            step.idle = "it is a placeholder that runs nothing"
        elif step.target is not None:
            _by_its_function(step, code)
        elif not step.script and step.line is not None:
            step.idle = _why(step.line)


def _by_its_function(step: Step, code: Code) -> None:
    """A decorated function that returns a line for a shell."""
    function = code.functions.get(step.target) if step.target is not None else None
    line = str(function.get("answer") or "") if function is not None else ""
    if not line or function is None:
        return
    if any(str(one.get("name")).endswith(_LINES) for one in function.get("decorators") or ()):
        step.script, step.idle = program(line), _why(line)
        step.target = None if step.script or step.idle else step.target


def _why(line: Any) -> str:
    """Why a step does nothing that runs a line for a shell or a lambda; '' where it may do something."""
    if text := known(line):
        return _PRINTS if shellsilent.are_silent(text) else ""
    unnamed = _LAMBDA.match(str(line.get("expr") or "")) if isinstance(line, Mapping) else None
    if unnamed is None:
        return ""
    return "its function does nothing" if unnamed["nothing"] else _PRINTS * bool(shellsilent.PRINTS.match(unnamed[1]))
