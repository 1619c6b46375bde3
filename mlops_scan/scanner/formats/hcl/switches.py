"""Which value given to a module switches a block of it off, and which production has none of a block."""

from __future__ import annotations

import re

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.formats.hcl.instances import Instance, chosen
from mlops_scan.scanner.formats.hcl.nodes import Block
from mlops_scan.scanner.formats.hcl.scope import Scope
from mlops_scan.scanner.formats.hcl.values import settled

_READS = re.compile(r"\b(var|local)\.([\w-]+)")
_MOST = 50  # names that are followed


def why_off(block: Block, one: Instance) -> str:
    """ "'var.name' switches it off (file:line)" where a file of values does; '' for a default of the module itself."""
    scope: Scope | None = one.scope
    for _ in range(bounds.TERRAFORM_DEPTH):
        if scope is None:
            break
        for key in ("count", "for_each"):
            attribute = block.body.attributes.get(key)
            if attribute is not None and (told := _Search().given(scope, attribute.value.source)):
                return told
        if scope.enabled or scope.arguments is None:
            break
        block, scope = scope.arguments[0], _above(scope)
    return ""


def without(block: Block, scopes: list[Scope]) -> str:
    """The folder of a root that is production by its name and has none of the block, where others do have it.

    '' where any root that is production has it.
    """
    if len({scope.root for scope in scopes}) < 2 or not {"count", "for_each"} & {
        *block.body.attributes,
        *_called(scopes),
    }:
        return ""
    live = [scope for scope in scopes if paths.is_live(scope.root)]
    if not live or chosen(block, scopes).disabled or not chosen(block, live).disabled:
        return ""
    return live[0].root


def _called(scopes: list[Scope]) -> set[str]:
    """The arguments of the calls that lead to the scopes."""
    return {name for scope in scopes if scope.arguments is not None for name in scope.arguments[0].body.attributes}


def _above(scope: Scope) -> Scope | None:
    found = scope.arguments[1].scope if scope.arguments is not None else None
    return found if isinstance(found, Scope) else None


class _Search:
    def __init__(self) -> None:
        self.seen: set[tuple[str, str, str]] = set()

    def given(self, scope: Scope, source: str) -> str:
        """The value of a file among those that an expression comes to, one that is false or empty."""
        for kind, name in _READS.findall(source):
            key = (scope.key, kind, name)
            if key in self.seen or len(self.seen) >= _MOST:
                continue
            self.seen.add(key)
            if kind == "local":
                found = scope.module.locals.get(name)
                told = self.given(scope, found[0].value.source) if found is not None else ""
            else:
                told = self._variable(scope, name)
            if told:
                return told
        return ""

    def _variable(self, scope: Scope, name: str) -> str:
        if scope.arguments is not None:
            above, attribute = _above(scope), scope.arguments[0].body.attributes.get(name)
            return self.given(above, attribute.value.source) if above is not None and attribute is not None else ""
        if name not in scope.module.settings or settled(scope.variable(name)) not in (False, 0, "", [], {}):
            return ""
        attribute, path = scope.module.settings[name]
        return f"'{name}' switches it off ({path}:{attribute.spot[0]})"
