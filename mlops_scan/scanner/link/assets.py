"""Assets of a workspace for machine learning, each in a YAML file, to the assets and files that they name."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.functions import beside
from mlops_scan.scanner.link.selectors import object_id
from mlops_scan.scanner.model import Edge, Fact, Location

_DECLARED = ("endpoint", "runs-service", "schedules")
_WATCHED = ("endpoint_deployment_id", "model_id")


class AzureMl(Link):
    """A schedule calls its job, a deployment starts its scoring script at its endpoint, an environment installs."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        assets = [one for one in graph.all_facts("resource") if one.get("platform") == "azureml"]
        if not assets:
            return
        files = frozenset(graph.files)
        commanded = {str(one.get("owner")) for one in graph.all_facts("command") if one.get("where") == "config"}
        named, jobs = defaultdict(list), {}
        for asset in assets:
            named[asset.name].append(asset)
            if graph.has_role(asset, "pipeline"):
                jobs[asset.at.path] = asset
        for asset in assets:
            path, data = asset.at.path, asset.get("data") or {}
            if path in commanded:
                yield Edge(f"file:{path}", "has step", f"target:{path}", asset.at)
            if job := beside(path, _job(data), files):
                yield Edge(f"file:{path}", "calls", f"file:{job}", _line(asset, "create_job"))
                target = object_id(jobs[job]) if job in jobs else f"file:{job}"
                yield Edge(object_id(asset), "calls", target, _line(asset, "create_job"))
            if conda := beside(path, data.get("conda_file"), files):
                yield Edge(f"file:{path}", "installs", f"file:{conda}", _line(asset, "conda_file"))
            if graph.has_role(asset, *_DECLARED):
                yield Edge(f"file:{path}", "defines", object_id(asset), asset.at)
            yield from _script(asset, data, files)
            for key, name in _named(data):
                for other in _of_kind(graph, key, named.get(name, [])):
                    if other is not asset:
                        yield Edge(object_id(asset), "refers to", object_id(other), _line(asset, key))


def _of_kind(graph: Graph, key: str, assets: list[Fact]) -> list[Fact]:
    """Of assets of one name the endpoints, where a key speaks of one: a model may be called the same."""
    found = [one for one in assets if graph.has_role(one, "endpoint")] if key == "endpoint_name" else []
    return found or assets


def _job(data: Mapping[str, Any]) -> Any:
    """The file of the job that a schedule starts, told alone or among the settings of the run."""
    job = data.get("create_job")
    return job.get("job") if isinstance(job, Mapping) else job


def _script(asset: Fact, data: Mapping[str, Any], files: frozenset[str]) -> Iterator[Edge]:
    """The script of a deployment, started by it and by its file."""
    code = data.get("code_configuration")
    if isinstance(code, Mapping):
        named = posixpath.join(str(code.get("code") or "."), str(code.get("scoring_script") or ""))
        if script := beside(asset.at.path, named, files):
            yield Edge(f"file:{asset.at.path}", "starts", f"file:{script}", _line(asset, "code_configuration"))
            yield Edge(object_id(asset), "starts", f"file:{script}", _line(asset, "code_configuration"))


def _named(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, name) of the other assets that one names: its endpoint, what a monitor watches, a job by its name."""
    endpoint = data.get("endpoint_name")
    if isinstance(endpoint, Mapping):  # of code: a constant, or the name of an object
        endpoint = endpoint.get("const", endpoint.get("ref"))
    if isinstance(endpoint, str):
        yield "endpoint_name", endpoint
    monitor = data.get("create_monitor")
    target = monitor.get("monitoring_target") if isinstance(monitor, Mapping) else None
    for key in _WATCHED if isinstance(target, Mapping) else ():
        words = str(target.get(key) or "").split(":")[1:] if isinstance(target, Mapping) else []
        yield from (("create_monitor", word) for word in words)
    if isinstance(job := _job(data), str) and job.startswith("azureml:"):
        yield "create_job", job.split(":")[1]


def _line(asset: Fact, key: str) -> Location:
    return Location(asset.at.path, int((asset.get("lines") or {}).get(key, asset.at.line)))
