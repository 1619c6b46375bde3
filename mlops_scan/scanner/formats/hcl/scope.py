"""One use of a module: the arguments it was called with, and the values of everything it declares."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.hcl import lookup, modules, types
from mlops_scan.scanner.formats.hcl.attributes import attribute_at
from mlops_scan.scanner.formats.hcl.bodies import Each, bound_to, instances, key_of, of_each
from mlops_scan.scanner.formats.hcl.evaluate import evaluate
from mlops_scan.scanner.formats.hcl.frames import Budget, Frame, Steps
from mlops_scan.scanner.formats.hcl.modules import Module
from mlops_scan.scanner.formats.hcl.nodes import Block, Expression, Splat
from mlops_scan.scanner.formats.hcl.special import configuration, rendered
from mlops_scan.scanner.formats.hcl.values import Object, Text, Unknown, Value, to_text
from mlops_scan.scanner.formats.yamlnodes import Repository

MAX_INSTANCES = 20  # uses of one module, and instances of one block, that are told apart
_NOT_RESOURCES = frozenset(("each", "count", "self", "terraform", "path", "provider"))


@dataclass(slots=True)
class Scope:
    """A module with the arguments of one call (`arguments` is None for a root module).

    `key` tells the uses of one module apart: the calls that lead to it, each with its key where there are several.
    """

    files: Repository
    module: Module
    budget: Budget
    arguments: tuple[Block, Frame] | None = None
    root: str = ""
    level: int = 0
    name: str = ""
    key: str = ""
    enabled: bool = True
    _memo: dict[tuple[str, ...], Value] = field(default_factory=dict)
    _running: set[tuple[str, ...]] = field(default_factory=set)
    _children: dict[str, Scope | None] = field(default_factory=dict)
    _taken: dict[str, Scope] = field(default_factory=dict)

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
            return lookup.place(first, self.module.folder, self.root, source), steps[1:]
        if root == "include" and first and (path := modules.includes(self.files, self.module.folder).get(first)):
            return configuration(self, path), steps[1:]
        if root == "module" and first:
            return self._output(first, steps[1:], source, frame)
        if root == "data" and len(steps) > 1 and isinstance(steps[1], str):
            return self._data(first, steps[1], steps[2:], source)
        if root in _NOT_RESOURCES or not first:
            return Unknown(source, name=".".join([root, *(step for step in steps if isinstance(step, str))])), ()
        key = key_of(steps[1:], frame)
        found = Unknown(source, f"{root}.{first}", self.module.folder, module=self.key, key=key)
        known = self._known(root, first, steps[1:], key) if steps[1:] else self._by_key(found)
        if isinstance(known, Unknown):
            return replace(found, text=known.text), ()
        return replace(found, known=known), ()

    def _data(self, kind: str, name: str, steps: Steps, source: str) -> tuple[Value, Steps]:
        """A data source: what only a run tells, but for its own arguments, and a template that the module fills."""
        unknown = Unknown(source, f"data.{kind}.{name}", self.module.folder, module=self.key)
        rest = steps[1:] if steps and not isinstance(steps[0], str) else steps
        block = self.module.data.get((kind, name))
        if block is None or kind != "template_file" or rest != ("rendered",):
            known = self._known(f"data.{kind}", name, rest, "", block) if len(rest) == 1 else None
            return (unknown if isinstance(known, Unknown) else replace(unknown, known=known)), ()
        key = ("data", kind, name)
        if self._once(*key):
            self._keep(key, rendered(block, self.frame(block.path), evaluate))
        value = self._memo[key]
        return (value if isinstance(value, (str, Unknown)) and value else unknown), ()

    def _once(self, *key: str) -> bool:
        """Whether the value of `key` must still be made; while it is, it is unknown (and asking for it is a cycle)."""
        if key in self._memo:
            if key in self._running:
                self.budget.cycles.add((self.module.folder, ".".join(key[:3])))
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
            self.budget.tell(value, path, attribute.spot)
        elif declared is not None and default is not None:
            value = evaluate(default.value, self.frame(declared.path))
            self.budget.tell(value, declared.path, default.spot)
            value = unknown if types.made_later(name, value) else value
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

    def _output(self, name: str, steps: Steps, source: str, frame: Frame) -> tuple[Value, Steps]:
        """`module.name.output`, also behind an index of a call with count or for_each."""
        rest = steps[1:] if steps and not isinstance(steps[0], str) else steps
        child = self.child(name, key_of(steps, frame))
        if child is None or not rest or not isinstance(rest[0], str):
            ref = f"module.{name}" if name in self.module.calls else ""
            return Unknown(source, ref, self.module.folder if ref else "", module=self.key if ref else ""), ()
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

    def _known(self, kind: str, name: str, steps: Steps, instance: str, source: Block | None = None) -> Value:
        """What the configuration says of the attribute at `steps` of a resource or data source; None when nothing."""
        block = source or self.module.resources.get((kind, name))
        if block is None or not steps or any(isinstance(step, Splat) for step in steps):
            return None
        spelled = [step if isinstance(step, str) else step.source for step in steps if not isinstance(step, Splat)]
        key = ("resource", kind, name, instance, *spelled)
        if self._once(*key):
            frame = replace(self.frame(block.path), names=self._each(block, instance).names)
            value = attribute_at(block.body, steps, frame)
            self._keep(key, value if isinstance(value, Unknown) or to_text(value) is not None else None)
        return self._memo[key]

    def _by_key(self, whole: Unknown) -> Value:
        """A resource with `for_each`: an object of its instances."""
        kind, _, name = whole.ref.partition(".")
        block = self.module.resources.get((kind, name))
        if block is None or "for_each" not in block.body.attributes:
            return None
        key = ("resource", kind, name)
        if self._once(*key):
            told = instances(block, self.frame(block.path), MAX_INSTANCES).each
            self._keep(key, Object((one, replace(whole, key=one)) for one in told) if told else None)
        return self._memo[key]

    def _each(self, block: Block, key: str) -> Each:
        """The names that the instance `key` of a block binds, or what all of its instances agree on."""
        frame = self.frame(block.path)
        return (bound_to(block, frame, key) if key else None) or of_each(block, frame)

    # -- modules

    def child(self, name: str, key: str = "") -> Scope | None:
        """The local module that `module "name"` calls, with the arguments of this call (of its instance `key`)."""
        kept = f"{name}[{key}]"
        if kept not in self._children:
            self._children[kept] = None  # a module that calls itself
            block = self.module.calls.get(name)
            self._children[kept] = self._child(block, self._each(block, key), key) if block is not None else None
        return self._children[kept]

    def children(self, name: str) -> list[Scope]:
        """The module that `module "name"` calls: once for each instance of the call."""
        block = self.module.calls.get(name)
        told = instances(block, self.frame(block.path), MAX_INSTANCES) if block is not None else None
        if told is None or len(told.each) < 2:
            found = [self.child(name)]
        else:
            found = [self.child(name, key) for key in told.each]
        return [one for one in found if one is not None]

    def _child(self, block: Block, each: Each, key: str) -> Scope | None:
        folder = modules.local_source(self.module.folder, block.body.text("source"))
        if folder is None or self.level >= bounds.TERRAFORM_DEPTH:
            return None
        called = modules.module(self.files, folder)
        if not called.blocks:
            return None
        name = block.labels[0]
        frame = Frame(self, self.budget, block.path, each.names)
        enabled = self.enabled and each.enabled
        path = "/".join(part for part in (self.key, f"{name}.{key}" if key else name) if part)
        return Scope(self.files, called, self.budget, (block, frame), self.root, self.level + 1, name, path, enabled)

    # -- files

    def within(self, path: str) -> Scope:
        """The file at `path`, which a configuration of Terragrunt takes in: its own locals."""
        if path not in self._taken:
            called = modules.taken_in(self.files, self.module.folder, path)
            self._taken[path] = Scope(self.files, called, self.budget, root=self.root, _taken=self._taken)
        return self._taken[path]

    def read(self, path: str) -> Text | None:
        """The text of a file of the repository."""
        return lookup.text(self.files, path, self.module.folder, self.root)

    def template(self, path: str) -> tuple[Expression, str] | None:
        """A file of the repository as a template, and its path."""
        return lookup.template(self.files, path, self.module.folder, self.root)

    def names(self, folder: str, pattern: str) -> list[str] | None:
        """The files below a folder of the repository that fit a glob, relative to it."""
        return lookup.names(self.files, folder, pattern, self.module.folder, self.root)
