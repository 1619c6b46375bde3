"""Kubernetes objects that Terraform writes: as blocks of the provider, as an object, or as YAML text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.hcl.values import Encoded, Object, Text, Unknown, Value, settled, spelled, to_number
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Sequence, made, scalar

_VERSION = re.compile(r"_v\d+(?:(?:alpha|beta)\d+)?\Z")
_GROUPS = {
    "apps/v1": ("deployment", "stateful_set", "daemon_set", "replica_set"),
    "batch/v1": ("job", "cron_job"),
    "autoscaling/v2": ("horizontal_pod_autoscaler",),
    "policy/v1": ("pod_disruption_budget",),
    "networking.k8s.io/v1": ("ingress", "network_policy"),
    "storage.k8s.io/v1": ("storage_class",),
    "scheduling.k8s.io/v1": ("priority_class",),
    "v1": (
        "pod", "service", "namespace", "config_map", "secret", "service_account", "persistent_volume",
        "persistent_volume_claim", "limit_range", "resource_quota", "replication_controller",
    ),
}  # fmt: skip
_API_VERSIONS = {kind: version for version, kinds in _GROUPS.items() for kind in kinds}
_OTHER_SPELLINGS = {"daemonset": "daemon_set"}
# blocks of the provider that are lists of the object; a block that is not here is an object of its own
_LISTS = {
    "allowed_topologies": "allowedTopologies",
    "container": "containers",
    "egress": "egress",
    "env": "env",
    "env_from": "envFrom",
    "from": "from",
    "host_aliases": "hostAliases",
    "http_header": "httpHeaders",
    "image_pull_secrets": "imagePullSecrets",
    "ingress": "ingress",
    "init_container": "initContainers",
    "items": "items",
    "limit": "limits",
    "match_expressions": "matchExpressions",
    "metric": "metrics",
    "node_selector_term": "nodeSelectorTerms",
    "path": "paths",
    "policy": "policies",
    "port": "ports",
    "ports": "ports",
    "rule": "rules",
    "sources": "sources",
    "tls": "tls",
    "to": "to",
    "toleration": "tolerations",
    "topology_spread_constraint": "topologySpreadConstraints",
    "volume": "volumes",
    "volume_claim_template": "volumeClaimTemplates",
    "volume_mount": "volumeMounts",
}
_CAPITALS = {"ip": "IP", "ips": "IPs", "pid": "PID", "ipc": "IPC", "id": "ID"}
# arguments of Terraform or of the provider, none of the object
_META = ("count", "for_each", "provider", "depends_on", "lifecycle", "timeouts", "provisioner")
_WAITS = ("rollout", "completion", "load_balancer", "default_service_account")
_NOT_OURS = frozenset((*_META, "wait_until_bound", *(f"wait_for_{what}" for what in _WAITS)))
_TEXTS = ("yaml_body", "yaml", "manifest_yaml")


@dataclass(frozen=True, slots=True)
class Written:
    """An object and the file it stands in; `text` when its lines are those of a text, not of the file."""

    document: Mapping
    path: str
    text: Text | None = None

    def line(self, number: int) -> int:
        """The file's line of the object's line `number`."""
        return number if self.text is None else self.text.line(number)


def writes_objects(kind: str) -> bool:
    """Whether resources of this type may hold a Kubernetes object."""
    return kind.startswith(("kubernetes_", "kubectl_", "k8s_"))


def objects(kind: str, resource: Object) -> Iterator[Written]:
    """The Kubernetes objects of the resource of type `kind`."""
    if resource.place is None:
        return
    path = resource.place[0]
    manifest = resource.get("manifest")
    if isinstance(manifest, dict):
        place = getattr(manifest, "place", None) or resource.places["manifest"]
        node = _Nodes(place[0]).verbatim(manifest, place)
        if isinstance(node, Mapping):
            yield Written(node, place[0])
        return
    for key in _TEXTS:
        value = settled(resource.get(key))
        text = value.text if isinstance(value, Unknown) else value
        if isinstance(text, str) and text:
            yield from _from_text(text, resource.places[key])
    name = _VERSION.sub("", kind.removeprefix("kubernetes_"))
    name = _OTHER_SPELLINGS.get(name, name)
    if kind.startswith("kubernetes_") and name in _API_VERSIONS:
        yield Written(_Nodes(path).resource(name, resource), path)


def _from_text(text: str, place: tuple[str, int, int]) -> Iterator[Written]:
    """The objects of YAML text. Where its lines are lines of no file they all stand at `place`."""
    if isinstance(text, Encoded):
        node = _Nodes(place[0]).verbatim(text.data, place)
        if isinstance(node, Mapping):
            yield Written(node, place[0])
        return
    try:
        found = [node for first, part in yamlnodes.split(str(text)) for node in yamlnodes.parse(part, first_line=first)]
    except yamlnodes.YamlError:
        return
    for node in found:
        if not isinstance(node, Mapping):
            continue
        if isinstance(text, Text):
            yield Written(node, text.path, text)
        else:
            flat = made(yamlnodes.plain(node), place[1], place[2])
            if isinstance(flat, Mapping):
                yield Written(flat, place[0])


class _Nodes:
    """Makes nodes of evaluated values; a place in another file is replaced by the nearest one in this."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.left = 20_000

    def resource(self, name: str, resource: Object) -> Mapping:
        document = self._block({key: value for key, value in resource.items() if key not in _NOT_OURS}, resource)
        kind = "".join(word.capitalize() for word in name.split("_"))
        for key, value in (("apiVersion", _API_VERSIONS[name]), ("kind", kind)):
            document[key] = scalar(value, document.line, document.column)
            document.places[key] = (document.line, document.column)
        return document

    def _block(self, items: dict[str, Value], block: Object) -> Mapping:
        """A block: its names become those of the API; what an attribute holds is taken as it is."""
        line, column = block.place[1:] if block.place else (1, 1)
        mapping = Mapping(line, column)
        for key, value in items.items():
            place = self._place(block.places.get(key), (self.path, line, column))
            blocks = value if isinstance(value, list) else [value]
            if blocks and all(isinstance(one, Object) and one.block for one in blocks):
                name, node = self._inner(key, blocks, place)
            else:
                name, node = _camel(key), self.verbatim(_typed(value), place)
            if value is not None:
                mapping[name] = node
                mapping.places[name] = place[1:]
        return mapping

    def _inner(self, key: str, blocks: list[Object], place: tuple[str, int, int]) -> tuple[str, Node]:
        nodes = [self._block(one, one) for one in blocks]
        if key in _LISTS:
            sequence = Sequence(*place[1:])
            sequence.extend(nodes)
            return _LISTS[key], sequence
        return _camel(key), nodes[0]

    def verbatim(self, value: Value, place: tuple[str, int, int]) -> Node:
        self.left -= 1
        value = settled(value)
        if isinstance(value, Encoded):
            return scalar(str(value), *place[1:], bare=False)
        if isinstance(value, dict) and self.left > 0:
            own = self._place(getattr(value, "place", None), place)
            places = getattr(value, "places", {})
            mapping = Mapping(*own[1:])
            for key, item in value.items():
                if item is not None:
                    where = self._place(places.get(key), own)
                    mapping[key] = self.verbatim(item, where)
                    mapping.places[key] = where[1:]
            return mapping
        if isinstance(value, list) and self.left > 0:
            sequence = Sequence(*place[1:])
            sequence.extend(self.verbatim(item, place) for item in value)
            return sequence
        return scalar(spelled(value), *place[1:], bare=not isinstance(value, str))

    def _place(self, place: tuple[str, int, int] | None, other: tuple[str, int, int]) -> tuple[str, int, int]:
        return place if place is not None and place[0] == self.path else other


def _typed(value: Value) -> Value:
    """The provider takes numbers and booleans as strings, too."""
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    number = to_number(value) if isinstance(value, str) and value.isdecimal() else None
    return value if number is None else number


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(_CAPITALS.get(word, word.capitalize()) for word in rest)
