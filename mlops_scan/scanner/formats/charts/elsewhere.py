"""What a chart prints only where a cluster has what its templates ask for: conditional, and not switched off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.cluster import Kind, is_version
from mlops_scan.scanner.formats.charts.identities import identity, kind_at
from mlops_scan.scanner.formats.charts.release import Instance
from mlops_scan.scanner.formats.charts.render import Output, Renderer, Rendering
from mlops_scan.scanner.formats.gotemplate.nodes import If, Node, Range, Text
from mlops_scan.scanner.formats.gotemplate.values import Values

Key = tuple[str, str, str]  # path of the instance, kind and name of an object


@dataclass(slots=True)
class Elsewhere:
    """Renders once more, for other clusters, the templates that asked; `decided` are the objects they print there."""

    renderer: Renderer
    decided: set[Key] = field(default_factory=set)

    def renderings(self, made: Rendering, given: Values) -> Iterator[tuple[Rendering, frozenset[Key]]]:
        """(rendering for another cluster, objects in it that need none such); each joins `made.further`."""
        known: frozenset[Key] | None = None
        for kind in (Kind.EQUIPPED, Kind.OLD):
            asking = {one.key[0] + one.path for one in made.outputs if self._decides(one, kind, made)}
            if not asking:
                continue

            def wanted(_: Rendering, instance: Instance, path: str, asking: set[str] = asking) -> bool:
                return instance.path + path in asking

            if known is None:
                known = frozenset(_keys(made.outputs))
            other = self.renderer.render(given, cluster=kind, wanted=wanted)
            yield other, known
            made.further += other.outputs
            printed = frozenset(_keys(other.outputs))
            known |= printed
            self.decided |= printed

    def _decides(self, output: Output, kind: Kind, made: Rendering) -> bool:
        """Whether a cluster of that kind may make a template print more objects: where it holds one back."""
        if not output.asked:
            return False
        held = output.path in made.gated
        if kind is Kind.OLD:
            return held and any(map(is_version, output.asked))
        if all(map(is_version, output.asked)):
            return False
        template = self.renderer.template(output.path)
        return held or "apiVersion" not in output.writer.text() or _alternates(getattr(template, "body", ()))


def _alternates(nodes: Iterable[Node]) -> bool:
    """Whether conditions choose between objects: one that has an `else`, with a kind at the margin on a side."""
    return any(
        (bool(one.other) and (_holds(one.then) or _holds(one.other))) or _alternates((*one.then, *one.other))
        for one in nodes
        if isinstance(one, If)
    )


def _holds(nodes: Iterable[Node]) -> bool:
    for one in nodes:
        inside: tuple[Node, ...] = ()
        if isinstance(one, Text) and kind_at(one.text) >= 0:
            return True
        if isinstance(one, If):
            inside = (*one.then, *one.other)
        elif isinstance(one, Range):
            inside = one.body
        if _holds(inside):
            return True
    return False


def _keys(outputs: list[Output]) -> Iterator[Key]:
    for output in outputs:
        for _, chunk in yamlnodes.split(output.writer.text()):
            if "apiVersion" in chunk:
                yield output.instance.path, *identity(chunk)
