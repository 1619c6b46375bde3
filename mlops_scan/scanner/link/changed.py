"""Commands to the workloads that they change by name: `kubectl set image deployment/api api=acme/api:2`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_scan.scanner import catalog
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.link import live
from mlops_scan.scanner.model import Edge, Fact


def edges(graph: Graph) -> Iterator[Edge]:
    """`job:Jenkinsfile#Deploy` deploys `workload:k8s/d.yaml#Deployment/api`, where only one is meant."""
    form = catalog.load().names["changes"]
    programs = {words[0] for words in form["words"]}
    found = [one for one in graph.once(live.commands) if one.name.rpartition("/")[2] in programs]
    if not found:
        return
    named: dict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    for one in graph.all_facts("workload"):
        if one.get("origin") != "compose":
            named[str(one.get("kind")), one.name][str(one.get("id"))] = one
    for command in found:
        argv = [str(word) for word in command.get("argv") or ()]
        options, words = _read(argv, form)
        starts = [len(one) for one in form["words"] if [words[0].rpartition("/")[2], *words[1 : len(one)]] == one]
        for kind, name in _objects(words[starts[0] :], form["kinds"]) if starts else ():
            meant = _narrowed(
                named.get((kind, name), {}), [options[key] for key in form["namespace"] if key in options]
            )
            if len(meant) == 1:
                yield Edge(owner_id(command), "deploys", f"workload:{meant[0]}", command.at)


def _read(argv: Sequence[str], form: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """(options with their values, the other words)."""
    options: dict[str, str] = {}
    words: list[str] = []
    waiting = ""
    for word in argv:
        name, equals, value = word.partition("=")
        if waiting:
            options[waiting], waiting = word, ""
        elif word.startswith("-"):
            if equals:
                options[name] = value
            elif word in form["takes"]:
                waiting = word
        else:
            words.append(word)
    return options, words


def _objects(words: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """(kind, name) of each object: `deployment/api`, or `deployment api` and further names."""
    spelled = {word: kind for kind, told in kinds.items() for word in told}
    before = ""
    for word in words:
        kind, slash, name = word.partition("/")
        kind = spelled.get(kind.partition(".")[0].lower(), "")
        if slash and kind and name:
            yield kind, name
        elif kind and not slash and not before:
            before = kind
        elif before and "=" not in word:
            yield before, word


def _narrowed(found: Mapping[str, Fact], namespaces: Sequence[str]) -> list[str]:
    """The ids that are meant: where a namespace is told, those in it or in none that is known."""
    fitting = [key for key, one in found.items() if one.get("namespace") in (None, "", *namespaces)]
    return sorted(fitting if namespaces else found)
