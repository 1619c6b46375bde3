"""One use of a module: the arguments it was called with, and the values of everything it declares."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field, replace

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.hcl import modules, reader, types
from mlops_scan.scanner.formats.hcl.bodies import of_each
from mlops_scan.scanner.formats.hcl.evaluate import evaluate, take
from mlops_scan.scanner.formats.hcl.frames import Budget, Frame, Steps
from mlops_scan.scanner.formats.hcl.modules import Module
from mlops_scan.scanner.formats.hcl.nodes import Block, Body, Expression, Splat
from mlops_scan.scanner.formats.hcl.reader import Files
from mlops_scan.scanner.formats.hcl.values import Text, Unknown, Value, placed, to_text

MAX_USES = 8  # calls of one module that are looked at
MAX_FOLDERS = 64  # modules above one module
_NOT_RESOURCES = frozenset(("each", "count", "self", "terraform", "path", "provider"))


@dataclass(slots=True)
class Scope:
    """A module with the arguments of one call (`arguments` is None for a root module)."""

    files: Files
    module: Module
    budget: Budget
    arguments: tuple[Block, Frame] | None = None
    root: str = ""
    level: int = 0
    name: str = ""
    enabled: bool = True
    cycles: set[str] = field(default_factory=set)
    _memo: dict[tuple[str, ...], Value] = field(default_factory=dict)
    _running: set[tuple[str, ...]] = field(default_factory=set)
    _children: dict[str, Scope | None] = field(default_factory=dict)

    def frame(self, path: str = "") -> Frame:
        """The frame in which an expression of the file `path` is evaluated."""
        return Frame(self, self.budget, path)

    # -- references

    def resolve(self, root: str, steps: Steps, source: str, frame: Frame) -> tuple[Value, Steps]:
        """The value of a reference of this module, and the steps still to be taken."""
        if root == "resource" and steps and isinstance(steps[0], str):
            root, steps = steps[0], steps[1:]
        first = steps[0] if steps and isinstance(steps[0], str) else ""
        if root == "var" and first:
            return self.variable(first), steps[1:]
        if root == "local" and first:
            return self.local(first, source), steps[1:]
        if root == "path":
            return self._path(first, source), steps[1:]
        if root == "module" and first:
            return self._output(first, steps[1:], source)
        if root == "data" and len(steps) > 1 and isinstance(steps[1], str):
            ref = f"data.{first}.{steps[1]}"
            return Unknown(source, ref, self.module.folder), ()
        if root in _NOT_RESOURCES or not first:
            return Unknown(source, name=".".join([root, *(step for step in steps if isinstance(step, str))])), ()
        known = self._known(root, first, steps[1:])
        if isinstance(known, Unknown):
            return Unknown(source, f"{root}.{first}", self.module.folder, text=known.text), ()
        return Unknown(source, f"{root}.{first}", self.module.folder, known=known), ()

    def _once(self, *key: str) -> bool:
        """Whether the value of `key` must still be made; while it is, it is unknown (and asking for it is a cycle)."""
        if key in self._memo:
            if key in self._running:
                self.cycles.add(".".join(key))
            return False
        self._memo[key] = Unknown(".".join(key))
        self._running.add(key)
        return True

    def _keep(self, key: tuple[str, ...], value: Value) -> None:
        self._memo[key] = value
        self._running.discard(key)

    def variable(self, name: str) -> Value:
        """The argument of the call, the value of a tfvars file, or the default."""
        key = ("var", name)
        if self._once(*key):
            self._keep(key, self._variable(name))
        return self._memo[key]

    def _variable(self, name: str) -> Value:
        declared = self.module.variables.get(name)
        unknown = Unknown(f"var.{name}", name=f"var.{name}")
        value: Value = unknown
        default = declared.body.attributes.get("default") if declared is not None else None
        if self.arguments is not None and name in self.arguments[0].body.attributes:
            block, frame = self.arguments
            value = evaluate(block.body.attributes[name].value, frame)
            if isinstance(value, Unknown) and not value.ref and default is not None and value.name.startswith("var."):
                value = replace(value, name=f"var.{name}", source=f"var.{name}")
        elif self.arguments is None and name in self.module.settings:
            attribute, path = self.module.settings[name]
            value = evaluate(attribute.value, self.frame(path))
        elif declared is not None and default is not None:
            value = evaluate(default.value, self.frame(declared.path))
        kind = declared.body.attributes.get("type") if declared is not None else None
        if kind is None or declared is None:
            return value
        return types.completed(value, kind.value, self.frame(declared.path))

    def local(self, name: str, source: str) -> Value:
        """The value of `local.name`."""
        found = self.module.locals.get(name)
        if found is None:
            return Unknown(source, wrong=True)
        key = ("local", name)
        if self._once(*key):
            self._keep(key, evaluate(found[0].value, self.frame(found[1])))
        return self._memo[key]

    def _path(self, which: str, source: str) -> Value:
        if which == "module":
            return f"./{self.module.folder}" if self.module.folder else "."
        if which in ("root", "cwd"):
            return f"./{self.root}" if self.root else "."
        return Unknown(source)

    def _output(self, name: str, steps: Steps, source: str) -> tuple[Value, Steps]:
        """`module.name.output`, also behind an index of a call with count or for_each."""
        rest = steps[1:] if steps and not isinstance(steps[0], str) else steps
        child = self.child(name)
        if child is None or not rest or not isinstance(rest[0], str):
            ref = f"module.{name}" if name in self.module.calls else ""
            return Unknown(source, ref, self.module.folder if ref else ""), ()
        return child.output(rest[0], source), rest[1:]

    def output(self, name: str, source: str) -> Value:
        """The value of an output of this module."""
        block = self.module.outputs.get(name)
        attribute = block.body.attributes.get("value") if block is not None else None
        if block is None or attribute is None:
            return Unknown(source, wrong=True)
        key = ("output", name)
        if self._once(*key):
            self._keep(key, evaluate(attribute.value, self.frame(block.path)))
        return self._memo[key]

    def _known(self, kind: str, name: str, steps: Steps) -> Value:
        """What the configuration says of the attribute at `steps` of a resource; None when nothing."""
        block = self.module.resources.get((kind, name))
        if block is None or not steps or any(isinstance(step, Splat) for step in steps):
            return None
        spelled = [step if isinstance(step, str) else step.source for step in steps if not isinstance(step, Splat)]
        key = ("resource", kind, name, *spelled)
        if self._once(*key):
            frame = replace(self.frame(block.path), names=of_each(block, self.frame(block.path)).names)
            value = _attribute(block.body, steps, frame)
            self._keep(key, value if isinstance(value, Unknown) or to_text(value) is not None else None)
        return self._memo[key]

    # -- modules

    def child(self, name: str) -> Scope | None:
        """The local module that `module "name"` calls, with the arguments of this call."""
        if name not in self._children:
            self._children[name] = None  # a module that calls itself
            self._children[name] = self._child(name)
        return self._children[name]

    def _child(self, name: str) -> Scope | None:
        block = self.module.calls.get(name)
        folder = modules.local_source(self.module.folder, block.body.text("source")) if block is not None else None
        if block is None or folder is None or self.level >= bounds.TERRAFORM_DEPTH:
            return None
        called = modules.module(self.files, folder)
        if not called.blocks:
            return None
        uses = of_each(block, self.frame(block.path))
        frame = Frame(self, self.budget, block.path, uses.names)
        enabled = self.enabled and uses.enabled
        return Scope(self.files, called, self.budget, (block, frame), self.root, self.level + 1, name, enabled)

    # -- files

    def read(self, path: str) -> Text | None:
        """The text of a file, by a path relative to the module, to the root module, or made from `path.module`."""
        source = self._file(path)
        if source is None:
            return None
        return placed(source.text, source.path, range(1, source.text.count("\n") + 2))

    def template(self, path: str) -> tuple[Expression, str] | None:
        """A file as a template, and its path."""
        source = self._file(path)
        if source is None:
            return None
        found = source.memo("hcl-template", lambda: reader.template_file(source.text))
        return (found, source.path) if found is not None else None

    def names(self, folder: str, pattern: str) -> list[str] | None:
        """The files below a folder that fit a glob, relative to the folder, sorted."""
        for base in self._places(folder):
            own = self.files.under(base)
            if own:
                fits = re.compile(_glob(pattern))
                start = len(base) + 1 if base else 0
                return [path[start:] for path in own if fits.fullmatch(path[start:])]
        return None

    def _file(self, path: str) -> reader.Readable | None:
        return next((source for place in self._places(path) if (source := self.files.get(place)) is not None), None)

    def _places(self, path: str) -> list[str]:
        """Where in the repository a path may lie."""
        bases = ("", self.module.folder, self.root) if path.startswith("./") else (self.module.folder, self.root)
        places = (posixpath.normpath(posixpath.join(base, path)) for base in dict.fromkeys(bases))
        return ["" if place == "." else place for place in places if not place.startswith(("/", ".."))]


def _glob(pattern: str) -> str:
    """A `fileset` glob as a regular expression: `*` stays in its folder, `**` does not; braces are alternatives."""
    if pattern.count("*") > _STARS:
        return "(?!)"
    parts = re.split(r"(\*\*/|\*+|\?|\{[^{}]*\})", pattern[:200])
    return "".join(_GLOBS.get(part) or _alternatives(part) for part in parts)


def _alternatives(part: str) -> str:
    if part.startswith("{") and part.endswith("}"):
        return "(?:" + "|".join(_glob(one) for one in part[1:-1].split(",")) + ")"
    return re.escape(part)


_STARS = 8  # each may cost the length of a path times what the others cost
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _attribute(body: Body, steps: Steps, frame: Frame) -> Value:
    """An attribute of a resource as it is written; blocks and the indices behind them are passed through."""
    for index, step in enumerate(steps):
        if not isinstance(step, str):
            continue
        attribute = body.attributes.get(step)
        if attribute is not None:
            return take(evaluate(attribute.value, frame), steps[index + 1 :], "", frame)
        block = next((block for block in body.blocks if block.kind == step), None)
        if block is None:
            return None
        body = block.body
    return None


def uses(files: Files, folder: str) -> list[Scope]:
    """The module at `folder` as each of its local calls uses it; on its own when no other module calls it."""
    return _uses(files, folder, Budget(), {})


def _uses(files: Files, folder: str, budget: Budget, found: dict[str, list[Scope]]) -> list[Scope]:
    if folder in found:  # also a module that is on its way: a circle of calls
        return found[folder]
    found[folder] = []
    scopes: list[Scope] = []
    if len(found) <= MAX_FOLDERS:
        for caller in modules.callers(files, folder)[:MAX_USES]:
            children = (above.child(caller.name) for above in _uses(files, caller.folder, budget, found))
            scopes += [child for child in children if child is not None and child.module.folder == folder]
    found[folder] = scopes[:MAX_USES] or [Scope(files, modules.module(files, folder), budget, root=folder)]
    return found[folder]
