"""What a block of a module stands for: its instances, in each use of the module by one root that creates something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats.hcl import bodies
from mlops_scan.scanner.formats.hcl.frames import Frame
from mlops_scan.scanner.formats.hcl.nodes import Block
from mlops_scan.scanner.formats.hcl.scope import MAX_INSTANCES, Scope


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance: in which use of its module, with which names bound.

    `use` tells the use of its module from others, and `own` the instance from others of that use, where there are any.
    """

    scope: Scope
    each: bodies.Each
    path: str
    use: str = ""
    own: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others of its block."""
        return "/".join(part for part in (self.use, self.own) if part)

    @property
    def frame(self) -> Frame:
        """Where the block's expressions are evaluated for this instance."""
        return self.scope.frame(self.path).bind(**self.each.names)

    @property
    def disabled(self) -> bool:
        """Whether the block stands for nothing."""
        return not (self.scope.enabled and self.each.enabled)


def chosen(block: Block, scopes: list[Scope]) -> Instance:
    """The block in the first use of its module in which it stands for something, else in the first use.

    Of several instances it says what all agree on.
    """
    found = [Instance(scope, bodies.of_each(block, scope.frame(block.path)), block.path) for scope in scopes]
    return next((one for one in found if not one.disabled), found[0])


def of(block: Block, scopes: list[Scope]) -> list[Instance]:
    """The instances of the block, a bounded number: those of the first root that creates any.

    Another root is another environment of the same.
    """
    first = chosen(block, scopes)
    if first.disabled:
        return [first]
    used = [scope for scope in scopes if scope.root == first.scope.root and scope.enabled]
    found = [one for scope in used for one in _of(block, scope, scope.key if len(used) > 1 else "")]
    return found[:MAX_INSTANCES]


def _of(block: Block, scope: Scope, use: str) -> Iterator[Instance]:
    frame = scope.frame(block.path)
    told = bodies.instances(block, frame, MAX_INSTANCES).each
    if len(told) > 1:
        for key, each in told.items():
            yield Instance(scope, each, block.path, use, key)
    else:
        each = bodies.of_each(block, frame)
        if each.enabled:
            yield Instance(scope, each, block.path, use)


def left_out(block: Block, scopes: list[Scope]) -> int:
    """How many instances of the block are not told apart, in the use that has most of them."""
    told = (bodies.instances(block, scope.frame(block.path), 0).total for scope in scopes if scope.enabled)
    return max(0, max(told, default=0) - MAX_INSTANCES)
