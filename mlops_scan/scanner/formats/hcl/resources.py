"""Resources of a Terraform module as facts, and what of them other formats would say, too: Kubernetes objects, images,
schedules, commands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import images, kube, shell
from mlops_scan.scanner.formats.hcl import bodies, decoding, functions, held, instances, kubernetes, switches
from mlops_scan.scanner.formats.hcl.nodes import Block
from mlops_scan.scanner.formats.hcl.scope import Scope
from mlops_scan.scanner.formats.hcl.values import Encoded, Object, Text, Unknown, Value, plain, settled, spelled
from mlops_scan.scanner.formats.hcl.values import Place as Written
from mlops_scan.scanner.model import Fact, Location, Place

_SCHEDULE_KEYS = frozenset(("schedule", "schedule_expression", "cron_expression", "cron", "schedule_cron"))
_SCHEDULE = re.compile(r"(?:cron|rate|at)\([^)]+\)\Z|(?:\S+\s+){4,5}\S+\Z|every \d+ \w+\Z|@\w+\Z")
_IMAGE_KEYS = frozenset(("image_uri", "container_image", "docker_image_name", "ecr_image", "image_identifier"))
_WALK = 5_000


def facts(block: Block, scopes: list[Scope], modules: list[str]) -> Iterator[Fact]:
    """A `resource` or `data` block: each of its instances that says something of its own."""
    several = instances.of(block, scopes) if block.kind == "resource" else [instances.chosen(block, scopes)]
    elsewhere = switches.without(block, scopes)
    seen: Counter[str] = Counter()
    told: dict[str, list[Any]] = {}
    for one in several:
        made = bodies.data(block.body, one.frame, (block.path, *block.spot))
        _decode_values(block.labels[0], made)
        if one.key:  # an instance is not over what it is one of
            made.pop("for_each", None)
        data = plain(made, one.scope.module.folder, one.scope.key)
        same = told.setdefault(one.use, [])  # another use of the module has resources of its own, alike or not
        if data not in same:
            same.append(data)
            yield from _instance(
                _Declared(block, one, made, data, modules, first=len(same) == 1, without=elsewhere), seen
            )


@dataclass(frozen=True, slots=True)
class _Declared:
    """An instance of a block, and what its body comes to."""

    block: Block
    of: instances.Instance
    made: Object
    data: Any
    modules: list[str]
    first: bool  # of this use of its module: its identity is that of the block
    without: str = ""  # root that is production and has none of it

    @property
    def id(self) -> str:
        kind, name = self.block.labels
        address = f"{'data.' if self.block.kind == 'data' else ''}{kind}.{name}"
        home = self.of.scope.module.folder + (f"[{self.of.use}]" if self.of.use else "")
        own = "" if self.first or not self.of.own else f"[{self.of.own}]"
        return f"terraform:{home}#{address}{own}"


def _instance(one: _Declared, seen: Counter[str]) -> Iterator[Fact]:
    block, made = one.block, one.made
    kind, name = block.labels
    says = {
        "platform": "terraform" if block.kind == "resource" else "terraform-data",
        "type": kind,
        "data": one.data,
        "lines": bodies.lines(made, block.path),
        "origin": "terraform",
        "module": one.modules,
        "files": held.files(made, block.path),
        "id": one.id,
        "instance": one.of.key,
        "without": one.without,
        "why": switches.why_off(block, one.of) if one.of.disabled else "",
    }
    common = {"state": "disabled"} if one.of.disabled else {}
    yield Fact("resource", name, at(block), {**{key: value for key, value in says.items() if value}, **common})
    if block.kind == "resource":
        scope, key = one.of.scope, one.of.key
        address = f"{block.path}#{kind}.{name}" + (f"[{key}]" if key else "")
        written = list(kubernetes.objects(kind, made)) if kubernetes.writes_objects(kind) else []
        for item in written:
            if item.path == block.path or not _speaks_for_itself(item.path, scope):
                yield from _kubernetes(item, kube.distinct(address, seen), common)
        shown = f"{name}[{key}]" if key else name
        running = list(held.containers(block, made, scope, held.Named(shown, one.id, common)))
        yield from running
        yield from held.workflows(block, made, scope, held.Named(shown, one.id, common))
        yield from _also(made, common, one.id, block, images=not written and not running)


def at(block: Block) -> Location:
    """The whole block."""
    return Location(block.path, *block.spot, block.end_line)


def _decode_values(kind: str, made: Object) -> None:
    """The values of a Helm release as data, whether encoded, written as text or read from a file."""
    values = made.get("values")
    if kind == "helm_release" and isinstance(values, list):
        made["values"] = [_decoded(value) for value in values]


def _decoded(value: Value) -> Value:
    found = settled(value)
    text = found.text if isinstance(found, Unknown) else found
    if isinstance(text, Encoded) or not isinstance(text, str):
        return value
    try:
        found = decoding.from_text(text)
    except functions.ERRORS:
        return value
    return found if isinstance(found, dict) else value


def _speaks_for_itself(path: str, scope: Scope) -> bool:
    """Whether a file that Terraform applies is a manifest as it stands, of which its own parser tells."""
    source = scope.files.get(path) if path.endswith((".yaml", ".yml", ".json")) else None
    return source is not None and bool(kube.manifests(source).documents)


def _also(made: Object, common: dict[str, str], owner: str, block: Block, *, images: bool) -> Iterator[Fact]:
    for reference, place in _images(made) if images else ():
        yield from _image(reference, place, owner, common)
    for key in sorted(_SCHEDULE_KEYS & made.keys()):
        value = settled(made[key])
        if isinstance(value, str) and _SCHEDULE.match(value) and len(value) < 200:
            says = {"owner": owner, "where": "terraform", **common}
            yield Fact("schedule", value, _location(made.places.get(key), block), says)
    yield from _commands(made, owner, common, block)


def _commands(made: Object, owner: str, common: dict[str, str], block: Block) -> Iterator[Fact]:
    for text, place in _provisioned(made):
        for command in shell.commands(text[: bounds.FACT_TEXT]):
            argv = [word[: bounds.FACT_TEXT] for word in command.argv]
            says = {"argv": argv, "raw": command.raw, "where": "terraform", "owner": owner, **common}
            at = Location(text.path, text.line(command.line + 1)) if isinstance(text, Text) else _location(place, block)
            yield Fact("command", argv[0], at, says)


def _location(place: Written | None, block: Block) -> Location:
    return Location(*place) if place is not None else at(block)


def _kubernetes(one: kubernetes.Written, identity: str, common: dict[str, str]) -> Iterator[Fact]:
    def locate(line: int, column: int) -> tuple[Location, tuple[Place, ...]]:
        return Location(one.path, one.line(line), column), ()

    yield from kube.facts(
        one.document,
        locate,
        origin="terraform",
        state=common.get("state", ""),
        identity=identity,
    )


def _images(made: Object) -> Iterator[tuple[str, Written | None]]:
    """Container images of cloud services: below a key that speaks of containers, or under a name of their own."""
    stack: list[tuple[Value, bool, Written | None]] = [(made, False, made.place)]
    left = _WALK
    while stack and left:
        value, inside, place = stack.pop()
        left -= 1
        value = value.data if isinstance(value, Encoded) else value
        if isinstance(value, list):
            stack += [(item, inside, place) for item in reversed(value)]
        elif isinstance(value, dict):
            places: dict[str, Any] = getattr(value, "places", {})
            for key, item in reversed(value.items()):
                where = places.get(key, place)
                if (key in _IMAGE_KEYS or (key == "image" and inside)) and _names_image(item):
                    yield spelled(item), where
                stack.append((item, inside or "container" in key, where))


def _names_image(value: Value) -> bool:
    value = settled(value)
    return bool(value.parts) if isinstance(value, Unknown) else isinstance(value, str) and bool(value.strip())


def _image(reference: str, place: Written | None, owner: str, common: dict[str, str]) -> Iterator[Fact]:
    name, says = images.used(reference, owner)
    if place is not None and name:
        yield Fact("image", name, Location(*place), {**says, **common})


def _provisioned(made: Object) -> Iterator[tuple[str, Written | None]]:
    """Shell text of `provisioner "local-exec"` blocks."""
    provisioners = made.get("provisioner")
    for one in provisioners if isinstance(provisioners, list) else [provisioners]:
        local = one.get("local-exec") if isinstance(one, Object) else None
        for each in local if isinstance(local, list) else [local]:
            if isinstance(each, Object) and "command" in each:
                yield spelled(each["command"]), each.places.get("command")
