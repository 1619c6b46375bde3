"""Functions that a platform calls by a name that stands elsewhere: the command of an image, a declared function."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlops_scan.scanner.link.functions import built
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.paths import shared

_NAMED = re.compile(r"(?:[A-Za-z_]\w*[./])*[A-Za-z_]\w*\.[A-Za-z_]\w*")  # `app.handler`, `src/app.handler`
_HANDLERS = ("handler", "Handler")
_MOST = 2  # what a platform passes: the request, or the event and its context
_SUFFIX = ".py"
_DEFAULT = "main"  # the file of a function that is named alone
_ALONE = "entry_point"
_TRIGGER = "event_trigger"


def named(facts: Collection[Fact]) -> dict[int, Fact]:
    """By id of a function fact: the same function, as the entry of a platform that its configuration makes it."""
    told = [pair for fact in facts if fact.kind in ("stage", "resource") for pair in _told(fact)]
    wanted = {name.rpartition(".")[2] for name, _ in told}
    if not wanted:
        return {}
    functions: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.kind == "function" and fact.name in wanted and 0 < len(fact.get("params") or ()) <= _MOST:
            functions[fact.name].append(fact)
    found = (_nearest(name, path, functions) for name, path in told)
    return {id(one): replace(one, says={**one.says, "entry": True}) for one in found if one is not None}


def _told(fact: Fact) -> Iterator[tuple[str, str]]:
    """(module and function, file that says so)."""
    if fact.kind == "stage":
        command = [*(fact.get("entrypoint") or ()), *(fact.get("cmd") or ())]
        if fact.get("final") and command and _is_name(command[-1]) and len(fact.get("cmd") or ()) == 1:
            yield command[-1], fact.at.path
        return
    data = fact.get("data") or {}
    if _TRIGGER in data:
        return  # nobody waits for its answer
    for where in (data, data.get("Properties")):
        names = [where.get(key) for key in _HANDLERS] if isinstance(where, Mapping) else []
        yield from ((str(name), fact.at.path) for name in names if _is_name(name))
    alone = (str(where.get(_ALONE)) for where in built(data) if isinstance(where.get(_ALONE), str))
    yield from ((f"{_DEFAULT}.{name}", fact.at.path) for name in alone if name.isidentifier())


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and _NAMED.fullmatch(text) is not None and not text.endswith(_SUFFIX)


def _nearest(name: str, origin: str, functions: Mapping[str, Sequence[Fact]]) -> Fact | None:
    """The function of that name in a file of that name, the nearest to what names it; none where two are as near."""
    module, _, function = name.rpartition(".")
    parts = origin.split("/")[:-1]

    def near(fact: Fact) -> tuple[int, int]:
        folders = fact.at.path.split("/")[:-1]
        return shared(folders, parts), -len(folders)

    end = f"/{module.replace('.', '/')}{_SUFFIX}"
    fitting = [fact for fact in functions.get(function, ()) if f"/{fact.at.path}".endswith(end)]
    fitting.sort(key=near, reverse=True)
    if len(fitting) > 1 and near(fitting[0]) == near(fitting[1]):
        return None
    return fitting[0] if fitting else None
