"""Dependency tables that map a name to a version or a table (Poetry, Pipenv), as requirements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.formats.requirement import Requirement, canonical, exact, url_pin

_REFERENCES = ("rev", "tag", "ref")


def requirements(name: str, entry: Any, *, bare_is_exact: bool = True) -> Iterator[tuple[Requirement, dict[str, Any]]]:
    """The requirement of a table entry, and its further keys (`wildcard`, `editable`, `optional`).

    A list gives one for each of its tables. `bare_is_exact`: a version without operator is an exact pin (Poetry).
    """
    for one in entry if isinstance(entry, list) else [entry]:
        if isinstance(one, str):
            yield _from_version(name, one, {}, bare_is_exact)
        elif isinstance(one, dict):
            version = one.get("version")
            yield _from_version(name, version if isinstance(version, str) else "", one, bare_is_exact)


def _from_version(
    name: str, version: str, entry: dict[str, Any], bare_is_exact: bool
) -> tuple[Requirement, dict[str, Any]]:
    version = version.strip()
    url = next((str(entry[key]) for key in ("git", "url", "path", "file") if isinstance(entry.get(key), str)), "")
    pinned = exact(version) or next((str(entry[key]) for key in _REFERENCES if isinstance(entry.get(key), str)), "")
    if not pinned and bare_is_exact and version[:1].isdigit() and not set(version) & set("*,|<> "):
        pinned = version
    more = {
        "wildcard": version == "*",
        "editable": bool(entry.get("editable") or entry.get("develop")),
        "optional": bool(entry.get("optional")),
    }
    extras = entry.get("extras")
    read = Requirement(
        canonical(name),
        "" if version == "*" else version,
        pinned or url_pin(url),
        tuple(sorted(str(extra) for extra in extras)) if isinstance(extras, list) else (),
        str(entry.get("markers") or ""),
        url,
    )
    return read, {key: value for key, value in more.items() if value}
