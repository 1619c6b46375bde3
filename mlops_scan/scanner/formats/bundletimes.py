"""When the resources of a Databricks asset bundle run: their schedules and triggers in all targets of the bundle.

One resource is deployed to every target, where it may be told another time or be paused. An explicit status goes before
the preset of a target, and that before its mode: development pauses
(https://docs.databricks.com/dev-tools/bundles/deployment-modes.html, read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.bundles import Bundle, Target
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

_TIMES = (
    ("schedule", "quartz_cron_expression"),
    ("trigger", "periodic"),
    ("trigger", "file_arrival"),
    ("trigger", "table_update"),
)
KEYS = ("schedule", "trigger")
_PAUSED = "PAUSED"


@dataclass(frozen=True, slots=True)
class Timer:
    """A time at which a resource runs, and whether it does so anywhere but where it is developed.

    `environment` is the target that says the time; '' where the resource itself does.
    """

    key: str
    text: str
    node: Mapping
    place: tuple[int, int]
    environment: str
    off: bool


def timers(bundle: Bundle | None, group: str, name: str, base: Mapping | None) -> list[Timer]:
    """The times of one resource, each once. `base` is what holds for all targets, with its variables."""
    told: dict[tuple[str, str], list[tuple[Timer, bool]]] = {}
    targets = bundle.targets if bundle is not None else ()
    for target in targets or (None,):
        for timer in _of_target(bundle, target, base, _own(target, group, name)):
            told.setdefault((timer.key, timer.text), []).append((timer, target is None or not target.is_for_developers))
    alone = all(target.is_for_developers for target in targets)
    return [_joined(found, alone) for found in told.values()]


def _joined(found: list[tuple[Timer, bool]], alone: bool) -> Timer:
    """One time in several targets: it is told where most of them say it, and runs where any real one does."""
    first = next((timer for timer, _ in found if not timer.environment), found[0][0])
    off = not any(not timer.off and (real or alone) for timer, real in found)
    return Timer(first.key, first.text, first.node, first.place, first.environment, off)


def _own(target: Target | None, group: str, name: str) -> Node | None:
    return yamlnodes.child(target.resources, group, name) if target is not None else None


def _of_target(bundle: Bundle | None, target: Target | None, base: Mapping | None, own: Node | None) -> Iterator[Timer]:
    for key, field in _TIMES:
        first, second = (yamlnodes.child(one, key) for one in (base, own))
        if bundle is not None:
            first, second = bundle.opened(first, target), bundle.opened(second, target)
        node = merged(first, second)
        if not isinstance(node, Mapping):
            continue
        node = bundle.resolved(node, target) if bundle is not None else node
        when = yamlnodes.child(node, field)
        if when is None or not isinstance(node, Mapping):
            continue
        says = isinstance(second, Mapping) and field in second and target is not None
        status = yamlnodes.text(node, "pause_status") or (target.status if target is not None else "")
        off = status == _PAUSED or (not status and target is not None and target.is_for_developers)
        text = _spelled(when, field)
        place = node.places.get(field, (when.line, when.column))
        yield Timer(key, text, node, place, target.name if says and target is not None else "", off)


def merged(first: Node | None, second: Node | None) -> Node | None:
    """What a target makes of a mapping."""
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        return first if second is None else second
    made = Mapping(first.line, first.column, first.tag)
    made.places = {**first.places, **second.places}
    made.update(first)
    for key, value in second.items():
        whole = merged(first.get(key), value)
        if whole is not None:
            made[key] = whole
    return made


def _spelled(when: Node, field: str) -> str:
    """The cron text, `every 1 days`, or what is waited for."""
    if isinstance(when, Scalar):
        return str(when)
    interval, unit = yamlnodes.text(when, "interval"), yamlnodes.text(when, "unit").lower()
    return f"every {interval} {unit}" if interval and unit else field
