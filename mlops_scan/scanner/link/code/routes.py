"""Routes that web frameworks serve: path, methods, handler, and the prefixes under which their files are mounted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.link.code.index import Code, text, texts
from mlops_scan.scanner.model import Fact

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "websocket")
_PREFIXES = ("prefix", "url_prefix")
_VIEW = ".as_view"
_DEEP = 4  # routers in routers
_MANY = 10  # places where one file is mounted


def read(code: Code) -> Iterator[Fact]:
    """A `route` fact for each path that a handler answers."""
    mounts = Mounts(code)
    posts = {id(use.fact) for use in code.uses("post-route")}
    classes = {(one.at.path, one.name): text(one.get("value")) for one in code.facts("constant") if _is_path(one)}
    for use in code.uses("web-route"):
        if use.fact.kind != "call" or use.disabled or "url" not in use.match.data:
            continue
        for path, handler in _paths(use, code):
            says: dict[str, Any] = {
                "methods": _methods(use.fact, handler, code) or ["POST" if id(use.fact) in posts else "GET"],
                "tool": use.tool,
                "module": use.fact.get("module"),
            }
            if handler:
                says["handler"] = handler
            for prefix, instead in mounts.prefixes(use.fact):
                own = "" if instead else _own(use.fact)
                yield Fact("route", _joined(prefix, own, _of_class(use, classes), path), use.at, says)


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
        text = str(value.get("expr") or "").partition("(")[0]
        if text.endswith(_VIEW):  # a class whose methods are the handlers
            return text.removesuffix(_VIEW)
        return str(value.get("name") or value.get("call") or value.get("expr") or "")
    return ""


def _methods(call: Fact, handler: str, code: Code) -> list[str]:
    """The methods that are told, else those of the class or the name of the call; nothing where none says any."""
    kwargs = call.get("kwargs") or {}
    told = texts(kwargs.get("methods")) or texts(kwargs.get("method"))
    if told:
        return sorted(one.upper() for one in told)
    place = code.names.find(handler, call.at.path) if handler else None
    if place is not None and place in code.classes:  # a class has a method for each
        path, name = place
        found = [verb for verb in _VERBS if (path, f"{name}.{verb}") in code.functions]
        if found:
            return sorted(verb.upper() for verb in found)
    verb = call.name.rpartition(".")[2].removeprefix("add_").lower()
    return [verb.upper()] if verb in _VERBS else []


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


@dataclass(frozen=True, slots=True)
class Mount:
    """A router that is put under a prefix."""

    holder: str  # the file that does it
    router: str  # its variable
    prefix: str
    instead: bool  # of the router's own prefix


class Mounts:
    """Where routers are mounted, by the file that makes them."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._told: dict[str, list[Mount]] = defaultdict(list)
        self._here: dict[tuple[str, str], list[Mount]] = defaultdict(list)
        self._lists: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
        self._made: dict[str, dict[str, str]] = {}
        self._alike: dict[str, dict[str, list[str]]] = {}
        for use in code.uses("mounts-routes"):
            self._mount(use)

    def _mount(self, use: Use) -> None:
        router, path = use.argument("router"), use.at.path
        if isinstance(router, list):
            self._list(use, router)
            return
        instead = text(use.argument("instead"))
        prefix = _joined(_own(use.fact), instead or text(use.argument("url"))).removesuffix("/")
        shown = str(router.get("expr") or "") if isinstance(router, Mapping) else ""
        if shown in self._makers(path):
            self._here[path, shown].append(Mount(path, shown, prefix, bool(instead)))
            return
        name = router.get("name") if isinstance(router, Mapping) else None
        found = self._code.names.find(str(name), path) if name else None
        home = found[0] if found is not None else self._code.names.modules.find(str(name).rpartition(".")[0], path)
        if home and home != path:
            self._told[home].append(Mount(path, str(name).rpartition(".")[2], prefix, bool(instead)))

    def _list(self, use: Use, handlers: list[Any]) -> None:
        """A router that is given its handlers when it is made: classes, functions, other routers."""
        path = use.at.path
        mount = (path, str(use.fact.get("assigned") or ""), text(use.argument("url")))
        for one in handlers[:_MANY] if mount[1] or mount[2] else ():
            if not isinstance(one, Mapping):
                continue
            shown, name = str(one.get("expr") or ""), str(one.get("name") or "")
            here = shown in self._makers(path) or name == shown
            found = (path, shown) if here else self._code.names.find(name, path)
            if found is not None and mount not in self._lists[found]:
                self._lists[found].append(mount)

    def _listed(self, path: str, name: str, left: int) -> list[str]:
        """The prefixes of the routers that list a class, a function or a router; none where no router does."""
        found = []
        for holder, variable, prefix in self._lists.get((path, name), ())[:_MANY] if left else ():
            above = self._listed(holder, variable, left - 1) if variable else []
            found += [_joined(one, prefix).removesuffix("/") for one in above or [""]]
        return sorted(set(found))[:_MANY]

    def _makers(self, path: str) -> dict[str, str]:
        """Variable -> how its value is made, for what the calls of a file make."""
        if path not in self._made:
            calls = [one for one in self._code.calls(path) if one.get("assigned")]
            self._made[path] = {str(one.get("assigned")): _signature(one.name, one, "") for one in calls}
        return self._made[path]

    def prefixes(self, call: Fact) -> list[tuple[str, bool]]:
        """The prefixes under which what a call registers is reached, and whether each replaces the router's own."""
        path = call.at.path
        decorated = str(call.get("decorates") or "").partition(".")[0]
        if self._lists and decorated and (listed := self._listed(path, decorated, _DEEP)):
            return [(prefix, False) for prefix in listed]
        variable = self._variable(call)
        here = self._here.get((path, variable), [])[:_MANY] if variable else []
        found = {(f"{prefix}{one.prefix}", one.instead) for one in here for prefix, _ in self._above(path, "", _DEEP)}
        return sorted(found or self._above(path, variable, _DEEP))[:_MANY]

    def _variable(self, call: Fact) -> str:
        """The variable of the router with which a call registers, where only one is made like it."""
        made = _signature(call.name.rpartition(".")[0], call, "receiver_")
        path = call.at.path
        if path not in self._alike:
            self._alike[path] = defaultdict(list)
            for name, other in self._makers(path).items():
                self._alike[path][other].append(name)
        found = self._alike[path].get(made, [])
        return found[0] if len(found) == 1 else ""

    def _above(self, path: str, variable: str, left: int) -> set[tuple[str, bool]]:
        others = self._makers(path)
        told = [
            one
            for one in self._told.get(path, ())
            if one.router == variable or not {variable, one.router} <= others.keys()
        ]
        if not told or not left:
            return {("", False)}
        found = {
            (f"{prefix}{one.prefix}", one.instead)
            for one in told[:_MANY]
            for prefix, _ in self._above(one.holder, "", left - 1)
        }
        return set(sorted(found)[:_MANY])


def _signature(name: str, call: Fact, key: str) -> str:
    """What makes a router, and the constants with which it does."""
    args = [one if isinstance(one, (str, int)) else None for one in (call.get(f"{key}args") or ())[:4]]
    kwargs = {one: value for one, value in (call.get(f"{key}kwargs") or {}).items() if isinstance(value, (str, int))}
    return f"{name} {args if any(one is not None for one in args) else []} {sorted(kwargs.items())}"


def _joined(*parts: str) -> str:
    return "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))
