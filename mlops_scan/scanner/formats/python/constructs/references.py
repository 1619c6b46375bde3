"""What leads from one declared resource to another: the object that code hands over, or its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_scan.scanner.formats.python.constructs.codenodes import Unknown
from mlops_scan.scanner.formats.python.constructs.declared import Declared, use_of

_PARTS = re.compile(r"::|/")
_OWN = ("name", "display_name")  # under these a resource says what it is called itself


class References:
    """The resources that one file declares, by the calls that made them and by their names; `homes`: identities."""

    def __init__(self, declared: Sequence[Declared], homes: Mapping[int, str]) -> None:
        self._declared, self._homes = declared, homes
        self._subjects: dict[tuple[int, int], Declared] = {}  # by the call and its use; the first of all uses
        for one in reversed(declared):
            if one.call is not None and one.type:
                self._subjects[id(one.call.call), use_of(one)] = self._subjects[id(one.call.call), 0] = one
        self._names: dict[str, list[Declared]] = {}
        for one in declared:
            if one.key and one.form == "resource" and one.origin == "sdk":
                self._names.setdefault(one.key, []).append(one)

    def unknown(self, node: Unknown, of: Declared, key: str) -> dict[str, Any]:
        """An unknown value; where it leads to another resource, as that platform's own files would write it."""
        leads = [node.made_by, *node.more] if node.made_by is not None else []
        others = [one for call in leads if (one := self._made_by(call, of)) is not None and one.name]
        if of.origin == "sdk":
            meant = next((one for one in others if one.form == "resource"), None)
            other = meant or self._named(str(node.value["expr"]), of, key)
            return dict(node.value) if other is None or other is of else {**node.value, **self._leading(other)}
        others = [one for one in others if one.type != of.type]
        if not others:
            return dict(node.value)
        if of.platform == "cloudformation":
            return {"expr": f"!Ref {others[0].name}", "ref": others[0].name}
        more = [{"expr": one.name, "ref": f"{one.type}.{one.name}"} for one in others[1:]]
        return {**node.value, "ref": f"{others[0].type}.{others[0].name}", **({"more": more} if more else {})}

    def _made_by(self, call: ast.Call, of: Declared) -> Declared | None:
        """What a call declares in the use in which another thing is declared."""
        known = (self._subjects.get((id(call), use)) for use in (*of.uses, 0))
        return next((one for one in known if one is not None), None)

    def constant(self, text: str, of: Declared, key: str) -> dict[str, str] | None:
        """A text by which a call of an API means a resource that another call makes; None for any other text."""
        other = self._named(text, of, key)
        if other is None or not _kind(other.type).endswith(_meant(key) or "?"):
            return None
        return {**self._leading(other), "const": text}

    def beside(self, of: Declared, kind: str) -> dict[str, str] | None:
        """The resource of a kind that the same call makes."""
        found = (one for one in self._declared if one.call is of.call and one.type == kind)
        return next((self._leading(one) for one in found), None)

    def _leading(self, other: Declared) -> dict[str, str]:
        """What leads to another resource; `to` is its identity, as its name alone may be that of several."""
        home = self._homes.get(id(other))
        return {"expr": f"!Ref {other.name}", "ref": other.name, **({"to": home} if home else {})}

    def _named(self, text: str, of: Declared, key: str) -> Declared | None:
        """The resource that calls of an API mean by a name; of several the one of the kind that the key speaks of."""
        found = [one for one in self._names.get(text, ()) if one.type != of.type] if of.origin == "sdk" else []
        if not found or key.lower() in _OWN or _kind(of.type) == _meant(key):
            return None
        return next((one for one in reversed(found) if _kind(one.type).endswith(_meant(key))), found[-1])


def _kind(resource: str) -> str:
    """The last word of a type, as keys that name such a resource spell it."""
    return _PARTS.split(resource)[-1].replace("_", "").lower()


def _meant(key: str) -> str:
    """The kind of resource that a key speaks of: of `EndpointConfigName` the configuration of an endpoint."""
    return key.replace("_", "").lower().removesuffix("name")
