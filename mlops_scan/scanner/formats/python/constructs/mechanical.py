"""Libraries whose names follow from those of the format: no table of calls is needed for them."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_scan.scanner.formats.python.constructs import naming
from mlops_scan.scanner.formats.python.constructs.codenodes import Made, Unknown
from mlops_scan.scanner.formats.python.constructs.tables import Tables
from mlops_scan.scanner.formats.python.constructs.templates import keywords, styled
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, scalar

_OPTIONS = frozenset(("opts", "scope", "id"))
_PARTS = ("Args", "ArgsDict", "Spec", "Status", "List", "Property")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a constructor's name says: the platform and type, or the group, version and kind of an object."""

    platform: str
    type: str
    version: str = ""


def subject(name: str, tables: Tables) -> Subject | None:
    """What the constructor of this qualified name declares, when its name tells."""
    if found := tables.forms["template"].match(name):
        service = tables.services.get(found[1].removesuffix("_alpha"))
        return Subject("cloudformation", f"AWS::{service}::{found[2]}") if service else None
    if found := tables.forms["model"].match(name):
        return _model(found[1], found[2], tables)
    return _pulumi(name, tables) if tables.forms["bridged"].match(name) else None


def _pulumi(name: str, tables: Tables) -> Subject | None:
    if name.endswith(_PARTS[:2]):
        return None
    if found := tables.forms["object"].match(name):
        group = tables.kinds["groups"].get(found[1].rpartition(".")[2])
        if group is None or name.endswith(("List", "Patch")):
            return None
        return Subject("kubernetes", found[3], f"{group}/{found[2]}".lstrip("/"))
    if tables.forms["custom"].match(name):
        return Subject("kubernetes", "", "")
    found = tables.forms["bridged"].match(name)
    if found is None:
        return None
    if found[1] == tables.native:
        kind = tables.arm.get(f"{found[2].split('.')[0]}.{found[3]}")
        return Subject("arm", kind) if kind else None
    provider = tables.bridged.get(found[1])
    if provider is None:
        return None
    module = found[2].rpartition(".")[2].strip("_")
    known = provider.get("types", {}).get(f"{module}.{found[3]}")
    if known:
        return Subject("terraform", known)
    module = provider.get("modules", {}).get(module, "" if provider.get("flat") else module)
    pieces = (provider["prefix"], module, naming.snake(found[3]))
    return Subject("terraform", "_".join(piece for piece in pieces if piece))


def is_deployed(name: str, tables: Tables) -> bool:
    """Whether making an object of this class deploys it: a client's model only describes it."""
    return tables.forms["object"].match(name) is not None


def _model(library: str, name: str, tables: Tables) -> Subject | None:
    found = tables.forms["versioned"].match(name)
    if found is None:
        return None
    group = tables.kinds["models"].get(library, {}).get(found[2])
    if group is None:
        return None
    version = f"v{found[1]}"
    return Subject("kubernetes", found[2], f"{group}/{version}" if group != "core" else version)


_STYLES = {"cloudformation": naming.pascal, "arm": naming.lower, "kubernetes": naming.camel}


def attribute(platform: str, names: list[str], value: Node) -> Mapping:
    """What setting an attribute of an object adds to its attributes."""
    style = _STYLES.get(platform, naming.snake)
    node = styled(value, style)
    for name in reversed([*(("properties",) if platform in ("cloudformation", "arm") else ()), *names]):
        holder = Mapping(value.line, value.column)
        holder[style(name)] = node
        holder.places[style(name)] = (value.line, value.column)
        node = holder
    assert isinstance(node, Mapping)
    return node


def data(subject_: Subject, call: Made) -> Mapping:
    """The attributes of the resource, spelled as its platform does."""
    given = keywords(call)
    for one in (*call.args[1:2], *([given["args"]] if "args" in given else [])):
        if isinstance(one, Made) and one.callee.endswith(_PARTS[:2]):  # all arguments in one object
            given.pop("args", None)
            given.update(one)
            given.places.update(one.places)
    for key in _OPTIONS:
        given.pop(key, None)
    if subject_.platform == "cloudformation":
        return _under("Properties", styled(given, naming.pascal), call)
    if subject_.platform == "arm":
        return _arm(given, call)
    styles = {"kubernetes": naming.camel, "terraform": _snaked}
    found = styled(given, styles[subject_.platform])
    assert isinstance(found, Mapping)
    return found


def document(subject_: Subject, call: Made) -> Mapping:
    """A Kubernetes object as its manifest would write it."""
    found = data(subject_, call)
    place = (call.line, call.column)
    for key, known in (("apiVersion", subject_.version), ("kind", subject_.type)):
        written = found.get(key)
        if not isinstance(written, Scalar) or isinstance(written, Unknown):
            found[key] = scalar(known, *place, bare=False)
            found.places[key] = place
    if "metadata" not in found and call.args:
        found["metadata"] = _under("name", call.args[0], call)
    elif isinstance(meta := found.get("metadata"), Mapping) and "name" not in meta and call.args:
        meta["name"] = call.args[0]
        meta.places["name"] = place
    return found


def _under(key: str, node: Node, call: Made) -> Mapping:
    mapping = Mapping(call.line, call.column)
    mapping[key] = node
    mapping.places[key] = (call.line, call.column)
    return mapping


def _arm(given: Mapping, call: Made) -> Mapping:
    """`location`, `sku`, `tags` stand beside the properties."""
    found = styled(given, naming.lower)
    assert isinstance(found, Mapping)
    made, inner = Mapping(call.line, call.column), Mapping(call.line, call.column)
    for key, value in found.items():
        beside = key in ("location", "sku", "tags", "identity", "kind")
        if key.lower().endswith("properties") and isinstance(value, Mapping):
            inner.update(value)
            inner.places.update(value.places)
            continue
        holder = made if beside else inner
        holder[key] = value
        holder.places[key] = found.places[key]
    if inner:
        made["properties"] = inner
        made.places["properties"] = (call.line, call.column)
    return made


def _snaked(key: str) -> str:
    return naming.snake(key) if any(char.isupper() for char in key) and not key.isupper() else key
