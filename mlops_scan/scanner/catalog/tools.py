"""Entries of the catalogue and how they are read from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_scan.scanner.catalog.conditions import Argument, Attribute
from mlops_scan.scanner.catalog.sighting import Sighting
from mlops_scan.scanner.catalog.signature import has_attributes, parse
from mlops_scan.scanner.catalog.vocabulary import CAPABILITIES, REFERENCES, Strength

# a variable or a metric name tells of a tool that works elsewhere
_BY_PREFIX = {"env": Strength.MEDIUM, "metric": Strength.MEDIUM, "def": Strength.MEDIUM}


@dataclass(frozen=True, slots=True)
class Tool:
    """One entry: a product, or a group of products that mean the same to a review."""

    id: str
    name: str
    theme: str
    status: str = "active"
    status_note: str = ""
    verified: str = "none"
    capabilities: tuple[str, ...] = ()
    pypi: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    import_proves: bool = False
    import_needed: bool = False
    generic: bool = False
    kinds: tuple[str, ...] = ()
    cloud: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""
    source: tuple[str, ...] = ()


def tool(entry: Mapping[str, Any], theme: str) -> Tool:
    """The Tool of one YAML entry. `theme` is the name of its file."""
    own = [theme] if theme in CAPABILITIES else []
    capabilities = entry.get("capabilities") or [*own, *(key for key in entry.get("sig") or {} if key not in own)]
    return Tool(
        id=entry["id"],
        name=entry.get("name", entry["id"]),
        theme=theme,
        status=entry.get("status", "active"),
        status_note=entry.get("status_note", ""),
        verified=entry.get("verified", "none"),
        capabilities=tuple(capabilities),
        pypi=tuple(entry.get("pypi") or ()),
        imports=tuple(entry.get("import") or ()),
        npm=tuple(entry.get("npm") or ()),
        import_proves=bool(entry.get("import_proves")),
        import_needed=bool(entry.get("import_needed")),
        generic=bool(entry.get("generic")),
        kinds=tuple(entry.get("kinds") or ()),
        cloud=entry.get("cloud", ""),
        facts=entry.get("facts") or {},
        notes=entry.get("notes", ""),
        source=tuple(entry.get("source") or ()),
    )


def sightings(entry: Mapping[str, Any]) -> Iterator[Sighting]:
    """Everything by which the entry shows itself. Raises SignatureError for a signature that is none."""
    for capability, written in (entry.get("sig") or {}).items():
        for one in written:
            yield from _sightings(entry, one, capability, "")
    for role, written in (entry.get("roles") or {}).items():
        for one in written:
            yield from _sightings(entry, one, "", role)


def _sightings(
    entry: Mapping[str, Any], written: str | Mapping[str, Any], capability: str, role: str
) -> Iterator[Sighting]:
    kinds = tuple(entry.get("kinds") or ())
    if isinstance(written, str):
        for signature in parse(written):
            strength = _BY_PREFIX.get(signature.prefix, Strength.STRONG)
            yield Sighting(entry["id"], signature, strength, capability, role, kinds=kinds)
        return
    data = {key: _references(written[key]) for key in REFERENCES if key in written}
    safe = tuple(map(_all_of, written.get("safe_when") or ()))
    off = off_conditions(written["sig"], written.get("off_when") or ())
    kinds = tuple(written.get("kinds") or kinds)
    for signature in parse(written["sig"]):
        strength = _BY_PREFIX.get(signature.prefix, Strength.STRONG)
        if "strength" in written:
            strength = Strength[written["strength"].upper()]
        yield Sighting(entry["id"], signature, strength, capability, role, data, safe, off, kinds)


def off_conditions(signature: str, texts: Iterable[str]) -> tuple[tuple[Argument | Attribute, ...], ...]:
    """Conditions that switch a thing off: on attributes of a resource, on arguments of a call. Raises ValueError."""
    if has_attributes(signature):
        return tuple(tuple(map(Attribute.parse, text.split(", "))) for text in texts)
    return tuple(map(_all_of, texts))


def _all_of(text: str) -> tuple[Argument, ...]:
    return tuple(Argument.parse(one) for one in text.split(", "))


def _references(written: Any) -> tuple[int | str, ...]:
    return tuple(written) if isinstance(written, list) else (written,)


_MERGE, _TEXT = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:str"
TABLES = (
    "distributions",
    "image-builds",
    "looked-for",
    "names",
    "step-names",
)  # files of the folder that hold no entries


def folder() -> Path:
    """Where the catalogue's YAML files lie."""
    return Path(__file__).parent


def read(path: Path) -> list[dict[str, Any]]:
    """The entries of one catalogue file."""
    return _read(path) or []


def read_table(path: Path) -> dict[str, Any]:
    """The YAML mapping at `path`; {} when there is no such file."""
    return dict(_read(path) or {}) if path.is_file() else {}


def _read(path: Path) -> Any:
    """What a YAML file holds. Every scan reads the catalogue: the library's own way from nodes takes three times as
    long, and is left what is no plain text.
    """
    import yaml  # here: a warm scan that has all facts cached may never need it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_bytes())

    def plain(node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            if any(key.tag == _MERGE for key, _ in node.value):
                loader.flatten_mapping(node)
            return {plain(key): plain(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [plain(one) for one in node.value]
        return node.value if node.tag == _TEXT else loader.construct_object(node)

    try:
        node = loader.get_single_node()
        return None if node is None else plain(node)
    finally:
        loader.dispose()
