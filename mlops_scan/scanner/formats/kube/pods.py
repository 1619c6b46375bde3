"""Pod specs found by their shape wherever an object holds them: no table of products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence

_DEPTH = 24
_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Pod:
    """A mapping with containers, the mapping around it (template, with metadata), and who says how many of it run."""

    spec: Mapping
    template: Mapping | None
    scaler: Mapping | None


def find(document: Mapping) -> list[Pod]:
    """Every pod spec of an object in the order written."""
    return list(_Search().run(document))


class _Search:
    def __init__(self) -> None:
        self.left = _NODES

    def run(self, document: Mapping) -> Iterator[Pod]:
        for key, value in document.items():
            if key not in ("metadata", "status", "data", "apiVersion", "kind"):
                yield from self._below(value, document, None, 0)

    def _below(self, node: Node, around: Mapping | None, scaler: Mapping | None, depth: int) -> Iterator[Pod]:
        self.left -= 1
        if self.left < 0 or depth > _DEPTH:
            return
        if isinstance(node, Sequence):
            for item in node:
                yield from self._below(item, around, scaler, depth + 1)
        elif isinstance(node, Mapping):
            scaler = node if "replicas" in node else scaler
            if any(True for _ in containers(node)):
                yield Pod(node, around, scaler)
            else:
                for value in node.values():
                    yield from self._below(value, node, scaler, depth + 1)


def containers(spec: Mapping) -> Iterator[tuple[Mapping, bool]]:
    """(container, whether it is an init container) of a pod spec; a lone `container` or `script` step counts too."""
    main = [one for key in ("containers", "container", "script", "steps") for one in _listed(spec, key)]
    if main:
        yield from ((one, True) for one in _listed(spec, "initContainers"))
        yield from ((one, False) for one in main)


def _listed(spec: Mapping, key: str) -> list[Mapping]:
    value = spec.get(key)
    if key in ("container", "script"):
        return [value] if isinstance(value, Mapping) and isinstance(value.get("image"), Scalar) else []
    if not isinstance(value, Sequence):
        return []
    needed = ("image",) if key == "steps" else ("image", "name")
    return [
        one for one in value if isinstance(one, Mapping) and any(isinstance(one.get(word), Scalar) for word in needed)
    ]
