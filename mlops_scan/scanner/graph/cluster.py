"""Which workloads of a whole cluster's repository are about something else: mail, terminals, home automation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.graph.workloads import Workload

_MANY = 5  # so many parts with namespaces of their own are no longer one system


def elsewhere(workloads: Iterable[Workload], about: Iterable[Use]) -> frozenset[str]:
    """Ids of the workloads that live in namespaces where nothing speaks of models, in the repository of a cluster.

    A repository is one of a cluster when its workloads fall into many parts that share no namespace. The environments
    of one system share its workloads, and so are one part. A workload without a namespace is never elsewhere.
    """
    spaces = {one.id: namespaces(one) for one in workloads if namespaces(one)}
    parts = _parts(spaces.values())
    if len(parts) < _MANY:
        return frozenset()
    uses = tuple(about)
    files, owners = {use.at.path for use in uses}, {str(use.fact.get("owner")) for use in uses}
    speaks = {str(use.fact.get("namespace")) for use in uses} - {"None"}
    for one in workloads:
        if one.at.path in files or one.id in owners:
            speaks |= spaces.get(one.id, frozenset())
    if not speaks:
        return frozenset()
    return frozenset(one for one, own in spaces.items() if own.isdisjoint(speaks))


def namespaces(workload: Workload) -> frozenset[str]:
    """The namespaces that the workload's environments put it in."""
    found = (fact.get("namespace") for fact in (workload.fact, *workload.variants))
    return frozenset(str(one) for one in found if one)


def _parts(groups: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """The groups, those that share a namespace joined."""
    return tuple(_joined(sorted(set(groups), key=sorted)))


def _joined(groups: list[frozenset[str]]) -> Iterator[frozenset[str]]:
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for group in groups:
        names = sorted(group)
        for name in names:
            leader[first(name)] = first(names[0])
    parts: dict[str, set[str]] = {}
    for name in sorted(leader):
        parts.setdefault(first(name), set()).add(name)
    for part in sorted(parts):
        yield frozenset(parts[part])
