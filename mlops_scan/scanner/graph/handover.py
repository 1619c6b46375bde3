"""Which file that writes a model hands it to which file that loads it: by path, then by nearness."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from mlops_scan.scanner.graph import assetnames
from mlops_scan.scanner.graph.use import Use
from mlops_scan.scanner.model import Fact, Location
from mlops_scan.scanner.paths import shared

_NAME_KEYS = (
    *("registered_model_name", "model_package_group_name", "ModelPackageGroupName", "model_name"),
    *("name", "model_uri", "model_id", "parent_model"),
)
_OTHER_KEYS = frozenset(
    (
        *("stage", "stages", "alias", "aliases", "order_by", "filter", "filter_string", "version"),
        *("description", "approval_status", "model_approval_status", "ModelApprovalStatus"),
        "artifact_path",  # inside a run, where many have the same
    )
)
_TOLD = ("path", "model", "id")  # what the catalogue calls the argument that names a model
_SUFFIX = re.compile(r"\w\.[A-Za-z]\w{0,11}\Z")
_REGISTRY = "models:/"
# the end of a text with unknown parts that holds a whole name: what stands after a slash, else a file name with its
# suffix, which after a folder or alone is a whole one
_WHOLE = re.compile(r"/[^/]*(?<![-_./])\Z|\A[A-Za-z][\w-]+\.[A-Za-z]\w{0,11}\Z")
_IN_REGISTRY = re.compile(r"models:/+[^/@]+[/@]")  # a whole name, though version or alias be unknown


def model_path(call: Fact, use: Use | None = None) -> str:
    """The path or registry name of the model that a call writes or loads; '' when it names none.

    `use` is what the catalogue says of the call: the argument that it names tells, and no other one.
    """
    for candidate in _candidates(call, use):
        text, whole = next(_known(candidate), ("", False))
        name = _registered(text) if text.startswith(_REGISTRY) else text.rstrip("/")
        if whole and assetnames.model_name(name):
            return name
    return ""


def _candidates(call: Fact, use: Use | None) -> Iterator[Any]:
    """The values that may name the model, the likeliest first."""
    kwargs = call.get("kwargs") or {}
    yield from (kwargs[key] for key in _NAME_KEYS if key in kwargs)
    told = [key for key in _TOLD if use is not None and key in use.match.data]
    if use is not None and any(use.match.given(call, key) for key in told):
        yield from (use.match.argument(call, key) for key in told)
        return
    if not told:
        yield from call.get("args") or ()
    others = (value for key, value in kwargs.items() if key not in _NAME_KEYS and key not in _OTHER_KEYS)
    yield from (value for value in others if _is_place(value))


def _is_place(value: Any) -> bool:
    """Whether a value of which nobody says what it is for looks like a path: a device or a mode does not."""
    text = next(_known(value), ("", False))[0]
    return "/" in text or _SUFFIX.search(text) is not None


def spread(call: Fact) -> Iterator[Fact]:
    """The call, or where callers of the function around it or a loop tell the path: the call as each has it made."""
    yield call
    for key, value in (*enumerate(call.says.get("args") or ()), *(call.says.get("kwargs") or {}).items()):
        if not isinstance(value, dict):
            continue
        for text in value["each"] if isinstance(value.get("each"), list) else ():
            yield _with(call, key, text, call.at)
        for text, path, line in value["given"] if isinstance(value.get("given"), list) else ():
            if (path, line) != (call.at.path, call.at.line):
                yield _with(call, key, text, Location(path, line))


def _with(call: Fact, key: int | str, text: Any, at: Location) -> Fact:
    """The call with another argument, at another place."""
    args, kwargs = list(call.get("args") or ()), dict(call.get("kwargs") or {})
    if isinstance(key, int):
        args[key] = text
    else:
        kwargs[key] = text
    return replace(call, at=at, says={**call.says, "args": args, "kwargs": kwargs})


def registered_name(use: Use, call: Fact) -> str:
    """The name that a call to a registry gives, by the argument that the catalogue says; '' where it is unknown."""
    for key in ("name", "model"):
        if use.match.given(call, key):
            text, whole = next(_known(use.match.argument(call, key)), ("", False))
            return assetnames.model_name(_registered(text) if text.startswith(_REGISTRY) else text) if whole else ""
    return model_name(call, use)


def model_name(call: Fact, use: Use | None = None) -> str:
    """The last part of the path that tells, or the registry name."""
    return assetnames.model_name(model_path(call, use))


def _registered(reference: str) -> str:
    """The name in a registry reference, without its version, stage or alias."""
    return reference.removeprefix(_REGISTRY).lstrip("/").partition("/")[0].partition("@")[0]


def constant(value: Any) -> str:
    """The text of a value where it is known: a constant, a resolved one, or the path inside `open(path)`.

    Of a text with unknown parts its last known piece.
    """
    return next(_known(value), ("", False))[0]


def whole_text(value: Any) -> str:
    """The text of a value where all of it is known, else ''."""
    text, whole = next(_known(value), ("", False))
    return text if whole and not (isinstance(value, dict) and "const" not in value and "parts" in value) else ""


def _known(value: Any) -> Iterator[tuple[str, bool]]:
    """(text, whether it is a whole name) of a value, if anything of it is known."""
    if isinstance(value, str):
        yield value, True
    elif isinstance(value, dict):
        if isinstance(value.get("const"), str):
            yield str(value["const"]), True
        parts = value.get("parts")
        joined = str(value.get("call") or "").endswith("join")
        inner = value.get("args")
        if isinstance(inner, list) and inner and not (joined and parts):
            yield from _known(inner[0])
        elif isinstance(parts, list) and (known := [part for part in parts if isinstance(part, str) and part]):
            if known[0] == parts[0] and known[0].startswith(_REGISTRY):
                yield known[0], bool(_IN_REGISTRY.match(known[0]))
            else:
                yield known[-1], known[-1] == parts[-1] and bool(_WHOLE.search(known[-1]))


def pairs(writes: Iterable[tuple[str, Fact]], reads: Iterable[tuple[str, Fact]]) -> Iterator[tuple[Location, Location]]:
    """(where it is written, where it is loaded) of (model, call): of several writers the one that fits best."""
    writers: dict[str, list[tuple[list[str], Fact]]] = defaultdict(list)
    for model, write in writes:
        writers[model].append((model_path(write).split("/")[::-1], write))
    for model, read in reads:
        found = [one for one in writers.get(model, ()) if one[1].at.path != read.at.path]
        if found:
            parts, folders = model_path(read).split("/")[::-1], read.at.path.split("/")
            best = max(found, key=lambda one: (shared(one[0], parts), shared(one[1].at.path.split("/"), folders)))
            yield best[1].at, read.at
