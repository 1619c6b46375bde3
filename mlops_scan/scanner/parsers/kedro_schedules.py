"""When Kedro pipelines run, as plug-ins are told in the project's configuration: `dagster.yml` and `airflow.yml`.

kedro-dagster: `jobs` that name a pipeline and one of the `schedules`; kedro-airflow: `schedule_interval` by the name of
a pipeline, `default` for the rest. Both as their projects document them, not checked against their code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser

_NEVER = ("", "null", "~", "None", "@once")
_INTERVALS = ("schedule_interval", "schedule")
_REST = "default"


class KedroSchedules(Parser):
    """The command that runs each pipeline, and its schedule."""

    patterns: ClassVar[tuple[str, ...]] = ("*conf/*/dagster.yml", "*conf/*/airflow.yml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and b"schedule" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        for document in yamlnodes.documents(source).documents:
            if isinstance(document, Mapping):
                yield from _jobs(source, document) if source.name == "dagster.yml" else _intervals(source, document)


def _jobs(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    times, jobs = document.get("schedules"), document.get("jobs")
    for name, job in jobs.items() if isinstance(jobs, Mapping) else ():
        time = yamlnodes.child(times, yamlnodes.text(job, "schedule"))
        if time is not None and isinstance(job, Mapping):
            yield from _run(source, name, yamlnodes.text(job, "pipeline", "pipeline_name"), time, "cron_schedule")


def _intervals(source: SourceFile, document: Mapping) -> Iterator[Fact]:
    for name, settings in document.items():
        for key in _INTERVALS:
            yield from _run(source, name, "" if name == _REST else name, settings, key)


def _run(source: SourceFile, name: str, pipeline: str, settings: Node, key: str) -> Iterator[Fact]:
    time = yamlnodes.child(settings, key)
    if not isinstance(time, Scalar) or not isinstance(settings, Mapping) or str(time) in _NEVER:
        return
    owner, at = f"{source.path}#{name}", yamlnodes.at(source.path, settings, key)
    argv = ["kedro", "run", *(["--pipeline", pipeline] if pipeline and pipeline != "__default__" else [])]
    project = f"/{source.path}".rpartition("/conf/")[0].lstrip("/") or "."
    says = {"argv": argv, "raw": " ".join(argv), "where": "config", "owner": owner, "cwd": project}
    yield Fact("command", "kedro", at, says)
    yield Fact("schedule", str(time), at, {"owner": owner, "where": "config"})
