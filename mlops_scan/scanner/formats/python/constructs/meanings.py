"""What the calls of a file that imports an infrastructure library mean: by their names alone, or by the tables."""

from __future__ import annotations

import ast
from typing import Any

from mlops_scan.scanner.formats.python.constructs import mechanical, tables
from mlops_scan.scanner.formats.python.constructs.mechanical import Subject
from mlops_scan.scanner.formats.python.constructs.met import Met
from mlops_scan.scanner.formats.python.constructs.tables import Entry, Tables

_INNER = ("PersistentVolumeClaim",)  # objects that stand inside others too


class Meanings:
    """The tables, as one file reads them."""

    def __init__(self, known: Tables, imports: set[str]) -> None:
        self._tables, self._imports = known, imports
        self._judged: dict[str, bool] = {}

    def subject(self, name: str) -> Subject | None:
        """What a call declares, where its name tells."""
        return mechanical.subject(name, self._tables) if "." in name else None

    def is_resource(self, name: str) -> bool:
        """Whether a call declares a resource that stands by itself."""
        known = self._judged.get(name)
        if known is None:
            found = mechanical.subject(name, self._tables)
            listed = self._tables.calls.get(name.rpartition(".")[2], ())
            known = (found is not None and found.type not in _INNER) or any(
                entry.makes and entry.matches(name) for entry in listed
            )
            self._judged[name] = known
        return known

    def value(self, name: str) -> str:
        """The name in the tables of a call that only stands for a value, '' for any other call."""
        if name in self._tables.values:
            return name
        whole = self._tables.methods.get(".".join(name.rsplit(".", 2)[-2:]), "")
        return whole if whole.partition(".")[0] in self._imports else ""

    def entry(self, name: str, met: Met, says: dict[str, Any]) -> Entry | None:
        """What the tables say of a call."""
        for entry in self._tables.calls.get(name.rpartition(".")[2], ()):
            if entry.matches(name):
                if not entry.service or entry.service in _made_with(says):
                    return entry
            elif (entry.loose or entry.any) and isinstance(met.node, ast.Call) and self._is_foreign(name, says, entry):
                given = {one.arg for one in met.node.keywords}
                if entry.loose <= given and (not entry.any or entry.any & given):
                    return entry
        return None

    def _is_foreign(self, name: str, says: dict[str, Any], entry: Entry) -> bool:
        """Whether a receiver was made elsewhere, where the library is imported here."""
        if entry.root not in self._imports or "." not in name:
            return False
        return not says.get("known") or name.partition(".")[0] not in tables.roots()


def _made_with(says: dict[str, Any]) -> list[Any]:
    named = says.get("receiver_kwargs") or {}
    return [*(says.get("receiver_args") or [])[:1], named.get("service_name"), named.get("service")]
