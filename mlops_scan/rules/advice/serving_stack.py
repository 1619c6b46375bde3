"""serving-stack: which server fits the model, the load and the platform that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_scan.rules.advice.base import Chooser, table
from mlops_scan.scanner import paths
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Place
from mlops_scan.scanner.result import Question, Recommendation

_SIZE = re.compile(r"(?:^|[-_/: ])(\d+(?:\.\d+)?)[bB](?:$|[-_/:. ])")
_PLACES = 5


@dataclass(frozen=True, slots=True)
class Situation:
    """What the table asks about. `parameters` in billions, None when nothing names a size."""

    kinds: frozenset[str]
    serves: str
    parameters: float | None
    kubernetes: bool
    clouds: frozenset[str]
    tool_status: frozenset[str]
    hosted_only: bool
    models: int
    because: tuple[Place, ...]


class ServingStack(Chooser):
    topic = "serving-stack"

    def choose(self, graph: Graph) -> Iterator[Recommendation]:
        if graph.profile.kind == "library" or not (graph.profile.serves_model != "none" or _hosted(graph)):
            return
        now = situation(graph)
        rows = [row for row in table("serving_stack")["rows"] if holds(row["when"], now)]
        if not rows:
            return
        row = rows[0]
        if kept := _kept(graph, row):
            yield _keeping(kept, row, now)
            return
        others = [
            row["runner_up"],
            *({"choice": one["choice"], "why_not": f"row '{row['id']}' fits closer"} for one in rows[1:2]),
        ]
        yield Recommendation(
            topic=self.topic,
            choice=row["choice"],
            because=now.because,
            why=tuple(row["why"]),
            alternatives=tuple(others),
            trade_offs=tuple(row.get("trade_offs") or ()),
            assumptions=tuple(_assumptions(row["when"], now)),
            configuration=str(row.get("configuration") or ""),
        )

    def questions(self, graph: Graph) -> Iterator[Question]:
        if graph.profile.kind != "library" and graph.profile.serves_model in ("online", "both"):
            for one in table("serving_stack")["questions"]:
                yield Question(one["about"], one["ask"], tuple(one["changes"]))


def _kept(graph: Graph, row: Mapping[str, Any]) -> Use | None:
    """A maintained server of models that is in use, and is not what the row advises anyway."""
    for use in graph.uses("model-server"):
        served = not use.disabled and not paths.is_example(use.at.path) and graph.tool_status(use.tool) == "active"
        if served and use.tool not in table("serving_stack")["no_products"] and "tool_status" not in row["when"]:
            named = use.tool.replace("-", " ").lower()
            return None if named.split()[0] in str(row["choice"]).lower() else use
    return None


def _keeping(kept: Use, row: Mapping[str, Any], now: Situation) -> Recommendation:
    return Recommendation(
        topic=ServingStack.topic,
        choice=f"keep {kept.tool}",
        because=tuple(dict.fromkeys((Place(kept.at, f"serves with {kept.tool}"), *now.because)))[:_PLACES],
        why=("it is made to serve models, is maintained, and is in use here",),
        alternatives=({"choice": row["choice"], "why_not": "a move pays only where what is there does not keep up"},),
        assumptions=("it meets the latency and the load that are asked of it",),
    )


def situation(graph: Graph) -> Situation:
    """The facts that decide, with the places that show them."""
    served = [*graph.online, *graph.batch]
    sized = _sizes(graph)
    kubernetes = [one for one in graph.workloads() if one.origin not in ("compose", "cloud") and not one.disabled]
    because = [Place(use.at, f"serves with {use.tool}") for use in served[:2]]
    because += [Place(place.at, place.note) for _, place in sized[:1]]
    because += [Place(one.at, f"{one.kind} '{one.name}' runs on Kubernetes") for one in kubernetes[:1]]
    because += [Place(use.at, f"trains with {use.tool}") for use in graph.training[:1]]
    return Situation(
        kinds=frozenset(graph.profile.model_kinds),
        serves=graph.profile.serves_model,
        parameters=max((size for size, _ in sized), default=None),
        kubernetes=bool(kubernetes),
        clouds=frozenset(graph.profile.clouds),
        tool_status=frozenset(graph.tool_status(use.tool) for use in served),
        hosted_only=_hosted(graph) and not served,
        models=len({one.target for one in graph.edges("reads") if one.target.startswith("model:")}),
        because=tuple(dict.fromkeys(because))[:_PLACES],
    )


def holds(when: Mapping[str, Any], now: Situation) -> bool:
    """Whether every condition of a row holds."""
    size = now.parameters or 0.0
    checks: dict[str, Any] = {
        "kinds": lambda wanted: not now.kinds.isdisjoint(wanted),
        "serves": lambda wanted: now.serves in wanted,
        "parameters_from": lambda least: size >= least,
        "parameters_below": lambda most: size < most,
        "kubernetes": lambda wanted: now.kubernetes is wanted,
        "cloud": lambda wanted: not now.clouds.isdisjoint(wanted),
        "tool_status": lambda wanted: not now.tool_status.isdisjoint(wanted),
        "hosted_only": lambda wanted: now.hosted_only is wanted,
        "models_from": lambda least: now.models >= least,
    }
    return all(checks[name](wanted) for name, wanted in when.items())


def _hosted(graph: Graph) -> bool:
    return bool(graph.uses("llm-api-client", "llm-client"))


def _sizes(graph: Graph) -> list[tuple[float, Place]]:
    """Parameter counts (billions) that model names and files tell, largest first."""
    found: list[tuple[float, Place]] = []
    for use in graph.uses("loads-hub-model", "model-server"):
        words = [str(use.argument("id") or ""), *map(str, use.fact.get("argv") or ()), str(use.fact.get("raw") or "")]
        for word in words:
            if match := _SIZE.search(word):
                found.append((float(match[1]), Place(use.at, f"a model of {match[1]} billion parameters")))
    for file in graph.facts("model-file"):
        count = int(file.get("parameters") or 0)
        if count >= 10**8:
            found.append((count / 1e9, Place(file.at, f"a model of {count / 1e9:.1f} billion parameters")))
    return sorted(found, key=lambda one: (-one[0], one[1].at))


def _assumptions(when: Mapping[str, Any], now: Situation) -> Iterator[str]:
    if "llm" in now.kinds and now.parameters is None:
        yield "nothing names the model's size: taken as small enough for one GPU"
    if not now.kinds:
        yield "the kind of model is not clear from the repository"
    if "kubernetes" in when and not now.kubernetes:
        yield "no cluster is shown here; one may exist elsewhere"
    yield "no latency or throughput target is stated in the repository"
