"""Routes that web frameworks serve: path, methods, handler, and the prefixes under which their files are mounted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code.index import Code, text, texts
from mlops_scan.scanner.model import Fact

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "websocket")
_PREFIXES = ("prefix", "url_prefix")
_DEEP = 4  # routers in routers
_MANY = 10  # places where one file is mounted


def read(code: Code) -> Iterator[Fact]:
    """A `route` fact for each path that a handler answers."""
    mounts = _mounts(code)
    classes = {(one.at.path, one.name): text(one.get("value")) for one in code.facts("constant") if _is_path(one)}
    for use in code.uses("web-route"):
        if use.fact.kind != "call" or use.disabled or "url" not in use.match.data:
            continue
        for path, handler in _paths(use, code):
            says: dict[str, Any] = {
                "methods": _methods(use.fact, handler, code),
                "tool": use.tool,
                "module": use.fact.get("module"),
            }
            if handler:
                says["handler"] = handler
            for prefix in mounts.get(use.at.path, [""]):
                yield Fact("route", _joined(prefix, _own(use.fact), _of_class(use, classes), path), use.at, says)


def _paths(use: Use, code: Code) -> Iterator[tuple[str, str]]:
    """(path, handler) of a route; a list of handlers tells several."""
    call = use.fact
    value = use.argument("url")
    decorates = str(call.get("decorates") or "")
    if isinstance(value, list):
        for one in value:
            if isinstance(one, list) and one and isinstance(one[0], str):
                yield one[0], _name(one[1]) if len(one) > 1 else ""
            elif decorates and isinstance(one, str):
                yield one, decorates
        return
    if value is None:
        if decorates:
            yield "/" + decorates.rpartition(".")[2], decorates
        return
    handler = decorates or _name(use.argument("handler"))
    if not handler.endswith(("include", "urls.include")):
        yield text(value), handler


def _name(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("call") or value.get("expr") or "")
    return ""


def _methods(call: Fact, handler: str, code: Code) -> list[str]:
    told = texts((call.get("kwargs") or {}).get("methods"))
    if told:
        return sorted(one.upper() for one in told)
    place = code.names.find(handler, call.at.path) if handler else None
    if place is not None and place in code.classes:  # a class has a method for each
        path, name = place
        found = [verb for verb in _VERBS if (path, f"{name}.{verb}") in code.functions]
        if found:
            return sorted(verb.upper() for verb in found)
    verb = call.name.rpartition(".")[2].removeprefix("add_").lower()
    return [verb.upper()] if verb in _VERBS else ["GET"]


def _own(call: Fact) -> str:
    """The prefix of the router that a handler is registered with."""
    made = call.get("receiver_kwargs") or {}
    return next((str(made[key]) for key in _PREFIXES if key in made), "")


def _is_path(constant: Fact) -> bool:
    return constant.name.endswith(".path")


def _of_class(use: Use, classes: Mapping[tuple[str, str], str]) -> str:
    """The path that a class of handlers has."""
    holder = str(use.fact.get("decorates") or "").rpartition(".")[0]
    return classes.get((use.at.path, f"{holder}.path"), "") if holder else ""


def _mounts(code: Code) -> dict[str, list[str]]:
    """File -> the prefixes under which other files mount its routes."""
    told: dict[str, list[tuple[str, str]]] = {}
    for use in code.uses("mounts-routes"):
        router = use.argument("router")
        name = router.get("name") if isinstance(router, Mapping) else None
        found = code.names.find(str(name), use.at.path) if name else None
        path = found[0] if found is not None else code.names.modules.find(str(name).rpartition(".")[0], use.at.path)
        if path and path != use.at.path:
            prefix = _joined(_own(use.fact), text(use.argument("url")))
            told.setdefault(path, []).append((use.at.path, "" if prefix == "/" else prefix))
    return {path: sorted(_above(path, told, _DEEP)) for path in told}


def _above(path: str, told: dict[str, list[tuple[str, str]]], left: int) -> set[str]:
    if path not in told or not left:
        return {""}
    found = {f"{one}{prefix}" for holder, prefix in told[path][:_MANY] for one in _above(holder, told, left - 1)}
    return set(sorted(found)[:_MANY])


def _joined(*parts: str) -> str:
    return "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))
