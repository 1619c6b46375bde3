"""Functions that do not just take values: they look at failures, or read files of the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import replace

from mlops_scan.scanner.formats.hcl import gruntpaths
from mlops_scan.scanner.formats.hcl.frames import Configured, Frame
from mlops_scan.scanner.formats.hcl.nodes import Block, Call, Expression, Literal
from mlops_scan.scanner.formats.hcl.reader import template_file
from mlops_scan.scanner.formats.hcl.terragrunt import WITHIN
from mlops_scan.scanner.formats.hcl.values import MAX_ITEMS, Object, Unknown, Value, settled, wrong

Evaluate = Callable[[Expression, Frame], Value]
_NOTHING = Literal(None, (0, 0), "")


def _try(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    value: Value = wrong(expression.source)
    for arg in expression.args:
        value = evaluate(arg, frame)
        if not (isinstance(value, Unknown) and value.wrong):
            return value
    return value


def _can(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    value = evaluate(expression.args[0], frame) if expression.args else None
    if isinstance(value, Unknown):
        return False if value.wrong else Unknown(expression.source, call="can")
    return True


def _file(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    path = evaluate(expression.args[0], frame) if expression.args else None
    text = frame.scope.read(path) if isinstance(path, str) else None
    return text if text is not None else Unknown(expression.source, call=expression.name, parts=_parts(path))


def _fileset(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    folder, pattern = (settled(evaluate(arg, frame)) for arg in (*expression.args[:2], *[_NOTHING] * 2)[:2])
    names = frame.scope.names(folder, pattern) if isinstance(folder, str) and isinstance(pattern, str) else None
    return Unknown(expression.source, call=expression.name) if names is None else names[:MAX_ITEMS]


def _templatefile(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    args = [evaluate(arg, frame) for arg in expression.args[:2]]
    path, variables = args if len(args) == 2 else (None, None)
    found = frame.scope.template(path) if isinstance(path, str) else None
    if found is None:
        return Unknown(expression.source, call=expression.name, parts=_parts(path))
    template, where = found
    variables = settled(variables)
    names = {**frame.names, **(variables if isinstance(variables, dict) else {})}
    value = evaluate(template, Frame(frame.scope, frame.budget, where, names))
    return replace(value, source=expression.source) if isinstance(value, Unknown) else value


def rendered(block: Block, frame: Frame, evaluate: Evaluate) -> Value:
    """`rendered` of a data source that fills a template, the way before there was a function for it."""
    attributes = block.body.attributes
    template, given = attributes.get("template"), attributes.get("vars")
    if template is None:
        return None
    names = settled(evaluate(given.value, frame)) if given is not None else {}
    bound = {**frame.names, **(names if isinstance(names, dict) else {})}
    path = template.value.args[0] if isinstance(template.value, Call) and template.value.args else None
    where = settled(evaluate(path, frame)) if path is not None else None
    found = frame.scope.template(where) if isinstance(where, str) else None
    if found is not None:
        return evaluate(found[0], Frame(frame.scope, frame.budget, found[1], bound))
    text = settled(evaluate(template.value, frame))
    inner = template_file(text) if isinstance(text, str) else None
    return evaluate(inner, Frame(frame.scope, frame.budget, frame.path, bound)) if inner is not None else None


def configuration(scope: Configured, path: str) -> Value:
    """What the configuration of Terragrunt at `path` says: its locals and its inputs."""
    there = scope.within(path)
    made = {name: there.local(name, f"local.{name}") for name in there.module.locals}
    given = {name: there.variable(name) for name in there.module.settings}
    return Object((("locals", Object(made)), ("inputs", Object(given))))


def _above(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    scope, name = frame.scope, settled(evaluate(expression.args[0], frame)) if expression.args else ""
    if not isinstance(name, str) or not isinstance(scope, Configured):
        return Unknown(expression.source, call=expression.name)
    found = gruntpaths.nearest(scope.files, scope.module.folder, name)
    return f"/{found}" if found else Unknown(expression.source, call=expression.name)


def _configuration(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    """A configuration by its path: below the root of the repository, or seen from the folder."""
    scope, path = frame.scope, settled(evaluate(expression.args[0], frame)) if expression.args else None
    if not isinstance(path, str) or not isinstance(scope, Configured):
        return Unknown(expression.source, call=expression.name)
    return configuration(scope, posixpath.normpath(posixpath.join(f"/{scope.module.folder}", path)).lstrip("/"))


def _here(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    """Paths of the repository begin with a slash here."""
    if not isinstance(frame.scope, Configured):
        return Unknown(expression.source)
    folder = frame.scope.module.folder if expression.name != "get_repo_root" else ""
    return f"/{folder}" if folder else ""


def _within(expression: Call, frame: Frame, evaluate: Evaluate) -> Value:
    inner, path = expression.args
    where = str(path.value) if isinstance(path, Literal) else ""
    if not isinstance(frame.scope, Configured):
        return Unknown(inner.source)
    return evaluate(inner, Frame(frame.scope.within(where), frame.budget, where, frame.names))


def _parts(value: Value) -> tuple[str, ...]:
    return (str(value),) if isinstance(value, str) else value.parts if isinstance(value, Unknown) else ()


SPECIAL: dict[str, Callable[[Call, Frame, Evaluate], Value]] = {
    "try": _try,
    "can": _can,
    "file": _file,
    "fileset": _fileset,
    "templatefile": _templatefile,
    "find_in_parent_folders": _above,
    "read_terragrunt_config": _configuration,
    "get_terragrunt_dir": _here,
    "get_repo_root": _here,
    WITHIN: _within,
}
