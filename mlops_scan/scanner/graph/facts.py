"""The facts of a repository, and what the catalogue knows of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache
from operator import attrgetter

from mlops_scan.scanner import paths
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.model import Fact, by_place

_BY_FACT = attrgetter("fact.at.path", "fact.at.line", "fact.at.column", "fact.kind", "fact.name", "key", "tool")


class Facts:
    """Facts by kind and file, uses by role and capability; answers are kept."""

    def __init__(self, facts: Iterable[Fact], uses: Iterable[Use]) -> None:
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        for fact in sorted(facts, key=by_place):
            self._facts[fact.kind].append(fact)
        self._uses: dict[str, list[Use]] = defaultdict(list)
        for use in sorted(uses, key=_BY_FACT):
            self._uses[use.key].append(use)
        self._counted: dict[tuple[str, ...], tuple[Fact, ...]] = {}
        self._by_file: dict[str, dict[str, list[Fact]]] = {}
        self._counted_uses: dict[str, list[Use]] = {}
        self._recalled: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Use, ...]] = {}
        self._fact_index: dict[int, list[Use]] | None = None

    def facts(self, *kinds: str) -> tuple[Fact, ...]:
        """Facts of these kinds that count as evidence: outside tests, documentation and vendored trees. By place."""
        if kinds not in self._counted:
            self._counted[kinds] = tuple(fact for fact in self.all_facts(*kinds) if counts(fact.at.path))
        return self._counted[kinds]

    def in_file(self, path: str, kind: str) -> tuple[Fact, ...]:
        """Facts of a kind in one file, by place."""
        if kind not in self._by_file:
            index: dict[str, list[Fact]] = defaultdict(list)
            for fact in self._facts[kind]:
                index[fact.at.path].append(fact)
            self._by_file[kind] = index
        return tuple(self._by_file[kind].get(path, ()))

    def all_facts(self, *kinds: str) -> tuple[Fact, ...]:
        """Facts of these kinds wherever they stand, by place."""
        if len(kinds) == 1:
            return tuple(self._facts[kinds[0]])
        return tuple(sorted((fact for kind in kinds for fact in self._facts[kind]), key=by_place))

    def uses(self, *keys: str, strengths: Collection[str] = ("strong", "medium")) -> tuple[Use, ...]:
        """What the catalogue recognised for these roles or capabilities, outside tests and documentation."""
        asked = (keys, tuple(strengths))
        if asked not in self._recalled:
            self._recalled[asked] = tuple(use for key in keys for use in self._of(key) if use.strength in strengths)
        return self._recalled[asked]

    def _of(self, key: str) -> list[Use]:
        """What counts for one role or capability."""
        if key not in self._counted_uses:
            self._counted_uses[key] = [use for use in self._uses[key] if counts(use.at.path)]
        return self._counted_uses[key]

    def uses_of(self, fact: Fact) -> tuple[Use, ...]:
        """All that the catalogue says of one fact."""
        return tuple(self._by_fact().get(id(fact), ()))

    def has_role(self, fact: Fact, *roles: str) -> bool:
        """Whether the catalogue gives the fact one of these roles."""
        return any(use.key in roles for use in self.uses_of(fact))

    def _by_fact(self) -> dict[int, list[Use]]:
        if self._fact_index is None:
            self._fact_index = defaultdict(list)
            for uses in self._uses.values():
                for use in uses:
                    self._fact_index[id(use.fact)].append(use)
        return self._fact_index


@lru_cache(maxsize=100_000)
def counts(path: str) -> bool:
    """Whether a fact at this path is evidence: not in tests, documentation or vendored trees."""
    return not (paths.is_test(path) or paths.is_documentation(path) or paths.is_vendored(path))
