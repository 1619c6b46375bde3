"""A Compose service as facts: workload, container, image, commands and environment."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import images, kube, shell, yamlnodes
from mlops_scan.scanner.formats.compose.merging import as_mapping
from mlops_scan.scanner.formats.compose.project import Service
from mlops_scan.scanner.formats.interpolation import Interpolated, interpolate
from mlops_scan.scanner.formats.kube.data import brief, spot, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
from mlops_scan.scanner.model import Fact

_LINED = {
    "image": "image",
    "readinessProbe": "healthcheck",
    "resources": "deploy",
    "command": "command",
    "env": "environment",
}


def facts(service: Service) -> Iterator[Fact]:
    """What one service says."""
    yield from _Facts(service).run()


class _Facts:
    def __init__(self, service: Service) -> None:
        self.service, self.node = service, service.node
        common = {"environment": service.environment} if service.environment else {}
        identity = f"{service.home}#service/{service.name}"
        self.scene = kube.Scene(service.ledger.locate, identity, "compose", common=common)
        self.path = self.scene.locate(*service.place)[0].path

    def run(self) -> Iterator[Fact]:
        yield self._workload()
        yield self._container()
        yield from self._image()
        yield from self._commands()
        yield from self._environment()

    def _text(self, node: Node | None) -> Interpolated:
        return interpolate(str(node), self.service.values) if isinstance(node, Scalar) else Interpolated("")

    def _workload(self) -> Fact:
        node, build = self.node, self.node.get("build")
        holder = node if "scale" in node else yamlnodes.child(node, "deploy")
        key = "scale" if "scale" in node else "replicas"
        replicas = yamlnodes.child(holder, key)
        number = yamlnodes.typed(yamlnodes.scalar(self._text(replicas).text)) if replicas is not None else None
        says = {
            "id": self.scene.id,
            "type": "compose/service",
            "kind": "service",
            "replicas": number if isinstance(number, int) else None,
            "replicas_line": self.scene.line(spot(holder, key), self.path) if replicas is not None else None,
            "kind_line": self.scene.line(self.service.place, self.path),
            "labels": text_map(as_mapping(node.get("labels"))),
            "annotations": text_map(as_mapping(node.get("annotations"))),
            "origin": "compose",
            "volumes": [volume for volume, _ in self._mounts()],
            "depends_on": _names(node.get("depends_on")),
            "profiles": _names(node.get("profiles")),
            "path": self.path,
            **self._build(build),
        }
        return self.scene.fact("workload", self.service.name, self.service.place, says)

    def _build(self, build: Node | None) -> dict[str, Any]:
        if isinstance(build, Scalar):
            return {"build_context": self._text(build).text or "."}
        if not isinstance(build, Mapping):
            return {}
        return {
            "build_context": self._text(build.get("context")).text or ".",
            "dockerfile": self._text(build.get("dockerfile")).text,
            "build_target": self._text(build.get("target")).text,
            "build_args": {name: value for name, value, _ in self._pairs(build.get("args"))},
        }

    def _container(self) -> Fact:
        node = self.node
        user = self._text(node.get("user")).text.partition(":")[0]
        place = self.service.place
        ends = (self.scene.line((line, 1), self.path) for line in kube.last_lines(node))
        says = {
            "workload": self.scene.id,
            "init": False,
            "image": self._text(node.get("image")).text,
            "command": self._words("entrypoint"),
            "args": self._words("command"),
            "ports": [_port(self._text(port).text, port) for port in yamlnodes.items(node, "ports")],
            "readiness": None,
            "liveness": None,
            "startup": None,
            "healthcheck": self._healthcheck(),
            "limits": self._amounts("limits", {"mem_limit": "memory", "cpus": "cpus"}),
            "requests": self._amounts("reservations", {"mem_reservation": "memory"}),
            "privileged": True if yamlnodes.text(node, "privileged") == "true" else None,
            "run_as_user": int(user) if user.isdecimal() and len(user) < 10 else user,
            "env": {name: value for name, value, _ in self._pairs(node.get("environment"))},
            "end_line": next((line for line in ends if line), None),
            "devices": list(self._devices()),
            "runtime": self._text(node.get("runtime")).text,
            "volume_mounts": [mount for _, mount in self._mounts()],
            "lines": self._lines(),
        }
        return self.scene.fact("container", self.service.name, place, says)

    def _lines(self) -> dict[str, int]:
        keys = {**_LINED, "privileged": "privileged"}
        found = {
            name: self.scene.line(spot(self.node, key), self.path) for name, key in keys.items() if key in self.node
        }
        return {name: line for name, line in found.items() if line}

    def _healthcheck(self) -> Any:
        check = self.node.get("healthcheck")
        if yamlnodes.text(check, "disable") == "true" or "NONE" in kube.texts(yamlnodes.child(check, "test")):
            return None
        return brief(check) or None

    def _amounts(self, kind: str, short: dict[str, str]) -> dict[str, str]:
        stated = yamlnodes.child(self.node, "deploy", "resources", kind)
        found = {name: self._text(self.node.get(key)).text for key, name in short.items() if key in self.node}
        found |= {key: self._text(value).text for key, value in _entries(stated) if isinstance(value, Scalar)}
        return found

    def _devices(self) -> Iterator[str]:
        yield from (self._text(one).text for one in yamlnodes.items(self.node, "devices") if isinstance(one, Scalar))
        for one in yamlnodes.items(self.node, "deploy", "resources", "reservations", "devices"):
            yield _reservation(one)
        gpus = self.node.get("gpus")
        if isinstance(gpus, Scalar):
            yield f"gpus {self._text(gpus).text}"
        yield from (f"gpus {_reservation(one)}" for one in yamlnodes.items(gpus) if isinstance(one, Mapping))
        if "runtime" in self.node:
            yield f"runtime {self._text(self.node['runtime']).text}"

    def _mounts(self) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
        for one in yamlnodes.items(self.node, "volumes"):
            if isinstance(one, Mapping):
                source, target = yamlnodes.text(one, "source"), yamlnodes.text(one, "target")
                kind = yamlnodes.text(one, "type", default="volume")
            else:
                source, _, target = self._text(one).text.partition(":")
                target = target.partition(":")[0] if target else source
                kind = "bind" if source.startswith((".", "/", "~", "$")) else "volume"
            yield {"name": source, "type": kind, "source": source}, {"name": source, "path": target}

    def _image(self) -> Iterator[Fact]:
        written = self.node.get("image")
        if not isinstance(written, Scalar) or not written.strip():
            return
        whole = self._text(written)
        raw_tag = images.parse(str(written)).tag
        tag = interpolate(raw_tag, self.service.values) if raw_tag else whole
        name, says = images.used(whole.text, self.scene.id)
        says |= {
            "raw": str(written)[: bounds.FACT_TEXT],
            "default_tag": says.get("tag") if tag.defaulted and not tag.unresolved else None,
            "local_build": True if "build" in self.node else None,
        }
        yield self.scene.fact("image", name, spot(self.node, "image"), says)

    def _words(self, key: str) -> list[str]:
        """A command in either form as words: text is split as Compose does, without a shell."""
        value = self.node.get(key)
        if isinstance(value, Scalar):
            return [] if yamlnodes.typed(value) is None else _split(self._text(value).text)
        return [self._text(one).text for one in yamlnodes.items(value) if isinstance(one, Scalar)]

    def _commands(self) -> Iterator[Fact]:
        entrypoint, command = self._words("entrypoint"), self._words("command")
        words = [*entrypoint, *command]
        if not words or (not entrypoint and words[0].startswith("-")):
            return
        key = "entrypoint" if entrypoint else "command"
        script = next((one for one in self._scalars() if "\n" in one), None)
        for found in shell.from_argv(words):
            place = spot(self.node, key)
            if script is not None and found.raw in self._text(script).text:
                place = kube.script_place(script, found.line)
            argv = [word[: bounds.FACT_TEXT] for word in found.argv]
            says = {"argv": argv, "raw": found.raw, "where": "compose", "owner": self.scene.id}
            yield self.scene.fact("command", argv[0], place, says)

    def _scalars(self) -> Iterator[Scalar]:
        for key in ("entrypoint", "command"):
            yield from (one for one in yamlnodes.items(self.node, key) if isinstance(one, Scalar))

    def _environment(self) -> Iterator[Fact]:
        for name, value, place in self._pairs(self.node.get("environment")):
            says = {"value": value, "where": "compose", "owner": self.scene.id}
            yield self.scene.fact("env", name, place, says)

    def _pairs(self, node: Node | None) -> Iterator[tuple[str, str | None, tuple[int, int]]]:
        """(name, value or None, place) of a NAME=value list or mapping."""
        pairs = as_mapping(node)
        for name, value in _entries(pairs):
            known = self._text(value)
            unknown = not isinstance(value, Scalar) or known.unresolved or (value.bare and not value)
            yield name, None if unknown else known.text[: bounds.FACT_TEXT], spot(pairs, name)


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    return list(node.items()) if isinstance(node, Mapping) else []


def _names(node: Node | None) -> list[str]:
    return list(node) if isinstance(node, Mapping) else kube.texts(node)


def _port(text: str, node: Node) -> dict[str, Any]:
    if isinstance(node, Mapping):
        found = {"port": yamlnodes.text(node, "target"), "published": yamlnodes.text(node, "published")}
    else:
        head, _, target = text.partition("/")[0].rpartition(":")
        found = {"port": target, "published": head.rpartition(":")[2]}
    return {key: int(value) if value.isdecimal() and len(value) < 6 else value for key, value in found.items() if value}


def _reservation(node: Node) -> str:
    """A device reservation as text: driver, capabilities, how many."""
    capabilities = "+".join(kube.texts(yamlnodes.child(node, "capabilities")))
    count = yamlnodes.text(node, "count") or ",".join(kube.texts(yamlnodes.child(node, "device_ids"))) or "all"
    return " ".join(word for word in (yamlnodes.text(node, "driver"), capabilities, count) if word)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
