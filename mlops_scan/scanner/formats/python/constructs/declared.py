"""One thing that code declares, on its way to facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner.formats import kube
from mlops_scan.scanner.formats.python.constructs.codenodes import Made, Unknown
from mlops_scan.scanner.formats.python.constructs.tables import Entry
from mlops_scan.scanner.formats.python.constructs.templates import Filler
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, child, scalar

_SEARCHED = 500
_GAP = re.compile(r"\$\{[^}]*\}")
_QUOTED = re.compile(r"""["']([\w./-]+)["']""")  # `named("Worker")`
_HANDED = frozenset(("id", "id_", "construct_id", "scope_id", "resource_name", "name"))
_IDENTITY = frozenset(("apiVersion", "kind"))
_FORMS = ("resource", "run", "object", "image", "schedule")
RUNNING = ("image", "storageUri", "storage_uri", "modelUri")


@dataclass(slots=True)
class Declared:
    """What one call says.

    `form` is resource, run (a workload and its containers), object (of Kubernetes), image or schedule.
    """

    platform: str
    type: str
    name: str
    data: Mapping
    call: Made | None
    form: str = "resource"
    origin: str = "python"
    off: bool = False
    named: Node | None = None  # what is told for its name
    uses: tuple[int, ...] = ()  # of the functions around the call, where these are used several times
    key: str = ""  # text of the expression that names it, where other calls name it by the same


def by_template(template: dict[str, Any], entry: Entry, made: Made, filler: Filler) -> Declared | None:
    """What a template of the tables makes of a call."""
    form = next(one for one in _FORMS if one in template)
    data = filler.fill(template.get("data", {}), made)
    if form in ("image", "schedule"):
        data = _holding(form, filler.fill(template[form], made), made)
    if data is None or not isinstance(data, Mapping):
        if "needs" in template or (form != "resource" and template.get("data") != {}):
            return None
        data = Mapping(made.line, made.column)
    if "without" in template and filler.fill(template["without"], made) is not None:
        return None
    needed = [filler.fill(one, made) for one in template.get("needs", ())]
    if any(one is None for one in needed):
        return None
    named = filler.fill(template.get("name") or entry.name or "$name|0", made)
    handed = entry.origin == "python" and is_handed(named)
    name = known_name(None if handed else named, made)
    platform, _, kind = str(template[form]).partition(" ") if form in ("resource", "object") else ("", "", "")
    kind = str(template[form]) if form == "run" else kind
    kind = str(filler.fill(kind, made) or "") if kind.startswith("$") else kind
    unless = filler.fill(template["unless"], made) if "unless" in template else None
    off = isinstance(unless, Scalar) and str(unless).lower() in ("false", "disabled")
    return Declared(
        platform, kind, name, data, made, form, entry.origin, off, named if handed else None, (), key_of(named)
    )


def key_of(named: Node | None) -> str:
    """By what other calls name the same: a constant, or the text of an expression."""
    return str(named.value["expr"] if isinstance(named, Unknown) else named) if isinstance(named, Scalar) else ""


def use_of(one: Declared) -> int:
    """Which use of the function around it declares a thing; 0 outside of such."""
    return one.uses[0] if one.uses else 0


def is_same(one: Declared, other: Declared) -> bool:
    """Whether two uses declare the same."""
    return (one.form, one.type, one.name, one.data) == (other.form, other.type, other.name, other.data)


def known_name(named: Node | None, made: Made) -> str:
    """What is known of a name; of an unknown one the text that says it, without one the class."""
    if isinstance(named, Unknown):
        known = _GAP.sub("", str(named)).strip("-_./ ")
        quoted = _QUOTED.search(str(named.value["expr"])) if "call" in named.value else None
        return known or (quoted[1] if quoted else str(named.value["expr"]).strip()[:80])
    if isinstance(named, Scalar):
        return str(named)
    names = [name for name in made.callee.split(".") if name[:1].isupper()]
    return (names[-1] if names else made.callee.rpartition(".")[2]).removeprefix("Cfn")


def is_handed(named: Node | None) -> bool:
    """Whether a name is only known as a variable by which constructs are called: whoever makes them hands it over."""
    return isinstance(named, Unknown) and named.value.get("expr") in _HANDED and "parts" not in named.value


def _holding(key: str, node: Node | None, made: Made) -> Mapping | None:
    if node is None:
        return None
    mapping = Mapping(made.line, made.column)
    mapping[key] = node
    mapping.places[key] = (node.line, node.column)
    return mapping


def merge(into: Mapping, more: Node) -> None:
    """Add to a mapping what a later call says: lists grow, mappings are merged."""
    if not isinstance(more, Mapping):
        return
    for key, value in more.items():
        there = into.get(key)
        if isinstance(there, Sequence) and isinstance(value, Sequence):
            there.extend(value)
        elif isinstance(there, Mapping) and isinstance(value, Mapping):
            merge(there, value)
        else:
            into[key] = value
            into.places[key] = more.places.get(key, (value.line, value.column))


def tells(made: Made) -> bool:
    """Whether a call says anything itself: one that only hands on what it is given is a helper, no deployment."""
    own = [*made.args, *(value for key, value in made.items() if key != "decorates")]
    return any(not isinstance(one, Unknown) or "parts" in one.value or "env" in one.value or one.made_by for one in own)


def is_told(document: Mapping, deployed: bool = False) -> bool:
    """Whether a Kubernetes object tells something; one that is `deployed` by a function at least what it runs."""
    return kube.is_object(document) and (_tells_object(document) or (deployed and _named(document)))


def _tells_object(document: Mapping) -> bool:
    """Whether a Kubernetes object names itself or what it runs; else it is the form of a helper."""
    name = child(document, "metadata", "name") or child(document, "metadata", "generateName")
    if isinstance(name, Scalar) and not (isinstance(name, Unknown) and "parts" not in name.value):
        return True
    return any(not isinstance(image, Unknown) for image in _running(document))


def _named(document: Mapping) -> bool:
    """Whether an object runs an image that a caller hands over; it gets the name of the variable that names it."""
    meta = child(document, "metadata")
    name = child(meta, "name")
    if not isinstance(meta, Mapping) or not isinstance(name, Unknown) or not any(_running(document)):
        return False
    meta["name"] = scalar(str(name.value["expr"])[:80], name.line, name.column, bare=False)
    return True


def _running(document: Mapping) -> Iterator[Scalar]:
    """The images that an object runs."""
    stack: list[Node] = [value for key, value in document.items() if key not in _IDENTITY]
    for _ in range(_SEARCHED):
        if not stack:
            break
        node = stack.pop()
        if isinstance(node, Mapping):
            yield from (image for key in RUNNING if isinstance(image := node.get(key), Scalar))
            stack.extend(node.values())
        elif isinstance(node, Sequence):
            stack.extend(node)
