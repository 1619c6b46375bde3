"""What starts a pipeline of CI, by kind: a push, a pull request, the clock, a person, or an event from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.purpose import purposes
from mlops_scan.scanner.model import Fact, Location

# words of `workflow` facts -> how a reader would say it
SPOKEN = {
    "push": "a push",
    "tag": "a tag",
    "release": "a release",
    "pull_request": "a pull request",
    "merge_group": "a pull request",
    "manual": "a person",
    "dispatch": "a call from outside",
    "drift": "a drift event",
    "registry": "a registry event",
    "message": "a message",
    "workflow": "another workflow",
}
# keys of a trigger that is kept as a declared resource -> the word
_KEPT = {
    "trigger_template": "push",
    "triggerTemplate": "push",
    "push": "push",
    "pull_request": "pull_request",
    "pullRequest": "pull_request",
    "pubsub_config": "message",
    "pubsubConfig": "message",
    "webhook_config": "dispatch",
    "webhookConfig": "dispatch",
    "source_to_build": "manual",
    "sourceToBuild": "manual",
}
_FILES = ("filename", "path")
_MOST_NODES = 500


@dataclass(frozen=True, slots=True)
class Start:
    """A workflow and one kind of what starts it; `at` is where that is written."""

    workflow: str
    word: str
    at: Location


def starts(graph: Graph, workflow: Fact) -> tuple[Start, ...]:
    """What starts a workflow: what its file says, else the triggers that the repository declares for it."""
    own = [str(word) for word in workflow.get("triggers") or () if not str(word).startswith("paths:")]
    if own:
        return tuple(Start(workflow.name, word, workflow.at) for word in own)
    return graph.once(_Declared).by_file.get(workflow.name, ())


def starting(graph: Graph, meant: str, words: Collection[str] = SPOKEN) -> tuple[Start, ...]:
    """What starts workflows that come to run something of a purpose, by these words; the clock left out."""
    found: list[Start] = []
    for workflow in graph.facts("workflow"):
        fitting = [one for one in starts(graph, workflow) if one.word in words] if workflow.get("active") else []
        if fitting and meant in purposes(graph, f"file:{workflow.name}"):
            found += fitting
    return tuple(found)


class _Declared:
    """Triggers that are resources of their own, by the file that they start."""

    def __init__(self, graph: Graph) -> None:
        self.by_file: dict[str, tuple[Start, ...]] = {}
        files = [one.name for one in graph.facts("workflow") if not one.get("triggers")]
        for resource in graph.facts("resource") if files else ():
            kind = str(resource.get("type")).lower().replace("_", "").replace("::", "")
            if not kind.endswith(("buildtrigger", "cloudbuild:trigger")) or resource.get("state") == "disabled":
                continue
            pairs = list(_pairs(resource.get("data")))
            if ("disabled", True) in pairs:
                continue
            words = list(dict.fromkeys(_KEPT[key] for key, _ in pairs if key in _KEPT)) or ["push"]
            named = [str(value).lstrip("/") for key, value in pairs if key in _FILES and isinstance(value, str)]
            for path in files:
                if any(path == name or path.endswith(f"/{name}") for name in named):
                    made = tuple(Start(path, word, resource.at) for word in words)
                    self.by_file[path] = (*self.by_file.get(path, ()), *made)


def _pairs(data: object) -> Iterator[tuple[str, object]]:
    """Every key of nested data with its value."""
    waiting = [data]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, dict):
            for key, value in one.items():
                yield str(key), value if isinstance(value, str | bool) else json.dumps(value, default=str)[:200]
                waiting.append(value)
        elif isinstance(one, list):
            waiting += one
