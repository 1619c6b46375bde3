"""Helm charts that a command, a resource or another chart installs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SUBCOMMANDS = frozenset(("install", "upgrade", "template", "pull"))


@dataclass(frozen=True, slots=True)
class Release:
    """A chart by name, its repository ('' or an alias where the URL is not known), and whether it is off."""

    chart: str
    repository: str = ""
    off: bool = False

    def comes_from(self, url: str) -> bool:
        """Whether the chart may come from the repository at `url`: an alias or no repository may be any."""
        if "://" not in self.repository:
            return True
        return self.repository.rstrip("/") in (url, f"{url}/{self.chart}", url.rpartition("/")[0])


def _release(chart: Any, repository: Any = "", *, off: bool = False) -> Iterator[Release]:
    """A chart reference as people write it: name, alias/name, or oci://host/path/name."""
    text, home = str(chart or ""), str(repository or "")
    if not text or text.startswith((".", "/")):
        return
    before, _, name = text.rpartition("/")
    if name:
        yield Release(name, home or before, off)


def from_command(argv: Sequence[str]) -> Iterator[Release]:
    """Charts named by a `helm install` or `helm upgrade`."""
    if argv[0] != "helm" or not _SUBCOMMANDS & set(argv[1:]):
        return
    url = next((argv[index + 1] for index, word in enumerate(argv[:-1]) if word == "--repo"), "")
    for word in argv[2:]:
        if not word.startswith("-") and "=" not in word and ("/" in word or url) and word != url:
            yield from _release(word, url)


def from_resource(kind: str, data: Any) -> Iterator[Release]:
    """Charts of a Terraform `helm_release`, a GitOps application or release, or an in-cluster chart object."""
    if not isinstance(data, Mapping):
        return
    if kind == "helm_release":
        yield from _release(data.get("chart"), data.get("repository"))
    spec = data.get("spec")
    if not isinstance(spec, Mapping):
        return
    for source in (spec.get("source"), *_listed(spec.get("sources"))):
        if isinstance(source, Mapping):
            yield from _release(source.get("chart"), source.get("repoURL"))
    chart = spec.get("chart")
    if isinstance(chart, Mapping):
        inner = chart.get("spec")
        yield from _release(inner.get("chart") if isinstance(inner, Mapping) else None)
    elif isinstance(chart, str):
        yield from _release(chart, spec.get("repo"))


def from_release(says: Mapping[str, Any]) -> Iterator[Release]:
    """The chart that a tool's file installs."""
    yield from _release(says.get("chart"))


def from_chart(says: Mapping[str, Any]) -> Iterator[Release]:
    """The dependencies of a chart; one whose condition is false in the chart's values is off."""
    values = says.get("values")
    for one in _listed(says.get("dependencies")):
        if isinstance(one, Mapping):
            conditions = str(one.get("condition") or "").split(",")
            off = any(_at(values, condition.strip()) is False for condition in conditions)
            yield from _release(one.get("name"), one.get("repository"), off=off)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _at(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values
