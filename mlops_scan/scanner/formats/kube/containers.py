"""One container of a pod spec as facts: itself, its image, what it runs, its environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import images, shell, yamlnodes
from mlops_scan.scanner.formats.kube import parameters
from mlops_scan.scanner.formats.kube.data import Scene, brief, last_lines, spot, text_map, texts
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact

_PROBES = {"readiness": "readinessProbe", "liveness": "livenessProbe", "startup": "startupProbe"}
_PYTHON = re.compile(r"(?:^|/)python[\d.]*\Z")
_IMPORT = re.compile(r"[ \t]*(?:import|from)[ \t]+\w")
_LINED = ("image", "resources", "readinessProbe", "livenessProbe", "startupProbe", "command", "args", "env")
_MODEL = "--model"


def facts(
    scene: Scene, spec: Mapping, container: Mapping, *, init: bool, known: parameters.Known | None = None
) -> Iterator[Fact]:
    """The facts of `container`, one of the containers of the pod spec `spec`; `known`: values of its placeholders."""
    yield _container(scene, spec, container, init)
    yield from image(scene, container)
    yield from commands(scene, container, known or {})
    yield from _environment(scene, container)


def _container(scene: Scene, spec: Mapping, container: Mapping, init: bool) -> Fact:
    name = yamlnodes.text(container, "name")
    place = (container.line, container.column)
    path = scene.locate(*place)[0].path
    says = {
        "workload": scene.id,
        "init": init,
        "image": yamlnodes.text(container, "image"),
        "command": texts(container.get("command")),
        "args": texts(container.get("args")),
        "ports": list(_ports(container)),
        **{key: brief(container.get(probe)) or None for key, probe in _PROBES.items()},
        "limits": _amounts(spec, container, "limits"),
        "requests": _amounts(spec, container, "requests"),
        **_security(spec, container),
        "env": {key: value for key, value, _, _ in _variables(container)},
        "end_line": _end(scene, container, path),
        "devices": [yamlnodes.text(claim, "name") for claim in yamlnodes.items(container, "resources", "claims")],
        "volume_mounts": list(_mounts(container)),
        "lines": _lines(scene, container, path),
    }
    return scene.fact("container", name, place, says)


def _end(scene: Scene, container: Mapping, path: str) -> int | None:
    """The last line of the container in its own file: a patch of another file may hold parts of it."""
    found = (scene.line((line, 1), path) for line in last_lines(container))
    return next((line for line in found if line), None)


def _lines(scene: Scene, container: Mapping, path: str) -> dict[str, int]:
    found = {key: scene.line(spot(container, key), path) for key in _LINED if key in container}
    security = container.get("securityContext")
    if isinstance(security, Mapping) and "privileged" in security:
        found["privileged"] = scene.line(spot(security, "privileged"), path)
    for word in yamlnodes.items(container, "args"):
        if isinstance(word, Scalar) and word.startswith(_MODEL):  # the argument by which a server is told its model
            found.setdefault("model", scene.line((word.line, word.column), path))
    return {key: line for key, line in found.items() if line}


def _ports(container: Mapping) -> Iterator[dict[str, Any]]:
    for port in yamlnodes.items(container, "ports"):
        number = yamlnodes.child(port, "containerPort")
        if isinstance(number, Scalar):
            yield {"name": yamlnodes.text(port, "name"), "port": yamlnodes.typed(number)}


def _mounts(container: Mapping) -> Iterator[dict[str, str]]:
    for mount in yamlnodes.items(container, "volumeMounts"):
        yield {"name": yamlnodes.text(mount, "name"), "path": yamlnodes.text(mount, "mountPath")}


def _amounts(spec: Mapping, container: Mapping, kind: str) -> dict[str, str]:
    """Amounts of the container, and those the pod as a whole states."""
    return {
        **text_map(yamlnodes.child(spec, "resources", kind)),
        **text_map(yamlnodes.child(container, "resources", kind)),
    }


def _security(spec: Mapping, container: Mapping) -> dict[str, Any]:
    """The security context; what the container leaves out holds from the pod."""
    own, pod = container.get("securityContext"), spec.get("securityContext")
    keys = {"run_as_non_root": "runAsNonRoot", "run_as_user": "runAsUser"}
    found = {name: _typed(own, key, _typed(pod, key)) for name, key in keys.items()}
    return {"privileged": _typed(own, "privileged"), **found}


def _typed(holder: Node | None, key: str, default: Any = None) -> Any:
    found = yamlnodes.child(holder, key)
    return yamlnodes.typed(found) if isinstance(found, Scalar) else default


def image(scene: Scene, container: Mapping) -> Iterator[Fact]:
    """The image fact of a mapping with an `image` text."""
    reference = container.get("image")
    if not isinstance(reference, Scalar) or not reference.strip():
        return
    name, says = images.used(str(reference), scene.id)
    yield scene.fact("image", name, spot(container, "image"), says)


def commands(scene: Scene, container: Mapping, known: parameters.Known | None = None) -> Iterator[Fact]:
    """What the container starts: command and args joined, shells opened.

    Arguments without a command are those of the image's own program, which this file does not name: they count as a
    command line only when their first word is no option.
    """
    nodes = [
        word for key in ("command", "args") for word in yamlnodes.items(container, key) if isinstance(word, Scalar)
    ]
    words = [str(word) for word in nodes]
    source = container.get("source")
    if isinstance(source, Scalar):
        yield from _script(scene, source, nodes, known or {})
    if not words or (words[0].startswith("-") and not isinstance(container.get("command"), (Scalar, Sequence))):
        return
    script = next((word for word in nodes if "\n" in word), None)
    first = spot(container, "command" if container.get("command") else "args")
    for command in (one for way in parameters.filled(words, known or {}) for one in shell.from_argv(way)):
        opened = script is not None and command.raw in script
        yield _command(scene, command, script_place(script, command.line) if script and opened else first)


def _script(scene: Scene, source: Scalar, program: list[Scalar], known: parameters.Known) -> Iterator[Fact]:
    """A text that a program reads: what Python imports, or a shell's commands."""
    if program and _PYTHON.search(program[0]):
        says = {"raw": source[: bounds.FACT_TEXT], "where": "container", "owner": scene.id}
        head = "; ".join(line.strip() for line in source.splitlines() if _IMPORT.match(line))
        argv = ["python", "-c", head[: bounds.FACT_TEXT]]
        place = script_place(source, 0)
        yield scene.fact("command", "python", place, {**says, "argv": argv})
        return
    if source.lstrip().startswith("#!") and "sh" not in source.lstrip().split("\n", 1)[0]:
        return
    for command in (one for (text,) in parameters.filled([str(source)], known) for one in shell.commands(text)):
        yield _command(scene, command, script_place(source, command.line))


def script_place(script: Scalar, line: int) -> tuple[int, int]:
    """Where the line `line` (from zero) of a script kept in a scalar stands."""
    return (script.line + 1 + line, 1) if script.block else (script.line, script.column)


def _command(scene: Scene, command: shell.Command, place: tuple[int, int]) -> Fact:
    argv = [word[: bounds.FACT_TEXT] for word in command.argv]
    says = {"argv": argv, "raw": command.raw, "where": "container", "owner": scene.id}
    return scene.fact("command", argv[0], place, says)


def _environment(scene: Scene, container: Mapping) -> Iterator[Fact]:
    for name, value, secret, place in _variables(container):
        says = {"value": value, "where": "container", "owner": scene.id, "secret_ref": secret}
        yield scene.fact("env", name, place, says)


def _variables(container: Mapping) -> Iterator[tuple[str, str | None, str, tuple[int, int]]]:
    """(name, value or None, secret it comes from, place) of each variable, in list or mapping form."""
    env = container.get("env")
    if isinstance(env, Mapping):
        for name, node in env.items():
            yield name, str(node)[: bounds.FACT_TEXT] if isinstance(node, Scalar) else None, "", spot(env, name)
        return
    for one in yamlnodes.items(env):
        name = yamlnodes.text(one, "name")
        if not name or not isinstance(one, Mapping):
            continue
        value = one.get("value")
        secret = yamlnodes.text(one, "valueFrom", "secretKeyRef", "name")
        plain = isinstance(value, Scalar) and not value.startswith("ENC[")  # else ciphertext
        known = str(value)[: bounds.FACT_TEXT] if plain else None
        yield name, known if "valueFrom" not in one else None, secret, spot(one, "value" if value else "name")
