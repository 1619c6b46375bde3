"""Images of a chart's defaults that nothing runs: every release of the chart names another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mlops_scan.scanner.model import Fact

_DEFAULTS = ""  # the environment of a release that changes nothing


class Installed:
    """Under which environments the charts of the repository are installed."""

    def __init__(self) -> None:
        self._by_folder: dict[str, list[str]] = defaultdict(list)

    def add(self, folder: str, environment: str, *, bare: bool) -> None:
        """A release of the chart at `folder`; `bare`: with its default values."""
        self._by_folder[folder].append(_DEFAULTS if bare else environment)

    def mark(self, known: Sequence[Fact], made: Iterable[Fact]) -> None:
        """Say `replaced` of the default images of which each release runs another one in their place.

        Not of a chart that is published: strangers install that as it is. Two releases that one file makes are not
        told apart: it stays open which of them changes the image.
        """
        charts = {one.at.path.rpartition("/")[0]: one for one in known if one.kind == "chart"}
        wanted: dict[str, list[str]] = {}
        for folder, names in self._by_folder.items():
            chart = charts.get(folder)
            told = _DEFAULTS not in names and len({*names}) == len(names)
            if chart is not None and not chart.get("published") and told:
                wanted[chart.at.path] = names
        if not wanted:
            return
        containers: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for one in (*known, *made):
            if one.kind == "container" and not one.get("state") and _chart(one.get("workload")) in wanted:
                key = str(one.get("workload")), one.name
                containers[key].setdefault(str(one.get("environment") or ""), str(one.get("image")))
        for image in known:
            names = wanted.get(_chart(image.get("owner")), []) if image.kind == "image" else []
            default = names and not image.get("environment") and not image.get("state")
            if default and isinstance(image.says, dict) and _is_replaced(image, names, containers):
                image.says["replaced"] = True


def _is_replaced(image: Fact, names: Iterable[str], containers: Mapping[tuple[str, str], Mapping[str, str]]) -> bool:
    raw = str(image.get("raw"))
    running = [
        by_environment
        for (workload, _), by_environment in containers.items()
        if workload == image.get("owner") and by_environment.get(_DEFAULTS) == raw
    ]
    return bool(running) and all(one.get(name, raw) != raw for one in running for name in names)


def _chart(identity: object) -> str:
    """The Chart.yaml to which an object belongs."""
    return str(identity).partition("#")[0]
