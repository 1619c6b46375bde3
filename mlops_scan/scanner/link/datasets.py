"""Data by the path, address or table under which code reads and writes it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from typing import Any

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.assetnames import data_id
from mlops_scan.scanner.graph.handover import spread, whole_text
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.commands import locate
from mlops_scan.scanner.model import Edge, Fact

_ROLES = (("reads-data", "reads"), ("writes-data", "writes"))
# a path with a folder or a suffix, an address, a table below a schema: no query, no name that says little
_TELLING = re.compile(r"(?=.*\w)[\w./:@%+=~*-]*(?:[/\\]|\w\.\w)[\w./:@%+=~*-]*\Z")
_LONGEST = 200
# where a platform puts what it hands to each container, run or session of its own: the path is the same for all
_OWN = re.compile(
    r"(?:file://)?/(?:opt/ml|tmp|var/tmp|dev/shm|content|kaggle|workspace|workdir|azureml[\w-]*|(?:dbfs/)?tmp|local_disk0)(?:/|\Z)"
)
# where disks and volumes are mounted: what lies there is shared by what belongs together
_MOUNTED = re.compile(
    r"(?:file://)?/(?:(?:dbfs/)?mnt|data|datasets?|media|shared?|storage|vol(?:ume)?s?|scratch|pvc|gcs|srv|inputs?|outputs?)(?:/|\Z)"
)


class Datasets(Link):
    """`file:prepare.py` writes `data:s3://store/clean.parquet`, `file:train.py` reads it; files go by their path."""

    def edges(self, graph: Graph) -> Iterator[Edge]:
        files = frozenset(graph.files)
        nodes: dict[tuple[str, str], str] = {}  # by the name and the folder from which it is seen
        mounted: dict[str, list[Edge]] = {}
        for relation, call, name in _told(graph):
            seen = (name, posixpath.dirname(call.at.path))
            if seen not in nodes:
                nodes[seen] = _node(*seen, files)
            node = nodes[seen]
            if not node:
                continue
            edge = Edge(f"file:{call.at.path}", relation, node, call.at)
            if node.startswith("file:") or not (_MOUNTED.match(name) or _OWN.match(name)):
                yield edge
            elif _MOUNTED.match(name):
                mounted.setdefault(name, []).append(edge)
        for same in mounted.values():
            if len({posixpath.dirname(edge.at.path) for edge in same}) == 1:
                yield from same


def _told(graph: Graph) -> Iterator[tuple[str, Fact, str]]:
    """(relation, call, name) of what is read or written under a name that is known."""
    buckets = {id(use.fact): whole_text(use.argument("bucket")) for use in graph.uses("stores-file", "fetches-file")}
    models = {id(use.fact) for use in graph.uses("persists-model", "loads-model")}  # they are no data
    for role, relation in _ROLES:
        for use in graph.uses(role):
            told = use.fact.kind == "call" and not use.disabled and id(use.fact) not in models
            for call in spread(use.fact) if told else ():
                if name := _name(use.match.argument(call, "data")):
                    bucket = buckets.get(id(use.fact))  # stores of one key are not one store
                    yield relation, call, f"{bucket}/{name}" if bucket else name


def _node(name: str, folder: str, files: Collection[str]) -> str:
    """The file of the repository that a name means, seen from a folder; else data by its name."""
    found = "" if "://" in name else locate(name, folder, files)
    return f"file:{found}" if found else data_id(name)


def _name(value: Any) -> str:
    """What is read or written, where all of it is known."""
    text = whole_text(value).strip()
    if len(text) > _LONGEST or not _TELLING.match(text):
        return ""
    return text if "://" in text else posixpath.normpath(text)
