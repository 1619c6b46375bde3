"""Values of a configuration that a function of the repository reads: by the keys that the code looks up."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.model import Fact, Location

KEYS = re.compile(r"\[\s*[\"']([^\"'\]]+)[\"']\s*\]|\.get\(\s*[\"']([^\"']+)[\"']")
_READER = re.compile(r"conf|cfg|setting|param|ya?ml|toml|load|read", re.IGNORECASE)
_GET = ".get"
_LEAST = 2  # keys; one word may be a key of anything


class Readings:
    """What a path of keys leads to, over all configuration files of the repository."""

    def __init__(self, code: Code, entries: Mapping[str, Mapping[str, Fact]]) -> None:
        self._code, self._entries = code, entries
        self._places: dict[str, list[Fact]] | None = None

    def of(self, value: Mapping[str, Any], fact: Fact) -> tuple[Any, Location] | None:
        """The constant under the keys by which a value is taken from what a reader of configurations gave."""
        made = str(value.get("name") or value.get("call") or "")
        own = made.partition(".")[0] in self._code.names.modules.tops
        if not self._entries or not own or not _READER.search(made):
            return None  # a library says itself what it reads
        text = str(value.get("expr") or "")
        keys = [one or other for one, other in KEYS.findall(text)] or self._looked_up(text, made, fact)
        found = self._at(".".join(keys)) if len(keys) >= _LEAST else []
        values = {str(one.get("value")) for one in found}
        plain = len(values) == 1 and isinstance(found[0].get("value"), (str, int, float))
        return (found[0].get("value"), found[0].at) if plain else None

    def _looked_up(self, text: str, made: str, fact: Fact) -> list[str]:
        """The keys of `name = config.get("a").get("b")`, where a value goes by that name."""
        if not made.endswith(_GET) or not text.isidentifier():
            return []
        for call in self._code.calls(fact.at.path):
            if call.name == made and call.get("assigned") == text:
                given = [*(call.get("receiver_args") or ())[:1], *(call.get("args") or ())[:1]]
                return [one for one in given if isinstance(one, str)] if made.count(_GET) == _LEAST else []
        return []

    def _at(self, dotted: str) -> list[Fact]:
        if self._places is None:
            self._places = defaultdict(list)
            for path in sorted(self._entries):
                for name, fact in self._entries[path].items():
                    self._places[name].append(fact)
        return self._places.get(dotted, [])
