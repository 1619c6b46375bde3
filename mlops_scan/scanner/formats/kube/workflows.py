"""The steps of a workflow that Kubernetes runs: templates that call templates, as a graph or as a list of groups."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.formats import choices, yamlnodes
from mlops_scan.scanner.formats.kube.data import Scene, spot
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact

_NAME = re.compile(r"(?<![\w-])[\w-]+(?=[.\s|&)!]|\Z)")
_WHEN = re.compile(r"^(?P<left>.*?\S)\s*(?P<op><=|>=|<|>|==|!=)\s*(?P<right>.+)$")
_MOST = 60  # tasks of a template that are followed


def facts(scene: Scene, document: Mapping, path: str) -> Iterator[Fact]:
    """`pipeline-step` of each task, and `comparison` of each condition under which alone a task runs."""
    for holder in (document.get("spec"), yamlnodes.child(document, "spec", "workflowSpec")):
        for template in yamlnodes.items(holder, "templates"):
            if not isinstance(template, Mapping):
                continue
            tasks = yamlnodes.items(template, "dag", "tasks")
            waits = _waits(tasks)
            for task in tasks:
                yield from _step(scene, task, waits, path)
            before: list[str] = []
            for group in yamlnodes.items(template, "steps"):
                members = list(group) if isinstance(group, Sequence) else [group]
                names = [yamlnodes.text(one, "name") for one in members if "template" in _keys(one)]
                for one in members:
                    if "template" in _keys(one) or "templateRef" in _keys(one):
                        yield from _step(scene, one, {yamlnodes.text(one, "name"): before}, path)
                before = names or before


def events(scene: Scene, document: Mapping) -> Iterator[Fact]:
    """What waits for events of a source, and submits workflows when they come."""
    waited = [one for one in yamlnodes.items(document, "spec", "dependencies") if isinstance(one, Mapping)]
    made = (yamlnodes.child(one, "template") for one in yamlnodes.items(document, "spec", "triggers"))
    submits = any("argoWorkflow" in _keys(one) or "k8s" in _keys(one) for one in made if one is not None)
    for one in waited[:1] if submits else ():
        name = yamlnodes.text(one, "eventSourceName") or yamlnodes.text(one, "name")
        says = {"owner": scene.id, "where": "kubernetes", "type": "event"}
        yield scene.fact("schedule", name, spot(one, "eventSourceName"), says)


def _keys(node: Node) -> Mapping | tuple[()]:
    return node if isinstance(node, Mapping) else ()


def _waits(tasks: list[Node]) -> dict[str, list[str]]:
    """For what each task waits."""
    names = {yamlnodes.text(one, "name") for one in tasks}
    found = {}
    for one in tasks:
        told = [str(name) for name in yamlnodes.items(one, "dependencies") if isinstance(name, Scalar)]
        told += _NAME.findall(yamlnodes.text(one, "depends"))
        found[yamlnodes.text(one, "name")] = [name for name in dict.fromkeys(told) if name in names]
    return found


def _after(name: str, waits: dict[str, list[str]]) -> set[str]:
    """The task and those that wait for it."""
    found = {name}
    grew = True
    while grew:
        more = {one for one, needed in waits.items() if one not in found and not found.isdisjoint(needed)}
        found |= more
        grew = bool(more)
    return found


def _step(scene: Scene, task: Node, waits: dict[str, list[str]], path: str) -> Iterator[Fact]:
    name = yamlnodes.text(task, "name")
    if not name or not isinstance(task, Mapping):
        return
    place = spot(task, "name")
    says = {"pipeline": path, "of": scene.id, "deps": waits.get(name) or [], "outs": [name], "tool": "workflow"}
    yield scene.fact("pipeline-step", name, place, says)
    match = _WHEN.match(yamlnodes.text(task, "when"))
    if match:
        after = _after(name, waits) if len(waits) <= _MOST else {name}
        compared = choices.choice(name, choices.words(f"{match['left']} {match['right']}"), match["op"], after)
        yield scene.fact("comparison", match[0], spot(task, "when"), compared)
