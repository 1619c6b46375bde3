"""Which functions answer requests: decorated, registered by name, or methods that a server calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph.callees import Callees, Function
from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.use import Use

# methods that web frameworks call for a request, by its verb
_VERBS = ("get", "post", "put", "patch", "delete", "on_get", "on_post", "on_put", "on_patch")
# methods that model servers call for a request; `setup`, `load`, `initialize` run once
_ASKED = (
    *("__call__", "predict", "execute", "handle", "inference", "infer", "generate", "explain"),
    *("preprocess", "postprocess", "decode_request", "encode_response"),
)
_HOOKS = {"model_fn": ("input_fn", "predict_fn", "output_fn", "transform_fn"), "init": ("run",)}  # beside what loads


class Handlers:
    """By function: what was seen that makes it answer requests."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._callees = graph.once(Callees)
        self.web: dict[Function, Use] = {}
        self.served: dict[Function, Use] = {}
        self._functions: dict[str, set[str]] = defaultdict(set)
        for fact in graph.facts("function"):
            self._functions[fact.at.path].add(fact.name)
        self._of_routes()
        self._of_classes()
        self._of_scripts()

    def _of_routes(self) -> None:
        for use in self._graph.uses("web-route"):
            if use.disabled:
                continue
            if use.fact.kind == "function":
                self.web.setdefault((use.at.path, use.fact.name), use)
            elif use.fact.kind == "call":
                named = str(use.fact.get("decorates") or "") or _name(use.argument("handler"))
                for function in self._meant(use.at.path, named):
                    self.web.setdefault(function, use)

    def _meant(self, path: str, name: str) -> Iterator[Function]:
        """The function of a name; of a class, its methods for a request."""
        if name in self._functions[path]:
            yield path, name
        elif name:
            found = self._callees.targets(path, name)
            yield from (one for one in found if not one[1].endswith("__init__"))
            for verb in _VERBS:
                yield from self._callees.targets(path, f"{name}.{verb}")

    def _of_classes(self) -> None:
        for use in self._graph.uses("web-route", "web-app"):
            if use.fact.kind == "class" and not use.disabled:
                self._methods(use, use.fact.name, _VERBS, self.web)
        for use in self._graph.uses("model-server"):
            if use.disabled or use.fact.kind not in ("class", "call"):
                continue
            held = use.fact.get("decorates") or str(use.fact.get("function") or "").rpartition(".")[0]
            self._methods(use, use.fact.name if use.fact.kind == "class" else str(held), _ASKED, self.served)

    def _methods(self, use: Use, owner: str, names: tuple[str, ...], into: dict[Function, Use]) -> None:
        for name in names:
            if owner and f"{owner}.{name}" in self._functions[use.at.path]:
                into.setdefault((use.at.path, f"{owner}.{name}"), use)

    def _of_scripts(self) -> None:
        """Functions that a platform's server calls by name, in a script that also says how to load the model."""
        loads = {use.at.path: use for use in self._graph.uses("loads-model", "registry-load", "loads-hub-model")}
        for path, use in loads.items():
            for loader, hooks in _HOOKS.items():
                if loader in self._functions[path] and not path.endswith(".ipynb"):
                    for name in self._functions[path].intersection(hooks):
                        self.served.setdefault((path, name), use)


def _name(value: Any) -> str:
    """`predict`, `views.Predict.as_view()`, `Predict()`: the name before what is called on it."""
    if not isinstance(value, Mapping):
        return ""
    text = str(value.get("expr") or "").partition("(")[0].removesuffix(".as_view")
    name = str(value.get("name") or value.get("call") or "")
    return name if name.rpartition(".")[2] == text.rpartition(".")[2] else text
